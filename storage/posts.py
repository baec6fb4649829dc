"""What is said: posts by our people and the remote posts that reached us, with their mentions, tags and attachments."""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint, bindparam, case, delete, exists, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor
from storage.columns import BigId, Instant, Json, Word, big_id_key
from storage.errors import AlreadyExists
from storage.prepared import Change, Query
from storage.rows import table_of
from storage.statements import (
    Values,
    add_to_columns,
    change,
    changed,
    distinct,
    insert_all,
    insert_new,
    insert_under_free_key,
)


class Audience(StrEnum):
    """Who may read a post. The wire's addressing maps to it in `federation.addressing`, which has the same four
    values.
    """

    PUBLIC = "public"
    QUIET = "quiet"
    FOLLOWERS = "followers"
    MENTIONED = "mentioned"


class PostKind(StrEnum):
    """What a post is to the hub; to a plain Mastodon account each is an ordinary post."""

    TALK = "talk"
    UPDATE = "update"
    VICTORY = "victory"
    ASK = "ask"
    OFFER = "offer"
    INTRODUCTION = "introduction"
    PROMO = "promo"


class Post(SQLModel, table=True):
    """One post. `content_html` is sanitised before it is stored. `writer_id` names the member who wrote for a
    project.
    """

    __tablename__ = "posts"
    __table_args__ = (
        Index("ix_posts_author_id_id", "author_id", "id"),
        Index("ix_posts_conversation_id_id", "conversation_id", "id"),
        Index("ix_posts_in_reply_to_id_id", "in_reply_to_id", "id"),
        Index("ix_posts_in_reply_to_uri", "in_reply_to_uri"),
        # What begins here is a small part of what has reached us, and the hub's home asks for just that.
        Index(
            "ix_posts_begun_here",
            "is_local",  # says nothing new, but without it SQLite's planner prefers the index above
            "in_reply_to_uri",
            "id",
            sqlite_where=text("is_local = 1"),
            postgresql_where=text("is_local"),
        ),
    )

    id: int = big_id_key()
    uri: str = Field(unique=True)
    url: str | None = None
    author_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE")
    writer_id: int | None = Field(default=None, sa_type=BigId, foreign_key="actors.id", ondelete="SET NULL")
    is_local: bool = False
    kind: PostKind = Field(default=PostKind.TALK, sa_type=Word(PostKind))
    wire_type: str = "Note"
    title: str | None = None
    content_html: str = ""
    source_text: str | None = None
    content_warning: str = ""
    sensitive: bool = False
    language: str | None = None
    audience: Audience = Field(sa_type=Word(Audience))
    in_reply_to_uri: str | None = None
    in_reply_to_id: int | None = Field(default=None, sa_type=BigId, foreign_key="posts.id", ondelete="SET NULL")
    in_reply_to_author_id: int | None = Field(default=None, sa_type=BigId)
    conversation_id: int = Field(sa_type=BigId, foreign_key="conversations.id")
    attachments: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """[{"url", "media_type", "description", "blurhash", "width", "height", "focal_point": [x, y], "preview_url"}],
    remote files by their address.
    """
    emojis: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """Custom emoji of the text: [{"shortcode" without colons, "url"}], pictures on the author's server."""
    links: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """Objects that the text links to (FEP-e232): [{"url": an id on the wire, "name": how the text writes it}]."""
    quote_policy: str | None = None
    """Who may quote it (FEP-044f): one of `storage.quotes.QuotePolicy`; None where nothing is known."""
    is_local_only: bool = False
    """It never leaves this hub, whatever its audience."""
    replies_uri: str | None = None
    """Where its server lists the answers to a remote post."""
    replies_checked_at: datetime | None = Field(default=None, sa_type=Instant)
    origin_likes: int | None = None
    origin_boosts: int | None = None
    """What its own server counts: a stranger's figures, good for showing only."""
    replies_count: int = 0
    likes_count: int = 0
    boosts_count: int = 0
    app_name: str | None = None
    app_website: str | None = None
    published_at: datetime = Field(sa_type=Instant)
    edited_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)


class Mention(SQLModel, table=True):
    """A post names an actor."""

    __tablename__ = "mentions"

    post_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="posts.id", ondelete="CASCADE")
    actor_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="actors.id", ondelete="CASCADE", index=True)
    is_silent: bool = False
    """Addressed without being named in the text: may read it, but is not told."""


class PostTag(SQLModel, table=True):
    """A post carries a hashtag; `name` is folded (lower case, no #), `display` as written."""

    __tablename__ = "post_tags"
    __table_args__ = (Index("ix_post_tags_name_post_id", "name", "post_id"),)

    post_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="posts.id", ondelete="CASCADE")
    name: str = Field(primary_key=True)
    display: str


class Tombstone(SQLModel, table=True):
    """An object that was deleted; what arrives late under its id is ignored.

    It counts against posts of the same actor alone. Of what was never here, we have only somebody's word that it is
    gone, and whose it is nobody knows; and actors of one host do not speak for each other (FEP-fe34).
    """

    __tablename__ = "tombstones"

    uri: str = Field(primary_key=True)
    actor_uri: str = Field(primary_key=True)
    """Its author; of what was never here, whoever said that it is gone."""
    was_public: bool = False
    deleted_at: datetime = Field(sa_type=Instant)


class PostKey(SQLModel, table=True):
    """An Idempotency-Key that a client sent with a post, written in the post's own transaction."""

    __tablename__ = "post_keys"
    __table_args__ = (UniqueConstraint("actor_id", "key"),)

    id: int = big_id_key()
    actor_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE")
    key: str
    post_id: int = Field(sa_type=BigId, foreign_key="posts.id", ondelete="CASCADE", index=True)
    created_at: datetime = Field(sa_type=Instant)


OPEN = (Audience.PUBLIC, Audience.QUIET)
"""Audiences that leave nobody out. Only such posts may be passed on, and only such answers are counted."""


_BY_ID = Query.rows(Post, col(Post.id) == bindparam("id"))
_BY_URI = Query.rows(Post, col(Post.uri) == bindparam("uri"))
_LOCAL_ONLY = Query.values(select(col(Post.is_local_only)).where(col(Post.id) == bindparam("id")))
_TOMBSTONE = Query.rows(
    Tombstone, col(Tombstone.uri) == bindparam("uri"), col(Tombstone.actor_uri) == bindparam("author_uri")
)
_TOMBSTONES = Query.rows(Tombstone, col(Tombstone.uri) == bindparam("uri"))

_AUTHORS, _MOMENT = table_of(Actor), bindparam("moment", type_=Instant())
_LAST = _AUTHORS.c.last_post_at
_NEWEST = case((or_(_LAST.is_(None), _LAST < _MOMENT), _MOMENT), else_=_LAST)
_ONE_POST_MORE = Change(
    update(_AUTHORS)
    .where(_AUTHORS.c.id == bindparam("author_id"))
    .values(posts_count=_AUTHORS.c.posts_count + 1, last_post_at=_NEWEST)
)


async def insert_post(
    session: AsyncSession,
    post: Post,
    *,
    mentioned_ids: Iterable[int] = (),
    silent_ids: Collection[int] = (),
    tags: Iterable[tuple[str, str]] = (),
) -> None:
    """Store a new post with whom it names (`silent_ids`: whom it is addressed to without naming them) and its tags
    (folded name, as written), and count it. One of others gets another key where something else has its own.

    AlreadyExists if its uri is taken. A post for the people it names alone is not counted: its author's page does not
    show it.
    """
    if not await insert_under_free_key(session, post, is_there=lambda: _is_there(session, post)):
        raise AlreadyExists("the post is there already")
    await _insert_parts(session, post.id, mentioned_ids=mentioned_ids, tags=tags, silent_ids=silent_ids)
    if post.audience != Audience.MENTIONED:
        await _count_post(session, post)
    if post.in_reply_to_id is not None and post.audience in OPEN:
        await add_to_post_counts(session, post.in_reply_to_id, replies_count=1)


async def _is_there(session: AsyncSession, post: Post) -> bool:
    """Whether a post is not new. The key of one of ours is in its uri."""
    return post.is_local or await find_post_by_uri(session, post.uri) is not None


async def update_post(
    session: AsyncSession,
    post_id: int,
    values: Values,
    *,
    mentioned_ids: Iterable[int] | None = None,
    tags: Iterable[tuple[str, str]] | None = None,
) -> None:
    """Change a post; mentions and tags are replaced where they are given. Whom it no longer names may still read it."""
    if values:
        await change(session, update(Post).where(col(Post.id) == post_id).values(dict(values)))
    if mentioned_ids is not None:
        mentioned_ids = list(mentioned_ids)
        before = update(Mention).where(col(Mention.post_id) == post_id)
        await change(session, before.values(is_silent=col(Mention.actor_id).not_in(mentioned_ids)))
    if tags is not None:
        await session.execute(delete(PostTag).where(col(PostTag.post_id) == post_id))
    await _insert_parts(session, post_id, mentioned_ids=mentioned_ids or (), tags=tags or ())


async def delete_post(session: AsyncSession, post: Post, *, now: datetime) -> None:
    """Delete a post with all that hangs on it, and leave a tombstone; answers to it stay, and name it still."""
    author_uri = select(col(Actor.uri)).where(col(Actor.id) == post.author_id)
    gone = delete(Post).where(col(Post.id) == post.id).returning(col(Post.audience), col(Post.in_reply_to_id))
    row = (await session.execute(gone, execution_options={"synchronize_session": False})).first()
    if row is None:
        return
    audience, parent_id = row
    was_public = audience in OPEN and not post.is_local_only
    actor_uri = await session.scalar(author_uri) or ""
    tombstone = Tombstone(uri=post.uri, actor_uri=actor_uri, was_public=was_public, deleted_at=now)
    await insert_tombstone(session, tombstone)
    if audience != Audience.MENTIONED:
        author = update(Actor).where(col(Actor.id) == post.author_id)
        await change(session, author.values(posts_count=Actor.posts_count - 1))
    if parent_id is not None and audience in OPEN:
        await add_to_post_counts(session, parent_id, replies_count=-1)


async def find_post(session: AsyncSession, id: int) -> Post | None:
    """The post with this key."""
    return await _BY_ID.first(session, id=id)


async def find_post_by_uri(session: AsyncSession, uri: str) -> Post | None:
    """The post with this id on the wire."""
    return await _BY_URI.first(session, uri=uri)


async def find_posts_by_uri(session: AsyncSession, uris: Iterable[str]) -> dict[str, Post]:
    """Those of these posts that are known, by their uri."""
    wanted = set(uris)
    if not wanted:
        return {}
    return {post.uri: post for post in await session.scalars(select(Post).where(col(Post.uri).in_(wanted)))}


async def is_local_only(session: AsyncSession, post_id: int) -> bool:
    """Whether a post never leaves this hub; False for one that is not there."""
    return await _LOCAL_ONLY.first(session, id=post_id) or False


async def find_mentioned(session: AsyncSession, post_id: int) -> list[Actor]:
    """Whom a post names, in the order in which they became known."""
    named = (col(Mention.post_id) == post_id, col(Mention.is_silent).is_(False))
    wanted = select(Actor).join(Mention, col(Mention.actor_id) == col(Actor.id)).where(*named)
    return list(await session.scalars(wanted.order_by(col(Actor.id))))


async def find_tags(session: AsyncSession, post_id: int) -> list[tuple[str, str]]:
    """The tags of a post: folded name, as written."""
    wanted = select(col(PostTag.name), col(PostTag.display)).where(col(PostTag.post_id) == post_id)
    return [(name, display) for name, display in await session.execute(wanted.order_by(col(PostTag.name)))]


async def find_tombstone(session: AsyncSession, uri: str, *, author_uri: str) -> Tombstone | None:
    """What remains of a deleted object of this author's, or of one that they said was gone before it came."""
    return await _TOMBSTONE.first(session, uri=uri, author_uri=author_uri)


async def find_tombstones(session: AsyncSession, uri: str) -> list[Tombstone]:
    """What remains of a deleted object, and what others said of it."""
    return await _TOMBSTONES.all(session, uri=uri)


async def find_local_tombstone(session: AsyncSession, uri: str) -> Tombstone | None:
    """What remains of a deleted post of ours, whoever wrote it: what has an id of ours nobody else can bury."""
    return await _TOMBSTONES.first(session, uri=uri)


async def delete_old_tombstones(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Forget deletions, so many at a time, of what was not for everybody, or never here: anybody can announce as many
    of those as they like. After so long nothing of it is on its way any more, and nobody can pass on what was not
    public. Those of our own posts stay, and those of public ones.
    """
    ours = exists().where(col(Actor.uri) == col(Tombstone.actor_uri), col(Actor.host) == "")
    wanted = select(col(Tombstone.uri), col(Tombstone.actor_uri)).where(
        col(Tombstone.deleted_at) < before, col(Tombstone.was_public).is_(False), ~ours
    )
    old = wanted.limit(limit).subquery()
    gone = delete(Tombstone).where(tuple_(col(Tombstone.uri), col(Tombstone.actor_uri)).in_(select(old)))
    return changed(await session.execute(gone, execution_options={"synchronize_session": False}))


async def insert_tombstone(session: AsyncSession, tombstone: Tombstone) -> bool:
    """Remember that an object was deleted (perhaps one that never came here); False if that was known, or said by the
    same actor before.
    """
    return await insert_new(session, tombstone)


async def find_post_key(session: AsyncSession, *, actor_id: int, key: str) -> int | None:
    """The post that was written under this Idempotency-Key."""
    wanted = select(col(PostKey.post_id)).where(col(PostKey.actor_id) == actor_id, col(PostKey.key) == key)
    post_id: int | None = await session.scalar(wanted)
    return post_id


async def insert_post_key(session: AsyncSession, key: PostKey) -> bool:
    """Remember the Idempotency-Key of a post; False if there is a post under it already."""
    return await insert_new(session, key)


async def delete_old_post_keys(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Forget Idempotency-Keys that no client will repeat any more, so many at a time; answers how many that were."""
    old = select(col(PostKey.id)).where(col(PostKey.created_at) < before).order_by(col(PostKey.id)).limit(limit)
    return changed(await session.execute(delete(PostKey).where(col(PostKey.id).in_(old.subquery().select()))))


async def add_to_post_counts(session: AsyncSession, post_id: int, **steps: int) -> None:
    """Add to a post's counters: `likes_count=1`, `replies_count=-1`."""
    await add_to_columns(session, Post, post_id, **steps)


async def _insert_parts(
    session: AsyncSession,
    post_id: int,
    *,
    mentioned_ids: Iterable[int],
    tags: Iterable[tuple[str, str]],
    silent_ids: Collection[int] = (),
) -> None:
    quiet = set(silent_ids)
    mentions = [
        {"post_id": post_id, "actor_id": actor_id, "is_silent": actor_id in quiet}
        for actor_id in distinct([*mentioned_ids, *silent_ids])
    ]
    await insert_all(session, Mention, mentions)
    folded = dict(reversed(list(tags)))  # of one tag written twice, the first spelling counts
    rows = [{"post_id": post_id, "name": name, "display": display} for name, display in folded.items()]
    await insert_all(session, PostTag, rows)


async def _count_post(session: AsyncSession, post: Post) -> None:
    await _ONE_POST_MORE.run(session, author_id=post.author_id, moment=post.published_at)
