"""What the operator's command line shows of members and projects."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import col

from storage.actors import Actor
from storage.database import Session
from storage.members import HubRole, Member
from storage.projects import Project, ProjectRole, Stage, TeamRole


@dataclass(frozen=True, slots=True)
class MemberEntry:
    """A member, with what only the operator may see of them."""

    id: int
    username: str
    display_name: str
    email: str
    role: HubRole
    followers: int
    posts: int
    uri: str
    url: str
    created_at: datetime
    last_sign_in_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProjectEntry:
    """A project: what it is and needs. `links` are pairs of name and URL."""

    id: int
    username: str
    display_name: str
    stage: Stage
    needs: list[str]
    links: list[dict[str, Any]]
    followers: int
    posts: int
    uri: str
    url: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TeamEntry:
    """One member's part in one project, seen from either side."""

    username: str
    role: TeamRole


async def list_member_entries(session: Session, *, limit: int) -> list[MemberEntry]:
    """The members, newest first."""
    rows = await session.execute(_members().order_by(col(Actor.id).desc()).limit(limit))
    return [MemberEntry(*row) for row in rows]


async def find_member_entry(session: Session, username: str) -> MemberEntry | None:
    """The member with this username."""
    row = (await session.execute(_members().where(func.lower(col(Actor.username)) == username.lower()))).first()
    return MemberEntry(*row) if row is not None else None


async def list_project_entries(session: Session, *, limit: int) -> list[ProjectEntry]:
    """The projects, newest first."""
    rows = await session.execute(_projects().order_by(col(Actor.id).desc()).limit(limit))
    return [ProjectEntry(*row) for row in rows]


async def find_project_entry(session: Session, username: str) -> ProjectEntry | None:
    """The project with this username."""
    row = (await session.execute(_projects().where(func.lower(col(Actor.username)) == username.lower()))).first()
    return ProjectEntry(*row) if row is not None else None


async def list_team(session: Session, project_id: int) -> list[TeamEntry]:
    """Who acts for a project, in the order in which they joined."""
    wanted = (
        select(col(Actor.username), col(ProjectRole.role))
        .join(ProjectRole, col(ProjectRole.member_id) == col(Actor.id))
        .where(col(ProjectRole.project_id) == project_id)
        .order_by(col(ProjectRole.id))
    )
    return [TeamEntry(*row) for row in await session.execute(wanted)]


async def list_parts(session: Session, member_id: int) -> list[TeamEntry]:
    """The projects for which a member acts."""
    wanted = (
        select(col(Actor.username), col(ProjectRole.role))
        .join(ProjectRole, col(ProjectRole.project_id) == col(Actor.id))
        .where(col(ProjectRole.member_id) == member_id)
        .order_by(col(ProjectRole.id))
    )
    return [TeamEntry(*row) for row in await session.execute(wanted)]


def _members() -> Select[Any]:
    columns: tuple[Any, ...] = (
        Actor.id,
        Actor.username,
        Actor.display_name,
        Member.email,
        Member.role,
        Actor.followers_count,
        Actor.posts_count,
        Actor.uri,
        Actor.url,
        Actor.created_at,
        Member.last_sign_in_at,
    )
    return select(*columns).join(Member, col(Member.actor_id) == col(Actor.id))


def _projects() -> Select[Any]:
    columns: tuple[Any, ...] = (
        Actor.id,
        Actor.username,
        Actor.display_name,
        Project.stage,
        Project.needs,
        Project.links,
        Actor.followers_count,
        Actor.posts_count,
        Actor.uri,
        Actor.url,
        Actor.created_at,
    )
    return select(*columns).join(Project, col(Project.actor_id) == col(Actor.id))
