"""What a sender names by its id alone and shows only to those whom it is for: asked for once more in the name of one of
them.

Most servers embed what is for few. Those that do not (activitypub-bot 0.51) show it to its addressees and to nobody
else, so that our server's own actor, who signs all other fetches, is told nothing. Mastodon 4.6 asks in the name of
the same people as we do (`app/lib/activitypub/activity.rb`, `signed_fetch_actor`). The sender learns nothing by it: it
wrote to them, or knows them as its followers. Who may read the post here is said by the post alone, whoever of us
asked.
"""

from federation.errors import DereferenceFailed
from federation.vocabulary.parse import Json
from federation.vocabulary.terms import is_public
from fedihub.inbox.gathering import Gathering, In
from storage.actors import Actor, ActorKind, find_actor_by_uri, find_actors
from storage.blocks import blocked_among
from storage.database import Session
from storage.follows import find_follower_here

CLOSED = frozenset({401, 403, 404})
"""Answers of an origin that shows something to few, or has it no more."""
_MOST_NAMED = 100
"""Addressees among whom somebody of ours is looked for."""


async def fetch_named(at: Gathering, received: In, uri: str) -> Json:
    """The document that the sender named, from its origin, which is asked twice at most. Where it is not for everybody
    and the first answer was that there is nothing (to see), the second time one of ours asks whom the activity has to
    do with, if there is anybody. Raises ProtocolError.
    """
    try:
        return await at.hub.dereferencer.document(uri, budget=at.budget)
    except DereferenceFailed as error:
        if error.status not in CLOSED or any(map(is_public, (*received.activity.to, *received.activity.cc))):
            raise
        reader_id = await at.hub.database.read(lambda session: _find_reader(session, at, received))
        if reader_id is None:
            raise
    signer = await at.hub.signers.signer(reader_id)
    return await at.hub.dereferencer.document(uri, budget=at.budget, signer=signer)


async def _find_reader(session: Session, at: Gathering, received: In) -> int | None:
    """Who of ours may ask: the one to whose inbox it came, else the first addressee, else a follower of the sender."""
    sender = await find_actor_by_uri(session, received.actor)
    candidates = [actor for actor in await find_actors(session, _named(at, received)) if _may_ask(actor)]
    if sender is None:
        return candidates[0].id if candidates else None
    blocked = await blocked_among(session, sender.id, [actor.id for actor in candidates])
    named = (actor.id for actor in candidates if actor.id not in blocked)
    return next(named, None) or await find_follower_here(session, sender.id)


def _named(at: Gathering, received: In) -> list[int]:
    """The ids of those of ours whom an activity names, whether they exist or not, the owner of the inbox first."""
    owner = [int(received.inbox)] if received.inbox is not None else []
    addressed = (at.local_actor_id(uri) for uri in (*received.activity.to, *received.activity.cc))
    return list(dict.fromkeys([*owner, *(actor_id for actor_id in addressed if actor_id is not None)]))[:_MOST_NAMED]


def _may_ask(actor: Actor) -> bool:
    """Not the server's own actor, which has asked already."""
    return actor.is_local and actor.kind is not ActorKind.SERVER and actor.gone_at is None and not actor.is_hidden
