"""`fedihub member move` and `fedihub member alias …`: moving house, out and in."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from fedihub.cli.actors import get_member
from fedihub.cli.help import branch, examples
from fedihub.cli.lives import DryRun, Name, Yes, demand_one
from fedihub.cli.output import AsJson, counted, print_json, print_list
from fedihub.cli.running import acting, run

if TYPE_CHECKING:
    from fedihub.hub import Hub
    from storage.actors import Actor

aliases = branch(
    "The other accounts of a member, which may move here.",
    "fedihub member alias add ada @ada@old.example",
    "fedihub member alias list ada",
)

Handle = Annotated[str, typer.Argument(metavar="HANDLE", help="@name@host of the other account.")]


@dataclass(frozen=True, slots=True)
class Alias:
    """Another account of the same person."""

    handle: str
    uri: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a member moves, and how many followers here and elsewhere are told."""

    username: str
    handle: str
    uri: str
    followers: int


@aliases.command("add", epilog=examples("fedihub member alias add ada @ada@old.example"))
def add(username: Name, handle: Handle, *, as_json: AsJson = False) -> None:
    """Name an account that may move here; begin the move there afterwards, in its own settings."""
    alias = run(_add(username, handle))
    if as_json:
        print_json(alias)
    else:
        typer.echo(f"@{alias.handle} may move to {username.removeprefix('@')} now: begin the move there")


@aliases.command("remove", epilog=examples("fedihub member alias remove ada @ada@old.example"))
def remove(username: Name, handle: Handle, *, as_json: AsJson = False) -> None:
    """Take an alias back; what has moved already stays."""
    uri = run(_remove(username, handle))
    if as_json:
        print_json({"removed": uri})
    else:
        typer.echo(f"{uri} is no alias of {username.removeprefix('@')} any more")


@aliases.command("list", epilog=examples("fedihub member alias list ada", "fedihub member alias list ada --json"))
def list_(username: Name, *, as_json: AsJson = False) -> None:
    """The accounts that may move here."""
    nothing = "There are none: fedihub member alias add NAME @name@host"
    print_list(run(_list(username)), {"handle": "HANDLE", "uri": "ID"}, nothing=nothing, as_json=as_json)


def move(
    username: Name,
    handle: Annotated[str, typer.Argument(metavar="HANDLE", help="@name@host of the new account.")] = "",
    *,
    back: Annotated[bool, typer.Option("--back", help="Be at home here again; followers stay where they are.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Move a member to another account: followers everywhere are told to follow that one instead.

    The new account must name the old one as an alias first, in its own settings. Posts stay here. Once a week.
    """
    if back == bool(handle):
        raise typer.BadParameter("give either the HANDLE of the new account, or --back")
    if back:
        run(_back(username))
        print_json({"moved": None}) if as_json else typer.echo(f"{username.removeprefix('@')} is at home here again")
        return
    demand_one(dry_run=dry_run, yes=yes)
    moved = run(_move(username, handle, dry_run=dry_run))
    if as_json:
        print_json({"moved": not dry_run, "move": moved})
    else:
        followers = counted(moved.followers, "follower", "followers")
        moves, told = ("would move", "would be told") if dry_run else ("moves", "will be told")
        typer.echo(f"{moved.username} {moves} to @{moved.handle}: {followers} {told}")


async def _add(username: str, handle: str) -> Alias:
    from fedihub.services.moves import add_alias

    async with acting() as hub:
        member = await _member(hub, username)
        other = await add_alias(hub, actor_id=member.id, handle=handle)
        return Alias(_handle(hub, other), other.uri)


async def _remove(username: str, handle: str) -> str:
    from fedihub.services.moves import remove_alias

    async with acting() as hub:
        member = await _member(hub, username)
        return await remove_alias(hub, actor_id=member.id, alias=handle)


async def _list(username: str) -> list[Alias]:
    from fedihub.services.moves import list_aliases

    async with acting() as hub:
        member = await _member(hub, username)
        return [Alias(handle, uri) for uri, handle in await list_aliases(hub, actor_id=member.id)]


async def _move(username: str, handle: str, *, dry_run: bool) -> Moved:
    from fedihub.services.moves import check_move, move_away

    async with acting() as hub:
        member = await _member(hub, username)
        new = await (check_move if dry_run else move_away)(hub, actor_id=member.id, handle=handle)
        return Moved(member.username, _handle(hub, new), new.uri, member.followers_count)


async def _back(username: str) -> None:
    from fedihub.services.moves import come_back

    async with acting() as hub:
        await come_back(hub, actor_id=(await _member(hub, username)).id)


async def _member(hub: "Hub", username: str) -> "Actor":
    actor, _ = await hub.database.read(lambda session: get_member(session, username))
    return actor


def _handle(hub: "Hub", actor: "Actor") -> str:
    return f"{actor.username}@{actor.host or hub.uris.handle_domain}"
