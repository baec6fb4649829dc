"""QuoteRequest: somebody wants to quote a post of ours (FEP-044f).

Answered at once, by the post's policy: Accept with a stamp, or Reject. A post that the sender cannot see is answered
like one that does not exist: not at all.
"""

from federation.errors import BadDocument, OriginMismatch
from federation.trust import own_instrument, speaks_for
from federation.vocabulary.base import id_of
from federation.vocabulary.objects import RemoteObject, read_object
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Refused, Result
from fedihub.outbox import new_activity, publish_to
from fedihub.services.consent import consent, may_quote
from fedihub.services.remote_posts import PostPlan, Thread, apply_thread, gather_thread
from fedihub.services.remote_quotes import QuotePlan, store_quote
from fedihub.translate.incoming import by_our_ids, is_vote
from fedihub.translate.quotes import RequestParts, accept_quote, reject_quote
from storage.actors import Actor, get_actor
from storage.database import Session
from storage.posts import OPEN, Post
from storage.quotes import find_stamp_for
from storage.visibility import find_visible_post


async def on_quote_request(at: Gathering, received: In) -> Change | Result:
    """The post that quotes is stored with the consent, so that our author sees where they are quoted."""
    uri, quoting_uri = await at.own_id(received.activity.object_id), id_of(received.activity.raw.get("instrument"))
    if uri is None or at.local_post_id(uri) is None:
        return Ignored("not_ours")
    if quoting_uri is None or not speaks_for(received.actor, quoting_uri):
        return Refused("instrument_elsewhere", str(quoting_uri))
    sender = await at.sender(received)
    quoted = await at.hub.database.read(lambda session: _quotable(session, uri, sender=sender))
    if quoted is None:
        return Ignored("no_such_post")
    parts = RequestParts(received.activity.id, actor=sender.uri, quoted=quoted.uri, quoting=quoting_uri)
    if not await at.hub.database.read(lambda session: _may(session, quoted, sender=sender, quoting_uri=quoting_uri)):
        return lambda session: _reject(session, at, parts, quoted=quoted, sender=sender)
    found = await _instrument(at, received, quoting_uri)
    if not isinstance(found, RemoteObject):
        return found
    if is_vote(found):
        return Refused("vote", f"{found.uri} is a vote in a poll, and no post that could quote")
    if found.author != received.actor or found.quote != quoted.uri:
        return Refused("not_this_quote", f"{found.uri} by {found.author} quotes {found.quote}")
    thread = await gather_thread(at.hub, PostPlan(found, sender), budget=at.budget)
    return lambda session: _accept(session, at, parts, thread=thread, sender=sender)


async def _quotable(session: Session, uri: str, *, sender: Actor) -> Post | None:
    post = await find_visible_post(session, uri, viewer_id=sender.id)
    return post if post is not None and post.is_local and post.audience in OPEN else None


async def _may(session: Session, quoted: Post, *, sender: Actor, quoting_uri: str) -> bool:
    stamp = await find_stamp_for(session, quoted_post_id=quoted.id, quoting_uri=quoting_uri)
    return stamp.revoked_at is None if stamp is not None else await may_quote(session, quoted, by=sender)


async def _instrument(at: Gathering, received: In, uri: str) -> RemoteObject | Result:
    """The post that quotes: as its author embeds it, else from its origin."""
    now = at.hub.clock.now()
    try:
        found = own_instrument(received, at.hub.uris, now=now)
        if found is None:
            found = read_object(await at.hub.dereferencer.document(uri, budget=at.budget), now=now)
    except (BadDocument, OriginMismatch) as error:
        return Refused(error.reason, error.private)
    return by_our_ids(found, at.hub.uris)


async def _accept(session: Session, at: Gathering, parts: RequestParts, *, thread: Thread, sender: Actor) -> Result:
    quoted = await find_visible_post(session, parts.quoted, viewer_id=sender.id)
    post = await apply_thread(session, at.hub, thread)
    if quoted is None or post is None:
        return Ignored("no_such_post" if quoted is None else "deleted_before")
    if post.author_id != sender.id:  # known here as somebody else's, whatever the request says
        return Refused("author_changed", f"{post.uri} belongs to another actor")
    await store_quote(session, at.hub, post, author=sender, plan=QuotePlan(quoted.uri))
    stamp = await consent(session, at.hub, quoted, quoting_uri=post.uri, by=sender)
    if stamp is None:
        return await _reject(session, at, parts, quoted=quoted, sender=sender)
    _, uri = new_activity(at.hub)
    author = await get_actor(session, quoted.author_id)
    document = accept_quote(uri, parts, by=author.uri, stamp=stamp)
    await publish_to(session, at.hub, actor=author, target=sender, document=document, order_key=stamp)
    return Applied()


async def _reject(session: Session, at: Gathering, parts: RequestParts, *, quoted: Post, sender: Actor) -> Result:
    _, uri = new_activity(at.hub)
    author = await get_actor(session, quoted.author_id)
    document = reject_quote(uri, parts, by=author.uri)
    await publish_to(session, at.hub, actor=author, target=sender, document=document, order_key=parts.quoting)
    return Ignored("not_allowed")
