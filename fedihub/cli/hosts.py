"""`fedihub host …`: which other servers this hub has to do with; and the option by which other commands choose one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fedihub.cli.failures import Failure
from fedihub.cli.help import branch, examples
from fedihub.cli.output import AsJson, counted, print_fields, print_json, print_list, print_table
from fedihub.cli.running import acting, reading, run

if TYPE_CHECKING:
    from fedihub.services.host_lists import Line
    from fedihub.services.host_policies import Decision, Reach
    from storage.host_policies import HostLevel, HostPolicy
    from storage.hosts import HostState

app = branch(
    "Which other servers this hub has to do with.",
    "fedihub host block spam.example --reason 'Spam' --dry-run",
    "fedihub host limit loud.example --reason 'Too many bots'",
    "fedihub host show spam.example",
)

HostName = Annotated[str, typer.Argument(metavar="HOST", help="Host name; what lies below it is meant as well.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for everybody to read.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why, for operators alone.")]
NoMedia = Annotated[bool, typer.Option("--reject-media", help="Leave out its pictures and other files, too.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be touched.")]
Yes = Annotated[bool, typer.Option("--yes", help="Really do it.")]

_FOLLOWS = {"follower": "FOLLOWER", "followed": "FOLLOWED", "state": "STATE"}


@dataclass(frozen=True, slots=True)
class PolicyEntry:
    """What was decided about a host."""

    host: str
    level: "HostLevel"
    rejects_media: bool
    reason: str
    note: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: "HostPolicy") -> "PolicyEntry":
        """From its row."""
        return cls(row.host, row.level, row.rejects_media, row.reason, row.note, row.created_at, row.updated_at)


@dataclass(frozen=True, slots=True)
class HostEntry:
    """A host: the policy that covers it, and what its deliveries have taught us."""

    host: str
    policy: PolicyEntry | None
    actors: int
    follows: int
    software: str | None = None
    failures: int = 0
    failed_days: int = 0
    unavailable_at: datetime | None = None
    held_until: datetime | None = None
    last_success_at: datetime | None = None
    last_error: str | None = None


@app.command(
    "block",
    epilog=examples(
        "fedihub host block spam.example --reason 'Spam' --dry-run",
        "fedihub host block spam.example --reason 'Spam' --yes",
    ),
)
def block(
    host: HostName,
    *,
    reason: Reason = "",
    note: Note = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Have nothing to do with a server: nothing is taken from it, sent to it or shown of it.

    Follows between its people and ours end, and don't come back with `open`; all else does.
    """
    _demand_one(dry_run=dry_run, yes=yes)
    _decide(host, "blocked", reason=reason, note=note, dry_run=dry_run, as_json=as_json)


@app.command("limit", epilog=examples("fedihub host limit loud.example --reason 'Too many bots'"))
def limit(
    host: HostName,
    *,
    reason: Reason = "",
    note: Note = "",
    reject_media: NoMedia = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Show what its people say only to those who follow them; whom they want to follow is asked first."""
    _decide(host, "limited", reason=reason, note=note, reject_media=reject_media, dry_run=dry_run, as_json=as_json)


@app.command("open", epilog=examples("fedihub host open peer.example", "fedihub host open pics.example --reject-media"))
def open_(
    host: HostName,
    *,
    reason: Reason = "",
    note: Note = "",
    reject_media: NoMedia = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take a block or limit back, or make an exception for a host below a blocked one."""
    _decide(host, "open", reason=reason, note=note, reject_media=reject_media, dry_run=dry_run, as_json=as_json)


@app.command("list", epilog=examples("fedihub host list", "fedihub host list --json"))
def list_(*, as_json: AsJson = False) -> None:
    """The servers about which something was decided."""
    columns = {"host": "HOST", "level": "LEVEL", "rejects_media": "NO MEDIA", "reason": "REASON", "note": "NOTE"}
    print_list(run(_list()), columns, nothing="Nothing was decided about any server", as_json=as_json)


@app.command("show", epilog=examples("fedihub host show peer.example", "fedihub host show peer.example --json"))
def show(host: HostName, *, as_json: AsJson = False) -> None:
    """What was decided about a server, how many of its people are known here, and whether it can be reached."""
    entry = run(_show(host))
    if as_json:
        print_json(entry)
        return
    policy = entry.policy
    print_fields(
        {
            "host": entry.host,
            "level": policy.level if policy else "open",
            "decided about": policy.host if policy else "",
            "no media": "yes" if policy and policy.rejects_media else "",
            "reason": policy.reason if policy else "",
            "note": policy.note if policy else "",
            "known people": str(entry.actors),
            "follows": str(entry.follows),
            "software": entry.software,
            "failures": f"{entry.failures} on {counted(entry.failed_days, 'day', 'days')}" if entry.failures else "",
            "unavailable since": entry.unavailable_at,
            "next try": entry.held_until,
            "last answer": entry.last_success_at,
            "last error": entry.last_error,
        }
    )


@app.command(
    "import",
    epilog=examples("fedihub host import blocks.csv --dry-run", "fedihub host import blocks.csv --yes"),
)
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV as Mastodon exports it, or a host name a line.")],
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Decide about many servers at once, as a file says."""
    _demand_one(dry_run=dry_run, yes=yes)
    reaches = run(_import(_read(file), dry_run=dry_run))
    if as_json:
        print_json(reaches)
        return
    columns = {"host": "HOST", "level": "LEVEL", "actors": "PEOPLE", "deliveries": "DELIVERIES", "follows": "FOLLOWS"}
    rows = [{name: getattr(each, name) for name in columns} | {"follows": len(each.follows)} for each in reaches]
    print_table(rows, columns, nothing="The file names no server")


@app.command("export", epilog=examples("fedihub host export > blocks.csv"))
def export() -> None:
    """Print all decisions as CSV, as Mastodon imports it."""
    typer.echo(run(_export()), nl=False)


def host_option(help_text: str) -> Any:
    """`--host HOST`, in whatever spelling; the command gets the one that the database has."""
    return typer.Option("--host", metavar="HOST", help=help_text, callback=_one_spelling)


def _one_spelling(text: str | None) -> str | None:
    from federation.errors import BadUri
    from federation.identifiers import parse_host

    if not text:
        return None
    try:
        return parse_host(text)
    except BadUri:
        raise typer.BadParameter("must be a host name, like peer.example") from None


def _demand_one(*, dry_run: bool, yes: bool) -> None:
    if dry_run == yes:
        raise typer.BadParameter("give either --dry-run, to see what would be touched, or --yes, to do it")


def _decide(
    host: str, level: str, *, reason: str, note: str, reject_media: bool = False, dry_run: bool, as_json: bool
) -> None:
    from fedihub.services.host_policies import Decision
    from storage.host_policies import HostLevel

    decision = Decision(HostLevel(level), rejects_media=reject_media, reason=reason, note=note)
    reach = run(_change(host, decision, dry_run=dry_run))
    if as_json:
        print_json(reach)
        return
    verb = "would be" if dry_run else "is"
    dropped = counted(reach.deliveries, "delivery", "deliveries")
    people = counted(reach.actors, "known actor is", "known actors are")
    typer.echo(f"{reach.host} {verb} {level}: {people} concerned, {dropped} dropped")
    if reach.follows:
        print_table(reach.follows, _FOLLOWS, nothing="")


def _read(file: Path) -> "list[Line]":
    from fedihub.services.host_lists import read_list

    try:
        return read_list(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise Failure(f"{file} can't be read: {reason}") from error


async def _change(host: str, decision: "Decision", *, dry_run: bool) -> "Reach":
    from fedihub.services.host_policies import decide, foresee

    async with acting() as hub:
        return await (foresee if dry_run else decide)(hub, host, decision)


async def _import(lines: "Sequence[Line]", *, dry_run: bool) -> "list[Reach]":
    from fedihub.services.host_policies import decide, foresee, read_host

    async with acting() as hub:
        for line in lines:  # all or none: nothing is begun with a file that has a mistake
            read_host(hub, line.host)
        act = foresee if dry_run else decide
        return [await act(hub, line.host, line.decision) for line in lines]


async def _list() -> list[PolicyEntry]:
    from storage.host_policies import list_policies

    async with reading() as database:
        return [PolicyEntry.of(row) for row in await database.read(list_policies)]


async def _export() -> str:
    from fedihub.services.host_lists import write_list
    from storage.host_policies import list_policies

    async with reading() as database:
        return write_list(await database.read(list_policies))


async def _show(host: str) -> HostEntry:
    from fedihub.services.host_policies import read_host, show_host

    async with acting() as hub:
        shown, name = await show_host(hub, host), read_host(hub, host)
        state = await hub.database.read(lambda session: _state(session, name))
    policy = PolicyEntry.of(shown.policy) if shown.policy is not None else None
    known = HostEntry(name, policy, shown.actors, shown.follows)
    return _with_state(known, state) if state is not None else known


async def _state(session: Any, name: str) -> "HostState | None":
    from storage.hosts import find_hosts

    return (await find_hosts(session, [name])).get(name)


def _with_state(known: HostEntry, state: "HostState") -> HostEntry:
    return HostEntry(
        known.host,
        known.policy,
        known.actors,
        known.follows,
        software=state.software,
        failures=state.failures,
        failed_days=state.failed_days,
        unavailable_at=state.unavailable_at,
        held_until=state.held_until,
        last_success_at=state.last_success_at,
        last_error=state.last_error,
    )
