"""What other servers may fetch from us. Implements `federation.ports.Directory` with storage and translation.

Whoever gives no name gets what is open to everybody: a post for followers is as absent as one that never was. A reader
who signed gets what they may read, and nothing of who blocks them (`fedihub.reading`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson

from federation.errors import BadUri
from federation.identifiers import ActorUri, origin_text, parse_host, parse_uri
from federation.ports import ANYBODY, Absent, Document, Reader, Usage
from federation.vocabulary.collections import write_collection, write_page
from federation.vocabulary.context import POST_CONTEXT
from fedihub.hub import Hub
from fedihub.reading import for_viewer, viewer_of, viewer_of_post
from fedihub.services.stamps import find_feature_stamp_document, find_quote_stamp, is_withheld
from fedihub.translate import activities
from fedihub.translate.actors import actor_document, actor_stub, is_silenced
from fedihub.translate.discovery import jrd
from fedihub.translate.posts import PostParts, parts_of, post_document
from storage.actors import Actor, ActorKind, find_actor, find_keys_changed_at, find_local_by_username, get_keys
from storage.blocks import is_blocked
from storage.chapters import moderators_of
from storage.conversations import find_conversation
from storage.database import Session
from storage.deliveries import OutgoingActivity, find_activity, is_telling
from storage.follows import followers_at
from storage.pins import list_pinned
from storage.posts import OPEN, find_local_tombstone, find_post
from storage.views.collections import (
    OutboxPage,
    UriPage,
    WireBoost,
    WirePost,
    count_open_posts,
    count_outbox,
    find_last_page,
    load_conversation_posts,
    load_followers,
    load_following,
    load_outbox,
    load_replies,
    load_wire_posts,
)
from storage.views.numbers import load_numbers
from storage.visibility import is_visible

Found = Document | Absent
FIRST = "0"
"""The cursor of a first page."""

MOST_SYNCHRONISED = 10_000
"""Followers on one host, beyond which their list would be too long to be read by anybody (1 MiB)."""
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
        well. The server's address is that of its own actor (FEP-d556).
        """
        server_id = await self._hub.signers.server_id()
        actor = await self._hub.database.read(lambda session: self._named(session, resource, server_id=server_id))
        if actor is None:
            return Absent.NOT_FOUND
        return Document(jrd(actor, self._uris)) if actor.gone_at is None else Absent.GONE

    async def server_actor(self) -> ActorUri:
        """Who signs our fetches."""
        return self._uris.actor(str(await self._hub.signers.server_id()))

    async def inbox(self, key: str) -> Absent | None:
        """Whether mail to this actor makes sense."""
        actor = await self._hub.database.read(lambda session: find_actor(session, int(key)))
        if actor is None or not actor.is_local:
            return Absent.NOT_FOUND
        return Absent.GONE if actor.gone_at is not None else None

    async def actor(self, key: str, *, reader: Reader = ANYBODY) -> Found:
        """The actor's document; of who has ended, the keys as long as the news of it is on its way.

        Where readers must give their name, the others get what proves a signature, and no more (as from GoToSocial);
        the server's own actor is for everybody, or two such servers could never prove anything to each other.
        """
        is_closed = self._hub.settings.authorized_fetch and int(key) != await self._hub.signers.server_id()
        is_stub = is_closed and await reader.identify() is None

        async def unit(session: Session) -> Found:
            actor = await find_actor(session, int(key))
            if actor is None or not actor.is_local:
                return Absent.NOT_FOUND
            if actor.gone_at is not None and not await is_telling(session, actor.id):
                return Absent.GONE
            write = actor_stub if is_stub else actor_document
            return Document(write(actor, await get_keys(session, actor.id), self._uris), page=actor.url)

        return await self._hub.database.read(unit)

    async def actor_collection(self, key: str, name: str, *, cursor: str | None, reader: Reader = ANYBODY) -> Found:
        """Outbox, followers and following in pages, pinned open posts (`featured`) as a whole. The outbox has for each
        reader what they may read.
        """
        after = _after(cursor)
        if after is None and cursor is not None:
            return Absent.NOT_FOUND
        viewer_id = await viewer_of(self._hub, reader) if name == "outbox" else None

        async def unit(session: Session) -> Found:
            actor = await find_actor(session, int(key))
            if actor is None or not actor.is_local:
                return Absent.NOT_FOUND
            if is_silenced(actor):
                return Absent.CLOSED if actor.gone_at is None else Absent.GONE
            uri = f"{actor.uri}/{name}"
            if name == "moderators":
                return await _moderators(session, actor, uri, cursor=cursor)
            if name == "featured":
                items: list[Any] = [post.uri for post in await list_pinned(session, actor.id, only_open=True)]
                return _whole(uri, items) if cursor is None else _page(uri, cursor, items, following=None)
            if name == "outbox":
                return await self._outbox(session, actor, cursor, viewer_id=viewer_id)
            if cursor is None:
                return _head(uri, actor.followers_count if name == "followers" else actor.following_count)
            follows: UriPage = await _FOLLOWS[name](session, actor.id, after=after)
            return _page(uri, cursor, follows.uris, following=follows.next)

        return await self._hub.database.read(unit)

    async def followers_at(self, key: str, *, reader: Reader) -> Found:
        """Who follows an actor from the reader's own host, and was accepted: all of them, on one page (FEP-8fcf)."""
        uri = await reader.identify()

        async def unit(session: Session) -> Found:
            actor = await find_actor(session, int(key))
            if uri is None or actor is None or not actor.is_local or is_silenced(actor):
                return Absent.NOT_FOUND
            there = await followers_at(session, actor.id, origins=[origin_text(uri)], limit=MOST_SYNCHRONISED)
            name = self._uris.followers_synchronization(key)
            items: list[Any] = [follower.uri for follower in there]
            return Document(write_collection(name, total=len(items), first=None, items=items), is_open=False)

        return await self._hub.database.read(unit)

    async def post(self, key: str, *, reader: Reader = ANYBODY) -> Found:
        """A post of ours, if it is open, or for this reader."""
        viewer_id = await viewer_of_post(self._hub, int(key), reader)

        async def unit(session: Session) -> Found:
            found = await self._readable_post(session, key, viewer_id=viewer_id)
            if not isinstance(found, WirePost):
                return found
            parts = replace(self._parts(found), **await self._replies(session, found.post.id))
            return for_viewer(Document(post_document(parts, self._uris), page=found.post.url), viewer_id)

        return await self._hub.database.read(unit)

    async def _replies(self, session: Session, post_id: int) -> dict[str, Any]:
        """The first answers to a post, and how many there are: those that are listed, of nobody who is hidden here."""
        page = await load_replies(session, post_id, after=None)
        total = len(page.uris) if page.next is None else await count_open_posts(session, parent_id=post_id)
        return {"replies": page.uris, "replies_cursor": page.next, "replies_total": total}

    async def post_collection(self, key: str, name: str, *, cursor: str | None, reader: Reader = ANYBODY) -> Found:
        """Open replies in pages; likes and shares only as numbers. Whoever may not read the post learns none of it."""
        after = _after(cursor)
        if after is None and cursor is not None:
            return Absent.NOT_FOUND
        viewer_id = await viewer_of_post(self._hub, int(key), reader)

        async def unit(session: Session) -> Found:
            found = await self._readable_post(session, key, viewer_id=viewer_id)
            if not isinstance(found, WirePost):
                return found
            uri = f"{found.post.uri}/{name}"
            if name != "replies":
                total = found.post.likes_count if name == "likes" else found.post.boosts_count
                return for_viewer(Document(write_collection(uri, total=total, first=None, ordered=False)), viewer_id)
            if cursor is None:
                total = await count_open_posts(session, parent_id=found.post.id)
                return for_viewer(_head(uri, total, ordered=False), viewer_id)
            page = await load_replies(session, found.post.id, after=after)
            return for_viewer(_page(uri, cursor, page.uris, following=page.next, ordered=False), viewer_id)

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

    async def activity(self, key: str, *, reader: Reader = ANYBODY) -> Found:
        """An activity, word for word as it was sent; what it said about a post goes with the post, and is for whom the
        post is for. A proof by a key that its actor has no longer is left out: it would make the rest invalid, too.
        """
        activity, proves = await self._hub.database.read(lambda session: _find_activity(session, int(key)))
        if activity is None or (activity.post_id is None and not activity.is_public):
            await viewer_of(self._hub, reader)  # or one could tell by our work what is hidden from what never was
            return Absent.NOT_FOUND
        said, post_id = orjson.loads(activity.body), activity.post_id
        document = Document(said if proves else {name: value for name, value in said.items() if name != "proof"})
        if post_id is None or activity.activity_type == "Delete":
            closed = None if activity.activity_type == "Delete" else await self._closed(activity.actor_id)
            return closed or (document if activity.is_public else Absent.NOT_FOUND)
        if activity.is_public and (closed := await self._closed(activity.actor_id)) is not None:
            return closed
        viewer_id = await viewer_of_post(self._hub, post_id, reader)

        async def unit(session: Session) -> Found:
            post = await find_post(session, post_id)
            if post is None:
                return Absent.GONE if activity.is_public else Absent.NOT_FOUND
            is_readable = await is_visible(session, post, viewer_id=viewer_id)
            return for_viewer(document, viewer_id) if is_readable else Absent.NOT_FOUND

        return await self._hub.database.read(unit)

    async def _closed(self, actor_id: int) -> Absent | None:
        """Why nothing is told any more of what an actor of ours has said of itself; None if it is."""
        actor = await self._hub.database.read(lambda session: find_actor(session, actor_id))
        if actor is None or not is_silenced(actor):
            return None
        return Absent.CLOSED if actor.gone_at is None else Absent.GONE

    async def quote_stamp(self, key: str) -> Found:
        """A consent to a quote, until it is taken back."""

        async def unit(session: Session) -> Found:
            stamp = await find_quote_stamp(session, self._hub, int(key))
            if stamp is not None:
                return Document(stamp)
            return Absent.CLOSED if await is_withheld(session, int(key)) else Absent.NOT_FOUND

        return await self._hub.database.read(unit)

    async def feature_stamp(self, key: str) -> Found:
        """A consent to stand in a collection, until it is taken back."""
        stamp = await self._hub.database.read(lambda session: find_feature_stamp_document(session, self._hub, int(key)))
        return Document(stamp) if stamp is not None else Absent.NOT_FOUND

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

    async def _named(self, session: Session, resource: str, *, server_id: int) -> Actor | None:
        username = self._username(resource)
        if username is not None:
            return await find_local_by_username(session, username)
        path = self._path(resource)
        if path is None:
            return None
        if path == "/":
            return await find_actor(session, server_id)
        key = self._uris.actor_key(f"{self._uris.base_url}{path}")
        if key is not None:
            actor = await find_actor(session, int(key))
            return actor if actor is not None and actor.is_local else None
        return await find_local_by_username(session, path[2:].rstrip("/").lower()) if path.startswith("/@") else None

    def _path(self, resource: str) -> str | None:
        """The path of an address of ours; http or https is the same here, since people type either."""
        try:
            uri = parse_uri(resource, http_allowed=True)
        except BadUri:
            return None
        if not self._uris.is_local(uri):
            return None
        _, _, path = uri.partition("://")[2].partition("/")
        return f"/{path}"

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

    async def _outbox(self, session: Session, actor: Actor, cursor: str | None, *, viewer_id: int | None) -> Document:
        """What an actor said, as far as the viewer may read it; nothing at all if one of the two blocks the other."""
        uri = f"{actor.uri}/outbox"
        is_closed = viewer_id is not None and await is_blocked(session, actor.id, viewer_id)
        if cursor is None:
            total = 0 if is_closed else await count_outbox(session, actor.id, viewer_id=viewer_id)
            last = await find_last_page(session, actor.id, total=total, viewer_id=viewer_id)
            return for_viewer(_head(uri, total, last=last), viewer_id)
        page = OutboxPage([], None)
        if not is_closed:
            page = await load_outbox(session, actor.id, after=_after(cursor), viewer_id=viewer_id)
        shown = _page(uri, cursor, self._entries(page, actor), following=page.next)
        return for_viewer(replace(shown, body={**shown.body, "@context": POST_CONTEXT}), viewer_id)

    async def _readable_post(self, session: Session, key: str, *, viewer_id: int | None) -> WirePost | Absent:
        post = await find_post(session, int(key))
        if post is not None and post.is_local:
            found = (await load_wire_posts(session, [post]))[0]
            if await is_visible(session, post, viewer_id=viewer_id):
                return found if not is_silenced(found.author) else Absent.CLOSED
            is_closed = is_silenced(found.author) and post.audience in OPEN and not post.is_local_only
            return Absent.CLOSED if is_closed else Absent.NOT_FOUND
        tombstone = await find_local_tombstone(session, self._uris.post(key))
        return Absent.GONE if post is None and tombstone is not None and tombstone.was_public else Absent.NOT_FOUND

    def _parts(self, found: WirePost) -> PostParts:
        return parts_of(found, self._uris, now=self._hub.clock.now())

    def _entries(self, page: OutboxPage, actor: Actor) -> list[dict[str, Any]]:
        return [self._entry(entry, actor) for entry in page.entries]

    def _entry(self, entry: WirePost | WireBoost, actor: Actor) -> dict[str, Any]:
        """How a post or a boost stands in the outbox."""
        if isinstance(entry, WireBoost):
            return activities.embedded_announce(entry.boost, actor, entry.post_uri, author=entry.author_uri)
        return activities.embedded_create(self._parts(entry), self._uris)


async def _moderators(session: Session, chapter: Actor, uri: str, *, cursor: str | None) -> Found:
    """Who runs a chapter, whole (FEP-1b12); nobody else is moderated by anybody."""
    if chapter.kind is not ActorKind.CHAPTER:
        return Absent.NOT_FOUND
    items = [moderator.uri for moderator, _ in await moderators_of(session, chapter.id) if not moderator.is_hidden]
    return _whole(uri, items) if cursor is None else _page(uri, cursor, items, following=None)


def _head(uri: str, total: int, *, last: int | None = None, ordered: bool = True) -> Document:
    """A collection with its first page, and with its last one where that is known."""
    last_page = f"{uri}?page={last}" if last is not None else None
    return Document(write_collection(uri, total=total, first=f"{uri}?page={FIRST}", last=last_page, ordered=ordered))


def _whole(uri: str, items: list[Any]) -> Document:
    """With its items inside, the only ones that GoToSocial reads, and a first page as all collections have."""
    return Document(write_collection(uri, total=len(items), first=f"{uri}?page={FIRST}", items=items))


def _page(uri: str, cursor: str, items: Sequence[Any], *, following: int | None, ordered: bool = True) -> Document:
    next_page = f"{uri}?page={following}" if following is not None else None
    return Document(write_page(f"{uri}?page={cursor}", part_of=uri, items=items, next=next_page, ordered=ordered))


async def _find_activity(session: Session, key: int) -> tuple[OutgoingActivity | None, bool]:
    """An activity of ours, and whether its actor still has the keys that prove it. The news of new ones is proved by
    those before them.
    """
    activity = await find_activity(session, key)
    if activity is None or activity.signed_with_retired:
        return activity, False
    changed_at = await find_keys_changed_at(session, activity.actor_id)
    return activity, changed_at is None or activity.created_at > changed_at


def _after(cursor: str | None) -> int | None:
    """The key to go on from; 0 for a first page, None for what is no cursor."""
    if cursor is None or not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        return None
    return int(cursor)
