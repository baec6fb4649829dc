"""A chapter's page: what it is for, who runs it, and the openings that it passed on; for its moderators, what waits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import col

from storage.actors import Actor
from storage.chapters import ChapterBan, ChapterRole, find_chapter, list_bans, moderators_of
from storage.database import Session
from storage.errors import NotFound
from storage.follows import FollowState
from storage.openings import Opening, OpeningState, find_opening
from storage.posts import Post
from storage.views.member_page import follow_state
from storage.views.posts import PostView, load_posts
from storage.visibility import visible_to

OPENINGS_AT_ONCE = 20
BANS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Moderator:
    """Somebody who runs a chapter."""

    actor: Actor
    role: ChapterRole


@dataclass(frozen=True, slots=True)
class OpeningView:
    """A post in a chapter; `reason` is for its moderators alone."""

    id: int
    state: OpeningState
    reason: str
    submitted_at: datetime
    decided_at: datetime | None
    post: PostView


@dataclass(frozen=True, slots=True)
class ChapterPage:
    """Everything on a chapter's page. `older` is the key below which the openings go on; `waiting` is how many posts
    wait for a moderator, and None for everybody else.
    """

    actor: Actor
    place: str
    rules: str
    trusts_members: bool
    moderators: list[Moderator]
    openings: list[OpeningView]
    older: int | None
    follow_state: FollowState | None
    waiting: int | None


@dataclass(frozen=True, slots=True)
class OpeningQueue:
    """What the moderators of a chapter look at. `older` is the key below which the openings go on."""

    openings: list[OpeningView]
    older: int | None
    waiting: int
    bans: list[tuple[Actor, ChapterBan]]


async def load_chapter_page(
    session: Session, actor: Actor, *, viewer_id: int | None, before: int | None
) -> ChapterPage:
    """What the viewer (None: anybody) may see of a chapter."""
    chapter = await find_chapter(session, actor.id)
    if chapter is None:
        raise NotFound("this actor is no chapter")
    moderators = sorted(
        [Moderator(member, role) for member, role in await moderators_of(session, actor.id)],
        key=lambda part: list(ChapterRole).index(part.role),
    )
    runs_it = viewer_id in {part.actor.id for part in moderators}
    approved = (OpeningState.APPROVED,)
    openings, older = await load_openings(session, actor.id, states=approved, viewer_id=viewer_id, before=before)
    return ChapterPage(
        actor=actor,
        place=chapter.place,
        rules=chapter.rules,
        trusts_members=chapter.trusts_members,
        moderators=moderators,
        openings=openings,
        older=older,
        follow_state=await follow_state(session, actor.id, viewer_id=viewer_id),
        waiting=await count_waiting(session, actor.id) if runs_it else None,
    )


async def load_queue(
    session: Session, chapter_id: int, *, state: OpeningState, viewer_id: int, before: int | None
) -> OpeningQueue:
    """What is in this state in a chapter, how much waits, and who is kept out; for one of its moderators."""
    openings, older = await load_openings(session, chapter_id, states=(state,), viewer_id=viewer_id, before=before)
    waiting, bans = await count_waiting(session, chapter_id), await list_bans(session, chapter_id, limit=BANS_SHOWN)
    return OpeningQueue(openings, older, waiting, bans)


async def load_openings(
    session: Session,
    chapter_id: int,
    *,
    states: Collection[OpeningState],
    viewer_id: int | None,
    before: int | None,
    limit: int = OPENINGS_AT_ONCE,
) -> tuple[list[OpeningView], int | None]:
    """The openings of a chapter in these states, newest first, and the key below which there are more."""
    wanted = (
        select(Opening)
        .join(Post, col(Post.id) == col(Opening.post_id))
        .where(col(Opening.chapter_id) == chapter_id, col(Opening.state).in_(states), visible_to(viewer_id))
        .order_by(col(Opening.id).desc())
        .limit(limit + 1)
    )
    wanted = wanted if before is None else wanted.where(col(Opening.id) < before)
    rows = list(await session.scalars(wanted.execution_options(populate_existing=True)))
    shown = rows[:limit]
    posts = {post.id: post for post in await load_posts(session, [row.post_id for row in shown], viewer_id=viewer_id)}
    views = [_view(row, posts[row.post_id]) for row in shown if row.post_id in posts]
    return views, shown[-1].id if len(rows) > limit else None


async def load_opening(session: Session, id: int, *, viewer_id: int | None) -> OpeningView | None:
    """One opening."""
    row = await find_opening(session, id)
    posts = await load_posts(session, [row.post_id], viewer_id=viewer_id) if row is not None else []
    return _view(row, posts[0]) if row is not None and posts else None


async def count_waiting(session: Session, chapter_id: int) -> int:
    """How many posts wait for a moderator."""
    waiting = select(func.count()).where(
        col(Opening.chapter_id) == chapter_id, col(Opening.state) == OpeningState.SUBMITTED
    )
    return await session.scalar(waiting) or 0


def _view(row: Opening, post: PostView) -> OpeningView:
    return OpeningView(
        id=row.id,
        state=row.state,
        reason=row.reason,
        submitted_at=row.created_at,
        decided_at=row.decided_at,
        post=post,
    )
