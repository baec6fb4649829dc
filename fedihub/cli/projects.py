"""`fedihub project …`: what members build together."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fedihub.cli.actors import ActorEntry, NewActor, TeamPart, bare, get_member, get_project, print_actor
from fedihub.cli.help import branch, examples
from fedihub.cli.lives import add_lives
from fedihub.cli.output import AsJson, Limit, print_json, print_list
from fedihub.cli.running import acting, reading, run

if TYPE_CHECKING:
    from storage import projects as rows
    from storage.actors import Actor
    from storage.database import Session

app = branch(
    "What members build together.",
    "fedihub project create solarpumps --founder ada",
    "fedihub project list",
    "fedihub project add-role solarpumps ben author",
)

ProjectName = Annotated[str, typer.Argument(metavar="PROJECT", help="Username of the project, with or without @.")]
MemberName = Annotated[str, typer.Argument(metavar="MEMBER", help="Username of a member, with or without @.")]
Stage = Literal["idea", "building", "launched", "growing", "paused", "archived"]
TeamRole = Literal["author", "maintainer", "owner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectEntry(ActorEntry):
    """A project: what it is and needs."""

    stage: "rows.Stage"
    needs: list[str]
    links: list[dict[str, str]]

    @classmethod
    def of(cls, actor: "Actor", project: "rows.Project") -> "ProjectEntry":
        """From the two rows of a project."""
        return cls.of_actor(
            actor, created_at=project.created_at, stage=project.stage, needs=project.needs, links=project.links
        )


@dataclass(frozen=True, slots=True)
class ProjectShown:
    """A project and who acts for it."""

    project: ProjectEntry
    team: list[TeamPart]


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
def list_(*, limit: Limit = 1000, as_json: AsJson = False) -> None:
    """The projects, in the order in which they were founded."""
    columns = {
        "username": "USERNAME",
        "display_name": "NAME",
        "stage": "STAGE",
        "followers": "FOLLOWERS",
        "posts": "POSTS",
        "created_at": "SINCE",
    }
    nothing = "There are no projects yet: fedihub project create PROJECT --founder MEMBER"
    print_list(run(_list(limit)), columns, nothing=nothing, as_json=as_json)


@app.command("show", epilog=examples("fedihub project show solarpumps", "fedihub project show solarpumps --json"))
def show(username: ProjectName, *, as_json: AsJson = False) -> None:
    """One project: stage, needs, links and team."""
    found = run(_show(username))
    project = found.project
    own = {
        "stage": project.stage,
        "needs": project.needs,
        "links": [f"{link['name']}: {link['url']}" for link in project.links],
        "team": found.team,
    }
    print_actor(found, project, own, as_json=as_json)


@app.command("add-role", epilog=examples("fedihub project add-role solarpumps ben author"))
def add_role(
    username: ProjectName,
    member: MemberName,
    role: Annotated[
        TeamRole, typer.Argument(help="An author posts, a maintainer also edits, an owner also chooses the team.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Take a member into a project's team, or change the role that they have in it."""
    found = run(_add_role(username, member, role))
    if as_json:
        print_json(found)
    else:
        typer.echo(f"{found.username} is {role} of {bare(username)} now")


add_lives(app, "project", "solarpumps", get=get_project)


def _split_link(text: str) -> tuple[str, str]:
    name, _, url = text.partition("=")
    if not name or not url:
        raise typer.BadParameter(f"{text!r} must look like NAME=URL", param_hint="--link")
    return name, url


async def _create(founder: str, links: list[tuple[str, str]], *, stage: Stage, **told: Any) -> NewActor:
    from fedihub.services.projects import Link, create_project
    from storage.projects import Stage as StageOf

    async with acting() as hub:
        maker, _ = await hub.database.read(lambda session: get_member(session, founder))
        actor = await create_project(
            hub,
            founder_id=maker.id,
            stage=StageOf(stage),
            links=[Link(name, url) for name, url in links],
            by_operator=True,
            **told,
        )
        return NewActor.of(hub, actor)


async def _list(limit: int) -> list[ProjectEntry]:
    from storage.projects import list_projects

    async with reading() as database:
        found = await database.read(lambda session: list_projects(session, limit=limit))
        return [ProjectEntry.of(actor, project) for actor, project in found]


async def _show(username: str) -> ProjectShown:
    from storage.projects import team_of

    async def unit(session: "Session") -> ProjectShown:
        actor, project = await get_project(session, username)
        team = await team_of(session, actor.id)
        return ProjectShown(ProjectEntry.of(actor, project), [TeamPart(member.username, role) for member, role in team])

    async with reading() as database:
        return await database.read(unit)


async def _add_role(username: str, member: str, role: TeamRole) -> TeamPart:
    from fedihub.services import projects
    from storage.projects import TeamRole as RoleOf

    async with acting() as hub:
        project, _ = await hub.database.read(lambda session: get_project(session, username))
        joining, _ = await hub.database.read(lambda session: get_member(session, member))
        await projects.add_role(hub, project_id=project.id, member_id=joining.id, role=RoleOf(role))
        return TeamPart(joining.username, RoleOf(role))
