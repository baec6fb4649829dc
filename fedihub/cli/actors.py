"""What the commands for members and for projects share: names as they are typed, and who was just made."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

from fedihub.cli.output import print_fields, print_json

if TYPE_CHECKING:
    from fedihub.hub import Hub
    from storage.actors import Actor
    from storage.chapters import Chapter
    from storage.database import Session
    from storage.members import Member
    from storage.projects import Project, TeamRole

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorEntry:
    """What a member and a project have in common in lists; each adds what is its own."""

    id: int
    username: str
    display_name: str
    followers: int
    posts: int
    uri: str
    url: str
    created_at: datetime
    suspended_at: datetime | None
    moved_to: str | None

    @classmethod
    def of_actor(cls, actor: "Actor", *, created_at: datetime, **own: Any) -> Self:
        """From the actor's row and the fields that are `own`."""
        return cls(
            id=actor.id,
            username=actor.username,
            display_name=actor.display_name,
            followers=actor.followers_count,
            posts=actor.posts_count,
            uri=actor.uri,
            url=actor.url or actor.uri,
            created_at=created_at,
            suspended_at=actor.suspended_at,
            moved_to=actor.moved_to_uri,
            **own,
        )


@dataclass(frozen=True, slots=True)
class TeamPart:
    """One member's part in one project, named from the other side."""

    username: str
    role: "TeamRole"

    def __str__(self) -> str:
        return f"{self.username} ({self.role.value})"


@dataclass(frozen=True, slots=True)
class NewActor:
    """A member or project that a command has made."""

    id: int
    username: str
    handle: str
    uri: str
    url: str

    @classmethod
    def of(cls, hub: "Hub", actor: "Actor") -> "NewActor":
        """From the row that a service gave."""
        handle = hub.uris.handle(actor.username)
        return cls(id=actor.id, username=actor.username, handle=handle, uri=actor.uri, url=actor.url or actor.uri)


def print_actor(found: Any, entry: ActorEntry, own: Mapping[str, Any], *, as_json: bool) -> None:
    """A member or a project: all that was `found` as JSON, or for people `entry` with the lines that are its `own`."""
    if as_json:
        print_json(found)
        return
    head = {"username": entry.username, "name": entry.display_name}
    foot = {
        "followers": entry.followers,
        "posts": entry.posts,
        "since": entry.created_at,
        "suspended": entry.suspended_at,
        "moved to": entry.moved_to,
        "page": entry.url,
        "id": entry.uri,
    }
    print_fields({**head, **own, **foot})


def bare(name: str) -> str:
    """A username as it is stored, from what was typed."""
    return name.strip().removeprefix("@").lower()


async def get_member(session: "Session", name: str) -> "tuple[Actor, Member]":
    """The member with this username. Raises Missing."""
    from storage.members import find_member

    return await _get(session, name, find_member, noun="member")


async def get_project(session: "Session", name: str) -> "tuple[Actor, Project]":
    """The project with this username. Raises Missing."""
    from storage.projects import find_project

    return await _get(session, name, find_project, noun="project")


async def get_local(session: "Session", name: str, *, otherwise: int) -> "Actor":
    """Anybody of ours with this username; without one, the actor with the key `otherwise`. Raises Missing."""
    from fedihub.errors import Missing
    from storage.actors import find_local_by_username, get_actor

    actor = await find_local_by_username(session, bare(name)) if name else await get_actor(session, otherwise)
    if actor is None:
        raise Missing(f"nobody here is called {name}; fedihub member list and fedihub project list show all")
    return actor


async def get_chapter(session: "Session", name: str) -> "tuple[Actor, Chapter]":
    """The chapter with this username. Raises Missing."""
    from storage.chapters import find_chapter

    return await _get(session, name, find_chapter, noun="chapter")


async def _get(
    session: "Session", name: str, find: "Callable[[Session, int], Awaitable[T | None]]", *, noun: str
) -> "tuple[Actor, T]":
    from fedihub.errors import Missing
    from storage.actors import find_local_by_username

    actor = await find_local_by_username(session, bare(name))
    found = await find(session, actor.id) if actor else None
    if actor is None or found is None:
        raise Missing(f"there is no {noun} called {name}; fedihub {noun} list shows all")
    return actor, found
