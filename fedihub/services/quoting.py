"""A member or project quotes a post (FEP-044f): whether it may, and how its author is asked.

A post of ours is quoted with a stamp at once, if its policy allows it. The author of a remote post is asked; until the
answer comes the quote waits, and is shown to nobody as one.
"""

from dataclasses import dataclass

from fedihub.errors import Invalid, Missing, NotAllowed
from fedihub.hub import Hub
from fedihub.outbox import Outgoing, new_activity, publish
from fedihub.services.consent import consent, may_quote, tell_quoted
from fedihub.translate.posts import PostParts, embedded_post
from fedihub.translate.quotes import RequestParts, policy_of, quote_request
from storage.actors import Actor, get_actor
from storage.database import Session
from storage.posts import OPEN, Audience, Post, find_post
from storage.quotes import Quote, QuotePolicy, QuoteState, find_quote, save_quote
from storage.visibility import is_visible

_CANNOT_READ = "the author of what you quote could not read this: name them in it, or write to everybody"


@dataclass(frozen=True, slots=True)
class Quoted:
    """A post that is to be quoted, and whose it is."""

    post: Post
    author: Actor


async def choose_quoted(session: Session, quoted_id: int | None, *, author: Actor, audience: Audience) -> Quoted | None:
    """The post that is to be quoted, if any. What one may not see does not exist; of what is for few only one's own may
    be quoted, and for no more people than it was for. Raises Missing, NotAllowed, Invalid.
    """
    if quoted_id is None:
        return None
    post = await find_post(session, quoted_id)
    if post is None or not await is_visible(session, post, viewer_id=author.id):
        raise Missing("the post that you quote does not exist")
    if post.author_id == author.id:
        _check_own(post, audience)
    elif not await _may_ask(session, post, author=author):
        raise NotAllowed("the author of this post does not want it to be quoted")
    return Quoted(post, await get_actor(session, post.author_id))


async def begin_quote(session: Session, hub: Hub, post: Post, *, author: Actor, quoted: Quoted) -> None:
    """Store that a new post of ours quotes another, with the consent that it has so far. Raises NotAllowed, and Invalid
    where the quoted author could not read the post: it is shown to them when they are asked (Mastodon 4.5 refuses it
    for posts to those they name).
    """
    is_shown = quoted.author.is_local or not post.is_local_only
    if is_shown and not await is_visible(session, post, viewer_id=quoted.author.id):
        raise Invalid(_CANNOT_READ, field="quoted")
    is_own, now = quoted.author.id == author.id, hub.clock.now()
    approval = request_uri = None
    if quoted.post.is_local and not is_own:
        approval = await consent(session, hub, quoted.post, quoting_uri=post.uri, by=author)
        if approval is None:
            raise NotAllowed("the author of this post does not want it to be quoted")
        await tell_quoted(session, hub, quoted=quoted.post, quoting=post)
    elif not quoted.post.is_local:
        _, request_uri = new_activity(hub)
    quote = Quote(
        post_id=post.id,
        quoted_uri=quoted.post.uri,
        quoted_post_id=quoted.post.id,
        state=QuoteState.ACCEPTED if quoted.post.is_local else QuoteState.PENDING,
        request_uri=request_uri,
        approval_uri=approval,
        created_at=now,
        updated_at=now,
    )
    await save_quote(session, quote)


async def ask_author(session: Session, hub: Hub, parts: PostParts, *, quoted: Quoted) -> None:
    """Ask the author of a remote post, at their own inbox, whether our new post may quote it."""
    quote = await find_quote(session, parts.post.id)
    if quote is None or quote.request_uri is None or parts.post.is_local_only:
        return
    request = RequestParts(quote.request_uri, actor=parts.author.uri, quoted=quoted.post.uri, quoting=parts.post.uri)
    document = quote_request(request, embedded_post(parts, hub.uris), to=quoted.author.uri)
    key = int(hub.uris.activity_key(quote.request_uri) or hub.ids.next())
    outgoing = Outgoing(key, parts.author.id, document, parts.post.uri, post_id=parts.post.id)
    await publish(session, hub, outgoing, inboxes=[quoted.author.inbox_url])


def _check_own(post: Post, audience: Audience) -> None:
    if post.audience is Audience.MENTIONED:
        raise Invalid("a post for the people it names alone can't be quoted", field="quoted")
    if post.audience not in OPEN and audience in OPEN:
        raise Invalid("a post for your followers can only be quoted in a post for your followers", field="quoted")


async def _may_ask(session: Session, post: Post, *, author: Actor) -> bool:
    """Whether the policy allows it, or lets one ask: what a remote author's policy says of followers, their server
    knows best.
    """
    if not post.is_local and policy_of(post) in (QuotePolicy.ASK, QuotePolicy.FOLLOWERS):
        return True
    return await may_quote(session, post, by=author)
