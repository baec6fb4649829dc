"""People who belong to this hub: what an actor row does not say about a member."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor
from storage.columns import BigId, Instant, Word
from storage.statements import change, insert_row


class HubRole(StrEnum):
    """What a member may do for the hub as a whole."""

    OWNER = "owner"
    MEMBER = "member"


class Member(SQLModel, table=True):
    """The person behind a MEMBER actor; `password_hash` is argon2id, `email` is stored in lower case."""

    __tablename__ = "members"

    actor_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="actors.id", ondelete="CASCADE")
    email: str = Field(unique=True)
    password_hash: str
    role: HubRole = Field(default=HubRole.MEMBER, sa_type=Word(HubRole))
    created_at: datetime = Field(sa_type=Instant)
    last_sign_in_at: datetime | None = Field(default=None, sa_type=Instant)


async def insert_member(session: AsyncSession, member: Member) -> None:
    """Store a new member; the actor must be there. AlreadyExists if the e-mail address is taken."""
    await insert_row(session, member)


async def find_member(session: AsyncSession, actor_id: int) -> Member | None:
    """The member behind this actor."""
    return await session.get(Member, actor_id)


async def find_member_by_email(session: AsyncSession, email: str) -> Member | None:
    """The member with this e-mail address (in lower case)."""
    member: Member | None = await session.scalar(select(Member).where(col(Member.email) == email))
    return member


async def list_members(session: AsyncSession, *, limit: int = 1000) -> list[tuple[Actor, Member]]:
    """The members with their actors, in the order in which they joined."""
    wanted = (
        select(Actor, Member).join(Member, col(Member.actor_id) == col(Actor.id)).order_by(col(Actor.id)).limit(limit)
    )
    return [(actor, member) for actor, member in await session.execute(wanted)]


async def find_owner(session: AsyncSession) -> Actor | None:
    """The owner of the hub: the first, if there are several."""
    wanted = select(Actor).join(Member, col(Member.actor_id) == col(Actor.id)).where(col(Member.role) == HubRole.OWNER)
    owner: Actor | None = await session.scalar(wanted.order_by(col(Actor.id)).limit(1))
    return owner


async def count_hub_owners(session: AsyncSession) -> int:
    """How many members own the hub; it must not lose the last one."""
    owners = select(func.count()).select_from(Member).where(col(Member.role) == HubRole.OWNER)
    return await session.scalar(owners) or 0


async def count_members(session: AsyncSession) -> int:
    """How many members the hub has."""
    return await session.scalar(select(func.count()).select_from(Member)) or 0


async def note_sign_in(session: AsyncSession, actor_id: int, *, now: datetime) -> None:
    """Remember when a member last signed in."""
    await change(session, update(Member).where(col(Member.actor_id) == actor_id).values(last_sign_in_at=now))


async def set_password_hash(session: AsyncSession, actor_id: int, *, password_hash: str) -> None:
    """Replace a member's password."""
    await change(session, update(Member).where(col(Member.actor_id) == actor_id).values(password_hash=password_hash))
