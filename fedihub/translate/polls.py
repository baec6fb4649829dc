"""Polls on the wire: ours as a Question (Mastodon 4.6's form of it), those of others as values for rows, and votes.

A vote is a Create of a Note that has a `name` and no `content` and answers the Question; it is for the author alone
(FEP-9967).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from federation.vocabulary.base import EARLIEST
from federation.vocabulary.context import PLAIN_CONTEXT
from federation.vocabulary.objects import Poll
from fedihub.translate.times import wire_time
from storage.views.polls import PollOptionView, PollView

Json = dict[str, Any]

MOST_OPTIONS = 100
"""Of a remote poll; no server is known that lets people make one with more."""
MOST_VOTES = 10**9
"""Larger counts are nonsense, and would leave no room for the votes of our own people."""
FURTHEST_END = timedelta(days=20 * 365)


@dataclass(frozen=True, slots=True)
class IncomingPoll:
    """A remote poll: its options (title, votes where its server tells), and where it stands."""

    options: Sequence[tuple[str, int | None]]
    is_multiple: bool
    ends_at: datetime | None
    closed_at: datetime | None
    voters_count: int | None

    @property
    def titles(self) -> list[str]:
        """What can be chosen."""
        return [title for title, _ in self.options]


@dataclass(frozen=True, slots=True)
class PollParts:
    """A local poll, and whether it has ended."""

    poll: PollView
    is_over: bool


@dataclass(frozen=True, slots=True)
class VoteParts:
    """A vote of one of ours: `voted_uri` is the post with the poll, `to` its author."""

    uri: str
    voter: str
    title: str
    voted_uri: str
    to: str
    published: datetime


def poll_values(poll: Poll, *, now: datetime) -> IncomingPoll:
    """A remote poll as it will be stored. Titles stay as they came, since a vote repeats them letter by letter; they
    are cleaned where they are shown.
    """
    ends_at = poll.ends_at
    if ends_at is not None:
        ends_at = min(max(ends_at.astimezone(UTC), EARLIEST), now + FURTHEST_END)
    if poll.is_closed:
        ends_at = min(ends_at or now, now)
    options = [(option.title, _bounded(option.votes)) for option in poll.options[:MOST_OPTIONS]]
    closed_at = ends_at if poll.is_closed else None
    return IncomingPoll(options, poll.is_multiple, ends_at, closed_at, _bounded(poll.voters))


def question(parts: PollParts) -> Json:
    """What makes the document of a post that of a poll."""
    poll = parts.poll
    shows_counts = parts.is_over or not poll.hides_counts
    document: Json = {
        "type": "Question",
        "anyOf" if poll.is_multiple else "oneOf": [_option(each, shows_counts=shows_counts) for each in poll.options],
        "votersCount": poll.people_count,
    }
    if poll.ends_at is not None:
        document["endTime"] = wire_time(poll.ends_at)
        if parts.is_over:
            document["closed"] = document["endTime"]
    return document


def create_vote(uri: str, parts: VoteParts) -> Json:
    """One of ours chooses one answer of somebody else's poll."""
    note = {
        "id": parts.uri,
        "type": "Note",
        "attributedTo": parts.voter,
        "name": parts.title,
        "inReplyTo": parts.voted_uri,
        "to": [parts.to],
        "published": wire_time(parts.published),
    }
    head = {"@context": PLAIN_CONTEXT, "id": uri, "type": "Create", "actor": parts.voter}
    return head | {"published": note["published"], "to": [parts.to], "object": note}


def _bounded(count: int | None) -> int | None:
    return min(count, MOST_VOTES) if count is not None else None


def _option(option: PollOptionView, *, shows_counts: bool) -> Json:
    """Mastodon reads a count that is not there as 0."""
    document: Json = {"type": "Note", "name": option.title}
    if shows_counts:
        document["replies"] = {"type": "Collection", "totalItems": option.votes_count or 0}
    return document
