"""Posts grown into a tree, for the pages that show who answered whom."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from storage.views.posts import PostView

DEEPEST = 6
"""Answers below this level stand beside what they answer: no screen is wide enough for more."""


@dataclass(frozen=True, slots=True)
class Node:
    """A post with its answers. `answers` names the post that it answers where the tree no longer shows it."""

    post: PostView
    replies: list["Node"] = field(default_factory=list)
    answers: PostView | None = None


def grow(posts: Iterable[PostView]) -> list[Node]:
    """The trees that these posts form, oldest first on each level; a post whose parent is not among them is a root."""
    ordered = sorted(posts, key=lambda post: post.id)
    present = {post.id for post in ordered}
    children: dict[int | None, list[PostView]] = defaultdict(list)
    for post in ordered:
        children[post.in_reply_to_id if post.in_reply_to_id in present else None].append(post)
    roots: list[Node] = []
    # Depth first with a stack of our own: a thread may be deeper than Python's.
    waiting: list[tuple[PostView, list[Node], int, PostView | None]] = [
        (post, roots, 1, None) for post in reversed(children[None])
    ]
    while waiting:
        post, siblings, depth, answers = waiting.pop()
        node = Node(post, answers=answers)
        siblings.append(node)
        for child in reversed(children[post.id]):
            if depth < DEEPEST:
                waiting.append((child, node.replies, depth + 1, None))
            else:
                waiting.append((child, siblings, depth, post))
    return roots
