"""Followers synchronisation (FEP-8fcf), both ways: what we say of our actors' followers, and what others say of theirs.

We say it with what is for followers alone, because only there it matters who follows: as Mastodon 4.6 does. What others
say is compared with what we know; where it differs, the list is fetched, and counts only if it was read as a whole and
has the digest that the sender signed (then nobody can take followers away by showing half a list). Then:

* who follows here and stands on no list there follows no longer (their server would not show them anything either);
* who stands there and waits for an answer here has got it;
* who stands there and follows nobody here leaves, so that the other side forgets them.
"""

from collections.abc import Mapping, Sequence

from federation.dereference import Budget
from federation.followers import HEADER, FollowersHeader, digest_of
from federation.identifiers import origin_text
from federation.walking import walk
from fedihub.hub import Hub
from fedihub.outbox import new_activity, publish_to, relation_key
from fedihub.translate.activities import FollowParts, undo_follow
from fedihub.translate.actors import is_silenced
from fedihub.unsynced import SaidFollowers
from storage.actors import Actor, ActorKind, find_actor_by_uri, find_actors
from storage.database import Session
from storage.delivery_queue import ClaimedDelivery
from storage.follows import FollowState, accept_follow, find_follow, followers_at, list_local_followers
from storage.home import add_author_to_home, remove_author_from_home
from storage.unfollowing import remove_follow

MOST_TOLD = 10_000
"""Followers of whom we tell in one batch; where there are more, we tell nothing (the header is a courtesy)."""
MOST_PAGES = 10
MOST_LISTED = 10_000
MOST_MENDED = 100
"""Members on a list who are looked at: for each who does not follow, something is sent."""

Headers = Mapping[int, Mapping[str, str]]
"""Headers of deliveries, by the delivery's key."""


async def followers_headers(session: Session, hub: Hub, jobs: Sequence[ClaimedDelivery]) -> Headers:
    """What to say with these deliveries of who follows their actors there: one query for all of them."""
    told = [job for job in jobs if _is_for_followers(hub, job)]
    if not told:
        return {}
    origins = {origin_text(job.inbox_url) for job in told}
    there = await followers_at(session, *{job.actor_id for job in told}, origins=origins, limit=MOST_TOLD + 1)
    if len(there) > MOST_TOLD:
        return {}
    known: dict[tuple[int, str], list[str]] = {}
    for follower in there:
        known.setdefault((follower.followed_id, origin_text(follower.uri)), []).append(follower.uri)
    return {job.id: _header(hub, job, known.get((job.actor_id, origin_text(job.inbox_url)), [])) for job in told}


async def synchronise(hub: Hub, said: SaidFollowers) -> None:
    """Compare what an actor elsewhere said of its followers here with what we know, and mend our side.

    Raises ProtocolError when the list can't be had; then nothing was changed.
    """
    actor = await hub.database.read(lambda session: find_actor_by_uri(session, said.actor_uri))
    if actor is None or actor.is_local or actor.followers_url != said.header.collection:
        return
    known = await hub.database.read(lambda session: list_local_followers(session, actor.id))
    if digest_of(each.uri for each in known) == said.header.digest or not hub.unsynced.may_fetch(actor.uri):
        return
    listed = await _listed(hub, said.header)
    if listed is not None:
        await hub.database.write(lambda session: _mend(session, hub, actor, listed))
        hub.wake.outbound.set()


def _is_for_followers(hub: Hub, job: ClaimedDelivery) -> bool:
    """Whether an activity is for followers alone. They are named in it byte for byte as we name them."""
    return not job.is_public and hub.uris.followers(str(job.actor_id)).encode() in job.body


def _header(hub: Hub, job: ClaimedDelivery, uris: Sequence[str]) -> Mapping[str, str]:
    key = str(job.actor_id)
    said = FollowersHeader(hub.uris.followers(key), hub.uris.followers_synchronization(key), digest_of(uris))
    return {HEADER: said.write()}


async def _listed(hub: Hub, header: FollowersHeader) -> set[str] | None:
    """The list behind a header, if it is the one that was meant."""
    found = await walk(
        hub.dereferencer,
        header.url,
        budget=Budget(MOST_PAGES + 1),
        most_pages=MOST_PAGES + 1,
        most_items=MOST_LISTED,
    )
    if found.failure is not None:
        raise found.failure
    if digest_of(found.ids) != header.digest:
        hub.log.info("a list of followers is not the one that was announced", collection=header.collection)
        return None
    return set(found.ids)


async def _mend(session: Session, hub: Hub, actor: Actor, listed: set[str]) -> None:
    for follower in await list_local_followers(session, actor.id):
        if follower.uri not in listed:
            await remove_follow(session, follower_id=follower.id, followed_id=actor.id)
            await remove_author_from_home(session, owner_id=follower.id, author_id=actor.id)
    keys = [hub.uris.actor_key(uri) for uri in sorted(listed)]
    known = await find_actors(session, [int(key) for key in keys if key is not None][:MOST_MENDED])
    for follower in known:
        if follower.is_local and follower.kind is not ActorKind.SERVER and not is_silenced(follower):
            await _confirm_or_leave(session, hub, follower, actor)


async def _confirm_or_leave(session: Session, hub: Hub, follower: Actor, actor: Actor) -> None:
    follow = await find_follow(session, follower_id=follower.id, followed_id=actor.id)
    if follow is None:
        _, uri = new_activity(hub)
        document = undo_follow(uri, FollowParts(None, follower=follower.uri, followed=actor.uri))
        order_key = relation_key(follower.uri, actor.uri)
        await publish_to(session, hub, actor=follower, target=actor, document=document, order_key=order_key)
    elif follow.state is FollowState.REQUESTED:
        await accept_follow(session, follower_id=follower.id, followed_id=actor.id, now=hub.clock.now())
        await add_author_to_home(session, owner_id=follower.id, author_id=actor.id)
