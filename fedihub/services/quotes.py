"""What happens to quotes after they were made (FEP-044f): the author of a post says who may quote it, or takes a
consent back; somebody elsewhere answers what we asked, or takes theirs back.
"""

from fedihub.errors import Missing, NotAllowed
from fedihub.hub import Hub
from fedihub.outbox import Outgoing, new_activity, publish
from fedihub.services.retelling import retell
from fedihub.translate.quotes import delete_quote_stamp
from storage.actors import Actor, get_actor
from storage.database import Session
from storage.posts import OPEN, Post, find_post, update_post
from storage.quotes import (
    Quote,
    QuotePolicy,
    QuoteStamp,
    QuoteState,
    find_quote,
    find_quotes_by_approval,
    find_stamp_for,
    revoke_stamp,
    set_quote_state,
)
from storage.recipients import inboxes_of_followers, inboxes_of_interactors, inboxes_told_of


async def set_quote_policy(hub: Hub, *, post_id: int, by_actor_id: int, policy: QuotePolicy) -> None:
    """Who may quote a post from now on; quotes that were allowed before stay. Raises Missing and NotAllowed."""

    async def unit(session: Session) -> None:
        post = await _own(session, post_id, by_actor_id)
        if post.quote_policy != policy:
            await update_post(session, post.id, {"quote_policy": policy.value})
            await retell(session, hub, post.id)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def revoke_quote(hub: Hub, *, post_id: int, quoting_id: int, by_actor_id: int) -> None:
    """The author of a post no longer wants that another quotes it; taking it back twice changes nothing.

    Raises Missing (no such post, or no such quote of it) and NotAllowed.
    """

    async def unit(session: Session) -> None:
        post = await _own(session, post_id, by_actor_id)
        quoting, quote = await find_post(session, quoting_id), await find_quote(session, quoting_id)
        if quoting is None or quote is None or quote.quoted_post_id != post.id:
            raise Missing("there is no such quote of this post")
        stamp = await find_stamp_for(session, quoted_post_id=post.id, quoting_uri=quoting.uri)
        now = hub.clock.now()
        await set_quote_state(session, quoting.id, QuoteState.REVOKED, approval_uri=None, now=now)
        if stamp is not None and await revoke_stamp(session, stamp.id, now=now):
            await _publish_end(session, hub, stamp, quoted=post, quoting=quoting)
        if quoting.is_local:
            await retell(session, hub, quoting.id)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def accept_quote(session: Session, hub: Hub, quote: Quote, *, approval_uri: str) -> None:
    """The author whom we asked agrees: everybody who has our post hears where the proof is."""
    now = hub.clock.now()
    await set_quote_state(session, quote.post_id, QuoteState.ACCEPTED, approval_uri=approval_uri, now=now)
    await retell(session, hub, quote.post_id)


async def end_quote(session: Session, hub: Hub, quote: Quote, *, state: QuoteState) -> None:
    """The quoted author does not agree, or no longer: a quote of ours is told anew, as no more than a link."""
    await set_quote_state(session, quote.post_id, state, approval_uri=None, now=hub.clock.now())
    await retell(session, hub, quote.post_id)


async def end_quotes_resting_on(session: Session, hub: Hub, approval_uri: str, *, by: Actor) -> bool:
    """A stamp is no more, by its own author's word; False if nothing here rests on it."""
    ended = False
    for quote in await find_quotes_by_approval(session, approval_uri):
        quoted = await find_post(session, quote.quoted_post_id) if quote.quoted_post_id is not None else None
        if quoted is not None and quoted.author_id == by.id:
            await end_quote(session, hub, quote, state=QuoteState.REVOKED)
            ended = True
    return ended


async def _own(session: Session, post_id: int, by_actor_id: int) -> Post:
    post = await find_post(session, post_id)
    if post is None:
        raise Missing("there is no such post")
    if post.author_id != by_actor_id:
        raise NotAllowed("only its author may do that to a post")
    return post


async def _publish_end(session: Session, hub: Hub, stamp: QuoteStamp, *, quoted: Post, quoting: Post) -> None:
    """To the server of the post that quotes, and to all who may show the quote: whoever knows either post of us. Of a
    quote that is not for everybody only they hear who have it.
    """
    if quoting.is_local_only or quoted.is_local_only:
        return
    author, quoter = await get_actor(session, quoted.author_id), await get_actor(session, quoting.author_id)
    key, uri = new_activity(hub)
    stamp_uri = hub.uris.quote_stamp(str(stamp.id))
    document = delete_quote_stamp(uri, stamp_uri, author=author.uri, quoting=stamp.quoting_uri, quoted=quoted.uri)
    inboxes = [] if quoter.is_local else [quoter.inbox_url]
    inboxes += await inboxes_told_of(session, quoting.id)
    if quoting.audience in OPEN:
        inboxes += await inboxes_told_of(session, quoted.id)
        for post in (quoted, quoting):
            inboxes += await inboxes_of_interactors(session, post.id)
        inboxes += await inboxes_of_followers(session, author.id)
    await publish(session, hub, Outgoing(key, author.id, document, stamp_uri), inboxes=inboxes)
