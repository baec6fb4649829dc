"""Files that members upload: what is known of each; the bytes lie on disk, under `name`.

A file waits for a while to be attached to a post, and goes with it. Rows outlive their posts by a moment: a row that
no post has, and that nobody need keep (`keep_until`), tells which files on disk are to be removed, so that none is
forgotten there when the program is killed half-way.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor
from storage.columns import BigId, Instant, Json, Word, big_id_key
from storage.posts import OPEN, Audience, Post
from storage.prepared import Query
from storage.statements import Values, change, changed, insert_row


class MediaState(StrEnum):
    """Whether a file can be used."""

    WAITING = "waiting"
    """It is still being looked at."""
    READY = "ready"
    FAILED = "failed"


class Media(SQLModel, table=True):
    """One uploaded file of one of our actors."""

    __tablename__ = "media"

    id: int = big_id_key()
    actor_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE", index=True)
    post_id: int | None = Field(default=None, sa_type=BigId, foreign_key="posts.id", ondelete="SET NULL", index=True)
    state: MediaState = Field(default=MediaState.WAITING, sa_type=Word(MediaState))
    name: str | None = Field(default=None, unique=True)
    """Of the file on disk, and in its address: nobody can guess it."""
    preview_name: str | None = Field(default=None, unique=True)
    """Of a smaller picture of it."""
    media_type: str
    size: int = Field(default=0, sa_type=BigId)
    width: int | None = None
    height: int | None = None
    preview_width: int | None = None
    preview_height: int | None = None
    blurhash: str | None = None
    description: str = ""
    focal_point: list[float] | None = Field(default=None, sa_type=Json)
    was_attached: bool = False
    """It was part of a post once: without one it is not shown any more."""
    created_at: datetime = Field(sa_type=Instant)
    keep_until: datetime = Field(sa_type=Instant, index=True)
    """How long it is kept while no post has it."""


_SWEEPING = timedelta(minutes=1)
_BY_ID = Query.rows(Media, col(Media.id) == bindparam("id"), col(Media.actor_id) == bindparam("actor_id"))
_IS_THERE = (col(Actor.gone_at).is_(None), col(Actor.suspended_at).is_(None))
_SHOWN: Query[Audience | str] = Query(
    select(col(Media.id), col(Post.audience), col(Post.is_local_only))
    .join(Actor, col(Actor.id) == col(Media.actor_id))
    .outerjoin(Post, col(Post.id) == col(Media.post_id))
    .where(or_(col(Media.name) == bindparam("name"), col(Media.preview_name) == bindparam("name")))
    .where(*_IS_THERE, or_(col(Media.post_id).is_not(None), col(Media.was_attached).is_(False))),
    lambda row: row[1] if row[1] and not row[2] else "",
)


async def find_media(session: AsyncSession, id: int, *, actor_id: int) -> Media | None:
    """A file of this actor's."""
    return await _BY_ID.first(session, id=id, actor_id=actor_id)


async def find_media_of(session: AsyncSession, ids: Collection[int], *, actor_id: int) -> dict[int, Media]:
    """Those of these files that are this actor's, by their key."""
    wanted = select(Media).where(col(Media.id).in_(ids), col(Media.actor_id) == actor_id)
    return {media.id: media for media in await session.scalars(wanted)}


async def is_media_open(session: AsyncSession, name: str) -> bool | None:
    """Whether a file (or the preview of one) is part of a post for all the world; None where it is not to be shown at
    all: there is none, its post was deleted, its owner is silenced or gone.
    """
    found = await _SHOWN.first(session, name=name)
    return None if found is None else found in OPEN


async def count_unattached(session: AsyncSession, actor_id: int) -> int:
    """How many files of an actor wait for their first post. Whoever counts them at the same time waits for the end of
    this unit.
    """
    turn = select(col(Actor.id)).where(col(Actor.id) == actor_id).with_for_update(key_share=True)
    await session.execute(turn)
    theirs = (col(Media.actor_id) == actor_id, col(Media.post_id).is_(None))
    waiting = (col(Media.was_attached).is_(False), col(Media.state) != MediaState.FAILED)
    return await session.scalar(select(func.count()).where(*theirs, *waiting)) or 0


async def insert_media(session: AsyncSession, media: Media) -> None:
    """A new file."""
    await insert_row(session, media)


async def update_media(session: AsyncSession, id: int, values: Values) -> bool:
    """Change these columns (at least one) of a file; False if it is not there any more."""
    return await change(session, update(Media).where(col(Media.id) == id).values(dict(values))) == 1


async def attach_media(session: AsyncSession, ids: Sequence[int], *, post_id: int, now: datetime) -> bool:
    """Give these files to a post; False if one of them is another's already, or about to be removed (a sweep whose
    clock was read later may be under way), and then nothing may be stored. When the post goes, nobody need keep them.
    """
    is_kept = col(Media.keep_until) > now + _SWEEPING
    free = or_(and_(col(Media.post_id).is_(None), is_kept), col(Media.post_id) == post_id)
    given = {"post_id": post_id, "was_attached": True, "keep_until": now}
    return await change(session, update(Media).where(col(Media.id).in_(ids), free).values(given)) == len(set(ids))


async def detach_media(session: AsyncSession, post_id: int, *, keep_until: datetime) -> None:
    """Take its files from a post that is about to be deleted; for some time they can become part of another."""
    theirs = update(Media).where(col(Media.post_id) == post_id)
    await change(session, theirs.values(post_id=None, keep_until=keep_until))


async def let_go_of_media(session: AsyncSession, actor_id: int, *, now: datetime) -> None:
    """Nobody need keep the files of an actor any more, once their posts are gone."""
    theirs = update(Media).where(col(Media.actor_id) == actor_id)
    await change(session, theirs.values(was_attached=True, keep_until=now))


async def drop_loose_media(session: AsyncSession, id: int, *, now: datetime) -> bool:
    """The file need not be kept any more, if no post has it; False if one has."""
    loose = update(Media).where(col(Media.id) == id, col(Media.post_id).is_(None))
    return await change(session, loose.values(was_attached=True, keep_until=now)) == 1


async def list_superfluous_media(session: AsyncSession, *, now: datetime, after: int, limit: int) -> list[Media]:
    """Files that no post has and nobody need keep, by their keys, beyond this one."""
    loose = (col(Media.post_id).is_(None), col(Media.keep_until) <= now)
    wanted = select(Media).where(*loose, col(Media.id) > after)
    return list(await session.scalars(wanted.order_by(col(Media.id)).limit(limit)))


async def delete_superfluous_media(session: AsyncSession, ids: Collection[int], *, now: datetime) -> int:
    """Forget files that are off the disk, unless one was attached meanwhile; answers how many that were."""
    gone = delete(Media).where(col(Media.id).in_(ids), col(Media.post_id).is_(None), col(Media.keep_until) <= now)
    return changed(await session.execute(gone, execution_options={"synchronize_session": False}))
