"""Poll: what a status asks, and how it stands."""

from datetime import datetime
from typing import Any

from pydantic import Field

from fedihub.api.entities.base import Entity, Id, Moment
from fedihub.api.entities.emoji import CustomEmoji, custom_emojis
from fedihub.text.clean import clean_name
from storage.views.posts import PostView

_LONGEST_TITLE = 500


class PollOption(Entity):
    """One answer; `votes_count` is null where it is not known, or not to be known yet."""

    title: str
    votes_count: int | None


class Poll(Entity):
    """The poll of a status, under the same id. The last fields are shown to an account only; one's own poll counts as
    voted on.
    """

    id: Id
    expires_at: Moment | None
    expired: bool
    multiple: bool
    votes_count: int
    voters_count: int | None
    options: list[PollOption]
    emojis: list[CustomEmoji]
    voted: bool = False
    own_votes: list[int] = Field(default_factory=list)


class PollEdit(Entity):
    """What an earlier version of a status let people choose from."""

    options: list[dict[str, str]]


def poll(view: PostView, *, viewer_id: int | None, now: datetime) -> Poll | None:
    """The poll of a post as this viewer sees it now (None: nobody who is known); None where there is none."""
    found = view.poll
    if found is None:
        return None
    shows_counts = found.shows_counts(now)
    options = [
        PollOption(title=_shown(each.title), votes_count=each.votes_count if shows_counts else None)
        for each in found.options
    ]
    own: dict[str, Any] = {}
    if viewer_id is not None:
        own = {"voted": bool(found.chosen) or view.author.id == viewer_id, "own_votes": found.chosen}
    return Poll(
        id=view.id,
        expires_at=found.ends_at,
        expired=found.is_over(now),
        multiple=found.is_multiple,
        votes_count=found.votes_count,
        voters_count=found.voters_count,
        options=options,
        emojis=custom_emojis(view.emojis),
        **own,
    )


def poll_edit(titles: list[str] | None) -> PollEdit | None:
    """The answers of an earlier version, if it had any."""
    return PollEdit(options=[{"title": _shown(title)} for title in titles]) if titles else None


def _shown(title: str) -> str:
    return clean_name(title, limit=_LONGEST_TITLE)
