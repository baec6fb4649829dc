"""What actors of other servers have pinned to their profiles: their `featured` collection, read when a member has
looked somebody up and when a profile is fetched anew, never because something arrived.

The collection is fetched from its own address; where there is none, it may stand whole in the actor's document. One
page, a few posts. What stands in the collection are hints: each post is fetched from its origin, unless the collection,
which is on the author's own origin, shows it whole.
"""

from collections.abc import Mapping

from federation.dereference import Budget
from federation.errors import ProtocolError
from federation.trust import check_fetched, speaks_for
from federation.vocabulary.base import first_of, id_of
from federation.vocabulary.collections import CollectionPage, read_collection
from federation.vocabulary.objects import RemoteObject, read_object
from federation.vocabulary.parse import Json
from fedihub.hub import Hub
from fedihub.services.remote_posts import PostPlan, apply_post, fetch_post, is_temporary
from fedihub.translate.incoming import is_vote
from storage.actors import Actor, find_actor_by_uri
from storage.database import Session
from storage.pins import replace_pins
from storage.posts import OPEN, find_post_by_uri

MOST_PINNED = 20
MOST_DOCUMENTS = MOST_PINNED + 3
"""The collection, the actor in whose document it may stand, its first page, and each post."""


async def fetch_pins(hub: Hub, uri: str) -> int:
    """Take over what a remote actor has pinned; gives how many posts that are. Nothing changes if its server does not
    answer. Raises ProtocolError.
    """
    actor = await hub.database.read(lambda session: find_actor_by_uri(session, uri))
    if actor is None or actor.is_local or actor.is_hidden or actor.gone_at is not None or not actor.featured_url:
        return 0
    budget = Budget(MOST_DOCUMENTS)
    collection = await _collection(hub, actor.featured_url, actor=actor, budget=budget)
    page = await _first_page(hub, collection, origin=actor.uri, budget=budget)
    plans = [await _pinned(hub, item, actor=actor, budget=budget) for item in page.items[:MOST_PINNED]]

    async def unit(session: Session) -> int:
        posts = [await _stored(session, hub, plan, author=actor) for plan in plans]
        ids = [post_id for post_id in posts if post_id is not None]
        await replace_pins(session, actor.id, ids, now=hub.clock.now())
        return len(ids)

    return await hub.database.write(unit)


async def _collection(hub: Hub, uri: str, *, actor: Actor, budget: Budget) -> Json:
    """What stands at the collection's address, or in the actor's document; all of it is of the actor's origin."""
    try:
        document = await hub.dereferencer.document(uri, budget=budget)
    except ProtocolError as error:
        if is_temporary(error) or uri == actor.uri:
            raise
        document = await hub.dereferencer.document(actor.uri, budget=budget)
    inside = first_of(document.get("featured"))
    return inside if isinstance(inside, dict) else document


async def _first_page(hub: Hub, collection: Json, *, origin: str, budget: Budget) -> CollectionPage:
    page = read_collection(collection, origin=origin)
    if page.items or page.first is None:
        return page
    first = page.first if isinstance(page.first, dict) else await hub.dereferencer.document(page.first, budget=budget)
    return read_collection(first, origin=origin)


async def _pinned(hub: Hub, item: object, *, actor: Actor, budget: Budget) -> PostPlan | str | None:
    """The post behind an item: the id of one that is known, one to be stored, or None where there is none to be had."""
    uri = id_of(item)
    if uri is None or not speaks_for(actor.uri, uri):
        return None
    if await hub.database.read(lambda session: find_post_by_uri(session, uri)) is not None:
        return uri
    try:
        found = _shown_whole(hub, item) or await fetch_post(hub, uri, budget)
    except ProtocolError:
        return None
    return PostPlan(found, actor) if found.author == actor.uri else None


def _shown_whole(hub: Hub, item: object) -> RemoteObject | None:
    if not isinstance(item, Mapping) or "content" not in item:
        return None
    found = check_fetched(read_object(dict(item), now=hub.clock.now()))
    return found if not is_vote(found) else None


async def _stored(session: Session, hub: Hub, plan: PostPlan | str | None, *, author: Actor) -> int | None:
    """The id of a pinned post that everybody may read, and whose author pinned it."""
    if plan is None:
        return None
    if isinstance(plan, str):
        post = await find_post_by_uri(session, plan)
    else:
        post = await apply_post(session, hub, plan)
    return post.id if post is not None and post.author_id == author.id and post.audience in OPEN else None
