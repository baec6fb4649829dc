"""The hub's home and its two lists: who is here, what they build, what was said last."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import func, select
from sqlmodel import col

from storage.actors import Actor, ActorKind
from storage.database import Session
from storage.paging import Rows
from storage.posts import Audience, Post
from storage.projects import Project, Stage
from storage.standing import is_hidden, is_limited
from storage.views.posts import PostView, load_posts
from storage.visibility import visible_to

T = TypeVar("T")

MEMBERS_SHOWN = 6
PROJECTS_SHOWN = 6
POSTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ProjectCard:
    """A project: its actor, and what the actor does not say."""

    actor: Actor
    project: Project


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A stretch of a list; `older` is the id below which it goes on, None at its end."""

    items: list[T]
    older: int | None


@dataclass(frozen=True, slots=True)
class HubHome:
    """Everything on the hub's home."""

    members: list[Actor]
    more_members: bool
    projects: list[ProjectCard]
    more_projects: bool
    posts: list[PostView]


async def load_hub_home(session: Session, *, viewer_id: int | None) -> HubHome:
    """The newest members, the projects that spoke last, and the newest public posts of either."""
    members = await newest_members(session, before=None, limit=MEMBERS_SHOWN)
    spoke_last = func.coalesce(col(Actor.last_post_at), col(Actor.created_at)).desc()
    active = _projects().where(col(Project.stage) != Stage.ARCHIVED).order_by(spoke_last, col(Actor.id).desc())
    projects = await _cards(session, active.limit(PROJECTS_SHOWN + 1))
    return HubHome(
        members=members.items,
        more_members=members.older is not None,
        projects=projects[:PROJECTS_SHOWN],
        more_projects=len(projects) > PROJECTS_SHOWN,
        posts=await load_posts(session, await latest_here(session, viewer_id=viewer_id), viewer_id=viewer_id),
    )


async def newest_members(session: Session, *, before: int | None, limit: int) -> Listing[Actor]:
    """The members, newest first, without those who do not want to be found."""
    wanted = (
        select(Actor)
        .where(col(Actor.kind) == ActorKind.MEMBER, col(Actor.gone_at).is_(None), col(Actor.discoverable))
        .where(~is_hidden(), ~is_limited())
    )
    wanted = wanted if before is None else wanted.where(col(Actor.id) < before)
    members = list(await session.scalars(wanted.order_by(col(Actor.id).desc()).limit(limit + 1)))
    return Listing(members[:limit], members[limit - 1].id if len(members) > limit else None)


async def newest_projects(session: Session, *, before: int | None, limit: int) -> Listing[ProjectCard]:
    """The projects, newest first."""
    wanted = _projects() if before is None else _projects().where(col(Actor.id) < before)
    cards = await _cards(session, wanted.order_by(col(Actor.id).desc()).limit(limit + 1))
    return Listing(cards[:limit], cards[limit - 1].actor.id if len(cards) > limit else None)


def _projects() -> Rows:
    return (
        select(Actor, Project)
        .join(Project, col(Project.actor_id) == col(Actor.id))
        .where(col(Actor.gone_at).is_(None), col(Actor.discoverable), ~is_hidden(), ~is_limited())
    )


async def _cards(session: Session, statement: Rows) -> list[ProjectCard]:
    return [ProjectCard(actor, project) for actor, project in await session.execute(statement)]


async def latest_here(session: Session, *, viewer_id: int | None) -> list[int]:
    """What was said here to everybody, and is for the viewer; answers left out: they belong under what they answer."""
    wanted = (
        select(col(Post.id))
        .join(Actor, col(Actor.id) == col(Post.author_id))
        .where(col(Post.is_local), col(Post.audience) == Audience.PUBLIC, col(Post.in_reply_to_uri).is_(None))
        .where(col(Actor.gone_at).is_(None), col(Actor.discoverable), visible_to(viewer_id))
        .order_by(col(Post.id).desc())
        .limit(POSTS_SHOWN)
    )
    return list(await session.scalars(wanted))
