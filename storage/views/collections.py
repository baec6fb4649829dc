"""What our collections hold when another server reads them: only what anybody may see, a page at a time.

A page begins after a key and ends with the key to go on from, so that nothing is skipped or repeated while rows come
in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.actors import Actor
from storage.columns import BigId
from storage.conversations import Conversation
from storage.database import Session
from storage.follows import Follow, FollowState
from storage.groups import is_group, may_be_for_groups
from storage.posts import OPEN, Mention, Post, PostTag
from storage.quotes import QuoteLink, load_quote_links
from storage.reactions import Boost
from storage.standing import is_hidden
from storage.views.polls import PollView, load_polls
from storage.visibility import open_to_world, readable_by

PAGE = 40


@dataclass(frozen=True, slots=True)
class UriPage:
    """URIs, and the key to go on from, if there is more."""

    uris: list[str]
    next: int | None


@dataclass(frozen=True, slots=True)
class WirePost:
    """A post with what its document names. `tags` are (folded name, as written), `groups` those elsewhere in whose
    conversation it stands (`storage.groups`).
    """

    post: Post
    author: Actor
    conversation_id: int
    conversation_uri: str | None
    writer_uri: str | None
    mentions: list[Actor]
    groups: list[Actor]
    tags: list[tuple[str, str]]
    poll: PollView | None
    quote: QuoteLink | None


@dataclass(frozen=True, slots=True)
class WireBoost:
    """A boost with what its activity names."""

    boost: Boost
    post_uri: str
    author_uri: str


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """What an actor said and passed on, newest first."""

    entries: list[WirePost | WireBoost]
    next: int | None


async def load_wire_posts(session: Session, posts: Sequence[Post]) -> list[WirePost]:
    """The same posts with everything that their documents name, in four queries."""
    ids = [post.id for post in posts]
    heads = {row[0]: row for row in await session.execute(_HEADS, {"ids": ids})}
    mentions = await _mentions(session, ids)
    tags = await _tags(session, ids)
    polls, quotes = await load_polls(session, ids, viewer_id=None), await load_quote_links(session, ids)
    return [
        WirePost(
            post=post,
            author=heads[post.id][1],
            conversation_id=post.conversation_id,
            conversation_uri=heads[post.id][2],
            writer_uri=heads[post.id][3],
            mentions=[actor for actor, is_silent in mentions.get(post.id, []) if not is_silent],
            groups=[group for group, is_silent in mentions.get(post.id, []) if is_silent and may_be_for_groups(post)],
            tags=tags.get(post.id, []),
            poll=polls.get(post.id),
            quote=quotes.get(post.id),
        )
        for post in posts
    ]


async def load_outbox(
    session: Session, actor_id: int, *, after: int | None, viewer_id: int | None = None
) -> OutboxPage:
    """Posts of an actor that the viewer may read (None: anybody) and open boosts, older than `after`."""
    shown = and_(col(Post.author_id) == actor_id, readable_by(viewer_id))
    posts = (await session.execute(_before(select(Post).where(shown), col(Post.id), after))).scalars().all()
    statement = select(Boost, col(Post.uri), col(Actor.uri)).join(Post, col(Post.id) == col(Boost.post_id))
    statement = statement.join(Actor, col(Actor.id) == col(Post.author_id)).where(col(Boost.actor_id) == actor_id)
    statement = _before(statement, col(Boost.id), after).where(col(Boost.audience).in_(OPEN), open_to_world())
    boosts = [WireBoost(*row) for row in (await session.execute(statement)).all()]
    found: list[tuple[int, WirePost | WireBoost]] = [
        (each.post.id, each) for each in await load_wire_posts(session, posts)
    ]
    found += [(each.boost.id, each) for each in boosts]
    found.sort(key=lambda entry: entry[0], reverse=True)
    page = found[:PAGE]
    return OutboxPage([entry for _, entry in page], page[-1][0] if len(found) > PAGE else None)


async def find_last_page(session: Session, actor_id: int, *, total: int, viewer_id: int | None = None) -> int:
    """After which key the last page of an outbox of so many entries begins; 0 where that is the first one."""
    if total <= PAGE:
        return 0
    size = total % PAGE or PAGE
    posts = select(col(Post.id)).where(col(Post.author_id) == actor_id, readable_by(viewer_id))
    boosts = select(col(Boost.id)).where(col(Boost.actor_id) == actor_id, col(Boost.audience).in_(OPEN))
    boosts = boosts.where(exists().where(col(Post.id) == col(Boost.post_id), open_to_world()))
    oldest = list(await session.scalars(posts.order_by(col(Post.id)).limit(size + 1)))
    oldest += list(await session.scalars(boosts.order_by(col(Boost.id)).limit(size + 1)))
    return sorted(oldest)[size] if len(oldest) > size else 0


async def count_outbox(session: Session, actor_id: int, *, viewer_id: int | None = None) -> int:
    """How many entries the outbox has in all, for this viewer."""
    posts = select(func.count()).where(col(Post.author_id) == actor_id, readable_by(viewer_id))
    boosts = select(func.count()).where(col(Boost.actor_id) == actor_id, col(Boost.audience).in_(OPEN))
    boosts = boosts.where(exists().where(col(Post.id) == col(Boost.post_id), open_to_world()))
    return (await session.scalar(posts) or 0) + (await session.scalar(boosts) or 0)


async def load_followers(session: Session, actor_id: int, *, after: int | None) -> UriPage:
    """Who follows an actor, newest first."""
    return await _follows(session, col(Follow.followed_id) == actor_id, other=col(Follow.follower_id), after=after)


async def load_following(session: Session, actor_id: int, *, after: int | None) -> UriPage:
    """Whom an actor follows, newest first."""
    return await _follows(session, col(Follow.follower_id) == actor_id, other=col(Follow.followed_id), after=after)


async def load_replies(session: Session, post_id: int, *, after: int | None) -> UriPage:
    """The open answers to a post, oldest first, ours and those of others."""
    return await _posts(session, _REPLIES, of=post_id, after=after)


async def load_conversation_posts(session: Session, conversation_id: int, *, after: int | None) -> UriPage:
    """The open posts of a conversation, oldest first."""
    return await _posts(session, _CONVERSATION, of=conversation_id, after=after)


async def count_open_posts(
    session: Session, *, conversation_id: int | None = None, parent_id: int | None = None
) -> int:
    """How many open posts a conversation, or a post's answers, consist of."""
    statement = select(func.count()).where(open_to_world())
    if conversation_id is not None:
        statement = statement.where(col(Post.conversation_id) == conversation_id)
    if parent_id is not None:
        statement = statement.where(col(Post.in_reply_to_id) == parent_id)
    return await session.scalar(statement) or 0


async def _posts(session: Session, statement: Select[int, str], *, of: int, after: int | None) -> UriPage:
    rows = (await session.execute(statement, {"of": of, "after": after or 0})).all()
    return _uri_page(rows)


async def _follows(session: Session, which: ColumnElement[bool], *, other: Any, after: int | None) -> UriPage:
    statement = select(col(Follow.id), col(Actor.uri)).join(Actor, col(Actor.id) == other)
    statement = _before(statement.where(which, col(Follow.state) == FollowState.ACCEPTED), col(Follow.id), after)
    statement = statement.where(~is_hidden())
    rows = (await session.execute(statement)).all()
    return _uri_page(rows)


def _uri_page(rows: Sequence[Any]) -> UriPage:
    """A page of what was read, which is one more than a page where another follows."""
    page = rows[:PAGE]
    return UriPage([uri for _, uri in page], page[-1][0] if len(rows) > PAGE else None)


def _before(statement: Any, key: Any, after: int | None) -> Any:
    older = statement.where(key < after) if after else statement
    return older.order_by(key.desc()).limit(PAGE + 1)


async def _mentions(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[Actor, bool]]]:
    """Whom each post names, and (True) to which groups it is addressed beside them."""
    found: dict[int, list[tuple[Actor, bool]]] = {}
    for post_id, actor, is_silent in (await session.execute(_MENTIONS, {"ids": ids})).all():
        found.setdefault(post_id, []).append((actor, is_silent))
    return found


async def _tags(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for post_id, name, display in (await session.execute(_TAGS, {"ids": ids})).all():
        found.setdefault(post_id, []).append((name, display))
    return found


# The statements behind a post's document, built once (see `storage.statements`): after each post, many servers ask.

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_OF = bindparam("of", type_=BigId)
_WRITER = aliased(Actor)
_HEADS = (
    select(col(Post.id), Actor, col(Conversation.uri), col(_WRITER.uri))
    .join(Actor, col(Actor.id) == col(Post.author_id))
    .join(Conversation, col(Conversation.id) == col(Post.conversation_id))
    .outerjoin(_WRITER, col(_WRITER.id) == col(Post.writer_id))
    .where(col(Post.id).in_(_IDS))
)
_MENTIONS = (
    select(col(Mention.post_id), Actor, col(Mention.is_silent))
    .join(Actor, col(Actor.id) == col(Mention.actor_id))
    .where(col(Mention.post_id).in_(_IDS), or_(col(Mention.is_silent).is_(False), is_group()))
    .order_by(col(Actor.id))
)
_TAGS = select(col(PostTag.post_id), col(PostTag.name), col(PostTag.display)).where(col(PostTag.post_id).in_(_IDS))
_OPEN_POSTS = (
    select(col(Post.id), col(Post.uri))
    .where(open_to_world(), col(Post.id) > bindparam("after", type_=BigId))
    .order_by(col(Post.id))
    .limit(PAGE + 1)
)
_REPLIES = _OPEN_POSTS.where(col(Post.in_reply_to_id) == _OF)
_CONVERSATION = _OPEN_POSTS.where(col(Post.conversation_id) == _OF)
