"""`fedihub member …`: the people who belong to the hub."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fedihub.cli import follow_requests
from fedihub.cli.actors import ActorEntry, NewActor, TeamPart, get_local, get_member, print_actor
from fedihub.cli.help import branch, examples
from fedihub.cli.lives import add_lives
from fedihub.cli.moves import aliases, move
from fedihub.cli.output import AsJson, Limit, print_json, print_list
from fedihub.cli.passwords import PasswordFile, ask_password, on_terminal, read_password
from fedihub.cli.running import acting, reading, run

if TYPE_CHECKING:
    from storage.actors import Actor
    from storage.database import Session
    from storage.members import HubRole, Member

app = branch(
    "The people who belong to the hub.",
    "fedihub member create ada --email ada@hub.example",
    "fedihub member list",
    "fedihub member show ada",
)

Username = Annotated[str, typer.Argument(metavar="NAME", help="Username, with or without @.")]
Role = Literal["member", "owner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEntry(ActorEntry):
    """A member, with what only the operator may see of them."""

    email: str
    role: "HubRole"
    last_sign_in_at: datetime | None

    @classmethod
    def of(cls, actor: "Actor", member: "Member") -> "MemberEntry":
        """From the two rows of a member."""
        return cls.of_actor(
            actor,
            created_at=member.created_at,
            email=member.email,
            role=member.role,
            last_sign_in_at=member.last_sign_in_at,
        )


@dataclass(frozen=True, slots=True)
class MemberShown:
    """A member and the projects for which they act."""

    member: MemberEntry
    projects: list[TeamPart]


@app.command(
    "create",
    epilog=examples(
        "fedihub member create ada --email ada@hub.example",
        "fedihub member create ada --email ada@hub.example --name 'Ada L.' --password-file ada.txt",
        "pwgen 16 1 | fedihub member create ada --email ada@hub.example --password-file -",
    ),
)
def create(
    username: Username,
    *,
    email: Annotated[str, typer.Option(metavar="ADDRESS", help="E-mail address, for signing in.")],
    display_name: Annotated[str, typer.Option("--name", metavar="TEXT", help="The name that is shown.")] = "",
    role: Annotated[Role, typer.Option(help="What the member may do for the hub as a whole.")] = "member",
    password_file: PasswordFile = "",
    as_json: AsJson = False,
) -> None:
    """Add a member. The password is asked for on a terminal; elsewhere --password-file is needed."""
    password = _new_password(username, password_file)
    member = run(_create(username, email=email, display_name=display_name, role=role, password=password))
    if as_json:
        print_json(member)
    else:
        typer.echo(f"@{member.handle} is a member now: {member.url}")


@app.command("list", epilog=examples("fedihub member list", "fedihub member list --json"))
def list_(*, limit: Limit = 1000, as_json: AsJson = False) -> None:
    """The members, in the order in which they joined."""
    columns = {
        "username": "USERNAME",
        "display_name": "NAME",
        "email": "E-MAIL",
        "role": "ROLE",
        "followers": "FOLLOWERS",
        "posts": "POSTS",
        "created_at": "SINCE",
    }
    nothing = "There are no members yet: fedihub member create NAME --email ADDRESS"
    print_list(run(_list(limit)), columns, nothing=nothing, as_json=as_json)


@app.command("show", epilog=examples("fedihub member show ada", "fedihub member show ada --json"))
def show(username: Username, *, as_json: AsJson = False) -> None:
    """One member: address, role, and the projects that they act for."""
    found = run(_show(username))
    member = found.member
    own = {
        "e-mail": member.email,
        "role": member.role,
        "projects": found.projects,
        "last sign-in": member.last_sign_in_at,
    }
    print_actor(found, member, own, as_json=as_json)


@app.command(
    "password",
    epilog=examples("fedihub member password ada", "pwgen 16 1 | fedihub member password ada --password-file -"),
)
def password(username: Username, *, password_file: PasswordFile = "", as_json: AsJson = False) -> None:
    """Set a new password for a member; every app and browser of theirs must sign in anew."""
    member = run(_set_password(username, _new_password(username, password_file)))
    if as_json:
        print_json(member)
    else:
        typer.echo(f"@{member.handle} signs in with the new password from now on")


@app.command(
    "rotate-keys", epilog=examples("fedihub member rotate-keys ada", "fedihub member rotate-keys --server --json")
)
def rotate_keys(
    username: Annotated[str, typer.Argument(metavar="NAME", help="Username, with or without @.")] = "",
    *,
    server: Annotated[bool, typer.Option("--server", help="The keys of the server's own actor.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give a member (or a project, or the server itself) new keys, and tell whoever knows the old ones."""
    if server == bool(username):
        raise typer.BadParameter("give either NAME or --server")
    actor = run(_rotate_keys(username))
    if as_json:
        print_json(actor)
    else:
        typer.echo(f"@{actor.handle} has new keys")


add_lives(app, "member", "ada", get=get_member)
app.command(
    "move",
    epilog=examples(
        "fedihub member move ada @ada@new.example --dry-run",
        "fedihub member move ada @ada@new.example --yes",
        "fedihub member move ada --back",
    ),
)(move)
app.add_typer(aliases, name="alias")
app.add_typer(follow_requests.app, name="request")


def _new_password(username: str, password_file: str) -> str:
    if not password_file and not on_terminal():
        raise typer.BadParameter("there is no terminal to ask for the password: give --password-file")
    return read_password(password_file) if password_file else ask_password(username)


async def _set_password(username: str, password: str) -> NewActor:
    from fedihub.services.members import change_password

    async with acting() as hub:
        actor, _ = await hub.database.read(lambda session: get_member(session, username))
        await change_password(hub, member_id=actor.id, password=password, old_password=None)
        return NewActor.of(hub, actor)


async def _rotate_keys(username: str) -> NewActor:
    """`username` '' is the server's own actor."""
    from fedihub.services.lives import change_keys

    async with acting() as hub:
        server_id = await hub.signers.server_id()
        actor = await hub.database.read(lambda session: get_local(session, username, otherwise=server_id))
        await change_keys(hub, actor_id=actor.id)
        return NewActor.of(hub, actor)


async def _create(username: str, *, email: str, display_name: str, role: Role, password: str) -> NewActor:
    from fedihub.services.members import create_member
    from storage.members import HubRole

    async with acting() as hub:
        actor = await create_member(
            hub, username=username, email=email, password=password, display_name=display_name, role=HubRole(role)
        )
        return NewActor.of(hub, actor)


async def _list(limit: int) -> list[MemberEntry]:
    from storage.members import list_members

    async with reading() as database:
        rows = await database.read(lambda session: list_members(session, limit=limit))
        return [MemberEntry.of(actor, member) for actor, member in rows]


async def _show(username: str) -> MemberShown:
    from storage.projects import projects_of

    async def unit(session: "Session") -> MemberShown:
        actor, member = await get_member(session, username)
        projects = await projects_of(session, actor.id)
        return MemberShown(
            MemberEntry.of(actor, member), [TeamPart(project.username, role) for project, role in projects]
        )

    async with reading() as database:
        return await database.read(unit)
