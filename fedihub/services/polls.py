"""Polls: what our people ask, how they vote in the polls of others, and how anybody's vote is counted.

A vote in a remote poll goes to its author alone, one activity for each answer. Until its server says how the poll
stands, our own count of it is moved by our votes.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from federation.dereference import Budget
from federation.errors import ProtocolError
from fedihub.errors import Invalid, Missing
from fedihub.hub import Hub
from fedihub.outbox import new_activity, publish_to
from fedihub.services.acting import get_acting
from fedihub.services.remote_polls import count_anew
from fedihub.services.remote_posts import fetch_post
from fedihub.text.clean import can_be_seen, clean_name
from fedihub.translate.polls import PollParts, VoteParts, create_vote
from storage.actors import Actor, get_actor
from storage.database import Session
from storage.polls import (
    Poll,
    PollOption,
    PollVote,
    claim_check,
    delete_poll,
    find_chosen,
    find_options,
    find_poll,
    insert_poll,
    insert_vote,
    note_news,
    replace_options,
    update_poll,
)
from storage.posts import Post, find_post
from storage.views.polls import load_polls
from storage.visibility import is_visible

FEWEST_OPTIONS, MOST_OPTIONS = 2, 8
LONGEST_OPTION = 100
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=30)

TOLD_SOONEST, TOLD_LATEST = timedelta(minutes=3), timedelta(hours=1)
"""How long votes are gathered before others hear of them (Mastodon 4.6: 3 minutes)."""
NEWS_PER_POLL = 200

CHECK_AFTER = timedelta(minutes=2)
"""How old the results of a remote poll must be before its server is asked again."""
CHECK_SECONDS = 5.0
"""Whoever looks does not wait longer for the answer."""


@dataclass(frozen=True, slots=True)
class NewPoll:
    """What one of ours asks. `hides_counts`: how many chose what is shown only after the end."""

    options: Sequence[str]
    lasts: timedelta
    is_multiple: bool = False
    hides_counts: bool = False


def check_poll(poll: NewPoll | None) -> NewPoll | None:
    """The same, cleaned. Raises Invalid, saying what is wrong."""
    if poll is None:
        return None
    options = [clean_name(option, limit=LONGEST_OPTION + 1) for option in poll.options if can_be_seen(option)]
    if len(options) < FEWEST_OPTIONS:
        raise Invalid(f"a poll needs at least {FEWEST_OPTIONS} options", field="poll")
    if len(options) > MOST_OPTIONS:
        raise Invalid(f"a poll has at most {MOST_OPTIONS} options", field="poll")
    if any(len(option) > LONGEST_OPTION for option in options):
        raise Invalid(f"an option of a poll has at most {LONGEST_OPTION} characters", field="poll")
    if len(set(options)) < len(options):
        raise Invalid("the options of a poll must differ", field="poll")
    if not SHORTEST <= poll.lasts <= LONGEST:
        raise Invalid(f"a poll is open for {SHORTEST.seconds // 60} minutes to {LONGEST.days} days", field="poll")
    return replace(poll, options=options)


async def poll_parts(session: Session, post_id: int, *, now: datetime) -> PollParts | None:
    """The poll of a post of ours, for its document."""
    if await find_poll(session, post_id) is None:
        return None
    poll = (await load_polls(session, [post_id], viewer_id=None))[post_id]
    return PollParts(poll, poll.is_over(now))


async def open_poll(session: Session, post_id: int, poll: NewPoll, *, now: datetime) -> None:
    """Give a new post of ours its (checked) poll."""
    row = Poll(
        post_id=post_id,
        is_multiple=poll.is_multiple,
        hides_counts=poll.hides_counts,
        ends_at=now + poll.lasts,
        voters_count=0,
    )
    await insert_poll(session, row, [(title, 0) for title in poll.options])


async def change_poll(session: Session, post_id: int, poll: NewPoll | None, *, now: datetime) -> None:
    """An edit gives a post of ours another (checked) poll, or None. Other answers void the votes so far; with the same
    answers only the end moves.
    """
    known = await find_poll(session, post_id, in_turn=True)
    if known is None or poll is None:
        if known is not None:
            await delete_poll(session, post_id)
        if poll is not None:
            await open_poll(session, post_id, poll, now=now)
        return
    titles = [option.title for option in await find_options(session, post_id)]
    values = {"hides_counts": poll.hides_counts, "ends_at": now + poll.lasts, "told_at": None}
    if titles != list(poll.options) or known.is_multiple != poll.is_multiple:
        await replace_options(session, post_id, [(title, 0) for title in poll.options])
        values |= {"is_multiple": poll.is_multiple, "voters_count": 0, "news_due_at": None}
    await update_poll(session, post_id, **values)


async def vote(hub: Hub, *, actor_id: int, post_id: int, choices: Sequence[int]) -> None:
    """Choose answers (positions) of a poll. Raises Missing, and Invalid, saying why it can't be."""
    wanted = list(dict.fromkeys(choices))

    async def unit(session: Session) -> None:
        actor, post = await get_acting(session, actor_id), await find_post(session, post_id)
        if post is None or not await is_visible(session, post, viewer_id=actor_id):
            raise Missing("there is no such poll")
        poll = await find_poll(session, post_id, in_turn=True)
        if poll is None:
            raise Missing("there is no such poll")
        options = await find_options(session, post_id)
        chosen = await find_chosen(session, post_id, actor_id=actor_id)
        _check_vote(wanted, poll, is_over=poll.is_over(hub.clock.now()), options=options, chosen=chosen)
        if post.author_id == actor_id:
            raise Invalid("you cannot vote in your own polls")
        author = await get_actor(session, post.author_id)
        for number, position in enumerate(wanted):
            option, is_first = options[position], not chosen and number == 0
            await _cast(session, hub, option, actor=actor, post=post, author=author, is_first=is_first)
        if post.is_local:
            await note_news(session, post_id, due_at=_news_due_at(poll, now=hub.clock.now()))

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def count_vote(session: Session, hub: Hub, *, poll: Poll, actor_id: int, title: str, uri: str) -> str | None:
    """Count a vote from elsewhere in a poll of ours, whose turn was taken; says why not, if so."""
    now = hub.clock.now()
    if poll.is_over(now):
        return "poll_is_over"
    titles = [option.title for option in await find_options(session, poll.post_id)]
    if title not in titles:
        return "no_such_option"
    chosen = await find_chosen(session, poll.post_id, actor_id=actor_id)
    position = titles.index(title)
    if position in chosen or (chosen and not poll.is_multiple):
        return "voted_before"
    row = PollVote(
        id=hub.ids.next(), post_id=poll.post_id, actor_id=actor_id, position=position, uri=uri, created_at=now
    )
    await insert_vote(session, row, is_first=not chosen)
    await note_news(session, poll.post_id, due_at=_news_due_at(poll, now=now))
    return None


async def refresh_poll(hub: Hub, post_id: int) -> None:
    """Ask the server of a remote poll how it stands, if that was not done in the last minutes, and not since its end;
    what we know stays where it does not answer soon. Never raises `ProtocolError`.
    """
    now = hub.clock.now()
    uri = await hub.database.read(lambda session: _to_be_asked(session, post_id, now=now))
    if uri is None:
        return
    is_ours = await hub.database.write(
        lambda session: claim_check(session, post_id, checked_before=now - CHECK_AFTER, now=now)
    )
    if not is_ours:
        return
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            found = await fetch_post(hub, uri, Budget())
    except (ProtocolError, TimeoutError):
        return

    async def unit(session: Session) -> None:
        post = await find_post(session, post_id)
        author = await get_actor(session, post.author_id) if post is not None else None
        if author is not None and (found.uri, found.author) == (uri, author.uri):
            await count_anew(session, post_id, found, now=now)

    await hub.database.write(unit)


async def _to_be_asked(session: Session, post_id: int, *, now: datetime) -> str | None:
    post, poll = await find_post(session, post_id), await find_poll(session, post_id)
    if post is None or post.is_local or poll is None:
        return None
    checked = poll.checked_at
    if checked is not None and (now - checked < CHECK_AFTER or poll.is_over(checked)):
        return None
    return post.uri


def _news_due_at(poll: Poll, *, now: datetime) -> datetime:
    """When others are to hear of a vote: the further off the end, the less often, so that even a month of voting makes
    no more than some hundred activities.
    """
    left = (poll.ends_at or now) - now
    return now + min(max(TOLD_SOONEST, left / NEWS_PER_POLL), TOLD_LATEST)


def _check_vote(
    wanted: Sequence[int], poll: Poll, *, is_over: bool, options: Sequence[PollOption], chosen: Sequence[int]
) -> None:
    """Raises Invalid in Mastodon's words, which the API's clients look for."""
    if is_over:
        raise Invalid("the poll has already ended")
    if not wanted:
        raise Invalid("choose an answer first")
    if any(not 0 <= position < len(options) for position in wanted):
        raise Invalid("the chosen vote option does not exist")
    if set(wanted) & set(chosen) or (not poll.is_multiple and (chosen or len(wanted) > 1)):
        raise Invalid("you have already voted on this poll")


async def _cast(
    session: Session, hub: Hub, option: PollOption, *, actor: Actor, post: Post, author: Actor, is_first: bool
) -> None:
    now, (key, uri) = hub.clock.now(), new_activity(hub)
    vote_uri = hub.uris.vote(str(key))
    row = PollVote(id=key, post_id=post.id, actor_id=actor.id, position=option.position, uri=vote_uri, created_at=now)
    await insert_vote(session, row, is_first=is_first)
    parts = VoteParts(vote_uri, actor.uri, option.title, voted_uri=post.uri, to=author.uri, published=now)
    document, order_key = create_vote(uri, parts), f"{actor.uri} votes in {post.uri}"
    await publish_to(session, hub, actor=actor, target=author, document=document, order_key=order_key)
