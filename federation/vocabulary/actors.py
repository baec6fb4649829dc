"""Actors of other servers: profile, inboxes and keys.

Everything that is later *used* as an address (inboxes, collections) must lie on the actor's own origin, or an actor
could aim our deliveries at somebody else; everything that is only shown must be http(s). What is missing reads as
None; without an id, an actor type, an inbox and a username there is no actor.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.errors import BadDocument
from federation.identifiers import ActorUri, InboxUrl, KeyId, same_origin
from federation.vocabulary.base import (
    as_list,
    bool_of,
    first_of,
    id_of,
    ids_of,
    link_of,
    media_url_of,
    string_of,
    text_of,
    time_of,
    type_of,
    uri_of,
)
from federation.vocabulary.parse import Json
from federation.vocabulary.tags import Emoji, read_emojis
from federation.vocabulary.terms import ACTOR_TYPES

MAX_NAME = 2048
MAX_SUMMARY = 20_000
MAX_FIELDS = 50
MAX_FIELD = 2047
MAX_KEYS = 10
MAX_ALIASES = 50
MAX_USERNAME = 255

_USERNAME = re.compile(r"[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class ActorKey:
    """A public key as its owner shows it: `pem` (`publicKeyPem`) or `multibase` (FEP-521a Multikey)."""

    id: KeyId
    owner: ActorUri
    pem: str | None = None
    multibase: str | None = None


@dataclass(frozen=True, slots=True)
class ProfileField:
    """A row of the profile's table; `value` is HTML of a stranger."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class RemoteActor:
    """An actor document. `summary` is HTML of a stranger; `url` is the page for people. `featured` is where the
    collection of pins is to be had: at its own address, or (it is `uri` then) inside this document.
    """

    uri: ActorUri
    type: str
    username: str
    inbox: InboxUrl
    shared_inbox: InboxUrl | None
    outbox: str | None
    followers: str | None
    following: str | None
    featured: str | None
    name: str | None
    summary: str | None
    url: str | None
    icon: str | None
    icon_alt: str | None
    image: str | None
    image_alt: str | None
    fields: tuple[ProfileField, ...]
    emojis: tuple[Emoji, ...]
    keys: tuple[ActorKey, ...]
    is_locked: bool
    is_discoverable: bool
    is_indexable: bool
    is_suspended: bool
    is_memorial: bool
    also_known_as: tuple[str, ...]
    moved_to: ActorUri | None
    webfinger: str | None
    published: datetime | None


def read_actor(document: Json, *, now: datetime) -> RemoteActor:
    """Raises `BadDocument` for what is no actor, or has no inbox of its own."""
    type_ = type_of(document, ACTOR_TYPES)
    uri = uri_of(document.get("id"))
    if type_ not in ACTOR_TYPES or uri is None:
        raise BadDocument("the document is not an actor", reason="not_an_actor")
    endpoints = document.get("endpoints")
    shared = endpoints.get("sharedInbox") if isinstance(endpoints, Mapping) else document.get("sharedInbox")
    moved_to, shared_inbox = id_of(document.get("movedTo")), _own(uri, shared)
    return RemoteActor(
        uri=ActorUri(uri),
        type=type_,
        username=_username(document),
        inbox=_inbox(document, uri),
        shared_inbox=InboxUrl(shared_inbox) if shared_inbox else None,
        outbox=_own(uri, document.get("outbox")),
        followers=_own(uri, document.get("followers")),
        following=_own(uri, document.get("following")),
        featured=_featured(uri, document.get("featured")),
        name=text_of(document, "name", limit=MAX_NAME),
        summary=text_of(document, "summary", limit=MAX_SUMMARY),
        url=link_of(document.get("url")),
        icon=media_url_of(document.get("icon")),
        icon_alt=_alt_text(document.get("icon")),
        image=media_url_of(document.get("image")),
        image_alt=_alt_text(document.get("image")),
        fields=_fields(document),
        emojis=read_emojis(document),
        keys=read_keys(document, now=now),
        is_locked=bool_of(document.get("manuallyApprovesFollowers")) or False,
        is_discoverable=bool_of(document.get("discoverable", document.get("toot:discoverable"))) or False,
        is_indexable=bool_of(document.get("indexable")) or False,
        is_suspended=bool_of(document.get("suspended")) or False,
        is_memorial=bool_of(document.get("memorial")) or False,
        also_known_as=ids_of(document.get("alsoKnownAs"), limit=MAX_ALIASES),
        moved_to=ActorUri(moved_to) if moved_to else None,
        webfinger=string_of(document.get("webfinger"), limit=MAX_NAME),
        published=time_of(document.get("published"), now=now),
    )


def read_keys(document: Json, *, now: datetime) -> tuple[ActorKey, ...]:
    """The keys that an actor lists as its own, in `publicKey` and in `assertionMethod`; expired ones are left out."""
    owner = uri_of(document.get("id"))
    listed = [*as_list(document.get("publicKey")), *as_list(document.get("assertionMethod"))][: 2 * MAX_KEYS]
    found = [_key(item, now=now) for item in listed if isinstance(item, Mapping)]
    return tuple(key for key in found if key is not None and key.owner == owner)[:MAX_KEYS]


def read_key_document(document: Json, *, now: datetime) -> ActorKey:
    """A key that has a document of its own. Raises `BadDocument`."""
    key = _key(document, now=now)
    if key is None:
        raise BadDocument("the document is neither an actor nor a key", reason="not_a_key")
    return key


def _key(item: Mapping[str, Any], *, now: datetime) -> ActorKey | None:
    key_id, owner = uri_of(item.get("id")), id_of(item.get("owner", item.get("controller")))
    pem, multibase = string_of(item.get("publicKeyPem")), string_of(item.get("publicKeyMultibase"))
    expires = time_of(item.get("expires"), now=now)
    if key_id is None or owner is None or (pem is None and multibase is None):
        return None
    if expires is not None and expires <= now:
        return None
    return ActorKey(KeyId(key_id), ActorUri(owner), pem=pem, multibase=multibase)


def _username(document: Json) -> str:
    name = string_of(document.get("preferredUsername"), limit=MAX_USERNAME + 1)
    if name is None or len(name) > MAX_USERNAME or not _USERNAME.fullmatch(name):
        raise BadDocument("the actor has no usable username", reason="username_unusable")
    return name


def _inbox(document: Json, uri: str) -> InboxUrl:
    inbox = _own(uri, document.get("inbox"))
    if inbox is None:
        reason = "inbox_elsewhere" if uri_of(document.get("inbox")) is not None else "inbox_missing"
        raise BadDocument("the actor has no inbox on its own host", reason=reason)
    return InboxUrl(inbox)


def _own(uri: str, value: object) -> str | None:
    """A URL of the actor's own origin, or None."""
    found = id_of(value)
    return found if found is not None and same_origin(found, uri) else None


def _featured(uri: str, value: object) -> str | None:
    """A collection without an id has no address but that of the actor whose document shows it whole."""
    is_inside = isinstance(first_of(value), Mapping) and id_of(value) is None
    return uri if is_inside else _own(uri, value)


def _alt_text(value: object) -> str | None:
    picture = first_of(value)
    if not isinstance(picture, Mapping):
        return None
    return string_of(picture.get("summary"), limit=MAX_NAME) or string_of(picture.get("name"), limit=MAX_NAME)


def _fields(document: Json) -> tuple[ProfileField, ...]:
    rows = [item for item in as_list(document.get("attachment"))[:MAX_FIELDS] if isinstance(item, Mapping)]
    found = []
    for row in rows:
        name, value = string_of(row.get("name"), limit=MAX_FIELD), string_of(row.get("value"), limit=MAX_FIELD)
        if row.get("type") == "PropertyValue" and name is not None and value is not None:
            found.append(ProfileField(name, value))
    return tuple(found)
