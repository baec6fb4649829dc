"""Posts with all that is needed to show them, in a constant number of queries, however many there are.

Who may see them is not asked here: whoever chooses the ids does (`storage.visibility`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.actors import Actor
from storage.columns import BigId
from storage.pins import Pin
from storage.polls import Poll
from storage.posts import Audience, Mention, Post, PostKind, PostTag
from storage.quotes import Quote, QuoteState
from storage.reactions import Boost, Like
from storage.standing import follows
from storage.views.actors import ACTOR_WIDTH, REF_WIDTH, ActorRef, ActorView, actor_columns, ref_of
from storage.views.polls import PollView, load_polls
from storage.visibility import visible_to


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in a timeline: a post, or the boost of one."""

    post_id: int
    boost_id: int | None = None


@dataclass(frozen=True, slots=True)
class TagView:
    """A hashtag: folded, and as it was written."""

    name: str
    display: str


@dataclass(frozen=True, slots=True)
class BoostView:
    """Somebody passed the post on; shown under its own id and time."""

    id: int
    uri: str | None
    audience: Audience
    published_at: datetime
    booster: ActorView


@dataclass(frozen=True, slots=True)
class QuoteView:
    """What a post quotes. `post` is the quoted post where the quote stands and the viewer may see it; it is left out of
    what is quoted itself.
    """

    uri: str
    state: QuoteState
    quoted_id: int | None
    url: str | None
    post: "PostView | None" = None


@dataclass(frozen=True, slots=True)
class _Columns:
    """Those fields of a post's view that are columns of the post."""

    id: int
    uri: str
    url: str | None
    is_local: bool
    kind: PostKind
    wire_type: str
    title: str | None
    content_html: str
    source_text: str | None
    content_warning: str
    sensitive: bool
    language: str | None
    audience: Audience
    is_local_only: bool
    in_reply_to_uri: str | None
    in_reply_to_id: int | None
    in_reply_to_author_id: int | None
    conversation_id: int
    attachments: list[dict[str, Any]]
    emojis: list[dict[str, Any]]
    quote_policy: str | None
    origin_likes: int | None
    origin_boosts: int | None
    replies_count: int
    likes_count: int
    boosts_count: int
    app_name: str | None
    app_website: str | None
    published_at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class PostView(_Columns):
    """One post. `writer` wrote it for the project that is its author; `liked` and `boosted` are the viewer's own
    doing, `follows_author` whether the viewer follows its author; `pinned`: its author has pinned it.
    """

    liked: bool
    boosted: bool
    follows_author: bool
    pinned: bool
    quotes_count: int
    author: ActorView
    writer: ActorRef | None
    mentions: list[ActorRef]
    tags: list[TagView]
    poll: PollView | None
    boost: BoostView | None
    quote: QuoteView | None

    @property
    def entry_id(self) -> int:
        """The id under which it stands in a timeline."""
        return self.boost.id if self.boost is not None else self.id


_Writer, _Quoted = aliased(Actor), aliased(Post)
_COLUMNS = [getattr(Post, field.name) for field in fields(_Columns)]
_NAMES = [*(field.name for field in fields(_Columns)), "liked", "boosted", "follows_author", "pinned", "quotes_count"]
_WIDTH = len(_NAMES)
_QUOTE = slice(_WIDTH + ACTOR_WIDTH + REF_WIDTH, _WIDTH + ACTOR_WIDTH + REF_WIDTH + 4)
_HAS_POLL = -1
"""The last column says whether there is one: most posts have none, and then nobody asks for it."""


async def load_posts(
    session: AsyncSession, entries: Iterable[int | Entry], *, viewer_id: int | None, with_quoted: bool = True
) -> list[PostView]:
    """The posts (ids) and boosts (entries) asked for, in that order, with what they quote; those that are gone are left
    out.
    """
    wanted = [entry if isinstance(entry, Entry) else Entry(entry) for entry in entries]
    if not wanted:
        return []
    rows = await _rows(session, {entry.post_id for entry in wanted}, viewer_id=viewer_id)
    ids = list(rows)
    mentions, tags = await _mentions(session, ids), await _tags(session, ids)
    polls = await load_polls(session, [id for id, row in rows.items() if row[_HAS_POLL]], viewer_id=viewer_id)
    boosts = await _boosts(session, [entry.boost_id for entry in wanted if entry.boost_id is not None])
    quotes = {id: _quote(row) for id, row in rows.items()}
    quoted = await _quoted(session, quotes.values(), viewer_id=viewer_id) if with_quoted else {}
    return [
        _view(
            rows[entry.post_id],
            mentions[entry.post_id],
            tags[entry.post_id],
            poll=polls.get(entry.post_id),
            boost=boosts.get(entry.boost_id or 0),
            quote=_with_post(quotes[entry.post_id], quoted),
        )
        for entry in wanted
        if entry.post_id in rows and (entry.boost_id is None or entry.boost_id in boosts)
    ]


def _view(
    row: Sequence[Any],
    mentions: list[ActorRef],
    tags: list[TagView],
    *,
    poll: PollView | None,
    boost: BoostView | None,
    quote: QuoteView | None,
) -> PostView:
    author = ActorView(*row[_WIDTH : _WIDTH + ACTOR_WIDTH])
    writer = ref_of(row[_WIDTH + ACTOR_WIDTH : _WIDTH + ACTOR_WIDTH + REF_WIDTH])
    columns = dict(zip(_NAMES, row[:_WIDTH], strict=True))
    return PostView(
        **columns, author=author, writer=writer, mentions=mentions, tags=tags, poll=poll, boost=boost, quote=quote
    )


def _quote(row: Sequence[Any]) -> QuoteView | None:
    uri, state, quoted_id, url = row[_QUOTE]
    return QuoteView(uri, state, quoted_id, url) if uri is not None else None


def _with_post(quote: QuoteView | None, quoted: Mapping[int, PostView]) -> QuoteView | None:
    if quote is None or quote.quoted_id is None or quote.state is not QuoteState.ACCEPTED:
        return quote
    return replace(quote, post=quoted.get(quote.quoted_id))


async def _quoted(
    session: AsyncSession, quotes: Iterable[QuoteView | None], *, viewer_id: int | None
) -> dict[int, PostView]:
    """The posts that are quoted with consent, as far as the viewer may see them. Most pages have none."""
    standing = [quote for quote in quotes if quote is not None and quote.state is QuoteState.ACCEPTED]
    ids = {quote.quoted_id for quote in standing if quote.quoted_id is not None}
    if not ids:
        return {}
    viewer = {} if viewer_id is None else {"viewer_id": viewer_id}
    statement = _SHOWN if viewer else _SHOWN_TO_ANYBODY
    shown = list(await session.scalars(statement, {"ids": list(ids)} | viewer))
    views = await load_posts(session, shown, viewer_id=viewer_id, with_quoted=False)
    return {view.id: view for view in views}


async def _rows(session: AsyncSession, ids: Iterable[int], *, viewer_id: int | None) -> dict[int, Sequence[Any]]:
    """Each post with its author, its writer, and whether the viewer likes and has boosted it."""
    rows = await session.execute(_POSTS, {"ids": list(ids), "viewer_id": viewer_id})
    return {row[0]: row for row in rows}


async def _mentions(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[ActorRef]]:
    found: dict[int, list[ActorRef]] = defaultdict(list)
    for row in await session.execute(_MENTIONS, {"ids": ids}):
        found[row[0]].append(ActorRef(*row[1:]))
    return found


async def _tags(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[TagView]]:
    found: dict[int, list[TagView]] = defaultdict(list)
    for post_id, name, display in await session.execute(_TAGS, {"ids": ids}):
        found[post_id].append(TagView(name, display))
    return found


async def _boosts(session: AsyncSession, ids: Sequence[int]) -> dict[int, BoostView]:
    if not ids:
        return {}
    rows = (await session.execute(_BOOSTS, {"ids": ids})).all()
    return {row[0]: BoostView(row[0], row[1], row[2], row[3], ActorView(*row[4:])) for row in rows}


# The statements. They are made once: to build and compare one costs several times what the database needs to run it.


def _did(reaction: type[Like] | type[Boost]) -> ColumnElement[bool]:
    return exists().where(col(reaction.post_id) == col(Post.id), col(reaction.actor_id) == _VIEWER)


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_VIEWER = bindparam("viewer_id", type_=BigId)
_OTHER = aliased(Quote)
_QUOTES_COUNT = (
    select(func.count())
    .where(col(_OTHER.quoted_post_id) == col(Post.id), col(_OTHER.state) == QuoteState.ACCEPTED)
    .scalar_subquery()
)
_POSTS = (
    select(
        *_COLUMNS,
        _did(Like),
        _did(Boost),
        follows(_VIEWER, col(Post.author_id)),
        exists().where(col(Pin.post_id) == col(Post.id), col(Pin.actor_id) == col(Post.author_id)),
        _QUOTES_COUNT,
        *actor_columns(ActorView),
        *actor_columns(ActorRef, _Writer),
        col(Quote.quoted_uri),
        col(Quote.state),
        col(Quote.quoted_post_id),
        col(_Quoted.url),
        exists().where(col(Poll.post_id) == col(Post.id)),
    )
    .join(Actor, col(Actor.id) == col(Post.author_id))
    .outerjoin(_Writer, col(_Writer.id) == col(Post.writer_id))
    .outerjoin(Quote, col(Quote.post_id) == col(Post.id))
    .outerjoin(_Quoted, col(_Quoted.id) == col(Quote.quoted_post_id))
    .where(col(Post.id).in_(_IDS))
)
_SHOWN = select(col(Post.id)).where(col(Post.id).in_(_IDS), visible_to(_VIEWER))
_SHOWN_TO_ANYBODY = select(col(Post.id)).where(col(Post.id).in_(_IDS), visible_to(None))
_MENTIONS = (
    select(col(Mention.post_id), *actor_columns(ActorRef))
    .join(Actor, col(Actor.id) == col(Mention.actor_id))
    .where(col(Mention.post_id).in_(_IDS), col(Mention.is_silent).is_(False))
    .order_by(col(Mention.post_id), col(Mention.actor_id))
)
_TAGS = (
    select(col(PostTag.post_id), col(PostTag.name), col(PostTag.display))
    .where(col(PostTag.post_id).in_(_IDS))
    .order_by(col(PostTag.post_id), col(PostTag.name))
)
_BOOSTS = (
    select(col(Boost.id), col(Boost.uri), col(Boost.audience), col(Boost.published_at), *actor_columns(ActorView))
    .join(Actor, col(Actor.id) == col(Boost.actor_id))
    .where(col(Boost.id).in_(_IDS))
)
