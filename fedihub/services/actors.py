"""What all local actors have in common: how they come into being, and what a handle may look like."""

import re
from html import escape

from fedihub.errors import Invalid
from fedihub.hub import Hub
from fedihub.keys import KeyTexts
from fedihub.text.clean import can_be_seen, clean_name
from storage.actors import Actor, ActorKey, ActorKind

LONGEST_USERNAME = 30
LONGEST_NAME = 100

_OF_THE_HUB = {"fedihub", "help", "hub", "info", "root", "system"}
_OF_PEOPLE = {"abuse", "admin", "administrator", "mod", "moderator", "owner", "security", "staff", "support"}
RESERVED = frozenset(_OF_THE_HUB | _OF_PEOPLE | {"postmaster", "webmaster"})
"""Names that sound like whoever runs the hub: only the operator gives them away."""

_USERNAME = re.compile(r"[a-z0-9_]+")
_WIRE_TYPES = {
    ActorKind.MEMBER: "Person",
    ActorKind.PROJECT: "Organization",
    ActorKind.CHAPTER: "Group",
    ActorKind.SERVER: "Application",
}


def check_username(username: str) -> str:
    """The username in lower case, in the grammar of Mastodon's own accounts, which every peer accepts. Raises
    Invalid.
    """
    name = username.strip().removeprefix("@").lower()
    if not 1 <= len(name) <= LONGEST_USERNAME or not _USERNAME.fullmatch(name):
        raise Invalid(f"a username has 1 to {LONGEST_USERNAME} of the characters a-z, 0-9 and _", field="username")
    return name


def check_display_name(display_name: str, *, otherwise: str = "") -> str:
    """The name to show: cleaned, and `otherwise` when nothing can be seen of it. Raises Invalid when it is too long."""
    if len(display_name) > LONGEST_NAME:
        raise Invalid(f"a name has at most {LONGEST_NAME} characters", field="display_name")
    name = clean_name(display_name, limit=LONGEST_NAME)
    return name if can_be_seen(name) else otherwise


def field_html(value: str) -> str:
    """The value of a profile's field: plain text, or exactly one link that says its own address.

    Only of such a link does Mastodon check whether the page links back.
    """
    if not re.fullmatch(r"https?://[^\s<>\"]+", value):
        return escape(value)
    return f'<a href="{escape(value)}" rel="me nofollow noopener" target="_blank">{escape(value)}</a>'


def new_actor(hub: Hub, kind: ActorKind, *, username: str, display_name: str, url: str | None = None) -> Actor:
    """The row of a new local actor, not stored yet. Its id is its key in all its URIs, for ever."""
    key = hub.ids.next()
    name, now, uris = str(key), hub.clock.now(), hub.uris
    return Actor(
        id=key,
        uri=uris.actor(name),
        kind=kind,
        wire_type=_WIRE_TYPES[kind],
        username=username,
        display_name=display_name,
        url=url or uris.page(username),
        inbox_url=uris.inbox(name),
        shared_inbox_url=uris.shared_inbox(),
        followers_url=uris.followers(name),
        following_url=uris.following(name),
        outbox_url=uris.outbox(name),
        featured_url=uris.featured(name),
        indexable=kind is not ActorKind.SERVER,
        discoverable=kind is not ActorKind.SERVER,
        created_at=now,
        updated_at=now,
    )


def key_row(actor_id: int, keys: KeyTexts) -> ActorKey:
    """The row of a local actor's keys."""
    return ActorKey(
        actor_id=actor_id,
        rsa_private_pem=keys.rsa_private_pem,
        rsa_public_pem=keys.rsa_public_pem,
        ed25519_private_pem=keys.ed25519_private_pem,
        ed25519_public_multibase=keys.ed25519_public_multibase,
    )
