"""A row that the database will not take: what a bug, a full disk or a broken index would do to one activity."""

from sqlalchemy import text

from storage.database import Session

_SQLITE = (
    "CREATE TRIGGER poison BEFORE INSERT ON likes WHEN NEW.actor_id = {actor_id} "
    "BEGIN SELECT RAISE(ABORT, 'poisoned'); END"
)
_POSTGRESQL = "ALTER TABLE likes ADD CONSTRAINT poison CHECK (actor_id <> {actor_id})"


async def poison_likes_of(session: Session, actor_id: int) -> None:
    """From now on no like of this actor can be stored."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    await session.execute(text((_SQLITE if is_sqlite else _POSTGRESQL).format(actor_id=actor_id)))
