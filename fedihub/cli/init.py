"""`fedihub init`: from nothing to a hub that can be served, with its first member. A second run changes nothing."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fedihub.cli.failures import Failure
from fedihub.cli.output import AsJson, print_json
from fedihub.cli.passwords import STANDARD_INPUT, PasswordFile, ask_password, make_password, on_terminal, read_password
from fedihub.cli.running import run

if TYPE_CHECKING:
    from fedihub.hub import Hub
    from fedihub.settings import Settings

FIRST_PASSWORD = "first-password.txt"  # noqa: S105 - the name of a file


@dataclass(frozen=True, slots=True)
class Made:
    """What is there after `init`, and what of it is new."""

    base_url: str
    handle_domain: str
    database: str
    members: int
    hub_is_new: bool = False
    owner: str | None = None
    """The handle of the first member, when it was made now."""
    password_file: str | None = None


def init(
    *,
    owner: Annotated[str, typer.Option(metavar="NAME", help="Username of the first member, who owns the hub.")] = "",
    email: Annotated[str, typer.Option(metavar="ADDRESS", help="E-mail address of the first member.")] = "",
    password_file: PasswordFile = "",
    as_json: AsJson = False,
) -> None:
    """Make the hub: its database and, with --owner, its first member.

    Without --password-file the password is asked for on a terminal; elsewhere one is made and written to
    first-password.txt in the data directory. A second run says what is there and changes nothing.
    """
    _refuse_halves(owner=owner, email=email, password_file=password_file)
    made = run(_init(owner=owner, email=email, password_file=password_file))
    if as_json:
        print_json(made)
    else:
        _tell(made, asked_for=owner)


def _refuse_halves(*, owner: str, email: str, password_file: str) -> None:
    if bool(owner) != bool(email):
        raise typer.BadParameter("--owner and --email belong together: give both, or neither")
    if password_file and not owner:
        raise typer.BadParameter("--password-file is the password of --owner: give that, too")


async def _init(*, owner: str, email: str, password_file: str) -> Made:
    from fedihub.presence import present
    from fedihub.services.setup import initialise
    from fedihub.settings import load_settings
    from fedihub.startup import find_revision
    from storage.hub_facts import find_facts
    from storage.schema import check_revision, migrate

    settings = load_settings()
    if owner:
        _check_owner(owner, email)
    if await find_revision(settings) is None:
        if password_file:
            _check_file(password_file)
        _make_data_dir(settings)
        await migrate(settings.database)
    await check_revision(settings.database)
    async with present(settings, role="command") as hub:
        hub_is_new = not await hub.database.read(find_facts)
        await initialise(hub)
        made = await _first_member(hub, owner=owner, email=email, password_file=password_file)
        return replace(made, hub_is_new=hub_is_new)


def _check_owner(owner: str, email: str) -> None:
    """Refuse what can't become a member before anything is made."""
    from fedihub.services.actors import check_username
    from fedihub.services.members import check_email

    check_username(owner)
    check_email(email)


def _check_file(password_file: str) -> None:
    """Refuse a missing file or a bad password before anything is made; standard input can be read only once,
    later.
    """
    from fedihub.services.passwords import check_password

    if password_file != STANDARD_INPUT:
        check_password(read_password(password_file))


def _make_data_dir(settings: "Settings") -> None:
    """Only this account may look inside: private keys will be there."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(
            f"the data directory {settings.data_dir} cannot be made: {error.strerror}; "
            "choose another with FEDIHUB_DATA_DIR"
        ) from error


async def _first_member(hub: "Hub", *, owner: str, email: str, password_file: str) -> Made:
    """Make the first member, if there is none yet and one was asked for."""
    from fedihub.services.members import create_member
    from storage.members import HubRole, count_members

    members = await hub.database.read(count_members)
    made = Made(hub.settings.base_url, hub.uris.handle_domain, hub.settings.database_name, members)
    if not owner or members:
        return made
    password, file = _choose_password(hub.settings, owner, password_file)
    try:
        await create_member(hub, username=owner, email=email, password=password, role=HubRole.OWNER)
    except BaseException:
        if file:
            file.unlink(missing_ok=True)
        raise
    return replace(made, members=1, owner=hub.uris.handle(owner.lower()), password_file=str(file) if file else None)


def _choose_password(settings: "Settings", owner: str, password_file: str) -> tuple[str, Path | None]:
    """The password, and the file that it was written to if it was made here."""
    if password_file:
        return read_password(password_file), None
    if on_terminal():
        return ask_password(owner), None
    file = settings.data_dir / FIRST_PASSWORD
    return make_password(file), file


def _tell(made: Made, *, asked_for: str) -> None:
    done = "Made the hub" if made.hub_is_new else "The hub is there already:"
    typer.echo(f"{done} {made.base_url} (database: {made.database})")
    if made.owner:
        typer.echo(f"Its first member is @{made.owner}")
    elif asked_for:
        typer.echo(f"It has {made.members} members already: nobody was added (that is `fedihub member create`)")
    elif not made.members:
        typer.echo("It has no members yet: fedihub init --owner NAME --email ADDRESS")
    if made.password_file:
        typer.echo(f"The password is in {made.password_file}, which only this account can read")
    if made.hub_is_new:
        typer.echo("Next: fedihub serve")
