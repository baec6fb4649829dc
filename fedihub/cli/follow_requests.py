"""`fedihub member request …`: who asks to follow a member who approves their followers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from fedihub.cli.actors import get_member
from fedihub.cli.help import branch, examples
from fedihub.cli.lives import Name
from fedihub.cli.output import AsJson, Limit, print_json, print_list
from fedihub.cli.running import acting, reading, run

if TYPE_CHECKING:
    from storage.database import Session

app = branch(
    "Who asks to follow a member who approves their followers.",
    "fedihub member request list ada",
    "fedihub member request accept ada @rosa@peer.example",
)

Asker = Annotated[str, typer.Argument(metavar="HANDLE", help="@name@host of who asks, or the name of a member.")]


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody who asks to follow."""

    handle: str
    display_name: str
    uri: str


@app.command("list", epilog=examples("fedihub member request list ada", "fedihub member request list ada --json"))
def list_(username: Name, *, limit: Limit = 1000, as_json: AsJson = False) -> None:
    """The requests that wait, the newest first."""
    columns = {"handle": "HANDLE", "display_name": "NAME", "uri": "ID"}
    print_list(run(_list(username, limit)), columns, nothing="Nobody asks.", as_json=as_json)


@app.command("accept", epilog=examples("fedihub member request accept ada @rosa@peer.example"))
def accept(username: Name, handle: Asker, *, as_json: AsJson = False) -> None:
    """Let somebody follow who asked."""
    _say(run(_answer(username, handle, accepted=True)), username, "follows", as_json=as_json)


@app.command("reject", epilog=examples("fedihub member request reject ada @eve@peer.example"))
def reject(username: Name, handle: Asker, *, as_json: AsJson = False) -> None:
    """Refuse somebody who asked. They may ask again; to prevent that, block them."""
    _say(run(_answer(username, handle, accepted=False)), username, "does not follow", as_json=as_json)


def _say(request: Request, username: str, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(request)
    else:
        typer.echo(f"@{request.handle} {what} {username.removeprefix('@')}")


async def _list(username: str, limit: int) -> list[Request]:
    from storage.paging import Window
    from storage.views.people import list_follow_requests

    async def unit(session: "Session") -> list[Request]:
        member, _ = await get_member(session, username)
        people = await list_follow_requests(session, member.id, window=Window(limit=limit))
        return [
            Request(f"{each.username}@{each.host}" if each.host else each.username, each.display_name, each.uri)
            for _, each in people
        ]

    async with reading() as database:
        return await database.read(unit)


async def _answer(username: str, handle: str, *, accepted: bool) -> Request:
    from fedihub.services.following import accept_request, reject_request
    from fedihub.services.moderation import find_anybody

    async with acting() as hub:
        member, _ = await hub.database.read(lambda session: get_member(session, username))
        asker = await find_anybody(hub, handle)
        await (accept_request if accepted else reject_request)(hub, actor_id=member.id, follower_id=asker.id)
        full = f"{asker.username}@{asker.host}" if asker.host else asker.username
        return Request(full, asker.display_name, asker.uri)
