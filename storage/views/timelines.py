"""Timelines: lists of posts and boosts, newest first, each filtered by who looks, with a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import String, bindparam, cast, exists, null, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.actors import Actor
from storage.columns import BigId
from storage.database import Session
from storage.home import HomeEntry
from storage.paging import Rows, Shape, Window, rows_of, rows_within, windowed
from storage.posts import Audience, Post, PostTag
from storage.reactions import Boost, Like
from storage.standing import is_hidden
from storage.views.posts import Entry, PostView, load_posts
from storage.visibility import boost_visible_to, visible_to


@dataclass(frozen=True, slots=True)
class PublicFilter:
    """Which public posts are wanted. Tags are folded names: one of `any_tag`, each of `all_tags`, none of `no_tag`."""

    local: bool = False
    remote: bool = False
    only_media: bool = False
    any_tag: tuple[str, ...] = ()
    all_tags: tuple[str, ...] = ()
    no_tag: tuple[str, ...] = ()


async def list_home(session: Session, owner_id: int, *, window: Window) -> list[PostView]:
    """What stands in the home timeline of an actor, as far as they may (still) see it."""
    rows = await rows_of(session, _home(window.shape), window=window, owner_id=owner_id)
    return await _show(session, rows, viewer_id=owner_id)


@cache
def _home(shape: Shape) -> Rows:
    """Made once for each shape: this is what clients ask for most."""
    owner = bindparam("owner_id", type_=BigId)
    wanted = (
        select(col(HomeEntry.entry_id), col(HomeEntry.post_id), col(HomeEntry.boost_id))
        .join(Post, col(Post.id) == col(HomeEntry.post_id))
        .where(col(HomeEntry.owner_id) == owner, visible_to(owner), _booster_is_there(col(HomeEntry.boost_id)))
    )
    return windowed(wanted, col(HomeEntry.entry_id), shape)


async def list_public(
    session: Session, wanted: PublicFilter, *, viewer_id: int | None, window: Window
) -> list[PostView]:
    """What was said to everybody: with a tag all of it, without one what opens a conversation or carries on its
    author's own.
    """
    found = select(col(Post.id)).where(col(Post.audience) == Audience.PUBLIC, visible_to(viewer_id))
    if wanted.local or wanted.remote:
        found = found.where(col(Post.is_local) == (wanted.local and not wanted.remote))
    if wanted.only_media:
        found = found.where(_has_files())
    key = col(Post.id)
    if len(wanted.any_tag) == 1:  # one hashtag has an index in the order of the page
        key = col(PostTag.post_id)
        found = found.join(PostTag, key == col(Post.id)).where(col(PostTag.name) == wanted.any_tag[0])
    tagged = bool(wanted.any_tag or wanted.all_tags)
    found = found.where(*(_tagged(wanted) if tagged else [_no_reply_to_others()]))
    rows = await rows_within(session, found, key, window=window)
    return await load_posts(session, [row[0] for row in rows], viewer_id=viewer_id)


def _tagged(wanted: PublicFilter) -> list[Any]:
    conditions = [col(Post.id).in_(_posts_with(wanted.any_tag))] if len(wanted.any_tag) > 1 else []
    conditions += [col(Post.id).in_(_posts_with((tag,))) for tag in wanted.all_tags]
    return conditions + ([col(Post.id).not_in(_posts_with(wanted.no_tag))] if wanted.no_tag else [])


def _posts_with(tags: tuple[str, ...]) -> Rows:
    return select(col(PostTag.post_id)).where(col(PostTag.name).in_(tags))


def _no_reply_to_others() -> Any:
    return or_(col(Post.in_reply_to_uri).is_(None), col(Post.in_reply_to_author_id) == col(Post.author_id))


def _has_files() -> Any:
    return cast(col(Post.attachments), String) != "[]"


@dataclass(frozen=True, slots=True)
class AuthorFilter:
    """What is wanted of one author. Boosts have neither files nor tags of their own, so both leave them out."""

    with_replies: bool = True
    with_boosts: bool = True
    only_media: bool = False
    tag: str | None = None


async def list_by_author(
    session: Session, author_id: int, *, wanted: AuthorFilter, viewer_id: int | None, window: Window
) -> list[PostView]:
    """What an actor said and passed on, in one list, each half read by its own index."""
    said = select(col(Post.id), col(Post.id), null()).where(col(Post.author_id) == author_id, visible_to(viewer_id))
    said = said if wanted.with_replies else said.where(_no_reply_to_others())
    said = said.where(_has_files()) if wanted.only_media else said
    said = said.where(col(Post.id).in_(_posts_with((wanted.tag,)))) if wanted.tag else said
    rows = list(await rows_within(session, said, col(Post.id), window=window))
    if wanted.with_boosts and not wanted.only_media and not wanted.tag:
        passed_on = (
            select(col(Boost.id), col(Boost.post_id), col(Boost.id))
            .join(Post, col(Post.id) == col(Boost.post_id))
            .where(col(Boost.actor_id) == author_id, visible_to(viewer_id), boost_visible_to(viewer_id))
        )
        rows += await rows_within(session, passed_on, col(Boost.id), window=window)
    return await _show(session, _cut(rows, window), viewer_id=viewer_id)


async def list_liked(session: Session, owner_id: int, *, window: Window) -> list[tuple[int, PostView]]:
    """What an actor likes, with the key of each like, as far as they may (still) see it."""
    wanted = (
        select(col(Like.id), col(Like.post_id))
        .join(Post, col(Post.id) == col(Like.post_id))
        .where(col(Like.actor_id) == owner_id, visible_to(owner_id))
    )
    rows = await rows_within(session, wanted, col(Like.id), window=window)
    views = {view.id: view for view in await load_posts(session, [row[1] for row in rows], viewer_id=owner_id)}
    return [(key, views[post_id]) for key, post_id in rows if post_id in views]


async def find_visible(session: Session, entry_id: int, *, viewer_id: int | None) -> PostView | None:
    """The post, or the boost of one, with this id, if the viewer may see it."""
    post = select(col(Post.id), null()).where(col(Post.id) == entry_id, visible_to(viewer_id))
    boost = (
        select(col(Boost.post_id), col(Boost.id))
        .join(Post, col(Post.id) == col(Boost.post_id))
        .where(col(Boost.id) == entry_id, visible_to(viewer_id), boost_visible_to(viewer_id))
        .where(_booster_is_there(col(Boost.id)))
    )
    row = (await session.execute(post)).first() or (await session.execute(boost)).first()
    return (await _show(session, [(entry_id, *row)], viewer_id=viewer_id))[0] if row else None


def _booster_is_there(boost_id: Any) -> Any:
    """There is no boost, or nobody hidden (`storage.standing`) has passed the post on."""
    boost, booster = aliased(Boost), aliased(Actor)
    hidden = exists().where(col(boost.id) == boost_id, col(booster.id) == col(boost.actor_id), is_hidden(booster))
    return or_(boost_id.is_(None), ~hidden)


def _cut(rows: list[Any], window: Window) -> list[Any]:
    """Two windows of the same bounds make one, newest first."""
    ordered = sorted(rows, key=lambda row: row[0], reverse=True)
    return ordered[-window.limit :] if window.upwards else ordered[: window.limit]


async def _show(session: Session, rows: Sequence[Any], *, viewer_id: int | None) -> list[PostView]:
    """Rows of entry id, post id and boost id, as views in the same order."""
    return await load_posts(session, [Entry(post_id=row[1], boost_id=row[2]) for row in rows], viewer_id=viewer_id)
