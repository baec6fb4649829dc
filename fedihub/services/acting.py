"""Who of ours says or does something: asked in the unit that writes it.

A request is let in first and may wait long (for another server, for its turn); its actor may be suspended by then, or
have ended. From here to the end of the unit neither can happen: whoever wants to suspend or end them comes after it,
and finds what it wrote.
"""

from fedihub.errors import Missing, NotAllowed
from storage.actors import Actor, ActorKind, hold_actor
from storage.database import Session


async def get_acting(session: Session, actor_id: int, *, even_suspended: bool = False) -> Actor:
    """The member, project or chapter that acts. Raises as `check_acting`."""
    return check_acting(await hold_actor(session, actor_id), even_suspended=even_suspended)


def check_acting(actor: Actor | None, *, even_suspended: bool = False) -> Actor:
    """The same actor, which is held, if it may act. `even_suspended`: it takes something back, which who is suspended
    may do, too.

    Raises Missing for who is not here (any more), and NotAllowed for who is suspended.
    """
    if actor is None or not actor.is_local or actor.gone_at is not None or actor.kind is ActorKind.SERVER:
        raise Missing("there is no such account here")
    if actor.suspended_at is not None and not even_suspended:
        raise NotAllowed("this account is suspended")
    return actor
