"""Move: an account that members follow has another home now (FEP-7628)."""

from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Refused, Result
from fedihub.services.moves import bring_followers, doubt, moved_lately
from fedihub.services.remote_actors import dereference_actor
from storage.actors import Actor, find_actor, get_actor, note_arrival, note_move
from storage.database import Session


async def on_move(at: Gathering, received: In) -> Change | Result:
    """Whoever follows the account here follows its new home instead, if that home, asked this moment, names the old
    one. Only for oneself, and once a week; the new home stays one for as long.
    """
    activity = received.activity
    if activity.object_id != received.actor:
        return Refused("not_the_actor", str(activity.object_id))
    if activity.target is None:
        return Refused("no_target")
    sender = await at.sender(received)
    target = await _target(at, activity.target)
    if target is None:
        return Refused("target_unavailable", activity.target)
    if why := doubt(sender, target):
        return Refused(why, target.uri)

    async def change(session: Session) -> Result:
        old, new = await get_actor(session, sender.id), await get_actor(session, target.id)
        if moved_lately(at.hub, old):
            return Ignored("moved_lately")
        await note_move(session, old.id, to_uri=new.uri, now=at.hub.clock.now())
        if not new.is_local:  # or accounts that are made for it could send followers on, step by step
            await note_arrival(session, new.id, now=at.hub.clock.now())
        await bring_followers(session, at.hub, old=old, new=new)
        return Applied()

    return change


async def _target(at: Gathering, uri: str) -> Actor | None:
    """The new home as it describes itself now. Raises ProtocolError where it can't be asked, or is no actor."""
    if at.hub.uris.is_local(uri):
        key = at.local_actor_id(uri)
        return await at.hub.database.read(lambda session: find_actor(session, key)) if key is not None else None
    return await dereference_actor(at.hub, uri, budget=at.budget)
