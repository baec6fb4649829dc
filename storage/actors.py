"""Everyone who can act: our members, projects and server, and the remote actors that we have met."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Index, String, bindparam, cast, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.columns import BigId, Instant, Json, Word, big_id_key
from storage.host_policies import HostLevel
from storage.prepared import Query
from storage.rows import row_reader, table_of, values_of
from storage.statements import Values, add_to_columns, change, insert_into, insert_row


class ActorKind(StrEnum):
    """What an actor is to the hub. Everything that is not ours is REMOTE."""

    MEMBER = "member"
    PROJECT = "project"
    CHAPTER = "chapter"
    SERVER = "server"
    REMOTE = "remote"


class Actor(SQLModel, table=True):
    """One row an actor, local or remote; `uri` is its identity for ever, `username` may change."""

    __tablename__ = "actors"
    __table_args__ = (
        # One namespace of handles. `host` is '' for our own actors, since NULLs never collide.
        Index("uq_actors_handle", text("lower(username)"), "host", unique=True),
        Index("ix_actors_kind_id", "kind", "id"),
    )

    id: int = big_id_key()
    uri: str = Field(unique=True)
    kind: ActorKind = Field(sa_type=Word(ActorKind))
    wire_type: str = "Person"
    username: str
    host: str = ""
    display_name: str = ""
    bio_html: str = ""
    bio_source: str | None = None
    url: str | None = None
    avatar_url: str | None = None
    header_url: str | None = None
    fields: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """Profile fields: [{"name": plain text, "value": sanitised HTML}]."""
    avatar_description: str = ""
    header_description: str = ""
    emojis: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """Custom emoji of name and bio: [{"shortcode" without colons, "url"}], pictures on the actor's server."""
    inbox_url: str = ""
    shared_inbox_url: str | None = None
    followers_url: str | None = None
    following_url: str | None = None
    outbox_url: str | None = None
    featured_url: str | None = None
    approves_followers: bool = False
    discoverable: bool = True
    indexable: bool = False
    followers_count: int = 0
    following_count: int = 0
    posts_count: int = 0
    last_post_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)
    fetched_at: datetime | None = Field(default=None, sa_type=Instant)
    gone_at: datetime | None = Field(default=None, sa_type=Instant)
    suspended_at: datetime | None = Field(default=None, sa_type=Instant)
    """When this hub's operator silenced it wholly; reversible, unlike `gone_at`."""
    origin_suspended_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the actor's own server said so (`suspended` in its document)."""
    limited_at: datetime | None = Field(default=None, sa_type=Instant)
    """When this hub's operator hid it from everybody but its followers."""
    host_level: HostLevel = Field(default=HostLevel.OPEN, sa_type=Word(HostLevel))
    """What `storage.host_policies` says of its host, copied here so that queries need not ask."""
    moved_to_uri: str | None = None
    moved_at: datetime | None = Field(default=None, sa_type=Instant)
    also_known_as: list[str] = Field(default_factory=list, sa_type=Json)
    """Ids of other accounts of the same person: whoever moves here must be one of them."""

    @property
    def is_local(self) -> bool:
        """Ours, not a peer's."""
        return self.host == ""

    @property
    def is_hidden(self) -> bool:
        """Nobody is shown it, and it is not heard (`storage.standing` says the same in SQL)."""
        is_suspended = self.suspended_at is not None or self.origin_suspended_at is not None
        return is_suspended or self.host_level is HostLevel.BLOCKED

    @property
    def is_limited(self) -> bool:
        """Only those who follow it hear of it."""
        return self.limited_at is not None or self.host_level is HostLevel.LIMITED


class ActorKey(SQLModel, table=True):
    """The private keys of a local actor, apart from `actors` so that no listing ever carries them."""

    __tablename__ = "actor_keys"

    actor_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="actors.id", ondelete="CASCADE")
    rsa_private_pem: str
    rsa_public_pem: str
    ed25519_private_pem: str
    ed25519_public_multibase: str
    retired_rsa_private_pem: str | None = None
    """The key before the last change: it signs the news of its own replacement."""
    retired_at: datetime | None = Field(default=None, sa_type=Instant)


_BY_ID = Query.rows(Actor, col(Actor.id) == bindparam("id"))
_BY_URI = Query.rows(Actor, col(Actor.uri) == bindparam("uri"))
_ALL = select(*table_of(Actor).columns)
_HELD = Query(_ALL.where(col(Actor.id) == bindparam("id")).with_for_update(key_share=True), row_reader(Actor))
_HELD_BY_URI = Query(_ALL.where(col(Actor.uri) == bindparam("uri")).with_for_update(key_share=True), row_reader(Actor))
_KEYS = Query.rows(ActorKey, col(ActorKey.actor_id) == bindparam("actor_id"))
_KEYS_CHANGED: Query[datetime | None] = Query.values(
    select(col(ActorKey.retired_at)).where(col(ActorKey.actor_id) == bindparam("actor_id"))
)
_ID_BY_URI = Query.values(select(col(Actor.id)).where(col(Actor.uri) == bindparam("uri")))
_BY_URIS = Query.rows(Actor, col(Actor.uri).in_(bindparam("uris", expanding=True)))
_IDS_BY_URIS = select(col(Actor.id)).where(col(Actor.uri).in_(bindparam("uris", expanding=True)))
_ENDED = select(col(Actor.uri)).where(
    col(Actor.uri).in_(bindparam("uris", expanding=True)), col(Actor.gone_at).is_not(None)
)
_BY_IDS = Query.rows(Actor, col(Actor.id).in_(bindparam("ids", expanding=True)))

_COUNTED = {"followers_count", "following_count", "posts_count", "last_post_at"}
"""Columns that other writes change, by adding; nobody may write them back from a row that was read."""
_ONCE = {"id", "uri", "created_at"}


async def insert_actor(session: AsyncSession, actor: Actor) -> None:
    """Store a new actor. AlreadyExists if the uri or the handle is taken."""
    await insert_row(session, actor)


async def update_actor(session: AsyncSession, actor: Actor) -> None:
    """Write the profile of an actor as it is in `actor`; counters and the moment of the last post are left alone."""
    values = {name: value for name, value in values_of(actor).items() if name not in _COUNTED | _ONCE}
    await change(session, update(Actor).where(col(Actor.id) == actor.id).values(values))


async def upsert_remote_actor(session: AsyncSession, values: Values, *, id: int) -> Actor:
    """Store what a peer says of one of its actors, found by its uri; `id` is for one that is new here. Answers the row.

    A handle belongs to whom its server names now: another actor that had it is left with a name that nobody can have.
    """
    await _free_handle(session, values)
    row = {"id": id, "kind": ActorKind.REMOTE, "gone_at": None, **values}
    fresh = Actor(**row)
    insert = insert_into(session, Actor).values(values_of(fresh))
    changed = {name: row[name] for name in row if name not in _ONCE | _COUNTED}
    theirs = table_of(Actor).c.host != ""  # one of ours is never taken for somebody else's
    await session.execute(insert.on_conflict_do_update(index_elements=["uri"], set_=changed, where=theirs))
    stored = select(Actor).where(col(Actor.uri) == values["uri"]).execution_options(populate_existing=True)
    return (await session.execute(stored)).scalar_one()


async def _free_handle(session: AsyncSession, values: Values) -> None:
    others = _has_handle(values["username"], values["host"]) & (col(Actor.uri) != values["uri"])
    former = col(Actor.username) + "~" + cast(col(Actor.id), String)
    await change(session, update(Actor).where(others).values(username=former))


async def rename_actor(session: AsyncSession, actor_id: int, *, uri: str) -> None:
    """Give a remote actor another id on the wire, because its server did."""
    await change(session, update(Actor).where(col(Actor.id) == actor_id).values(uri=uri))


async def note_arrival(session: AsyncSession, actor_id: int, *, now: datetime) -> None:
    """Somebody has moved to this account: that counts as its own move, so it is not made a stop on the way."""
    await change(session, update(Actor).where(col(Actor.id) == actor_id).values(moved_at=now))


async def note_move(session: AsyncSession, actor_id: int, *, to_uri: str, now: datetime) -> None:
    """Remember where an account has moved to, and when."""
    await change(session, update(Actor).where(col(Actor.id) == actor_id).values(moved_to_uri=to_uri, moved_at=now))


async def mark_gone(session: AsyncSession, actor_id: int, *, now: datetime) -> None:
    """The actor exists no more, where it came from."""
    gone = update(Actor).where(col(Actor.id) == actor_id, col(Actor.gone_at).is_(None))
    await change(session, gone.values(gone_at=now))


async def find_actor(session: AsyncSession, id: int) -> Actor | None:
    """The actor with this key."""
    return await _BY_ID.first(session, id=id)


async def get_actor(session: AsyncSession, id: int) -> Actor:
    """The actor with this key. Raises NotFound."""
    return await _BY_ID.get(session, "there is no such actor", id=id)


async def find_actor_by_uri(session: AsyncSession, uri: str) -> Actor | None:
    """The actor with this id on the wire."""
    return await _BY_URI.first(session, uri=uri)


async def hold_actor(session: AsyncSession, id: int) -> Actor | None:
    """The actor with this key, whom nobody else changes until the end of this unit; who does so now is waited for. So
    nobody says anything, and nothing of theirs is stored, while they are suspended or end. On SQLite whoever writes
    holds everybody.
    """
    return await _HELD.first(session, id=id)


async def hold_actor_by_uri(session: AsyncSession, uri: str) -> Actor | None:
    """The same, by the id on the wire."""
    return await _HELD_BY_URI.first(session, uri=uri)


async def find_actors(session: AsyncSession, ids: Iterable[int]) -> list[Actor]:
    """Those of these actors that exist, in the order in which they were asked for."""
    wanted = list(ids)
    if not wanted:
        return []
    found = {actor.id: actor for actor in await _BY_IDS.all(session, ids=wanted)}
    return [found[each] for each in wanted if each in found]


async def find_actors_by_inbox(session: AsyncSession, inbox_url: str, *, limit: int) -> list[Actor]:
    """The remote actors behind an inbox, be it their own or shared, as far as they are still there."""
    behind = or_(col(Actor.inbox_url) == inbox_url, col(Actor.shared_inbox_url) == inbox_url)
    wanted = select(Actor).where(behind, col(Actor.host) != "", col(Actor.gone_at).is_(None))
    return list(await session.scalars(wanted.order_by(col(Actor.id)).limit(limit)))


async def find_actors_by_uri(session: AsyncSession, uris: Iterable[str]) -> dict[str, Actor]:
    """Those of these actors that are known, by their uri."""
    wanted = set(uris)
    if not wanted:
        return {}
    return {actor.uri: actor for actor in await _BY_URIS.all(session, uris=list(wanted))}


async def find_ended(session: AsyncSession, uris: Iterable[str]) -> set[str]:
    """The uris of those of these actors that are no more."""
    return set(await session.scalars(_ENDED, {"uris": list(uris)}))


async def find_actor_ids(session: AsyncSession, uris: Iterable[str]) -> list[int]:
    """The keys of those of these actors that are known, by their uri."""
    wanted = set(uris)
    if len(wanted) == 1:  # as almost every post: it names whom it answers
        return await _ID_BY_URI.all(session, uri=wanted.pop())
    return list(await session.scalars(_IDS_BY_URIS, {"uris": list(wanted)})) if wanted else []


async def find_local_by_username(session: AsyncSession, username: str) -> Actor | None:
    """Our member, project or server actor of this name, in whatever case it is written."""
    return await find_by_handle(session, username, host="")


async def find_by_handle(session: AsyncSession, username: str, *, host: str) -> Actor | None:
    """The actor whose handle is username@host; `host` is '' for our own."""
    actor: Actor | None = await session.scalar(select(Actor).where(_has_handle(username, host)))
    return actor


async def find_by_handles(session: AsyncSession, handles: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Actor]:
    """Those of these (username, host) that are known, under the spelling they were asked for."""
    wanted = {(username.lower(), host): (username, host) for username, host in handles}
    if not wanted:
        return {}
    rows = await session.scalars(select(Actor).where(or_(*(_has_handle(*handle) for handle in wanted.values()))))
    found = {(actor.username.lower(), actor.host): actor for actor in rows}
    return {asked: found[key] for key, asked in wanted.items() if key in found}


def _has_handle(username: str, host: str) -> ColumnElement[bool]:
    # Both sides are lowered by the database, so that they agree on letters beyond ASCII.
    return (func.lower(col(Actor.username)) == func.lower(username)) & (col(Actor.host) == host)


async def insert_keys(session: AsyncSession, keys: ActorKey) -> None:
    """Store the keys of a new local actor."""
    await insert_row(session, keys)


async def find_keys(session: AsyncSession, actor_id: int) -> ActorKey | None:
    """The keys of a local actor, if it has any (still)."""
    return await _KEYS.first(session, actor_id=actor_id)


async def get_keys(session: AsyncSession, actor_id: int) -> ActorKey:
    """The keys of a local actor. Raises NotFound."""
    return await _KEYS.get(session, "there are no keys for this actor", actor_id=actor_id)


async def replace_keys(session: AsyncSession, keys: ActorKey, *, now: datetime) -> None:
    """Give a local actor new keys; the RSA key that it had until now is kept beside them, to sign the news of it."""
    old = col(ActorKey.rsa_private_pem)
    new = {name: value for name, value in values_of(keys).items() if name != "actor_id"}
    new |= {"retired_rsa_private_pem": old, "retired_at": now}
    await change(session, update(ActorKey).where(col(ActorKey.actor_id) == keys.actor_id).values(new))


async def find_keys_changed_at(session: AsyncSession, actor_id: int) -> datetime | None:
    """When an actor of ours last got new keys; None for one that has its first."""
    return await _KEYS_CHANGED.first(session, actor_id=actor_id)


async def drop_retired_keys(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Forget replaced keys whose news has long been told, so many at a time; how many. When it was stays known."""
    is_kept = col(ActorKey.retired_rsa_private_pem).is_not(None)
    old = select(col(ActorKey.actor_id)).where(is_kept, col(ActorKey.retired_at) < before).limit(limit).subquery()
    gone = update(ActorKey).where(col(ActorKey.actor_id).in_(old.select())).values(retired_rsa_private_pem=None)
    return await change(session, gone)


async def add_to_counts(session: AsyncSession, actor_id: int, **steps: int) -> None:
    """Add to an actor's counters: `followers_count=1`, `posts_count=-1`."""
    await add_to_columns(session, Actor, actor_id, **steps)


async def list_actors(session: AsyncSession, kind: ActorKind, *, limit: int = 1000) -> list[Actor]:
    """The actors of a kind that are still here, in the order in which they came."""
    wanted = select(Actor).where(col(Actor.kind) == kind, col(Actor.gone_at).is_(None))
    return list(await session.scalars(wanted.order_by(col(Actor.id)).limit(limit)))
