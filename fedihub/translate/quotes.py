"""Quotes and consent on the wire (FEP-044f): what our posts say of whom they quote and who may quote them, how we ask,
and how we answer.

A quote is named in all the ways that are in use, since each peer reads only its own: `quote` (Mastodon 4.5),
`_misskey_quote`, `quoteUrl` (Pleroma, older Misskey), `quoteUri` (Fedibird), an object link (FEP-e232); and for
everybody else by a line of text, which those who show the quote hide (`quote-inline`, as Mastodon 4.4 marks it).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from federation.vocabulary.context import QUOTE_REQUEST_CONTEXT, QUOTE_STAMP_CONTEXT
from federation.vocabulary.quotes import MISSKEY_QUOTE, QUOTE_AUTHORIZATION, STAMPED
from federation.vocabulary.terms import LD_JSON_WITH_PROFILE, PUBLIC
from fedihub.text.render import link_to
from storage.actors import Actor
from storage.posts import OPEN, Post
from storage.quotes import QuoteLink, QuotePolicy, QuoteState
from storage.views.posts import PostView

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RequestParts:
    """A QuoteRequest as the wire names it: `quoting` wants to quote `quoted`."""

    uri: str | None
    actor: str
    quoted: str
    quoting: str


def with_quote(document: Json, quote: QuoteLink | None) -> Json:
    """A post's document, saying what it quotes. What its author refused or took back is only a link in the text."""
    if quote is None:
        return document
    line = fallback(quote.url or quote.uri, is_shown=not quote.stands)
    told = {"content": line + document["content"]}
    if "contentMap" in document:
        told["contentMap"] = {language: line + html for language, html in document["contentMap"].items()}
    if not quote.stands:
        return document | told
    told |= dict.fromkeys(("quote", "quoteUrl", "quoteUri", "_misskey_quote"), quote.uri)
    told["tag"] = [*document["tag"], object_link(quote.uri, name=f"RE: {quote.url or quote.uri}", rel=MISSKEY_QUOTE)]
    return document | told | ({"quoteAuthorization": quote.approval_uri} if quote.approval_uri else {})


def fallback(url: str, *, is_shown: bool = False) -> str:
    """The line for those who show no quotes; with `is_shown` for everybody."""
    marked = "" if is_shown else ' class="quote-inline"'
    return f"<p{marked}>RE: {link_to(url)}</p>"


def object_link(uri: str, *, name: str, rel: str | None = None) -> Json:
    """A link to an object (FEP-e232); `name` is how the text writes it."""
    link = {"type": "Link", "mediaType": LD_JSON_WITH_PROFILE, "href": uri, "name": name}
    return link | ({"rel": rel} if rel else {})


_ANYBODY: Json = {"automaticApproval": [PUBLIC], "always": [PUBLIC]}
_FREE: Json = {"canLike": _ANYBODY, "canReply": _ANYBODY, "canAnnounce": _ANYBODY}
"""Said in full and in both spellings: GoToSocial before 0.19.2 takes what a policy leaves out as forbidden
(Mastodon's change 36004 tells of it), and before 0.20 it reads `always` only.
"""


def interaction_policy(post: Post, author: Actor) -> Json:
    """Who may quote a post, and of an open one that everybody may like, answer and boost it. Nobody is said by naming
    the author alone: an empty list is none in JSON-LD.
    """
    can_quote = {
        QuotePolicy.ANYONE: {"automaticApproval": [PUBLIC]},
        QuotePolicy.FOLLOWERS: {"automaticApproval": [author.followers_url]},
        QuotePolicy.ASK: {"manualApproval": [PUBLIC]},
        QuotePolicy.NOBODY: {"automaticApproval": [author.uri]},
    }[policy_of(post)]
    return {"canQuote": can_quote} | (_FREE if post.audience in OPEN else {})


def content_of(view: PostView) -> str:
    """The text of a post as it is shown: what it quotes is a link in it, marked as one that those who show the quote
    hide. With other servers' posts it stands in the text already (Misskey before 2024 does not mark it).
    """
    quote = view.quote
    if quote is None:
        return view.content_html
    is_shown = quote.state is not QuoteState.ACCEPTED
    if not view.is_local:
        named = [escape(uri) for uri in (quote.uri, quote.url) if uri]
        if any(f'href="{uri}"' in view.content_html for uri in named):
            return view.content_html if is_shown else _marked(view.content_html, named)
    return fallback(quote.url or quote.uri, is_shown=is_shown) + view.content_html


_BREAKS = ("<br>", "<br/>", "<br />")


def _marked(html: str, named: Sequence[str]) -> str:
    """The text with its "RE: link" at the end marked, where nobody has."""
    if "quote-inline" in html:
        return html
    for uri in named:
        line = re.compile(rf'RE:\s*(</span>)?(<a [^<>]*href="{re.escape(uri)}"[^<>]*>.*?</a>)', re.DOTALL)
        found = line.search(html)
        if found:
            before = html[: _without_breaks(html, found.start())]
            return f'{before}{found[1] or ""}<span class="quote-inline"><br>RE: {found[2]}</span>{html[found.end() :]}'
    return html


def _without_breaks(html: str, end: int) -> int:
    """Where the line breaks begin that stand before `end`; by hand, because a pattern for "any number of them, and
    then" looks at each of ten thousand anew.
    """
    while True:
        text_end = end
        while text_end and html[text_end - 1].isspace():
            text_end -= 1
        length = next((len(each) for each in _BREAKS if html.endswith(each, 0, text_end)), 0)
        if not length:
            return end
        end = text_end - length


def policy_of(post: Post | PostView) -> QuotePolicy:
    """Who may quote a post: of an open one of ours anybody, unless its author says otherwise; a remote one that says
    nothing nobody (as Mastodon 4.6 takes it).
    """
    if post.audience not in OPEN:
        return QuotePolicy.NOBODY
    if post.quote_policy is not None:
        return QuotePolicy(post.quote_policy)
    return QuotePolicy.ANYONE if post.is_local else QuotePolicy.NOBODY


def quote_request(parts: RequestParts, instrument: Json, *, to: str) -> Json:
    """We ask whether a post may quote another. The whole post is in it, so that nobody has to fetch what may not be
    public yet.
    """
    return {"@context": QUOTE_REQUEST_CONTEXT} | _request(parts) | {"to": [to], "instrument": instrument}


def accept_quote(uri: str, parts: RequestParts, *, by: str, stamp: str) -> Json:
    """Our author agrees; the proof is found at `stamp`. The request is named in full: Mastodon 4.7 finds it by its id,
    others by what it says.
    """
    return _answer(uri, "Accept", parts, by=by) | {"result": stamp}


def reject_quote(uri: str, parts: RequestParts, *, by: str) -> Json:
    """Our author does not agree."""
    return _answer(uri, "Reject", parts, by=by)


def quote_stamp(uri: str, *, author: str, quoting: str, quoted: str) -> Json:
    """The proof that the author of `quoted` agreed to be quoted by `quoting`. Neither is embedded: who reads the stamp
    need not be allowed to read them.
    """
    return {"@context": QUOTE_STAMP_CONTEXT} | _stamp(uri, author=author, quoting=quoting, quoted=quoted)


def delete_quote_stamp(uri: str, stamp: str, *, author: str, quoting: str, quoted: str) -> Json:
    """The author no longer agrees."""
    head = {"@context": QUOTE_STAMP_CONTEXT, "id": uri, "type": "Delete", "actor": author, "to": [PUBLIC]}
    return head | {"object": _stamp(stamp, author=author, quoting=quoting, quoted=quoted)}


def _stamp(uri: str, *, author: str, quoting: str, quoted: str) -> Json:
    head = {"id": uri, "type": QUOTE_AUTHORIZATION, "attributedTo": author}
    return head | dict(zip(STAMPED, (quoting, quoted), strict=True))


def _request(parts: RequestParts) -> Json:
    named = {"id": parts.uri} if parts.uri else {}
    said = {"actor": parts.actor, "object": parts.quoted, "instrument": parts.quoting}
    return named | {"type": "QuoteRequest"} | said


def _answer(uri: str, type_: str, parts: RequestParts, *, by: str) -> Json:
    head = {"@context": QUOTE_REQUEST_CONTEXT, "id": uri, "type": type_, "actor": by}
    return head | {"to": [parts.actor], "object": _request(parts)}
