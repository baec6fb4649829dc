"""Every operation of `/api/hub/v1`."""

from fedihub.hub_api import conversations, projects, team, updates
from fedihub.hub_api.chapter_table import CHAPTERS
from fedihub.hub_api.models import (
    ConversationShown,
    NewProject,
    NewUpdate,
    Page,
    ProjectChanges,
    ProjectList,
    ProjectShown,
    RoleChange,
    Team,
    UpdateList,
    UpdateShown,
)
from fedihub.hub_api.operations import Operation

_PROJECT = "/projects/{id}"
_PART = "/projects/{id}/team/{member_id}"
_CONVERSATION = "/conversations/{post_id}"

OPERATIONS: tuple[Operation, ...] = (
    Operation("listProjects", "GET", "/projects", projects.show_all, "read", query=Page, answer=ProjectList),
    Operation(
        "foundProject", "POST", "/projects", projects.found, "write",
        body=NewProject, answer=ProjectShown, status=201, place=_PROJECT, refuses=(409,),
    ),
    Operation("showProject", "GET", _PROJECT, projects.show, "read", answer=ProjectShown),
    Operation("changeProject", "PATCH", _PROJECT, projects.change, "write", body=ProjectChanges, answer=ProjectShown),
    Operation("showTeam", "GET", f"{_PROJECT}/team", team.show, "read", answer=Team),
    Operation("setRole", "PUT", _PART, team.set_role, "write", body=RoleChange, answer=Team, refuses=(409,)),
    Operation("leaveTeam", "DELETE", _PART, team.leave, "write", status=204, refuses=(409,)),
    Operation("listUpdates", "GET", f"{_PROJECT}/updates", updates.show_all, "read", query=Page, answer=UpdateList),
    Operation(
        "publishUpdate", "POST", f"{_PROJECT}/updates", updates.publish, "write",
        body=NewUpdate, answer=UpdateShown, status=201, idempotent=True,
    ),
    Operation(
        "showConversation", "GET", _CONVERSATION, conversations.show, "read", answer=ConversationShown,
    ),
    Operation(
        "refreshConversation", "POST", f"{_CONVERSATION}/refresh", conversations.refresh, "write",
        answer=ConversationShown, status=202,
    ),
    *CHAPTERS,
)  # fmt: skip
