"""`fedihub db`: moving a hub to another database."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fedihub.cli.failures import Failure
from fedihub.cli.help import branch, examples
from fedihub.cli.output import AsJson, counted, print_json, print_table
from fedihub.cli.running import run

if TYPE_CHECKING:
    from fedihub.settings import Settings
    from storage.copying import Report, TableCopy

app = branch(
    "The hub's database, and another one to move to.",
    "fedihub db copy --to postgresql://hub:secret@db.example/hub --dry-run",
    "fedihub db copy --to postgresql://hub:secret@db.example/hub",
)

To = Annotated[
    str,
    typer.Option(
        "--to",
        envvar="TARGET_DATABASE_URL",
        metavar="URL",
        help="Where to: postgresql://name:password@host/database, or sqlite:////folder/file.",
    ),
]


@app.command(
    "copy",
    epilog=examples(
        "fedihub db copy --to postgresql://hub:secret@db.example/hub --dry-run",
        "fedihub db copy --to postgresql://hub:secret@db.example/hub",
        "TARGET_DATABASE_URL=sqlite:////srv/hub/fedihub.sqlite3 fedihub db copy",
        footer="The environment variable keeps the password out of the list of processes.",
    ),
)
def copy(
    to: To,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be copied.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy the whole hub from its database into another one, empty or not yet there, of the same or the other kind.

    Stop every process of the hub first, and start none before the settings name the new database. The old one is only
    read: it stays as it was, and is your way back. At the end both are read again and compared, row by row.
    """
    target = _settings_for(to)
    if dry_run:
        _show_sizes(run(_sizes(target)), as_json=as_json)
        return
    with _progress() as report:
        copied = run(_copy(target, report))
    if as_json:
        print_json({"tables": copied})
        return
    print_table([each for each in copied if each.rows], {"name": "TABLE", "rows": "ROWS"}, nothing="The hub is empty")
    rows = counted(sum(each.rows for each in copied), "row", "rows")
    typer.echo(f"Copied {rows}, and both databases are the same. Now set FEDIHUB_DATABASE_URL to the new one.")


def _settings_for(to: str) -> "Settings":
    """The settings of this hub on the other database. Raises SettingsError for what is no such address."""
    from fedihub.settings import load_settings

    return load_settings(database_url=to)


async def _sizes(target: "Settings") -> dict[str, int]:
    from storage.copying import count_rows
    from storage.database import Database

    settings = await _checked(target)
    source = Database(settings.database, pool_size=1)
    try:
        return await count_rows(source)
    finally:
        await source.close()


async def _copy(target: "Settings", report: "Report") -> "list[TableCopy]":
    from fedihub.startup import only_server
    from storage.copying import copy_all
    from storage.database import Database
    from storage.schema import migrate

    settings = await _checked(target)
    with only_server(settings):
        await migrate(target.database)
        with only_server(target):
            source, other = Database(settings.database, pool_size=2), Database(target.database, pool_size=2)
            try:
                return await copy_all(source, other, report=report)
            finally:
                await source.close()
                await other.close()


async def _checked(target: "Settings") -> "Settings":
    """The settings of the source, which nobody uses now. Raises Failure, and what `check_database` does."""
    from fedihub.settings import load_settings
    from fedihub.startup import check_database

    settings = load_settings()
    if settings.database == target.database:
        raise Failure("that is the database that the hub uses already")
    await check_database(settings)
    running = await _running(settings)
    if running:
        raise Failure(
            f"{counted(running, 'process', 'processes')} of the hub ran within the last minute: "
            "stop them, wait a minute, and try again"
        )
    return settings


async def _running(settings: "Settings") -> int:
    from fedihub.clock import SystemClock
    from storage.database import Database
    from storage.processes import count_alive

    database = Database(settings.database, pool_size=1)
    try:
        now = SystemClock().now()
        return await database.read(lambda session: count_alive(session, now=now))
    finally:
        await database.close()


def _show_sizes(sizes: dict[str, int], *, as_json: bool) -> None:
    rows: list[dict[str, Any]] = [{"name": name, "rows": number} for name, number in sizes.items() if number]
    if as_json:
        print_json({"tables": rows})
        return
    print_table(rows, {"name": "TABLE", "rows": "ROWS"}, nothing="The hub is empty")
    typer.echo(f"{counted(sum(sizes.values()), 'row', 'rows')} would be copied; nothing was done.")


@contextmanager
def _progress() -> "Iterator[Report]":
    """A line on the terminal that says how far it is; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield lambda _name, _done, _size: None
        return

    def report(name: str, done: int, size: int) -> None:
        share = 100 if not size else min(100, 100 * done // size)
        typer.echo(f"\r\x1b[K{name}: {done} of {size} rows ({share} %)", nl=False, err=True)

    yield report
    typer.echo("\r\x1b[K", nl=False, err=True)
