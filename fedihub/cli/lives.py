"""What may befall a member or a project: `suspend`, `unsuspend` and `delete`, the same commands on both branches."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fedihub.cli.actors import NewActor
from fedihub.cli.help import examples
from fedihub.cli.output import AsJson, counted, print_json
from fedihub.cli.running import acting, run

if TYPE_CHECKING:
    from fedihub.hub import Hub
    from fedihub.services.lives import End
    from storage.actors import Actor
    from storage.database import Session

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]
Yes = Annotated[bool, typer.Option("--yes", help="Really do it.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Username, with or without @.")]
Get = Callable[["Session", str], "Awaitable[tuple[Actor, Any]]"]
"""Finds the actor of a name, and what makes it a member or a project. Raises Missing."""


def add_lives(app: typer.Typer, noun: str, example: str, *, get: Get) -> None:
    """Add the commands to the branch of a noun; `example` is a name for their examples."""
    base = f"fedihub {noun}"

    @app.command("suspend", epilog=examples(f"{base} suspend {example}"))
    def suspend(username: Name, *, as_json: AsJson = False) -> None:
        """Hide an account for a time: it is signed out, its posts are not shown, other servers are told.

        Nothing is lost: `unsuspend` brings it all back.
        """
        _say(run(_suspend(get, username, back=False)), "is suspended", as_json=as_json)

    @app.command("unsuspend", epilog=examples(f"{base} unsuspend {example}"))
    def unsuspend(username: Name, *, as_json: AsJson = False) -> None:
        """Let a suspended account be seen and heard again."""
        _say(run(_suspend(get, username, back=True)), "is not suspended any more", as_json=as_json)

    @app.command("delete", epilog=examples(f"{base} delete {example} --dry-run", f"{base} delete {example} --yes"))
    def delete(username: Name, *, dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False) -> None:
        """Delete an account with all its posts, for good, and tell all servers that we know.

        Its name is never given again. To hide it for a time, use `suspend`.
        """
        demand_one(dry_run=dry_run, yes=yes)
        end = run(_delete(get, username, dry_run=dry_run))
        if as_json:
            print_json({"deleted": not dry_run, "end": end})
        else:
            typer.echo(f"{username.removeprefix('@')} {'would be' if dry_run else 'is'} deleted, with {_told(end)}")


def demand_one(*, dry_run: bool, yes: bool) -> None:
    """What can't be taken back is done only with --yes, and foretold with --dry-run."""
    if dry_run == yes:
        raise typer.BadParameter("give either --dry-run, to see what would happen, or --yes, to do it")


def _told(end: "End") -> str:
    posts, followers = counted(end.posts, "post", "posts"), counted(end.followers, "follower", "followers")
    return f"{posts} and {followers}; to be told: {counted(end.servers, 'server', 'servers')}"


def _say(actor: NewActor, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(actor)
    else:
        typer.echo(f"@{actor.handle} {what}")


async def _suspend(get: Get, username: str, *, back: bool) -> NewActor:
    from fedihub.services.lives import suspend_actor, unsuspend_actor

    async with acting() as hub:
        actor = await _find(hub, get, username)
        await (unsuspend_actor if back else suspend_actor)(hub, actor_id=actor.id)
        return NewActor.of(hub, actor)


async def _delete(get: Get, username: str, *, dry_run: bool) -> "End":
    from fedihub.services.lives import end_actor, foresee_end

    async with acting() as hub:
        actor = await _find(hub, get, username)
        return await (foresee_end if dry_run else end_actor)(hub, actor_id=actor.id)


async def _find(hub: "Hub", get: Get, username: str) -> "Actor":
    actor, _ = await hub.database.read(lambda session: get(session, username))
    return actor
