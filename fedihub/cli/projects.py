"""`fedihub project …`: what members build together."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fedihub.cli.actors import NewActor, bare, get_member_id, get_project_id
from fedihub.cli.help import branch, examples
from fedihub.cli.output import AsJson, Limit, print_fields, print_json, print_table
from fedihub.cli.running import acting, reading, run

if TYPE_CHECKING:
    from storage.views.operator import ProjectEntry, TeamEntry

app = branch("What members build together.")

ProjectName = Annotated[str, typer.Argument(metavar="PROJECT", help="Username of the project, with or without @.")]
MemberName = Annotated[str, typer.Argument(metavar="MEMBER", help="Username of a member, with or without @.")]
Stage = Literal["idea", "building", "launched", "growing", "paused", "archived"]
TeamRole = Literal["author", "maintainer", "owner"]


@app.command(
    "create",
    epilog=examples(
        "fedihub project create solarpumps --founder ada --name 'Solar Pumps' --stage building",
        "fedihub project create solarpumps --founder ada --need 'a welder' --link 'Plans=https://pumps.example/plans'",
    ),
)
def create(
    username: ProjectName,
    *,
    founder: Annotated[str, typer.Option(metavar="MEMBER", help="The member who founds it and becomes its owner.")],
    display_name: Annotated[str, typer.Option("--name", metavar="TEXT", help="The name that is shown.")] = "",
    description: Annotated[str, typer.Option(metavar="TEXT", help="What it is, in a few sentences.")] = "",
    stage: Annotated[Stage, typer.Option(help="How far it is.")] = "idea",
    need: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="Something it looks for; may be repeated.")
    ] = None,
    link: Annotated[
        list[str] | None, typer.Option(metavar="NAME=URL", help="Where else it can be found; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Found a project in a member's name."""
    links = [_split_link(text) for text in link or []]
    told = {"username": username, "display_name": display_name, "description": description, "needs": need or []}
    project = run(_create(founder, links, stage=stage, **told))
    if as_json:
        print_json(project)
    else:
        typer.echo(f"@{project.handle} is a project now: {project.url}")


@app.command("list", epilog=examples("fedihub project list", "fedihub project list --json"))
def list_(*, limit: Limit = 100, as_json: AsJson = False) -> None:
    """The projects, newest first."""
    projects = run(_list(limit))
    if as_json:
        print_json(projects)
        return
    columns = {
        "username": "USERNAME",
        "display_name": "NAME",
        "stage": "STAGE",
        "followers": "FOLLOWERS",
        "posts": "POSTS",
        "created_at": "SINCE",
    }
    print_table(projects, columns, nothing="There are no projects yet: fedihub project create PROJECT --founder MEMBER")


@app.command("show", epilog=examples("fedihub project show solarpumps", "fedihub project show solarpumps --json"))
def show(username: ProjectName, *, as_json: AsJson = False) -> None:
    """One project: stage, needs, links and team."""
    found = run(_show(username))
    if as_json:
        print_json(found)
        return
    project = found.project
    print_fields(
        {
            "username": project.username,
            "name": project.display_name,
            "stage": project.stage,
            "needs": project.needs,
            "links": [f"{link['name']}: {link['url']}" for link in project.links],
            "team": [f"{part.username} ({part.role})" for part in found.team],
            "followers": project.followers,
            "posts": project.posts,
            "since": project.created_at,
            "page": project.url,
            "id": project.uri,
        }
    )


@app.command("add-role", epilog=examples("fedihub project add-role solarpumps ben author"))
def add_role(
    username: ProjectName,
    member: MemberName,
    role: Annotated[
        TeamRole, typer.Argument(help="An author posts, a maintainer also edits, an owner also chooses the team.")
    ],
) -> None:
    """Take a member into a project's team, or change the role that they have in it."""
    run(_add_role(username, member, role))
    typer.echo(f"{bare(member)} is {role} of {bare(username)} now")


def _split_link(text: str) -> tuple[str, str]:
    name, _, url = text.partition("=")
    if not name or not url:
        raise typer.BadParameter(f"{text!r} must look like NAME=URL", param_hint="--link")
    return name, url


@dataclass(frozen=True, slots=True)
class _Shown:
    project: "ProjectEntry"
    team: "list[TeamEntry]"


async def _create(founder: str, links: list[tuple[str, str]], *, stage: Stage, **told: Any) -> NewActor:
    from fedihub.services.projects import Link, create_project
    from storage import projects

    async with acting() as hub:
        actor = await create_project(
            hub,
            founder_id=await get_member_id(hub, founder),
            stage=projects.Stage(stage),
            links=[Link(name, url) for name, url in links],
            **told,
        )
        return NewActor.of(hub, actor)


async def _list(limit: int) -> "list[ProjectEntry]":
    from storage.views.operator import list_project_entries

    async with reading() as database:
        return await database.read(lambda session: list_project_entries(session, limit=limit))


async def _show(username: str) -> _Shown:
    from fedihub.errors import Missing
    from storage.database import Session
    from storage.views.operator import find_project_entry, list_team

    async def unit(session: Session) -> _Shown:
        project = await find_project_entry(session, bare(username))
        if project is None:
            raise Missing(f"there is no project called {username}; fedihub project list shows them")
        return _Shown(project, await list_team(session, project.id))

    async with reading() as database:
        return await database.read(unit)


async def _add_role(username: str, member: str, role: TeamRole) -> None:
    from fedihub.services import projects
    from storage.projects import TeamRole as Role

    async with acting() as hub:
        await projects.add_role(
            hub,
            project_id=await get_project_id(hub, username),
            member_id=await get_member_id(hub, member),
            role=Role(role),
        )
