"""What a group passes on (FEP-1b12): Lemmy, PieFed and Mbin announce not posts, but the activities of others.

Nothing of an activity inside an Announce is believed, since nobody but the group signed it. It says where to look: the
post is fetched from its own origin, which alone can show it or say that it is gone. Only what a group itself says
counts at once: that it passes something on, and that it does so no longer.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from federation.dereference import Budget
from federation.errors import DereferenceFailed
from federation.vocabulary.base import id_of, type_of
from fedihub.hub import HINTS_REST
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Later, Result
from fedihub.services.remote_posts import dereference_post
from storage.actors import Actor
from storage.database import Session
from storage.follows import has_local_followers
from storage.forgetting import delete_with_words
from storage.posts import OPEN, Post, find_post, find_post_by_uri
from storage.reactions import delete_boost, find_boost

MOST_FETCHED = 8
"""Documents that one announced activity may make us fetch: the post, its author, what it answers."""
_UNREAD = frozenset({"Add", "Block", "Dislike", "Flag", "Like", "Lock", "Remove", "Undo"})
"""What else groups pass on: likes of others' posts are counted where they live, and nobody moderates here from
outside.
"""
_ACTIVITIES = frozenset({"Create", "Update", "Delete"}) | _UNREAD


@dataclass(frozen=True, slots=True)
class PassedOn:
    """An activity inside an Announce, as far as it is looked at: a hint."""

    type: str
    post_uri: str
    received_at: datetime


Boosted = Callable[[Post], Change]
"""Makes the change that a group boosts a post."""


def passed_on(received: In) -> PassedOn | None:
    """The activity that an Announce has inside, if it is one and no post."""
    inner = received.activity.embedded or {}
    type_ = type_of(inner, _ACTIVITIES)
    if type_ not in _ACTIVITIES:
        return None
    uri = id_of(inner.get("object"))
    return PassedOn(type_, uri, received.received_at) if uri is not None else None


async def on_passed_on(at: Gathering, hint: PassedOn, *, sender: Actor, boosted: Boosted) -> Change | Result:
    """A post or an edit is fetched where somebody here follows the group, a known post that shall be gone is looked
    for; the rest is for servers that count it.
    """
    if hint.type in _UNREAD or sender.wire_type != "Group":
        return Ignored("not_relevant")
    at = replace(at, budget=Budget(MOST_FETCHED))
    known, matters = await at.hub.database.read(lambda session: _look_up(session, at, hint, sender=sender))
    if refusal := _refusal(at, hint, known=known, matters=matters):
        return refusal
    rest = _resting(at, hint, known) if known is not None else None
    if hint.type == "Delete" and known is not None:
        return await _on_end(at, known, sender=sender, rest=rest)
    if rest is not None:
        return rest
    if not at.hub.uris.is_local(hint.post_uri) and (known is None or hint.type == "Update"):
        known = await dereference_post(at.hub, hint.post_uri, budget=at.budget)
    if known is None or known.audience not in OPEN:
        return Ignored("not_public" if known is not None else "deleted_before")
    if known.in_reply_to_uri is None:
        return boosted(known)
    return Applied()  # it stands in its conversation by now, and in nobody's home timeline


async def _look_up(session: Session, at: Gathering, hint: PassedOn, *, sender: Actor) -> tuple[Post | None, bool]:
    """The post as it is known here, and whether it matters here what this group says of it: somebody follows the group,
    or it ends what the group itself has passed on.
    """
    local_id = at.local_post_id(hint.post_uri)
    known = await (find_post(session, local_id) if local_id is not None else find_post_by_uri(session, hint.post_uri))
    if await has_local_followers(session, sender.id):
        return known, True
    is_its_own = known is not None and await find_boost(session, actor_id=sender.id, post_id=known.id) is not None
    return known, hint.type == "Delete" and is_its_own


def _refusal(at: Gathering, hint: PassedOn, *, known: Post | None, matters: bool) -> Result | None:
    """Why nothing is done about it, or nothing yet."""
    if known is None and hint.type == "Delete":
        return Ignored("unknown_post")
    if not matters:
        return Ignored("not_relevant")
    return Ignored("no_such_post") if known is None and at.hub.uris.is_local(hint.post_uri) else None


def _resting(at: Gathering, hint: PassedOn, known: Post) -> Ignored | Later | None:
    """A post whose origin was asked a moment ago is left alone for a while, since whoever passes something on can say
    so without end; an edit that came before that has nothing more to tell.
    """
    if hint.type == "Create" or known.is_local:
        return None
    looked_at = at.hub.hints.get(known.uri)
    if looked_at is None:
        at.hub.hints.put(known.uri, at.hub.clock.now())
        return None
    if hint.type == "Update" and hint.received_at <= looked_at:
        return Ignored("looked_at_since")
    return Later(at.postponed or "looked_at_lately", after=HINTS_REST, partly=True)


async def _on_end(at: Gathering, known: Post, *, sender: Actor, rest: Result | None) -> Change | Result:
    """The post is gone, if its origin says so; if it does not, or can't be asked yet, the group took it out of what it
    passes on.
    """
    if rest is None and not known.is_local and known.audience in OPEN and await _is_gone(at, known.uri):
        return lambda session: _delete(session, at, known.uri)

    async def change(session: Session) -> Result:
        boost = await delete_boost(session, actor_id=sender.id, post_id=known.id)
        return rest or (Applied() if boost is not None else Ignored("not_relevant"))

    return change


async def _is_gone(at: Gathering, uri: str) -> bool:
    """Raises ProtocolError when the origin cannot be asked now."""
    try:
        document = await at.hub.dereferencer.document(uri, budget=at.budget)
    except DereferenceFailed as error:
        if error.gone:
            return True
        raise
    return type_of(document, {"Tombstone"}) == "Tombstone"


async def _delete(session: Session, at: Gathering, uri: str) -> Result:
    post = await find_post_by_uri(session, uri)
    if post is None:
        return Ignored("unknown_post")
    await delete_with_words(session, post, now=at.hub.clock.now())
    return Applied()
