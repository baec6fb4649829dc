"""`fedihub actor …`: hiding single people, here or elsewhere."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from fedihub.cli.help import branch, examples
from fedihub.cli.output import AsJson, print_fields, print_json
from fedihub.cli.running import acting, run

if TYPE_CHECKING:
    from fedihub.hub import Hub
    from storage.actors import Actor
    from storage.host_policies import HostLevel

app = branch(
    "Hide single people, here or elsewhere, and show them again.",
    "fedihub actor suspend @eve@peer.example",
    "fedihub actor limit @loud@peer.example",
    "fedihub actor show @eve@peer.example",
)

Handle = Annotated[str, typer.Argument(metavar="HANDLE", help="@name@host, or the name alone of somebody here.")]


class Deciding(Protocol):
    """A decision of `fedihub.services.moderation` about one actor."""

    def __call__(self, hub: "Hub", /, *, actor_id: int) -> Awaitable[None]:
        """Let it hold for this actor."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands here. `host_level` is what was decided about their whole server."""

    id: int
    handle: str
    uri: str
    suspended_at: datetime | None
    limited_at: datetime | None
    host_level: "HostLevel"

    @classmethod
    def of(cls, hub: "Hub", actor: "Actor") -> "Standing":
        """From the row."""
        handle = f"@{actor.username}@{actor.host or hub.uris.handle_domain}"
        return cls(actor.id, handle, actor.uri, actor.suspended_at, actor.limited_at, actor.host_level)


@app.command("suspend", epilog=examples("fedihub actor suspend @eve@peer.example"))
def suspend(handle: Handle, *, as_json: AsJson = False) -> None:
    """Show nobody what they say, and take nothing from them but deletions and corrections.

    One of ours is signed out as well. Nothing is lost: `unsuspend` brings it all back.
    """
    from fedihub.services.moderation import suspend_actor

    _print(run(_decide(handle, suspend_actor)), "is suspended", as_json=as_json)


@app.command("unsuspend", epilog=examples("fedihub actor unsuspend @eve@peer.example"))
def unsuspend(handle: Handle, *, as_json: AsJson = False) -> None:
    """Show them again, with what they said before."""
    from fedihub.services.moderation import unsuspend_actor

    _print(run(_decide(handle, unsuspend_actor)), "is not suspended any more", as_json=as_json)


@app.command("limit", epilog=examples("fedihub actor limit @loud@peer.example"))
def limit(handle: Handle, *, as_json: AsJson = False) -> None:
    """Show what they say only to those who follow them; whom they want to follow is asked first."""
    from fedihub.services.moderation import limit_actor

    _print(run(_decide(handle, limit_actor)), "is limited", as_json=as_json)


@app.command("unlimit", epilog=examples("fedihub actor unlimit @loud@peer.example"))
def unlimit(handle: Handle, *, as_json: AsJson = False) -> None:
    """Show what they say to everybody again."""
    from fedihub.services.moderation import unlimit_actor

    _print(run(_decide(handle, unlimit_actor)), "is not limited any more", as_json=as_json)


@app.command("show", epilog=examples("fedihub actor show @eve@peer.example --json"))
def show(handle: Handle, *, as_json: AsJson = False) -> None:
    """How somebody stands here."""
    found = run(_decide(handle, None))
    if as_json:
        print_json(found)
        return
    print_fields(
        {
            "handle": found.handle,
            "id": found.uri,
            "suspended": found.suspended_at,
            "limited": found.limited_at,
            "server": found.host_level,
        }
    )


def _print(found: Standing, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        typer.echo(f"{found.handle} {what}")


async def _decide(handle: str, decide: Deciding | None) -> Standing:
    """Let something hold for somebody (or nothing new); gives how they stand then."""
    from fedihub.services.moderation import find_anybody

    async with acting() as hub:
        actor = await find_anybody(hub, handle)
        if decide is not None:
            await decide(hub, actor_id=actor.id)
        return Standing.of(hub, await find_anybody(hub, handle))
