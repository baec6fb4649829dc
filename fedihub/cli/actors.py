"""What the commands for members and for projects share: names as they are typed, and who was just made."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fedihub.hub import Hub
    from storage.actors import Actor
    from storage.database import Session
    from storage.members import Member
    from storage.projects import Project, TeamRole


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


def bare(name: str) -> str:
    """A username as it is stored, from what was typed."""
    return name.strip().removeprefix("@").lower()


async def get_member(session: "Session", name: str) -> "tuple[Actor, Member]":
    """The member with this username. Raises Missing."""
    from fedihub.errors import Missing
    from storage.actors import find_local_by_username
    from storage.members import find_member

    actor = await find_local_by_username(session, bare(name))
    member = await find_member(session, actor.id) if actor else None
    if actor is None or member is None:
        raise Missing(f"there is no member called {name}; fedihub member list shows who is there")
    return actor, member


async def get_project(session: "Session", name: str) -> "tuple[Actor, Project]":
    """The project with this username. Raises Missing."""
    from fedihub.errors import Missing
    from storage.actors import find_local_by_username
    from storage.projects import find_project

    actor = await find_local_by_username(session, bare(name))
    project = await find_project(session, actor.id) if actor else None
    if actor is None or project is None:
        raise Missing(f"there is no project called {name}; fedihub project list shows them")
    return actor, project
