"""Projects: founding one, telling what it is and needs, choosing its team, and acting in its name."""

from dataclasses import dataclass

from federation.errors import BadUri
from federation.identifiers import parse_uri
from fedihub.errors import Conflict, Invalid, Missing, NotAllowed
from fedihub.hub import Hub
from fedihub.outbox import publish_actor_update
from fedihub.services.actors import RESERVED, check_display_name, check_username, field_html, key_row, new_actor
from fedihub.text.clean import clean_name, clean_text
from fedihub.text.render import render_simple
from storage.access import delete_access_as
from storage.actors import (
    Actor,
    ActorKind,
    find_actor,
    find_actors,
    find_local_by_username,
    hold_actor,
    insert_actor,
    insert_keys,
    update_actor,
)
from storage.chapters import ChapterRole, chapters_of, moderator_role_of
from storage.database import Session
from storage.errors import AlreadyExists
from storage.members import find_member
from storage.projects import (
    Project,
    ProjectRole,
    Stage,
    TeamRole,
    count_owners,
    find_project,
    insert_project,
    lock_project,
    projects_of,
    role_of,
)
from storage.projects import (
    add_role as store_role,
)
from storage.projects import (
    remove_role as delete_role,
)
from storage.projects import (
    update_project as store_project,
)

MOST_LINKS = 8
MOST_NEEDS = 20
LONGEST_LINE = 200
LONGEST_DESCRIPTION = 5_000
_MAY_EDIT = {TeamRole.OWNER, TeamRole.MAINTAINER}


@dataclass(frozen=True, slots=True)
class Link:
    """Where else a project can be found."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a member may act as: themselves (`role` is None), or a project or chapter in which they have this role."""

    actor: Actor
    role: TeamRole | ChapterRole | None = None


async def create_project(
    hub: Hub,
    *,
    founder_id: int,
    username: str,
    display_name: str,
    description: str = "",
    stage: Stage = Stage.IDEA,
    needs: list[str] | None = None,
    links: list[Link] | None = None,
    by_operator: bool = False,
) -> Actor:
    """A new project with an actor and keys of its own; its founder becomes its owner.

    Raises Invalid, Conflict when the name is taken or kept for the operator, Missing when the founder is no member.
    """
    username = check_username(username)
    if username in RESERVED and not by_operator:
        raise Conflict("this username is kept for whoever runs the hub")
    name = check_display_name(display_name, otherwise=username)
    profile = _profile(hub, description=description, links=links or [])
    needs = _check_needs(needs or [])
    if await hub.database.read(lambda session: find_local_by_username(session, username)) is not None:
        raise Conflict("this username is taken")
    keys = await hub.make_keys()

    async def unit(session: Session) -> Actor:
        if await find_member(session, founder_id) is None:
            raise Missing("only a member can found a project")
        actor = new_actor(hub, ActorKind.PROJECT, username=username, display_name=name)
        _describe(actor, profile)
        project = Project(
            actor_id=actor.id,
            stage=stage,
            needs=needs,
            links=profile.links,
            founder_id=founder_id,
            created_at=actor.created_at,
        )
        await insert_actor(session, actor)
        await insert_keys(session, key_row(actor.id, keys))
        await insert_project(session, project)
        await store_role(session, _role(hub, project_id=actor.id, member_id=founder_id, role=TeamRole.OWNER))
        return actor

    try:
        return await hub.database.write(unit)
    except AlreadyExists as error:  # somebody else was faster
        raise Conflict("this username is taken") from error


async def update_project(
    hub: Hub,
    *,
    project_id: int,
    by_member_id: int | None,
    display_name: str | None = None,
    description: str | None = None,
    stage: Stage | None = None,
    needs: list[str] | None = None,
    links: list[Link] | None = None,
) -> Actor:
    """Change what is given, leave the rest, and tell the followers. `by_member_id` is None for the operator.

    Raises Missing, Invalid, and NotAllowed for a member who is neither owner nor maintainer.
    """

    async def unit(session: Session) -> Actor:
        await hold_actor(session, project_id)
        actor, project = await _get(session, project_id)
        await _demand_role(session, project_id, member_id=by_member_id, roles=_MAY_EDIT)
        if display_name is not None:
            actor.display_name = check_display_name(display_name, otherwise=actor.username)
        known = [Link(each["name"], each["url"]) for each in project.links]
        text = description if description is not None else actor.bio_source or ""
        profile = _profile(hub, description=text, links=links if links is not None else known)
        _describe(actor, profile)
        actor.updated_at = hub.clock.now()
        project.links = profile.links
        project.stage = stage or project.stage
        project.needs = _check_needs(needs) if needs is not None else project.needs
        await update_actor(session, actor)
        await store_project(session, project)
        await publish_actor_update(session, hub, actor=actor)
        return actor

    actor = await hub.database.write(unit)
    hub.wake.outbound.set()
    return actor


async def add_role(
    hub: Hub, *, project_id: int, member_id: int, role: TeamRole, by_member_id: int | None = None
) -> None:
    """Give a member a role in the team, or change the one they have. Only an owner (or the operator: None) may.

    Raises Missing, NotAllowed, and Conflict when the last owner would be lost.
    """

    async def unit(session: Session) -> None:
        await _get(session, project_id)
        await _demand_role(session, project_id, member_id=by_member_id, roles={TeamRole.OWNER})
        if await find_member(session, member_id) is None:
            raise Missing("there is no such member")
        if role is not TeamRole.OWNER:
            await _keep_an_owner(session, project_id, leaving=member_id)
        await store_role(session, _role(hub, project_id=project_id, member_id=member_id, role=role))

    await hub.database.write(unit)


async def remove_role(hub: Hub, *, project_id: int, member_id: int, by_member_id: int | None = None) -> None:
    """Take a member out of the team; members may always leave by themselves. Tokens with which they act as the
    project end, and stay ended should they come back.

    Raises Missing, NotAllowed, and Conflict when the last owner would be lost.
    """

    async def unit(session: Session) -> None:
        await _get(session, project_id)
        if by_member_id != member_id:
            await _demand_role(session, project_id, member_id=by_member_id, roles={TeamRole.OWNER})
        if await role_of(session, project_id=project_id, member_id=member_id) is None:
            raise Missing("this member is not in the team")
        await _keep_an_owner(session, project_id, leaving=member_id)
        await delete_role(session, project_id=project_id, member_id=member_id)
        await delete_access_as(session, member_id=member_id, actor_id=project_id)

    await hub.database.write(unit)


async def may_act_as(session: Session, *, member_id: int, actor_id: int) -> bool:
    """Whether a member may act as this actor now: themselves, a project in whose team they are, or a chapter that
    they run; neither of the two may be suspended.
    """
    if any(actor.suspended_at is not None for actor in await find_actors(session, {member_id, actor_id})):
        return False
    if member_id == actor_id:
        return await find_member(session, member_id) is not None
    if await role_of(session, project_id=actor_id, member_id=member_id) is not None:
        return True
    return await moderator_role_of(session, chapter_id=actor_id, member_id=member_id) is not None


async def demand_editor(session: Session, project_id: int, *, member_id: int) -> None:
    """Raises NotAllowed for a member whose role does not allow changing the project."""
    await _demand_role(session, project_id, member_id=member_id, roles=_MAY_EDIT)


async def identities(hub: Hub, member_id: int) -> list[Identity]:
    """Everyone as whom a member may act, themselves first. Raises Missing if there is no such member."""

    async def unit(session: Session) -> list[Identity]:
        actor = await find_actor(session, member_id)
        if actor is None:
            raise Missing("there is no such member")
        projects, chapters = await projects_of(session, member_id), await chapters_of(session, member_id)
        others = [*(Identity(*project) for project in projects), *(Identity(*chapter) for chapter in chapters)]
        return [Identity(actor), *(each for each in others if each.actor.suspended_at is None)]

    return await hub.database.read(unit)


@dataclass(frozen=True, slots=True)
class _Profile:
    source: str
    html: str
    links: list[dict[str, str]]


def _profile(hub: Hub, *, description: str, links: list[Link]) -> _Profile:
    if len(description) > LONGEST_DESCRIPTION:
        raise Invalid(f"a description has at most {LONGEST_DESCRIPTION} characters", field="description")
    source = clean_text(description, limit=LONGEST_DESCRIPTION)
    return _Profile(source, render_simple(source, hub.uris), check_links(links))


def check_links(links: list[Link]) -> list[dict[str, str]]:
    """The links as they are stored. Raises Invalid for too many, and for what is no link."""
    if len(links) > MOST_LINKS:
        raise Invalid(f"a project shows at most {MOST_LINKS} links", field="links")
    return [_check_link(link) for link in links]


def _describe(actor: Actor, profile: _Profile) -> None:
    """What peers see of the profile: links become the fields that every server shows."""
    actor.bio_source, actor.bio_html = profile.source, profile.html
    actor.fields = [{"name": link["name"], "value": field_html(link["url"])} for link in profile.links]


def _check_link(link: Link) -> dict[str, str]:
    try:
        url = parse_uri(link.url.strip(), http_allowed=True)
    except BadUri as error:
        raise Invalid("a link is an address that begins with https:// or http://", field="links") from error
    name = clean_name(link.name, limit=LONGEST_LINE)
    if not name:
        raise Invalid("a link needs a name", field="links")
    return {"name": name, "url": url}


def _check_needs(needs: list[str]) -> list[str]:
    if len(needs) > MOST_NEEDS or any(len(need) > LONGEST_LINE for need in needs):
        raise Invalid(f"a project has at most {MOST_NEEDS} needs of {LONGEST_LINE} characters each", field="needs")
    return [need for each in needs if (need := clean_name(each, limit=LONGEST_LINE))]


def _role(hub: Hub, *, project_id: int, member_id: int, role: TeamRole) -> ProjectRole:
    return ProjectRole(
        id=hub.ids.next(), project_id=project_id, member_id=member_id, role=role, created_at=hub.clock.now()
    )


async def _get(session: Session, project_id: int) -> tuple[Actor, Project]:
    actor, project = await find_actor(session, project_id), await find_project(session, project_id)
    if actor is None or project is None:
        raise Missing("there is no such project")
    return actor, project


async def _demand_role(session: Session, project_id: int, *, member_id: int | None, roles: set[TeamRole]) -> None:
    if member_id is not None and await role_of(session, project_id=project_id, member_id=member_id) not in roles:
        raise NotAllowed("your role in this project does not allow that")


async def _keep_an_owner(session: Session, project_id: int, *, leaving: int) -> None:
    await lock_project(session, project_id)  # two owners who leave at once must not each count on the other
    if await role_of(session, project_id=project_id, member_id=leaving) is not TeamRole.OWNER:
        return
    if await count_owners(session, project_id) <= 1:
        raise Conflict("a project needs an owner: name another one first")
