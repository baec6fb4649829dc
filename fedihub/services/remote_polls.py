"""Polls of other servers: what they ask, and how they stand, as their author says it.

As in Mastodon 4.6 (`app/services/activitypub/process_status_update_service.rb`), an edit may change what can be chosen,
and then what was voted before is void; any other version of the post only tells counts and the end.
"""

from datetime import datetime
from typing import Any

from federation.vocabulary.objects import RemoteObject
from fedihub.translate.polls import IncomingPoll, poll_values
from storage.database import Session
from storage.polls import (
    Poll,
    PollOption,
    delete_poll,
    find_options,
    find_poll,
    insert_poll,
    replace_options,
    update_poll,
    update_tallies,
)


async def store_poll(session: Session, post_id: int, found: RemoteObject, *, now: datetime) -> bool:
    """Store the poll of a new remote post; False if it has none. The end of one that is over is no news."""
    if found.poll is None:
        return False
    said = poll_values(found.poll, now=now)
    is_over = said.ends_at is not None and said.ends_at <= now
    poll = Poll(
        post_id=post_id,
        is_multiple=said.is_multiple,
        ends_at=said.ends_at,
        closed_at=said.closed_at,
        voters_count=said.voters_count,
        told_at=now if is_over else None,
        checked_at=now,
    )
    await insert_poll(session, poll, said.options)
    return True


async def count_anew(session: Session, post_id: int, found: RemoteObject, *, now: datetime) -> bool:
    """Take from a version that is no edit how its poll stands; False if that is no news. Other answers are passed over:
    they would be an edit.
    """
    known = await find_poll(session, post_id, in_turn=True)
    if known is None or found.poll is None:
        return False
    said, options = poll_values(found.poll, now=now), await find_options(session, post_id)
    if not _asks_the_same(known, options, said):
        return False
    return await _count(session, known, options, said=said, now=now)


async def ask_anew(session: Session, post_id: int, found: RemoteObject, *, now: datetime) -> bool:
    """Take from an edit what can be chosen and how it stands; True if something else is asked than before."""
    known = await find_poll(session, post_id, in_turn=True)
    if known is None:
        return await store_poll(session, post_id, found, now=now)
    if found.poll is None:
        await delete_poll(session, post_id)
        return True
    said, options = poll_values(found.poll, now=now), await find_options(session, post_id)
    if _asks_the_same(known, options, said):
        await _count(session, known, options, said=said, now=now)
        return False
    await replace_options(session, post_id, said.options)
    await update_poll(session, post_id, **_values(known, said, now=now))
    return True


def _asks_the_same(known: Poll, options: list[PollOption], said: IncomingPoll) -> bool:
    return known.is_multiple == said.is_multiple and [option.title for option in options] == said.titles


async def _count(
    session: Session, known: Poll, options: list[PollOption], *, said: IncomingPoll, now: datetime
) -> bool:
    """The same answers with other counts; a server that does not tell them (any more) takes nothing away."""
    counts = [
        votes if votes is not None else option.votes_count
        for option, (_, votes) in zip(options, said.options, strict=True)
    ]
    values = _values(known, said, now=now)
    if said.voters_count is None:
        values.pop("voters_count")
    if counts != [option.votes_count for option in options]:
        await update_tallies(session, known.post_id, counts)
    elif all(getattr(known, name) == value for name, value in values.items() if name != "checked_at"):
        await update_poll(session, known.post_id, checked_at=now)
        return False
    await update_poll(session, known.post_id, **values)
    return True


def _values(known: Poll, said: IncomingPoll, *, now: datetime) -> dict[str, Any]:
    """A poll whose server only says that it is closed keeps the moment when that was first heard; one that goes on
    longer than was said will end again.
    """
    values: dict[str, Any] = {"is_multiple": said.is_multiple, "voters_count": said.voters_count, "checked_at": now}
    if known.closed_at is None or said.closed_at is None:
        values |= {"ends_at": said.ends_at, "closed_at": said.closed_at}
        if known.told_at is not None and (said.ends_at is None or said.ends_at > now):
            values["told_at"] = None
    return values
