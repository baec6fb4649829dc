"""A member's page: who this is, what they build, and what they say to everybody."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlmodel import col

from storage.actors import Actor
from storage.database import Session
from storage.follows import Follow, FollowState
from storage.posts import Audience, Post
from storage.projects import TeamRole, projects_of
from storage.views.pins import list_pinned_posts
from storage.views.posts import PostView, load_posts
from storage.visibility import visible_to

POSTS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class TeamPart:
    """Somebody's part in a team: `actor` is the project on a member's page, and the member on a project's."""

    actor: Actor
    role: TeamRole


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Everything on a member's page. `older` is the id below which the posts go on."""

    actor: Actor
    projects: list[TeamPart]
    pinned: list[PostView]
    """What stands first, on the first page."""
    posts: list[PostView]
    older: int | None
    follow_state: FollowState | None
    """Whether the viewer follows this member."""


async def load_member_page(session: Session, actor: Actor, *, viewer_id: int | None, before: int | None) -> MemberPage:
    """What the viewer (None: anybody) may see of a member."""
    posts, older = await newest_posts(session, actor.id, viewer_id=viewer_id, before=before)
    return MemberPage(
        actor=actor,
        projects=[TeamPart(project, role) for project, role in await projects_of(session, actor.id)],
        pinned=await list_pinned_posts(session, actor.id, viewer_id=viewer_id) if before is None else [],
        posts=posts,
        older=older,
        follow_state=await follow_state(session, actor.id, viewer_id=viewer_id),
    )


async def newest_posts(
    session: Session, author_id: int, *, viewer_id: int | None, before: int | None, limit: int = POSTS_AT_ONCE
) -> tuple[list[PostView], int | None]:
    """An author's posts that answer nobody, and the id below which there are more."""
    below = [col(Post.id) < before] if before is not None else []
    wanted = (
        select(col(Post.id))
        .where(opens_a_conversation(author_id), visible_to(viewer_id), *below)
        .order_by(col(Post.id).desc())
        .limit(limit + 1)
    )
    ids = list(await session.scalars(wanted))
    posts = await load_posts(session, ids[:limit], viewer_id=viewer_id)
    return posts, ids[limit - 1] if len(ids) > limit else None


def opens_a_conversation(author_id: int) -> ColumnElement[bool]:
    """Posts of an author that answer nobody and speak to more than the people they name."""
    return (
        (col(Post.author_id) == author_id)
        & col(Post.in_reply_to_uri).is_(None)
        & (col(Post.audience) != Audience.MENTIONED)
    )


async def follow_state(session: Session, actor_id: int, *, viewer_id: int | None) -> FollowState | None:
    """Whether the viewer follows an actor, or has asked to."""
    if viewer_id is None:
        return None
    wanted = select(col(Follow.state)).where(col(Follow.follower_id) == viewer_id, col(Follow.followed_id) == actor_id)
    state: FollowState | None = await session.scalar(wanted)
    return state
