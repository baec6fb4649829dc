"""Block: somebody wants nothing to do with one of us. Nobody is told, and both follow each other no longer."""

from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Result
from fedihub.services.following import part
from storage.actors import find_actor
from storage.blocks import Block, insert_block, rename_block
from storage.database import Session
from storage.received import was_undone_before


async def on_block(at: Gathering, received: In) -> Change | Result:
    """Removes the follows in both directions and remembers the block."""
    hub, activity = at.hub, received.activity
    blocked_id = at.local_actor_id(await at.own_id(activity.object_id))
    if blocked_id is None:
        return Ignored("not_ours")
    sender = await at.sender(received)

    async def change(session: Session) -> Result:
        if await find_actor(session, blocked_id) is None:
            return Ignored("no_such_actor")
        if await was_undone_before(session, actor_uri=sender.uri, activity_uri=activity.id):
            return Ignored("undone_before")
        row = Block(
            id=hub.ids.next(),
            uri=activity.id,
            blocker_id=sender.id,
            blocked_id=blocked_id,
            created_at=hub.clock.now(),
        )
        if not await insert_block(session, row):
            await rename_block(session, row)
        await part(session, sender.id, blocked_id)
        return Applied()

    return change
