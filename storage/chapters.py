"""Local or topical communities: groups that pass on a few good openings. Here is who runs a chapter and who may take no
part in it; what is passed on stands in `storage.openings`.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, UniqueConstraint, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor
from storage.columns import BigId, Instant, Word, big_id_key
from storage.prepared import Query
from storage.rows import values_of
from storage.statements import change, changed, insert_into, insert_new, insert_row


class ChapterRole(StrEnum):
    """A moderator decides about openings and people; an owner also chooses the moderators and edits the chapter."""

    OWNER = "owner"
    MODERATOR = "moderator"


class Chapter(SQLModel, table=True):
    """What the actor row of a chapter does not say."""

    __tablename__ = "chapters"

    actor_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="actors.id", ondelete="CASCADE")
    place: str = ""
    rules: str = ""
    trusts_members: bool = False
    """Whether openings by members of this hub pass without a moderator."""
    founder_id: int | None = Field(default=None, sa_type=BigId, foreign_key="actors.id", ondelete="SET NULL")
    created_at: datetime = Field(sa_type=Instant)


class ChapterModerator(SQLModel, table=True):
    """One member's part in running one chapter."""

    __tablename__ = "chapter_moderators"
    __table_args__ = (UniqueConstraint("chapter_id", "member_id"),)

    id: int = big_id_key()
    chapter_id: int = Field(sa_type=BigId, foreign_key="chapters.actor_id", ondelete="CASCADE")
    member_id: int = Field(sa_type=BigId, foreign_key="members.actor_id", ondelete="CASCADE", index=True)
    role: ChapterRole = Field(sa_type=Word(ChapterRole))
    created_at: datetime = Field(sa_type=Instant)


class ChapterBan(SQLModel, table=True):
    """An actor may not take part in a chapter."""

    __tablename__ = "chapter_bans"

    chapter_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="chapters.actor_id", ondelete="CASCADE")
    actor_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="actors.id", ondelete="CASCADE", index=True)
    reason: str = ""
    banned_by_id: int | None = Field(default=None, sa_type=BigId, foreign_key="actors.id", ondelete="SET NULL")
    created_at: datetime = Field(sa_type=Instant)


_IDS: Query[int] = Query.values(select(col(Chapter.actor_id)))


async def insert_chapter(session: AsyncSession, chapter: Chapter) -> None:
    """Store a new chapter; its actor must be there."""
    await insert_row(session, chapter)


async def find_chapter(session: AsyncSession, actor_id: int) -> Chapter | None:
    """The chapter behind this actor."""
    return await session.get(Chapter, actor_id)


async def list_chapter_ids(session: AsyncSession) -> frozenset[int]:
    """The ids of all chapters of this hub."""
    return frozenset(await _IDS.all(session))


async def update_chapter(session: AsyncSession, chapter: Chapter) -> None:
    """Write place, rules and trust as they are in `chapter`."""
    values = {"place": chapter.place, "rules": chapter.rules, "trusts_members": chapter.trusts_members}
    await change(session, update(Chapter).where(col(Chapter.actor_id) == chapter.actor_id).values(values))


async def list_chapters(
    session: AsyncSession, *, before: int | None = None, limit: int = 1000
) -> list[tuple[Actor, Chapter]]:
    """The chapters that are still here with their actors, newest first."""
    wanted = select(Actor, Chapter).join(Chapter, col(Chapter.actor_id) == col(Actor.id))
    wanted = wanted.where(col(Actor.gone_at).is_(None))
    wanted = wanted if before is None else wanted.where(col(Actor.id) < before)
    rows = await session.execute(wanted.order_by(col(Actor.id).desc()).limit(limit))
    return [(actor, chapter) for actor, chapter in rows]


async def set_moderator(session: AsyncSession, moderator: ChapterModerator) -> None:
    """Let a member run the chapter, or change the part that they have in it."""
    insert = insert_into(session, ChapterModerator).values(values_of(moderator))
    await session.execute(
        insert.on_conflict_do_update(index_elements=["chapter_id", "member_id"], set_={"role": moderator.role})
    )


async def remove_moderator(session: AsyncSession, *, chapter_id: int, member_id: int) -> bool:
    """A member runs the chapter no longer; False if they did not."""
    theirs = _part(chapter_id, member_id)
    return changed(await session.execute(delete(ChapterModerator).where(*theirs))) == 1


async def moderator_role_of(session: AsyncSession, *, chapter_id: int, member_id: int) -> ChapterRole | None:
    """What this member may do for this chapter; None for nothing."""
    wanted = select(col(ChapterModerator.role)).where(*_part(chapter_id, member_id))
    role: ChapterRole | None = await session.scalar(wanted)
    return role


async def moderators_of(session: AsyncSession, chapter_id: int) -> list[tuple[Actor, ChapterRole]]:
    """Who runs a chapter, in the order in which they came; without those who have left the hub."""
    wanted = (
        select(Actor, col(ChapterModerator.role))
        .join(ChapterModerator, col(ChapterModerator.member_id) == col(Actor.id))
        .where(col(ChapterModerator.chapter_id) == chapter_id, col(Actor.gone_at).is_(None))
        .order_by(col(ChapterModerator.id))
    )
    return [(actor, role) for actor, role in await session.execute(wanted)]


async def first_owner(session: AsyncSession, chapter_id: int) -> Actor | None:
    """The owner who came first of those who are still here; one who is suspended only where there is no other."""
    owners = [actor for actor, role in await moderators_of(session, chapter_id) if role is ChapterRole.OWNER]
    return min(owners, key=lambda owner: owner.is_hidden, default=None)


async def chapters_of(session: AsyncSession, member_id: int) -> list[tuple[Actor, ChapterRole]]:
    """The chapters that a member runs, in the order in which they came to them."""
    wanted = (
        select(Actor, col(ChapterModerator.role))
        .join(ChapterModerator, col(ChapterModerator.chapter_id) == col(Actor.id))
        .where(col(ChapterModerator.member_id) == member_id, col(Actor.gone_at).is_(None))
        .order_by(col(ChapterModerator.id))
    )
    return [(actor, role) for actor, role in await session.execute(wanted)]


async def chapters_only_owned_by(session: AsyncSession, member_id: int) -> list[Actor]:
    """The chapters that would have no owner without this member."""
    other = aliased(ChapterModerator)
    another = exists().where(
        col(other.chapter_id) == col(ChapterModerator.chapter_id),
        col(other.role) == ChapterRole.OWNER,
        col(other.member_id) != member_id,
    )
    own = (col(ChapterModerator.member_id) == member_id) & (col(ChapterModerator.role) == ChapterRole.OWNER)
    wanted = select(Actor).join(ChapterModerator, col(ChapterModerator.chapter_id) == col(Actor.id))
    return list(await session.scalars(wanted.where(own, ~another).order_by(col(Actor.id))))


async def lock_chapter(session: AsyncSession, chapter_id: int) -> None:
    """Let nobody else choose the moderators before the end of this unit. (On SQLite nobody else writes anyway.)"""
    await session.execute(select(col(Chapter.actor_id)).where(col(Chapter.actor_id) == chapter_id).with_for_update())


async def count_chapter_owners(session: AsyncSession, chapter_id: int) -> int:
    """How many owners a chapter has; it must not lose the last one."""
    owners = select(func.count()).where(
        col(ChapterModerator.chapter_id) == chapter_id, col(ChapterModerator.role) == ChapterRole.OWNER
    )
    return await session.scalar(owners) or 0


async def insert_ban(session: AsyncSession, ban: ChapterBan) -> bool:
    """Let an actor take no part in a chapter; False if that was so before."""
    return await insert_new(session, ban)


async def delete_ban(session: AsyncSession, *, chapter_id: int, actor_id: int) -> bool:
    """Let an actor take part again; False if nothing kept them out."""
    banned = (col(ChapterBan.chapter_id) == chapter_id, col(ChapterBan.actor_id) == actor_id)
    return changed(await session.execute(delete(ChapterBan).where(*banned))) == 1


async def is_banned(session: AsyncSession, *, chapter_id: int, actor_id: int) -> bool:
    """Whether an actor may take no part in a chapter."""
    wanted = select(col(ChapterBan.actor_id)).where(
        col(ChapterBan.chapter_id) == chapter_id, col(ChapterBan.actor_id) == actor_id
    )
    return await session.scalar(wanted) is not None


async def list_bans(session: AsyncSession, chapter_id: int, *, limit: int = 1000) -> list[tuple[Actor, ChapterBan]]:
    """Who may take no part in a chapter, and why; the newest first."""
    wanted = (
        select(Actor, ChapterBan)
        .join(ChapterBan, col(ChapterBan.actor_id) == col(Actor.id))
        .where(col(ChapterBan.chapter_id) == chapter_id)
        .order_by(col(ChapterBan.created_at).desc(), col(Actor.id))
        .limit(limit)
    )
    return [(actor, ban) for actor, ban in await session.execute(wanted)]


def _part(chapter_id: int, member_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(ChapterModerator.chapter_id) == chapter_id, col(ChapterModerator.member_id) == member_id
