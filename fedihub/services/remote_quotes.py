"""What posts of other servers quote: shown as a quote only where the quoted author agreed (FEP-044f).

That is: the quote of one's own post; one with a stamp, fetched from the quoted author's own origin, that names exactly
this post, the quoted one and its author; one of a post of ours whose author lets it be quoted. Everything else is
kept, and shown as a link. `check_stamp` asks the network, `store_quote` writes, in a unit that the caller owns.
"""

from dataclasses import dataclass
from enum import Enum

from federation.dereference import Budget
from federation.errors import ProtocolError
from federation.identifiers import ActorUri, ObjectUri
from federation.trust import speaks_for
from federation.vocabulary.objects import RemoteObject
from federation.vocabulary.quotes import Stamp, claimed_stamp, read_stamp
from fedihub.hub import Hub
from fedihub.services.consent import consent, tell_quoted
from storage.actors import Actor
from storage.database import Session
from storage.posts import OPEN, Post, find_post_by_uri
from storage.quotes import Quote, QuoteState, delete_quote, find_quote, save_quote


class Proof(Enum):
    """What became of a stamp: none was named, it is good, it is not (any more), it could not be had just now."""

    NONE = "none"
    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class QuotePlan:
    """What a remote post quotes, by the quoted post's own id, with the stamp that it names.

    `unreachable` says why the quoted post could not be had though it may be had later.
    """

    uri: str
    stamp_uri: str | None = None
    proof: Proof = Proof.NONE
    unreachable: str | None = None


async def check_stamp(
    hub: Hub, found: RemoteObject, *, quoted_uri: str, author_uri: str, budget: Budget
) -> tuple[str | None, Proof]:
    """The stamp that a post names and what it is worth: it must come from the quoted author's own origin, and all that
    it names must be right (CVE-2026-33869 is what happens otherwise). Never raises `ProtocolError`.
    """
    claimed = claimed_stamp(found.raw)
    if claimed is None or found.author == author_uri:
        return None, Proof.NONE
    if not speaks_for(author_uri, claimed) or hub.uris.is_local(claimed):
        return claimed, Proof.BAD
    try:
        stamp = read_stamp(await hub.dereferencer.document(claimed, budget=budget))
    except ProtocolError as error:
        return claimed, Proof.UNKNOWN if getattr(error, "temporary", False) else Proof.BAD
    wanted = Stamp(claimed, ActorUri(author_uri), quoting=found.uri, quoted=ObjectUri(quoted_uri))
    return claimed, Proof.GOOD if stamp == wanted else Proof.BAD


async def store_quote(session: Session, hub: Hub, post: Post, *, author: Actor, plan: QuotePlan) -> bool:
    """Remember what a post quotes and whether it may be shown; True if that is news.

    What is not open to everybody, and not the author's own, is not quoted at all.
    """
    quoted = await find_post_by_uri(session, plan.uri)
    before = await find_quote(session, post.id)
    if before is not None and before.quoted_uri != plan.uri:
        before = None
    if quoted is not None and quoted.author_id != post.author_id and quoted.audience not in OPEN:
        await delete_quote(session, post.id)
        return before is not None
    state, approval = await _standing(session, hub, post, quoted=quoted, author=author, plan=plan, before=before)
    now = hub.clock.now()
    quote = Quote(
        post_id=post.id,
        quoted_uri=plan.uri,
        quoted_post_id=quoted.id if quoted is not None else None,
        state=state,
        approval_uri=approval,
        created_at=before.created_at if before is not None else now,
        updated_at=now,
    )
    await save_quote(session, quote)
    is_news = before is None or before.state is not state
    if is_news and state is QuoteState.ACCEPTED and quoted is not None and quoted.is_local:
        await tell_quoted(session, hub, quoted=quoted, quoting=post)
    return is_news


async def _standing(
    session: Session,
    hub: Hub,
    post: Post,
    *,
    quoted: Post | None,
    author: Actor,
    plan: QuotePlan,
    before: Quote | None,
) -> tuple[QuoteState, str | None]:
    """Whether a quote may be shown, and the stamp that it rests on."""
    if quoted is None:
        return QuoteState.PENDING, None
    if quoted.author_id == post.author_id:
        return QuoteState.ACCEPTED, None
    if quoted.is_local:
        stamp = await consent(session, hub, quoted, quoting_uri=post.uri, by=author)
        return (QuoteState.ACCEPTED, stamp) if stamp is not None else _without(before)
    match plan.proof:
        case Proof.GOOD:
            return QuoteState.ACCEPTED, plan.stamp_uri
        case Proof.UNKNOWN if before is not None and before.approval_uri == plan.stamp_uri:
            return before.state, before.approval_uri
        case Proof.BAD:
            return _without(before)
        case _:
            return QuoteState.PENDING, None


def _without(before: Quote | None) -> tuple[QuoteState, str | None]:
    """What is left without a good stamp: a quote that once stood was taken back."""
    stood = before is not None and before.state in (QuoteState.ACCEPTED, QuoteState.REVOKED)
    return QuoteState.REVOKED if stood else QuoteState.PENDING, None
