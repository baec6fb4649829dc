"""Projects: founding, showing, changing."""

from fedihub.hub_api.models import NewProject, Page, ProjectChanges, ProjectList, ProjectShown
from fedihub.hub_api.operations import PREFIX, Call
from fedihub.hub_api.problems import Refused
from fedihub.hub_api.shown import project
from fedihub.services.projects import Link, create_project, update_project
from storage.actors import find_actor
from storage.database import Session
from storage.projects import find_project
from storage.views.hub_home import ProjectCard, newest_projects


async def found(call: Call) -> ProjectShown:
    """Found a project.

    The member who asks becomes its owner; its handle can be followed from the whole fediverse at once.
    """
    wish = call.said(NewProject)
    actor = await create_project(
        call.hub,
        founder_id=call.member_id,
        username=wish.username,
        display_name=wish.name,
        description=wish.description,
        stage=wish.stage,
        needs=list(wish.needs),
        links=[Link(link.name, link.url) for link in wish.links],
    )
    return await shown(call, actor.id)


async def show_all(call: Call) -> ProjectList:
    """List the projects, newest first."""
    page = call.asked(Page)
    before = int(page.before) if page.before else None
    listing = await call.hub.database.read(lambda db: newest_projects(db, before=before, limit=page.limit))
    items = [project(card.actor, card.project, call.hub.uris) for card in listing.items]
    return ProjectList(items=items, next=further(call, "/projects", listing.older))


async def show(call: Call) -> ProjectShown:
    """Show one project."""
    return await shown(call, call.path_id("id"))


async def change(call: Call) -> ProjectShown:
    """Change what a project says about itself, its stage too.

    Owners and maintainers may; followers everywhere are told.
    """
    project_id, changes = call.path_id("id"), call.said(ProjectChanges)
    given = changes.model_dump(include=changes.model_fields_set - {"links", "name"})
    if "name" in changes.model_fields_set:
        given["display_name"] = changes.name
    if "links" in changes.model_fields_set:
        given["links"] = [Link(link.name, link.url) for link in changes.links]
    await update_project(call.hub, project_id=project_id, by_member_id=call.member_for(project_id), **given)
    return await shown(call, project_id)


async def shown(call: Call, project_id: int) -> ProjectShown:
    """A project as it is now."""

    async def unit(session: Session) -> ProjectCard | None:
        actor, row = await find_actor(session, project_id), await find_project(session, project_id)
        return ProjectCard(actor, row) if actor and row and not (actor.gone_at or actor.is_hidden) else None

    card = await call.hub.database.read(unit)
    if card is None:
        raise Refused(404, "There is no such project.")
    return project(card.actor, card.project, call.hub.uris)


def further(call: Call, path: str, older: int | None) -> str | None:
    """The address of the next part of a list."""
    if older is None:
        return None
    return f"{call.hub.settings.base_url}{PREFIX}{path}?before={older}&limit={call.asked(Page).limit}"
