"""What other servers may fetch from us. Implements `federation.ports.Directory` with storage and translation.

Everything here answers anybody, so it knows only what is open to everybody: a post for followers is as absent as
one that never was.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson

from federation.errors import BadUri
from federation.identifiers import parse_host, parse_uri
from federation.ports import Absent, Document, Usage
from federation.vocabulary.collections import write_collection, write_page
from fedihub.hub import Hub
from fedihub.translate import activities
from fedihub.translate.actors import actor_document
from fedihub.translate.discovery import jrd
from fedihub.translate.posts import PostParts, post_document
from storage.actors import Actor, find_actor, find_local_by_username, get_keys
from storage.conversations import find_conversation
from storage.database import Session
from storage.deliveries import find_activity
from storage.posts import OPEN, find_post, find_tombstone
from storage.views.collections import (
    OutboxPage,
    UriPage,
    WireBoost,
    WirePost,
    count_open_posts,
    count_outbox,
    load_conversation_posts,
    load_followers,
    load_following,
    load_outbox,
    load_replies,
    load_wire_posts,
)
from storage.views.numbers import load_numbers

Found = Document | Absent
FIRST = "0"
"""The cursor of a first page."""

MONTH = timedelta(days=30)
HALF_YEAR = timedelta(days=180)
_FOLLOWS = {"followers": load_followers, "following": load_following}


class HubDirectory:
    """Our documents."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._uris = hub.uris

    async def webfinger(self, resource: str) -> Found:
        """By handle, by the address of an actor or by that of its page; handles on the server's own host answer as
        well.
        """
        actor = await self._hub.database.read(lambda session: self._named(session, resource))
        if actor is None:
            return Absent.NOT_FOUND
        return Document(jrd(actor, self._uris)) if actor.gone_at is None else Absent.GONE

    async def inbox(self, key: str) -> Absent | None:
        """Whether mail to this actor makes sense."""
        actor = await self._hub.database.read(lambda session: find_actor(session, int(key)))
        if actor is None or not actor.is_local:
            return Absent.NOT_FOUND
        return Absent.GONE if actor.gone_at is not None else None

    async def actor(self, key: str) -> Found:
        """The actor's document."""

        async def unit(session: Session) -> Found:
            actor = await find_actor(session, int(key))
            if actor is None or not actor.is_local:
                return Absent.NOT_FOUND
            if actor.gone_at is not None:
                return Absent.GONE
            return Document(actor_document(actor, await get_keys(session, actor.id), self._uris), page=actor.url)

        return await self._hub.database.read(unit)

    async def actor_collection(self, key: str, name: str, *, cursor: str | None) -> Found:
        """Outbox, followers and following in pages; nobody features anything yet."""
        after = _after(cursor)
        if after is None and cursor is not None:
            return Absent.NOT_FOUND

        async def unit(session: Session) -> Found:
            actor = await find_actor(session, int(key))
            if actor is None or not actor.is_local:
                return Absent.NOT_FOUND
            uri = f"{actor.uri}/{name}"
            if name == "featured":
                return _whole(uri, []) if cursor is None else _page(uri, cursor, [], following=None)
            if cursor is None:
                return _head(uri, await _total(session, actor, name))
            if name == "outbox":
                page = await load_outbox(session, actor.id, after=after)
                return _page(uri, cursor, self._entries(page, actor), following=page.next)
            follows: UriPage = await _FOLLOWS[name](session, actor.id, after=after)
            return _page(uri, cursor, follows.uris, following=follows.next)

        return await self._hub.database.read(unit)

    async def post(self, key: str) -> Found:
        """An open post of ours."""

        async def unit(session: Session) -> Found:
            found = await self._open_post(session, key)
            if not isinstance(found, WirePost):
                return found
            replies = await load_replies(session, found.post.id, after=None)
            parts = replace(self._parts(found), replies=replies.uris, replies_cursor=replies.next)
            return Document(post_document(parts, self._uris), page=found.post.url)

        return await self._hub.database.read(unit)

    async def post_collection(self, key: str, name: str, *, cursor: str | None) -> Found:
        """Replies in pages; likes and shares only as numbers."""
        after = _after(cursor)
        if after is None and cursor is not None:
            return Absent.NOT_FOUND

        async def unit(session: Session) -> Found:
            found = await self._open_post(session, key)
            if not isinstance(found, WirePost):
                return found
            uri = f"{found.post.uri}/{name}"
            if name != "replies":
                total = found.post.likes_count if name == "likes" else found.post.boosts_count
                return Document(write_collection(uri, total=total, first=None, ordered=False))
            if cursor is None:
                return _head(uri, await count_open_posts(session, parent_id=found.post.id), ordered=False)
            page = await load_replies(session, found.post.id, after=after)
            return _page(uri, cursor, page.uris, following=page.next, ordered=False)

        return await self._hub.database.read(unit)

    async def context(self, key: str, *, cursor: str | None) -> Found:
        """The open posts of a conversation, wherever they were written (FEP-7888)."""
        after = _after(cursor)
        if after is None and cursor is not None:
            return Absent.NOT_FOUND
        uri = self._uris.context(key)

        async def unit(session: Session) -> Found:
            total = await count_open_posts(session, conversation_id=int(key))
            if total == 0 or await find_conversation(session, int(key)) is None:
                return Absent.NOT_FOUND  # a conversation without an open post is nobody's business
            if cursor is None:
                return _head(uri, total, ordered=False)
            page = await load_conversation_posts(session, int(key), after=after)
            return _page(uri, cursor, page.uris, following=page.next, ordered=False)

        return await self._hub.database.read(unit)

    async def activity(self, key: str) -> Found:
        """An open activity, byte for byte as it was sent; what it said about a post goes with the post."""

        async def unit(session: Session) -> Found:
            activity = await find_activity(session, int(key))
            if activity is None or not activity.is_public:
                return Absent.NOT_FOUND
            is_about_post = activity.post_id is not None and activity.activity_type != "Delete"
            if is_about_post and await find_post(session, activity.post_id or 0) is None:
                return Absent.GONE
            return Document(orjson.loads(activity.body))

        return await self._hub.database.read(unit)

    async def usage(self) -> Usage:
        """The figures for NodeInfo."""
        now = self._hub.clock.now()
        month = await self._hub.database.read(lambda session: load_numbers(session, active_since=now - MONTH))
        half_year = await self._hub.database.read(lambda session: load_numbers(session, active_since=now - HALF_YEAR))
        return Usage(
            members=month.members,
            active_month=month.active_members,
            active_half_year=half_year.active_members,
            local_posts=month.posts,
            registrations_open=False,
        )

    async def _named(self, session: Session, resource: str) -> Actor | None:
        username = self._username(resource)
        if username is not None:
            return await find_local_by_username(session, username)
        try:
            uri = parse_uri(resource, http_allowed=True)
        except BadUri:
            return None
        key = self._uris.actor_key(uri)
        if key is not None:
            actor = await find_actor(session, int(key))
            return actor if actor is not None and actor.is_local else None
        page = f"{self._uris.base_url}/@"
        return await find_local_by_username(session, uri.removeprefix(page).lower()) if uri.startswith(page) else None

    def _username(self, resource: str) -> str | None:
        """The name in `acct:name@host` (or without the scheme), if the host is ours under either of its names."""
        if "://" in resource:
            return None
        username, _, host = resource.removeprefix("acct:").removeprefix("@").rpartition("@")
        try:
            is_ours = parse_host(host) in (self._uris.handle_domain, self._uris.host)
        except BadUri:
            return None
        return username.lower() if is_ours else None

    async def _open_post(self, session: Session, key: str) -> WirePost | Absent:
        post = await find_post(session, int(key))
        if post is not None and post.is_local and post.audience in OPEN:
            return (await load_wire_posts(session, [post]))[0]
        tombstone = await find_tombstone(session, self._uris.post(key))
        return Absent.GONE if post is None and tombstone is not None and tombstone.was_public else Absent.NOT_FOUND

    def _parts(self, found: WirePost) -> PostParts:
        return PostParts(
            post=found.post,
            author=found.author,
            conversation_uri=found.conversation_uri or self._uris.context(str(found.conversation_id)),
            mentions=found.mentions,
            tags=found.tags,
            writer_uri=found.writer_uri,
        )

    def _entries(self, page: OutboxPage, actor: Actor) -> list[dict[str, Any]]:
        return [self._entry(entry, actor) for entry in page.entries]

    def _entry(self, entry: WirePost | WireBoost, actor: Actor) -> dict[str, Any]:
        """How a post or a boost stands in the outbox."""
        if isinstance(entry, WireBoost):
            return activities.embedded_announce(entry.boost, actor, entry.post_uri, author=entry.author_uri)
        return activities.embedded_create(self._parts(entry), self._uris)


async def _total(session: Session, actor: Actor, name: str) -> int:
    if name == "outbox":
        return await count_outbox(session, actor.id)
    return actor.followers_count if name == "followers" else actor.following_count


def _head(uri: str, total: int, *, ordered: bool = True) -> Document:
    return Document(write_collection(uri, total=total, first=f"{uri}?page={FIRST}", ordered=ordered))


def _whole(uri: str, items: list[Any]) -> Document:
    """With its items inside, the only ones that GoToSocial reads, and a first page as all collections have."""
    return Document(write_collection(uri, total=len(items), first=f"{uri}?page={FIRST}", items=items))


def _page(uri: str, cursor: str, items: Sequence[Any], *, following: int | None, ordered: bool = True) -> Document:
    next_page = f"{uri}?page={following}" if following is not None else None
    return Document(write_page(f"{uri}?page={cursor}", part_of=uri, items=items, next=next_page, ordered=ordered))


def _after(cursor: str | None) -> int | None:
    """The key to go on from; 0 for a first page, None for what is no cursor."""
    if cursor is None or not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        return None
    return int(cursor)
