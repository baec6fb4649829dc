"""What the commands for members and for projects share: names as they are typed, and who was just made."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fedihub.hub import Hub
    from storage.actors import Actor


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


async def get_member_id(hub: "Hub", name: str) -> int:
    """The id of a member. Raises Missing."""
    from fedihub.errors import Missing
    from storage.views.operator import find_member_entry

    member = await hub.database.read(lambda session: find_member_entry(session, bare(name)))
    if member is None:
        raise Missing(f"there is no member called {name}; fedihub member list shows who is there")
    return member.id


async def get_project_id(hub: "Hub", name: str) -> int:
    """The id of a project. Raises Missing."""
    from fedihub.errors import Missing
    from storage.views.operator import find_project_entry

    project = await hub.database.read(lambda session: find_project_entry(session, bare(name)))
    if project is None:
        raise Missing(f"there is no project called {name}; fedihub project list shows them")
    return project.id
