"""The thread around one post: what it answers, up to the root, and what answers it, down to the leaves.

Both are found by recursive queries along `in_reply_to_id`, bounded in depth and number: a peer may send a thread as
deep as it likes, or (two posts that each claim to answer the other) one without an end. A post that the viewer may
not see is left out, but not what lies beyond it.
"""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import literal, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.database import Session
from storage.paging import Rows
from storage.posts import Post
from storage.views.posts import PostView, load_posts
from storage.visibility import visible_to

DEEPEST = 500


@dataclass(frozen=True, slots=True)
class Thread:
    """`ancestors` from the root down; `descendants` each after what it answers."""

    ancestors: list[PostView]
    descendants: list[PostView]


async def load_context(session: Session, post_id: int, *, viewer_id: int | None, most: int) -> Thread:
    """The thread around a post, at most `most` posts either way, in four queries beside those of the posts
    themselves.
    """
    above = await _visible(session, await _above(session, post_id, most=most), viewer_id=viewer_id)
    below = await _visible(session, await _below(session, post_id, most=most), viewer_id=viewer_id)
    views = await load_posts(session, [*above, *below], viewer_id=viewer_id)
    found = {view.id: view for view in views}
    return Thread(*([found[each] for each in ids if each in found] for ids in (above, below)))


async def _above(session: Session, post_id: int, *, most: int) -> list[int]:
    """The ids from the root to the parent."""
    start: Rows = select(col(Post.in_reply_to_id).label("id"), literal(1).label("height")).where(
        col(Post.id) == post_id
    )
    chain = start.cte("above", recursive=True)
    parent = aliased(Post)
    step = select(col(parent.in_reply_to_id), chain.c.height + 1).join(chain, col(parent.id) == chain.c.id)
    chain = chain.union_all(step.where(chain.c.height < min(most, DEEPEST)))
    rows = await session.execute(select(chain.c.id).where(chain.c.id.is_not(None)).order_by(chain.c.height.desc()))
    return [each for each in dict.fromkeys(rows.scalars()) if each != post_id]


async def _below(session: Session, post_id: int, *, most: int) -> list[int]:
    """The ids of the answers, depth first, older ones first on each level."""
    start: Rows = select(col(Post.id).label("id"), col(Post.in_reply_to_id).label("parent"), literal(1).label("depth"))
    tree = start.where(col(Post.in_reply_to_id) == post_id).cte("below", recursive=True)
    child = aliased(Post)
    step = select(col(child.id), col(child.in_reply_to_id), tree.c.depth + 1).join(
        tree, col(child.in_reply_to_id) == tree.c.id
    )
    tree = tree.union_all(step.where(tree.c.depth < DEEPEST))
    rows = (await session.execute(select(tree.c.id, tree.c.parent).limit(most))).all()
    return _depth_first({row.id: row.parent for row in rows}, root=post_id)


def _depth_first(parents: dict[int, int], *, root: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for each, parent in sorted(parents.items(), reverse=True):
        children[parent].append(each)
    found: dict[int, None] = {root: None}
    waiting = list(children[root])
    while waiting:
        each = waiting.pop()
        if each not in found:
            found[each] = None
            waiting.extend(children[each])
    return list(found)[1:]


async def _visible(session: Session, ids: list[int], *, viewer_id: int | None) -> list[int]:
    if not ids:
        return []
    allowed = set(await session.scalars(select(col(Post.id)).where(col(Post.id).in_(ids), visible_to(viewer_id))))
    return [each for each in ids if each in allowed]
