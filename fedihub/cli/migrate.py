"""`fedihub migrate`: bring the database's schema up to this program."""

from typing import Annotated

import typer

from fedihub.cli.failures import Failure
from fedihub.cli.running import run


def migrate(
    *,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if something is to be done.")] = False,
) -> None:
    """Bring the database's schema up to this program.

    It is one transaction: stopped half-way, nothing has happened. Stop the server before, and make a backup: a newer
    database is refused by an older program.
    """
    before, newest = run(_revisions(strict=check))
    if before == newest:
        typer.echo(f"The database is up to date (revision {newest})")
    else:
        run(_migrate())
        typer.echo(f"Migrated the database from revision {before} to {newest}")


async def _revisions(*, strict: bool) -> tuple[str, str]:
    """Where the database is, and where it should be.

    Raises Failure if there is none and, if `strict`, SchemaMismatch unless both are the same.
    """
    from fedihub.settings import load_settings
    from fedihub.startup import find_revision
    from storage.schema import check_revision, newest_revision

    settings = load_settings()
    revision = await find_revision(settings)
    if revision is None:
        raise Failure(f"there is no hub in {settings.database_name} yet: make one with `fedihub init`")
    if strict:
        await check_revision(settings.database)
    return revision, newest_revision()


async def _migrate() -> None:
    """Nobody may serve the file meanwhile."""
    from fedihub.settings import load_settings
    from fedihub.startup import only_server
    from storage.schema import migrate as migrate_database

    settings = load_settings()
    with only_server(settings):
        await migrate_database(settings.database)
