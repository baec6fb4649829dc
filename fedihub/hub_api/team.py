"""Teams: who may act for a project, and how far."""

from fedihub.hub_api.models import RoleChange, Team, TeamPart
from fedihub.hub_api.operations import Call
from fedihub.hub_api.projects import shown
from fedihub.hub_api.shown import person
from fedihub.services.projects import add_role, remove_role
from storage.projects import TeamRole, team_of


async def show(call: Call) -> Team:
    """Show the team of a project, owners first."""
    project_id = call.path_id("id")
    await shown(call, project_id)
    team = await call.hub.database.read(lambda session: team_of(session, project_id))
    parts = [TeamPart(member=person(actor, call.hub.uris), role=role) for actor, role in team]
    return Team(items=sorted(parts, key=lambda part: list(TeamRole).index(part.role)))


async def set_role(call: Call) -> Team:
    """Give a member a role, or another one. Only an owner may; the last owner stays one."""
    project_id, role = call.path_id("id"), call.said(RoleChange).role
    await add_role(
        call.hub,
        project_id=project_id,
        member_id=call.path_id("member_id"),
        role=role,
        by_member_id=call.member_for(project_id),
    )
    return await show(call)


async def leave(call: Call) -> None:
    """Take a member out of the team. Owners may, and everybody for themselves; the last owner can't go."""
    project_id = call.path_id("id")
    await remove_role(
        call.hub,
        project_id=project_id,
        member_id=call.path_id("member_id"),
        by_member_id=call.member_for(project_id),
    )
