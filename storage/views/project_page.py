"""A project's page: what it is and needs, who builds it, and its story with the answers to each update."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import col

from storage.actors import Actor
from storage.database import Session
from storage.errors import NotFound
from storage.follows import FollowState
from storage.posts import Post
from storage.projects import Stage, TeamRole, find_project, team_of
from storage.views.member_page import TeamPart, follow_state, opens_a_conversation
from storage.views.pins import list_pinned_posts
from storage.views.posts import PostView, load_posts
from storage.views.threads import Node, grow
from storage.visibility import visible_to

UPDATES_AT_ONCE = 15
REPLIES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class StoryPart:
    """One update of the story with the first of its answers, as a tree; `more` when there are others."""

    post: PostView
    replies: list[Node]
    more: bool


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """Everything on a project's page. `further` is the id at which the story goes on in the direction it is read."""

    actor: Actor
    stage: Stage
    needs: list[str]
    links: list[dict[str, str]]
    team: list[TeamPart]
    pinned: list[PostView]
    """What stands first, where the newest is."""
    story: list[StoryPart]
    further: int | None
    follow_state: FollowState | None


async def load_project_page(
    session: Session, actor: Actor, *, viewer_id: int | None, cursor: int | None, from_start: bool
) -> ProjectPage:
    """What the viewer (None: anybody) may see; the story from the newest update back, or from the start on."""
    project = await find_project(session, actor.id)
    if project is None:
        raise NotFound("this actor is no project")
    ids = await _update_ids(session, actor.id, viewer_id=viewer_id, cursor=cursor, from_start=from_start)
    shown = ids[:UPDATES_AT_ONCE]
    return ProjectPage(
        actor=actor,
        stage=project.stage,
        needs=project.needs,
        links=project.links,
        team=await _team(session, actor.id),
        pinned=[] if from_start or cursor else await list_pinned_posts(session, actor.id, viewer_id=viewer_id),
        story=await _story(session, shown, viewer_id=viewer_id),
        further=shown[-1] if len(ids) > UPDATES_AT_ONCE else None,
        follow_state=await follow_state(session, actor.id, viewer_id=viewer_id),
    )


async def _update_ids(
    session: Session, project_id: int, *, viewer_id: int | None, cursor: int | None, from_start: bool
) -> Sequence[int]:
    key = col(Post.id)
    wanted = select(key).where(opens_a_conversation(project_id), visible_to(viewer_id))
    if cursor is not None:
        wanted = wanted.where(key > cursor if from_start else key < cursor)
    wanted = wanted.order_by(key.asc() if from_start else key.desc()).limit(UPDATES_AT_ONCE + 1)
    return (await session.scalars(wanted)).all()


async def _team(session: Session, project_id: int) -> list[TeamPart]:
    """Owners first."""
    team = [TeamPart(actor, role) for actor, role in await team_of(session, project_id) if actor.gone_at is None]
    return sorted(team, key=lambda part: list(TeamRole).index(part.role))


async def _story(session: Session, ids: Sequence[int], *, viewer_id: int | None) -> list[StoryPart]:
    """The updates in the order of `ids`; all answers to all of them come in one query."""
    answer_ids = await first_answers(session, ids, viewer_id=viewer_id)
    posts = {post.id: post for post in await load_posts(session, [*ids, *answer_ids], viewer_id=viewer_id)}
    answers: dict[int, list[PostView]] = defaultdict(list)
    for answer_id in answer_ids:
        answers[posts[answer_id].conversation_id].append(posts[answer_id])
    return [_part(posts[update_id], answers[posts[update_id].conversation_id]) for update_id in ids]


def _part(update: PostView, answers: list[PostView]) -> StoryPart:
    """`answers` has one more than is shown, if there are that many."""
    shown = sorted(answers, key=lambda post: post.id)[:REPLIES_SHOWN]
    roots = grow([update, *shown])
    own = next(node for node in roots if node.post.id == update.id)
    lost = [node for node in roots if node is not own]  # what they answer is deleted, or not for this viewer
    return StoryPart(update, [*own.replies, *lost], more=len(answers) > REPLIES_SHOWN)


async def first_answers(session: Session, update_ids: Sequence[int], *, viewer_id: int | None) -> Sequence[int]:
    """The ids of the oldest answers in the conversations of these updates, REPLIES_SHOWN and one more for each."""
    conversations = select(col(Post.conversation_id)).where(col(Post.id).in_(update_ids))
    place = func.row_number().over(partition_by=col(Post.conversation_id), order_by=col(Post.id))
    ranked = (
        select(col(Post.id).label("id"), place.label("place"))
        .where(
            col(Post.conversation_id).in_(conversations), col(Post.in_reply_to_uri).is_not(None), visible_to(viewer_id)
        )
        .subquery()
    )
    return (await session.scalars(select(ranked.c.id).where(ranked.c.place <= REPLIES_SHOWN + 1))).all()
