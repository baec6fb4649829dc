"""Conversations that are complete: what is missing here is looked for where it was said.

A server hears only those answers that somebody sends it. So when a member opens a conversation that has parts
elsewhere, or takes part in it, and when an opening in it is passed on or answered, a worker reads anew what it began
with (edits get lost, and nobody is told of counts), and looks for the rest: first for what is answered here but
missing, then in the collections that other servers keep, of the whole conversation (`context`, FEP-f228) and of the
answers to each post (`replies`, FEP-7458). What those list are hints. Each post is fetched from its own origin, and
only one that in the end answers something in this very conversation is kept: nobody can fill the hub with posts that
nobody here asked for.

All of it is bounded: in documents, for each host, in time, and in how often (`storage.conversation_checks`). Where our
people have spoken, or a chapter of ours has passed something on, it is done again by itself, after pauses that grow
while nothing new is found.
"""

import asyncio
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from federation.dereference import Budget
from federation.errors import BadUri, ProtocolError
from federation.identifiers import host_of, parse_uri
from federation.walking import walk
from fedihub.hub import Hub
from fedihub.services.remote_actors import known_actor
from fedihub.services.remote_posts import (
    PostPlan,
    Thread,
    apply_post,
    apply_thread,
    fetch_post,
    gather_thread,
    is_temporary,
)
from storage.conversation_checks import (
    Checked,
    ConversationState,
    Member,
    find_checkable,
    find_conversation_id,
    find_known,
    is_awaited,
    load_state,
    record_replies_checked,
    want_check,
)
from storage.database import Session
from storage.posts import OPEN, Post, find_post_by_uri, find_tombstone

MOST_DOCUMENTS = 200
"""Documents that one look may fetch: posts, their authors, pages of collections."""
HEAVY = 200 * 1024
"""A document of so many bytes counts twice, and so on: few hosts must not use up what may be fetched."""
MOST_PER_HOST = 60
MOST_SECONDS = 60.0
PAUSES = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
)
"""How long after a look the next may follow, by how often in a row nothing new was found (Mastodon 4.6: 15 minutes,
always).
"""
REPLIES_COOL_DOWN = PAUSES[0]
LONGEST_INTEREST = timedelta(days=30)
"""How long after one of ours took part a conversation is looked at by itself: with pauses of a quarter of that time,
some forty times at most.
"""
MOST_FAILURES = 5
"""After so many posts in a row that were not to be had from a host, it is left alone until the next look."""


async def look_for_rest(hub: Hub, post_id: int) -> None:
    """A member opens the conversation of a post: have the rest of it looked for, unless that was done lately."""
    now = hub.clock.now()
    wanted = await hub.database.read(lambda session: find_checkable(session, post_id, now=now))
    if wanted is not None:
        await hub.database.write(lambda session: want_check(session, wanted, now=now))
        hub.wake.threads.set()


async def want_rest(session: Session, hub: Hub, post_id: int) -> None:
    """A member takes part in the conversation of a post: the same, in the unit of what they do there."""
    now = hub.clock.now()
    wanted = await find_checkable(session, post_id, now=now)
    if wanted is not None:
        await want_check(session, wanted, now=now)


async def complete(hub: Hub, post_id: int) -> Checked | None:
    """Look for what is missing in the conversation of a post, and store it; None if the post is gone.

    Asks other servers, so it must not be called inside a unit of work. Never raises `ProtocolError`.
    """
    state = await hub.database.read(lambda session: load_state(session, post_id))
    if state is None:
        return None
    search = _Search(hub, post_id)
    try:
        async with asyncio.timeout(MOST_SECONDS):  # units of work survive it: they are shielded, see storage.database
            await _look(search, state)
    except TimeoutError:
        hub.log.info("a conversation was not looked through to its end", post=post_id, found=search.stored)
    return _result(search, state, now=hub.clock.now())


@dataclass(slots=True)
class _Search:
    """One look at one conversation: what is still to be asked for, and what came of it."""

    hub: Hub
    post_id: int
    budget: Budget = field(default_factory=lambda: Budget(MOST_DOCUMENTS))
    hosts: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    posts: deque[str] = field(default_factory=deque)
    lists: deque[Member] = field(default_factory=deque)
    stored: int = 0
    missing: set[str] = field(default_factory=set)
    failures: Counter[str] = field(default_factory=Counter)

    def may_ask(self, uri: str) -> bool:
        """Whether this host has not been asked for too much, nor for too much in vain."""
        host = host_of(uri)
        self.hosts[host] += 1
        return not self.budget.is_spent and self.hosts[host] <= MOST_PER_HOST and self.failures[host] < MOST_FAILURES

    def queue(self, uris: list[str]) -> None:
        """Posts to be fetched, each once."""
        fresh = [uri for uri in dict.fromkeys(uris) if uri not in self.seen and not self.hub.uris.is_local(uri)]
        self.seen.update(fresh)
        self.posts.extend(fresh)


async def _look(search: _Search, state: ConversationState) -> None:
    search.seen.update(member.uri for member in state.members)
    await _read_anew(search, state)
    search.queue([each.parent_uri for each in state.members if each.parent_uri and not each.parent_is_known])
    await _fetch_queued(search)
    if (uri := _collection_of(search.hub, state)) is not None and search.may_ask(uri):
        search.queue(list((await walk(search.hub.dereferencer, uri, budget=search.budget)).ids))
        await _fetch_queued(search)
    search.lists.extend(state.members)
    while search.lists and not search.budget.is_spent:
        await _ask_for_replies(search, search.lists.popleft())


async def _read_anew(search: _Search, state: ConversationState) -> None:
    """The oldest post of another server, as it is now; if it can't be had, it stays as it was."""
    first = min((member for member in state.members if not member.is_local), key=lambda each: each.id, default=None)
    if first is None or not search.may_ask(first.uri):
        return
    hub = search.hub
    with suppress(ProtocolError):
        found = await fetch_post(hub, first.uri, search.budget)
        author = await known_actor(hub, found.author or "", budget=search.budget)
        plan = PostPlan(found, author, is_vouched=True)
        if found.uri == first.uri and plan.audience in OPEN:
            await hub.database.write(lambda session: apply_post(session, hub, plan))


def _collection_of(hub: Hub, state: ConversationState) -> str | None:
    """Where the conversation is listed as a whole, if it began elsewhere; its name may be no address at all."""
    try:
        uri = parse_uri(state.uri, http_allowed=True)
    except BadUri:
        return None
    return None if hub.uris.is_local(uri) else uri


async def _ask_for_replies(search: _Search, member: Member) -> None:
    """What the post's own server lists as its answers."""
    hub, now = search.hub, search.hub.clock.now()
    uri, last = member.replies_uri, member.replies_checked_at
    if uri is None or member.is_local or (last is not None and now - last < REPLIES_COOL_DOWN):
        return
    if not search.may_ask(uri):
        return
    found = await walk(hub.dereferencer, uri, budget=search.budget)
    if search.budget.is_spent:
        return  # perhaps it is not whole
    await hub.database.write(lambda session: record_replies_checked(session, member.id, now=now))
    search.queue(list(found.ids))
    await _fetch_queued(search)


async def _fetch_queued(search: _Search) -> None:
    """Fetch what is queued and not here yet; what can't be had now counts as missing."""
    known = await search.hub.database.read(lambda session: find_known(session, list(search.posts)))
    while search.posts:
        uri = search.posts.popleft()
        if uri in known:
            continue
        if not search.may_ask(uri):
            search.missing.add(uri)
            continue
        before = search.budget.bytes_left
        try:
            await _fetch(search, uri)
            search.failures[host_of(uri)] = 0
        except ProtocolError as error:
            search.failures[host_of(uri)] += 1
            if is_temporary(error) or search.budget.is_spent:
                search.missing.add(uri)
        search.hosts[host_of(uri)] += (before - search.budget.bytes_left) // HEAVY


async def _fetch(search: _Search, uri: str) -> None:
    """Fetch one post, with what lies between it and the conversation, and store it if it belongs there."""
    hub = search.hub
    found = await fetch_post(hub, uri, search.budget)
    if found.in_reply_to is None and not await hub.database.read(
        lambda session: _is_beginning(session, search, found.uri)
    ):
        return  # somebody lists what has nothing to do with it
    author = await known_actor(hub, found.author or "", budget=search.budget)
    plan = PostPlan(found, author, is_vouched=True)
    if plan.audience not in OPEN:
        return
    thread = await gather_thread(hub, plan, budget=search.budget)
    if thread.unreachable:
        search.missing.add(thread.plans[0].found.in_reply_to or uri)
    post = await hub.database.write(lambda session: _store(session, search, thread))
    if post is None:
        return
    search.stored += len(thread.plans)
    search.seen.update(each.found.uri for each in thread.plans)
    search.lists.append(_member(post))


async def _store(session: Session, search: _Search, thread: Thread) -> Post | None:
    """The post, if it was new and belongs here."""
    found = thread.plans[-1].found
    if await find_post_by_uri(session, found.uri) is not None:
        return None
    if await find_tombstone(session, found.uri, author_uri=thread.plans[-1].author.uri) is not None:
        return None
    if not await _belongs(session, search.post_id, thread):
        return None
    return await apply_thread(session, search.hub, thread)


async def _is_beginning(session: Session, search: _Search, uri: str) -> bool:
    """Whether the conversation waits for this post, which answers nothing itself."""
    here = await find_conversation_id(session, search.post_id)
    return here is not None and await is_awaited(session, here, [uri])


async def _belongs(session: Session, post_id: int, thread: Thread) -> bool:
    """Whether something in the conversation of this post answers one of these posts, or the first of them answers
    something there.
    """
    here = await find_conversation_id(session, post_id)
    if here is None:
        return False
    if await is_awaited(session, here, [plan.found.uri for plan in thread.plans]):
        return True
    parent_uri = thread.plans[0].found.in_reply_to
    parent = await find_post_by_uri(session, parent_uri) if parent_uri is not None else None
    return parent is not None and parent.conversation_id == here


def _member(post: Post) -> Member:
    return Member(
        id=post.id,
        uri=post.uri,
        is_local=False,
        parent_uri=post.in_reply_to_uri,
        parent_is_known=post.in_reply_to_id is not None,
        replies_uri=post.replies_uri,
        replies_checked_at=post.replies_checked_at,
    )


def _result(search: _Search, state: ConversationState, *, now: datetime) -> Checked:
    left = {each for each in search.posts if each not in search.missing}
    checks = 0 if search.stored else state.checks + 1
    next_at = now + PAUSES[min(checks, len(PAUSES) - 1)]
    return Checked(len(search.missing | left), checks, next_at, _wanted_at(state, checks, next_at, now=now))


def _wanted_at(state: ConversationState, checks: int, next_at: datetime, *, now: datetime) -> datetime | None:
    """When to look again though nobody asks: the longer ago it is that one of ours took part, the later, whatever is
    found each time; who lists a new answer at each look would have us come for ever.
    """
    if state.joined_at is None or checks >= len(PAUSES) or now - state.joined_at > LONGEST_INTEREST:
        return None
    return max(next_at, now + (now - state.joined_at) / 4)
