"""Account, CredentialAccount and Relationship."""

from datetime import datetime
from typing import Any

from federation.uris import LocalUris
from fedihub.api.entities.base import Day, Entity, Id, Moment
from fedihub.api.entities.emoji import CustomEmoji, custom_emojis
from storage.actors import Actor
from storage.views.actors import ActorView
from storage.views.relationships import RelationshipView

_GROUPS = {"Group"}
_MACHINES = {"Application", "Service"}
NO_ROLE = "-99"
"""Mastodon's id of the role that everybody has."""


class Field(Entity):
    """One line of a profile; `value` is HTML (in a Source: as it was written)."""

    name: str
    value: str
    verified_at: Moment | None


class Account(Entity):
    """Somebody who can act, here or elsewhere."""

    id: Id
    username: str
    acct: str
    display_name: str
    note: str
    url: str
    uri: str
    avatar: str
    avatar_static: str
    header: str
    header_static: str
    avatar_description: str
    header_description: str
    locked: bool
    bot: bool
    group: bool
    discoverable: bool
    indexable: bool
    noindex: bool
    hide_collections: bool
    created_at: Moment
    last_status_at: Day | None
    followers_count: int
    following_count: int
    statuses_count: int
    fields: list[Field]
    emojis: list[CustomEmoji]
    roles: list[Entity]


class MovedAccount(Account):
    """Somebody who lives elsewhere now: clients lead to `moved` in place of a follow."""

    moved: Account


class Source(Entity):
    """What an account's owner wrote, before it became HTML, and how they like to post. No `language` is their app's."""

    privacy: str
    sensitive: bool
    language: str
    note: str
    fields: list[Field]
    follow_requests_count: int
    discoverable: bool
    indexable: bool
    hide_collections: bool
    attribution_domains: list[str]
    quote_policy: str


class Role(Entity):
    """What the account may do for the server; nothing that this API knows."""

    id: str
    name: str
    permissions: str
    color: str
    highlighted: bool


class CredentialAccount(Account):
    """An account as its owner sees it."""

    source: Source
    role: Role


class Relationship(Entity):
    """How the viewer stands to an account."""

    id: Id
    following: bool
    showing_reblogs: bool
    notifying: bool
    languages: list[str] | None
    followed_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    requested: bool
    requested_by: bool
    domain_blocking: bool
    endorsed: bool
    note: str


def acct(username: str, host: str) -> str:
    """`name` for our own, `name@host` for everybody else."""
    return f"{username}@{host}" if host else username


def account(actor: Actor | ActorView, uris: LocalUris) -> Account:
    """The account that an actor is to clients."""
    return Account(**_account(actor, uris))


def moved_account(actor: Actor, new: Actor, uris: LocalUris) -> MovedAccount:
    """The account of who has moved, with the new one."""
    return MovedAccount(**_account(actor, uris), moved=account(new, uris))


def _account(actor: Actor | ActorView, uris: LocalUris) -> dict[str, Any]:
    avatar = actor.avatar_url or f"{uris.base_url}/static/avatar.png"
    header = actor.header_url or f"{uris.base_url}/static/header.png"
    return {
        "id": actor.id,
        "username": actor.username,
        "acct": acct(actor.username, actor.host),
        "display_name": actor.display_name,
        "note": actor.bio_html,
        "url": actor.url or actor.uri,
        "uri": actor.uri,
        "avatar": avatar,
        "avatar_static": avatar,
        "header": header,
        "header_static": header,
        "avatar_description": actor.avatar_description,
        "header_description": actor.header_description,
        "locked": actor.approves_followers,
        "bot": actor.wire_type in _MACHINES,
        "group": actor.wire_type in _GROUPS,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "noindex": not actor.indexable,
        "hide_collections": False,
        "created_at": actor.created_at,
        "last_status_at": actor.last_post_at.date() if actor.last_post_at else None,
        "followers_count": actor.followers_count,
        "following_count": actor.following_count,
        "statuses_count": actor.posts_count,
        "fields": [Field(name=each["name"], value=each["value"], verified_at=_verified(each)) for each in actor.fields],
        "emojis": custom_emojis(actor.emojis),
        "roles": [],
    }


def credential_account(actor: Actor, uris: LocalUris, *, requests: int) -> CredentialAccount:
    """An account as its owner sees it; `requests` is how many ask to follow it."""
    source = Source(
        privacy="public",
        sensitive=False,
        language="",
        note=actor.bio_source or "",
        fields=[
            Field(name=each["name"], value=each.get("source", each["value"]), verified_at=_verified(each))
            for each in actor.fields
        ],
        follow_requests_count=requests,
        discoverable=actor.discoverable,
        indexable=actor.indexable,
        hide_collections=False,
        attribution_domains=[],
        quote_policy="public",
    )
    role = Role(id=NO_ROLE, name="", permissions="0", color="", highlighted=False)
    return CredentialAccount(**_account(actor, uris), source=source, role=role)


def _verified(field: dict[str, Any]) -> datetime | None:
    moment = field.get("verified_at")
    return datetime.fromisoformat(moment) if isinstance(moment, str) else None


def relationship(view: RelationshipView) -> Relationship:
    """How the viewer stands to an account. Mutes, notes and endorsements have no place in this hub yet: they are
    what they are for everybody.
    """
    return Relationship(
        id=view.actor_id,
        following=view.following,
        showing_reblogs=view.following and view.show_boosts,
        notifying=view.following and view.notify,
        languages=None,
        followed_by=view.followed_by,
        blocking=view.blocking,
        blocked_by=view.blocked_by,
        muting=False,
        muting_notifications=False,
        requested=view.requested,
        requested_by=view.requested_by,
        domain_blocking=False,
        endorsed=False,
        note="",
    )
