"""What members build together: stage, needs and links of a PROJECT actor, and who may act for it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import UniqueConstraint, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor
from storage.columns import BigId, Instant, Json, Word, big_id_key
from storage.rows import values_of
from storage.statements import change, changed, insert_into, insert_row


class Stage(StrEnum):
    """How far a project is."""

    IDEA = "idea"
    BUILDING = "building"
    LAUNCHED = "launched"
    GROWING = "growing"
    PAUSED = "paused"
    ARCHIVED = "archived"


class TeamRole(StrEnum):
    """What a member may do for a project: an author posts, a maintainer also edits it, an owner also chooses the
    team.
    """

    OWNER = "owner"
    MAINTAINER = "maintainer"
    AUTHOR = "author"


class Project(SQLModel, table=True):
    """What the actor row of a project does not say."""

    __tablename__ = "projects"

    actor_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="actors.id", ondelete="CASCADE")
    stage: Stage = Field(default=Stage.IDEA, sa_type=Word(Stage))
    needs: list[str] = Field(default_factory=list, sa_type=Json)
    links: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """[{"name": plain text, "url": http(s) URL}]"""
    founder_id: int | None = Field(default=None, sa_type=BigId, foreign_key="actors.id", ondelete="SET NULL")
    created_at: datetime = Field(sa_type=Instant)


class ProjectRole(SQLModel, table=True):
    """One member's part in one project's team."""

    __tablename__ = "project_roles"
    __table_args__ = (UniqueConstraint("project_id", "member_id"),)

    id: int = big_id_key()
    project_id: int = Field(sa_type=BigId, foreign_key="projects.actor_id", ondelete="CASCADE")
    member_id: int = Field(sa_type=BigId, foreign_key="members.actor_id", ondelete="CASCADE", index=True)
    role: TeamRole = Field(sa_type=Word(TeamRole))
    created_at: datetime = Field(sa_type=Instant)


async def insert_project(session: AsyncSession, project: Project) -> None:
    """Store a new project; its actor must be there."""
    await insert_row(session, project)


async def find_project(session: AsyncSession, actor_id: int) -> Project | None:
    """The project behind this actor."""
    return await session.get(Project, actor_id)


async def update_project(session: AsyncSession, project: Project) -> None:
    """Write stage, needs and links as they are in `project`."""
    values = {"stage": project.stage, "needs": project.needs, "links": project.links}
    await change(session, update(Project).where(col(Project.actor_id) == project.actor_id).values(values))


async def list_projects(session: AsyncSession, *, limit: int = 1000) -> list[tuple[Actor, Project]]:
    """The projects with their actors, in the order in which they were founded."""
    wanted = select(Actor, Project).join(Project, col(Project.actor_id) == col(Actor.id)).order_by(col(Actor.id))
    return [(actor, project) for actor, project in await session.execute(wanted.limit(limit))]


async def add_role(session: AsyncSession, role: ProjectRole) -> None:
    """Take a member into the team, or change the role they have there."""
    insert = insert_into(session, ProjectRole).values(values_of(role))
    await session.execute(
        insert.on_conflict_do_update(index_elements=["project_id", "member_id"], set_={"role": role.role})
    )


async def remove_role(session: AsyncSession, *, project_id: int, member_id: int) -> bool:
    """Take a member out of the team; False if they were not in it."""
    gone = delete(ProjectRole).where(col(ProjectRole.project_id) == project_id, col(ProjectRole.member_id) == member_id)
    return changed(await session.execute(gone)) == 1


async def role_of(session: AsyncSession, *, project_id: int, member_id: int) -> TeamRole | None:
    """What this member may do for this project; None for nothing."""
    wanted = select(col(ProjectRole.role)).where(
        col(ProjectRole.project_id) == project_id, col(ProjectRole.member_id) == member_id
    )
    role: TeamRole | None = await session.scalar(wanted)
    return role


async def team_of(session: AsyncSession, project_id: int) -> list[tuple[Actor, TeamRole]]:
    """Who builds a project, in the order in which they came."""
    wanted = (
        select(Actor, col(ProjectRole.role))
        .join(ProjectRole, col(ProjectRole.member_id) == col(Actor.id))
        .where(col(ProjectRole.project_id) == project_id)
        .order_by(col(ProjectRole.id))
    )
    return [(actor, role) for actor, role in await session.execute(wanted)]


async def projects_of(session: AsyncSession, member_id: int) -> list[tuple[Actor, TeamRole]]:
    """The projects in whose team a member is, in the order in which they came to them."""
    wanted = (
        select(Actor, col(ProjectRole.role))
        .join(ProjectRole, col(ProjectRole.project_id) == col(Actor.id))
        .where(col(ProjectRole.member_id) == member_id, col(Actor.gone_at).is_(None))
        .order_by(col(ProjectRole.id))
    )
    return [(actor, role) for actor, role in await session.execute(wanted)]


async def only_owned_by(session: AsyncSession, member_id: int) -> list[Actor]:
    """The projects that would have no owner without this member."""
    other = aliased(ProjectRole)
    another = exists().where(
        col(other.project_id) == col(ProjectRole.project_id),
        col(other.role) == TeamRole.OWNER,
        col(other.member_id) != member_id,
    )
    own = (col(ProjectRole.member_id) == member_id) & (col(ProjectRole.role) == TeamRole.OWNER)
    wanted = select(Actor).join(ProjectRole, col(ProjectRole.project_id) == col(Actor.id)).where(own, ~another)
    return list(await session.scalars(wanted.order_by(col(Actor.id))))


async def lock_project(session: AsyncSession, project_id: int) -> None:
    """Let nobody else choose the team before the end of this unit. (On SQLite nobody else writes anyway.)"""
    await session.execute(select(col(Project.actor_id)).where(col(Project.actor_id) == project_id).with_for_update())


async def count_owners(session: AsyncSession, project_id: int) -> int:
    """How many owners a project has; it must not lose the last one."""
    owners = select(func.count()).where(
        col(ProjectRole.project_id) == project_id, col(ProjectRole.role) == TeamRole.OWNER
    )
    return await session.scalar(owners) or 0
