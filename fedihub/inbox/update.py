"""Update: a profile or a post has changed.

Only by its author, only forwards in time, and never for whom it is: the audience of a post stays what it was when it
was first said.
"""

from dataclasses import replace
from datetime import timedelta

from federation.errors import DereferenceFailed
from federation.trust import check_fetched
from federation.vocabulary.actors import read_keys
from federation.vocabulary.base import time_of, type_of
from federation.vocabulary.objects import RemoteObject, read_object
from federation.vocabulary.terms import ACTOR_TYPES
from fedihub.inbox.create import EARLY_BY, object_of, plan_of, plan_post, settle, why_not, with_addressees
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Later, Refused, Result
from fedihub.inbox.shown_to_few import CLOSED, fetch_named
from fedihub.services.remote_actors import dereference_actor, store_actor
from fedihub.services.remote_posts import PostPlan, gather_quote, update_quote
from fedihub.services.remote_versions import apply_version
from fedihub.translate.incoming import by_our_ids, is_vote
from storage.actors import Actor
from storage.database import Session
from storage.posts import find_post_by_uri

YOUNG = timedelta(days=1)
EARLY = "perhaps_before_its_post"
"""Why an edit is looked at once more."""


async def on_update(at: Gathering, received: In) -> Change | Result:
    """A profile is replaced as a whole, a post gets its new text."""
    activity = received.activity
    document = activity.embedded or {}
    if activity.object_id == received.actor or type_of(document, ACTOR_TYPES) in ACTOR_TYPES:
        return await _update_actor(at, received)
    found = await object_of(at, received)
    if not isinstance(found, RemoteObject):
        return found
    sender = await at.sender(received)
    known = await at.hub.database.read(lambda session: find_post_by_uri(session, found.uri))
    if known is None:
        return await _first_seen(at, received, found, sender=sender)
    if known.author_id != sender.id:
        return await settle(at, plan_of(at, received, found, sender=sender))
    version = with_addressees(_dated(at, received, found), received)
    plan = await gather_quote(at.hub, PostPlan(version, sender), budget=at.budget)
    return lambda session: apply_edit(session, at, plan)


def _dated(at: Gathering, received: In, found: RemoteObject) -> RemoteObject:
    """A post that does not say when it was edited was when its Update says so (activitypub-bot 0.51). Not one that is
    asked something: there, an Update without a time tells how it is answered.
    """
    if found.updated is not None or found.poll is not None:
        return found
    return replace(found, updated=time_of(received.activity.raw.get("updated"), now=at.hub.clock.now()))


async def _update_actor(at: Gathering, received: In) -> Result:
    """What an actor says of itself it may say in the Update; a bare id is fetched."""
    activity = received.activity
    if activity.object_id != received.actor:
        return Refused("not_the_actor", str(activity.object_id))
    if activity.embedded is not None and "inbox" in activity.embedded:
        actor = await store_actor(at.hub, activity.embedded, budget=at.budget)
        await at.hub.keys.learn(read_keys(activity.embedded, now=at.hub.clock.now()))
    else:
        actor = await dereference_actor(at.hub, received.actor, budget=at.budget)
    at.senders[received.actor] = actor
    return Applied()


async def _first_seen(at: Gathering, received: In, found: RemoteObject, *, sender: Actor) -> Change | Result:
    """An edit of a post that never reached us: if it is young and concerns somebody here, it is taken from its origin
    as if it were new. Of one that its origin does not show us (it may be for followers) the Create may still be on its
    way. Of somebody hidden only what is known is put right, and a vote has no second version.
    """
    now = at.hub.clock.now()
    if sender.is_hidden or is_vote(found) or found.published is None or now - found.published > YOUNG:
        return Ignored("unknown_post")
    refusal = await why_not(at, plan_of(at, received, found, sender=sender))
    if refusal is not None:
        return refusal
    try:
        document = await fetch_named(at, received, found.uri)
    except DereferenceFailed as error:
        if error.status not in CLOSED or at.postponed == EARLY:
            raise
        return Later(EARLY, error.private, after=EARLY_BY)
    fetched = check_fetched(read_object(document, now=now))
    if fetched.author != received.actor:
        return Refused("author_is_not_sender", str(fetched.author))
    return await plan_post(at, received, by_our_ids(fetched, at.hub.uris))


async def apply_edit(session: Session, at: Gathering, plan: PostPlan) -> Result:
    """Bring a post up to what its author says now; whose it is has been looked at before."""
    post = await find_post_by_uri(session, plan.found.uri)
    if post is None:
        return Ignored("deleted_before")
    quotes_otherwise = await update_quote(session, at.hub, post, plan=plan)
    if not await apply_version(session, at.hub, post, found=plan.found) and not quotes_otherwise:
        return Ignored("not_newer")
    return Applied()
