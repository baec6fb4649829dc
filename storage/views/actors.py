"""Actors as they are shown beside what they do."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped

from storage.actors import Actor, ActorKind


@dataclass(frozen=True, slots=True)
class ActorView:
    """What a profile shows; the names are those of `Actor`'s columns."""

    id: int
    uri: str
    kind: ActorKind
    wire_type: str
    username: str
    host: str
    display_name: str
    bio_html: str
    url: str | None
    avatar_url: str | None
    avatar_description: str
    header_url: str | None
    header_description: str
    fields: list[dict[str, Any]]
    emojis: list[dict[str, Any]]
    approves_followers: bool
    discoverable: bool
    indexable: bool
    followers_count: int
    following_count: int
    posts_count: int
    last_post_at: datetime | None
    created_at: datetime
    gone_at: datetime | None

    @property
    def is_local(self) -> bool:
        """Ours, not a peer's."""
        return self.host == ""


@dataclass(frozen=True, slots=True)
class ActorRef:
    """Somebody who is only named."""

    id: int
    username: str
    host: str
    display_name: str
    uri: str
    url: str | None


def actor_columns(view: type[ActorView] | type[ActorRef], actor: type[Actor] = Actor) -> list[Mapped[Any]]:
    """The columns of a view, in the order of its fields: a row of them makes the view (`ActorView(*row)`)."""
    return [getattr(actor, field.name) for field in fields(view)]


def view_actor(actor: Actor) -> ActorView:
    """The view of an actor who has been read already."""
    return ActorView(*(getattr(actor, field.name) for field in fields(ActorView)))


ACTOR_WIDTH = len(fields(ActorView))
REF_WIDTH = len(fields(ActorRef))


def ref_of(row: Sequence[Any]) -> ActorRef | None:
    """The actor whom an outer join found, or did not find."""
    return ActorRef(*row) if row[0] is not None else None
