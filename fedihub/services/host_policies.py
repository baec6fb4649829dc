"""What the operator decides about whole hosts: blocking, limiting and opening them, and what follows from it here.

A decision holds at once, in one unit: the policy, its copy at every actor of the host, what was on its way there, and
what we pass on of those who live there.
The follows with a blocked host end after that, a few at a time, and their end is the last that goes there: they don't
come back when it is opened again, all else does. Whoever stops half-way may simply decide again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from federation.errors import BadUri
from federation.identifiers import Host, parse_host
from fedihub.errors import Invalid
from fedihub.host_gate import PolicyBook, without_port
from fedihub.hub import Hub
from fedihub.services.following import say_farewell
from storage.database import Session
from storage.deliveries import count_unsent_by_host, drop_deliveries
from storage.host_policies import HostLevel, HostPolicy, delete_policy, find_policy, list_policies, put_policy
from storage.keeping_back import count_passed_on_by_host, drop_passed_on_of
from storage.standing import FollowPair, Placed, forget_media, list_follows_with, list_placed, set_host_level

ENDED_AT_ONCE = 100
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """What shall hold for a host from now on. `reason` is for everybody to read, `note` for the operator."""

    level: HostLevel
    rejects_media: bool = False
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class EndedFollow:
    """A follow that a block has ended: both handles, and whether it had been accepted."""

    follower: str
    followed: str
    state: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What a decision touches: actors whose standing changes, deliveries that are dropped, follows that end."""

    host: str
    level: HostLevel
    actors: int = 0
    deliveries: int = 0
    follows: list[EndedFollow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HostShown:
    """The policy that covers a host, if any, and what we know of those who live there or below."""

    policy: HostPolicy | None
    actors: int
    follows: int


async def decide(hub: Hub, host: str, decision: Decision) -> Reach:
    """Let something hold for a host and all that lie below it. Raises Invalid for what is no host, and for our own."""
    name = read_host(hub, host)
    policy = _policy(name, decision, now=hub.clock.now())
    reach = await hub.database.write(lambda session: _apply(session, hub, policy))
    hub.host_gate.forget()
    if decision.level is not HostLevel.BLOCKED:
        return reach
    return Reach(name, decision.level, reach.actors, reach.deliveries, await _end_follows(hub, name))


async def foresee(hub: Hub, host: str, decision: Decision) -> Reach:
    """What `decide` would touch. Raises as it does."""
    name = read_host(hub, host)

    async def unit(session: Session) -> Reach:
        before = await list_policies(session)
        book = PolicyBook([*before, _policy(name, decision, now=hub.clock.now())])
        unsent = await count_unsent_by_host(session)
        placed = await list_placed(session, name)
        ended = await list_follows_with(session, _blocked_ids(placed, book)) if book.is_blocked(name) else []
        changed = _changed(placed, book)
        passed_on = await count_passed_on_by_host(session, _fallen(changed))
        falls = partial(_falls, before=PolicyBook(before), after=book)
        dropped = [number for host, number in unsent if falls(host)]
        dropped += [number for host, number in passed_on if not falls(host)]
        return Reach(
            name,
            decision.level,
            actors=len(changed),
            deliveries=sum(dropped),
            follows=[_ended(hub, pair) for pair in ended],
        )

    return await hub.database.read(unit)


async def show_host(hub: Hub, host: str) -> HostShown:
    """What was decided about a host, or about one above it, and who is known there. Raises Invalid."""
    name = read_host(hub, host)

    async def unit(session: Session) -> HostShown:
        policy = PolicyBook(await list_policies(session)).find(name)
        here = PolicyBook([_policy(name, Decision(HostLevel.BLOCKED), now=hub.clock.now())])
        ids = _blocked_ids(await list_placed(session, name), here)
        return HostShown(policy, len(ids), len(await list_follows_with(session, ids)))

    return await hub.database.read(unit)


def read_host(hub: Hub, text: str) -> Host:
    """A host as policies name it: its one spelling, without a port. Raises Invalid for what is none, and for our own
    host or one above it.
    """
    try:
        name = Host(without_port(parse_host(text.strip().removeprefix("*."))))
    except BadUri as error:
        raise Invalid(f"{text} is no host name, like peer.example", field="host") from error
    for own in (hub.uris.host, hub.uris.handle_domain):
        if f".{without_port(own)}".endswith(f".{name}"):
            raise Invalid(f"{name} is this hub itself: nothing can be decided about it", field="host")
    return name


def _policy(name: str, decision: Decision, *, now: datetime) -> HostPolicy:
    return HostPolicy(
        host=name,
        level=decision.level,
        rejects_media=decision.rejects_media,
        reason=decision.reason.strip()[:LONGEST_REASON],
        note=decision.note.strip()[:LONGEST_REASON],
        created_at=now,
        updated_at=now,
    )


async def _apply(session: Session, hub: Hub, policy: HostPolicy) -> Reach:
    before = PolicyBook(await list_policies(session))
    await _store(session, hub, policy)
    book = PolicyBook(await list_policies(session))
    placed = await list_placed(session, policy.host)
    changed = _changed(placed, book)
    await forget_media(session, [each.id for each in placed if book.rejects_media(each.host, each.uri)])
    for level in HostLevel:
        await set_host_level(session, [actor.id for actor, now in changed if now is level], level)
    dropped = 0
    for host, _ in await count_unsent_by_host(session):
        if _falls(host, before, book):
            dropped += await drop_deliveries(session, now=hub.clock.now(), host=host)
    dropped += await drop_passed_on_of(session, _fallen(changed), now=hub.clock.now())
    return Reach(policy.host, policy.level, actors=len(changed), deliveries=dropped)


def _falls(host: str, before: PolicyBook, after: PolicyBook) -> bool:
    """Whether a host is blocked only now: what waits for one that was blocked before are farewells."""
    return after.is_blocked(host) and not before.is_blocked(host)


async def _store(session: Session, hub: Hub, policy: HostPolicy) -> None:
    """An open host needs no policy, unless something above it is not open, or its media are left out."""
    version = hub.ids.next()
    if policy.level is HostLevel.OPEN and not policy.rejects_media:
        above = policy.host.partition(".")[2]
        others = PolicyBook(await list_policies(session))
        if not above or others.find(above) is None:
            await delete_policy(session, policy.host, version=version)
            return
    known = await find_policy(session, policy.host)
    policy.created_at = known.created_at if known is not None else policy.created_at
    await put_policy(session, policy, version=version)


def _changed(placed: Iterable[Placed], book: PolicyBook) -> list[tuple[Placed, HostLevel]]:
    """Those whose host now stands otherwise than they do, and how."""
    levels = [(actor, _level(actor, book)) for actor in placed]
    return [(actor, level) for actor, level in levels if level is not actor.host_level]


def _fallen(changed: Iterable[tuple[Placed, HostLevel]]) -> list[int]:
    """Those of them who are blocked now, and were not."""
    return [actor.id for actor, now in changed if now is HostLevel.BLOCKED]


async def _end_follows(hub: Hub, name: str) -> list[EndedFollow]:
    """End the follows with all blocked actors of a host, in units that are soon over: nobody shall wait for them."""
    book = await hub.host_gate.book()

    async def look(session: Session) -> list[FollowPair]:
        return await list_follows_with(session, _blocked_ids(await list_placed(session, name), book))

    pairs = await hub.database.read(look)
    for start in range(0, len(pairs), ENDED_AT_ONCE):
        await hub.database.write(partial(_part_all, hub=hub, pairs=pairs[start : start + ENDED_AT_ONCE]))
    hub.wake.outbound.set()
    return [_ended(hub, pair) for pair in pairs]


def _blocked_ids(placed: Iterable[Placed], book: PolicyBook) -> list[int]:
    return [each.id for each in placed if _level(each, book) is HostLevel.BLOCKED]


def _level(actor: Placed, book: PolicyBook) -> HostLevel:
    return book.level_at(actor.host, actor.uri, actor.inbox_url)


async def _part_all(session: Session, *, hub: Hub, pairs: Sequence[FollowPair]) -> None:
    for pair in pairs:
        await say_farewell(session, hub, follower_id=pair.follower_id, followed_id=pair.followed_id)


def _ended(hub: Hub, pair: FollowPair) -> EndedFollow:
    return EndedFollow(_handle(hub, *pair.follower), _handle(hub, *pair.followed), pair.state.value)


def _handle(hub: Hub, username: str, host: str) -> str:
    return f"@{username}@{host or hub.uris.handle_domain}"
