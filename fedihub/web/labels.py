"""What things are called on a page."""

from collections.abc import Iterable

from storage.chapters import ChapterRole
from storage.openings import OpeningState
from storage.posts import Audience, PostKind
from storage.projects import Stage, TeamRole

_STAGES = {
    Stage.IDEA: "Idea",
    Stage.BUILDING: "Building",
    Stage.LAUNCHED: "Launched",
    Stage.GROWING: "Growing",
    Stage.PAUSED: "Paused",
    Stage.ARCHIVED: "Archived",
}
PATH_OF_STAGES = (Stage.IDEA, Stage.BUILDING, Stage.LAUNCHED, Stage.GROWING)
"""The way that a project goes when all goes well; paused and archived lie beside it."""
_ROLES: dict[str, str] = {
    TeamRole.OWNER: "Owner",
    TeamRole.MAINTAINER: "Maintainer",
    TeamRole.AUTHOR: "Author",
    ChapterRole.MODERATOR: "Moderator",
}
"""In a project's team, and among those who run a chapter; an owner is an owner in both."""
_OPENING_STATES = {
    OpeningState.SUBMITTED: "Waiting",
    OpeningState.APPROVED: "Passed on",
    OpeningState.DECLINED: "Left aside",
    OpeningState.REMOVED: "Taken back",
}
_KINDS = {
    PostKind.UPDATE: "Update",
    PostKind.VICTORY: "Victory",
    PostKind.ASK: "Ask",
    PostKind.OFFER: "Offer",
    PostKind.INTRODUCTION: "Introduction",
    PostKind.PROMO: "Promotion",
}
_AUDIENCES = {
    Audience.PUBLIC: "Everybody",
    Audience.QUIET: "Everybody, but not in public lists",
    Audience.FOLLOWERS: "Followers only",
    Audience.MENTIONED: "Only who is named in it",
}
_MEDIA = {"image": "Picture", "video": "Video", "audio": "Recording"}

_SCOPES = {
    "profile": "See which account this is",
    "read": "Read everything that this account can read, private posts too",
    "write": "Write, change and delete posts, and change the profile",
    "follow": "Follow and stop following people, block and mute them",
    "push": "Send you notifications",
}
_VERBS = {"read": "Read", "write": "Change"}
_PARTS = {
    "accounts": "the profile and settings of this account",
    "blocks": "whom this account has blocked",
    "bookmarks": "bookmarks",
    "conversations": "private conversations",
    "favourites": "likes",
    "filters": "filters",
    "follows": "whom this account follows",
    "lists": "lists",
    "me": "which account this is",
    "media": "pictures and other files",
    "mutes": "whom this account has muted",
    "notifications": "notifications",
    "reports": "reports",
    "search": "search results",
    "statuses": "posts",
}


def stage_name(stage: str) -> str:
    """How far a project is, in a word."""
    return _STAGES[Stage(stage)]


def role_name(role: str) -> str:
    """What somebody is in a team, or to a chapter."""
    return _ROLES[role]


def opening_state_name(state: str) -> str:
    """What became of a post in a chapter."""
    return _OPENING_STATES[OpeningState(state)]


def kind_name(kind: str) -> str:
    """What a post is; nothing for plain talk."""
    return _KINDS.get(PostKind(kind), "")


def audience_name(audience: str) -> str:
    """For whom a post is."""
    return _AUDIENCES[Audience(audience)]


def media_name(media_type: str | None) -> str:
    """What an attached file is."""
    return _MEDIA.get((media_type or "").partition("/")[0], "File")


def scope_sentences(scopes: Iterable[str]) -> list[str]:
    """What an app may do, in plain words, each thing once."""
    return list(dict.fromkeys(_sentence(scope) for scope in scopes))


def _sentence(scope: str) -> str:
    verb, _, part = scope.partition(":")
    if not part or verb not in _VERBS:
        return _SCOPES.get(scope, scope)
    return f"{_VERBS[verb]} {_PARTS.get(part, part)}"
