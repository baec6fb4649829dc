"""What arrives: signed activities accepted (proved, on the disk, answered 202) and applied (understood, with all
their effects) per second.

Three measurements, each on distinct activities of several remote actors whose keys the hub has seen before: accepting
while no worker runs, applying that backlog while nothing arrives, and both at once, from the first request until
nothing waits any more.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import func, select
from sqlmodel import col

from bench.support.activities import Senders, signed_requests
from bench.support.figures import Figure, Spread
from bench.support.hub import BenchHub
from bench.support.lab import Lab
from bench.support.load import Load, send_all
from bench.support.peers import BenchActor, peers
from bench.support.world import add_members, add_posts
from storage.database import Database, Session
from storage.received import ReceivedActivity, ReceivedState

TITLE = "Inbox: signed activities (6 replies : 3 likes : 1 follow)"
HOSTS, SENDERS, MEMBERS, POSTS = 4, 20, 60, 400
AT_ONCE = 4_000
CONNECTIONS = 32
PATIENCE = 180.0
TARGET_ACCEPTED, TARGET_APPLIED = 600, 300


@dataclass(frozen=True, slots=True)
class _Round:
    accepted: Load
    backlog_per_second: float
    together: Load
    together_per_second: float


async def measure(lab: Lab) -> list[Figure]:
    """The medians of some rounds, each on a fresh hub."""
    rounds = [await _round(lab) for _ in range(lab.rounds)]
    accepted = median(each.accepted.per_second for each in rounds)
    while_applying = median(each.together.per_second for each in rounds)
    latency = Spread.of([seconds for each in rounds for seconds in each.accepted.durations])
    return [
        Figure(
            "accepted, workers off",
            accepted,
            "/s",
            target=TARGET_ACCEPTED,
            beside="one verify each; commits are shared",
        ),
        *latency.figures(f"  answer to one of {CONNECTIONS} at once"),
        Figure("applied, a backlog alone", median(r.backlog_per_second for r in rounds), "/s", target=TARGET_APPLIED),
        Figure("accepted while applying", while_applying, "/s"),
        Figure(
            "accepted and applied, both at once",
            median(r.together_per_second for r in rounds),
            "/s",
            target=TARGET_APPLIED,
        ),
    ]


async def _round(lab: Lab) -> _Round:
    hub, count = await lab.hub("inbox"), lab.scaled(AT_ONCE)
    async with peers(hosts=HOSTS) as them, hub.database() as database:
        senders = await seed(hub, them.add_actors(SENDERS))
        async with hub.running():  # whoever is new is fetched first: that would measure the peers
            await send(hub, senders, count=SENDERS * 10)
            await until_applied(database)
        async with hub.running(workers=False):
            accepted = await send(hub, senders, count=count)
        async with hub.running():
            backlog = await until_applied(database)
            began = time.perf_counter()
            together = await send(hub, senders, count=count)
            await until_applied(database)
            both = count / (time.perf_counter() - began)
    return _Round(accepted, backlog, together, both)


async def send(hub: BenchHub, senders: Senders, *, count: int) -> Load:
    """Sign so many activities, then send them. Raises RuntimeError when one was not accepted."""
    requests = await signed_requests(senders.activities(count), base_url=hub.settings.base_url)
    return (await send_all(hub.address, requests, connections=CONNECTIONS)).demand(202)


async def until_applied(database: Database) -> float:
    """Wait until nothing waits; gives how many were applied per second. Raises RuntimeError, TimeoutError."""
    began, at_first = time.perf_counter(), await database.read(_waiting)
    async with asyncio.timeout(PATIENCE):
        while await database.read(_waiting):  # noqa: ASYNC110 - another process does it: there is no event to wait for
            await asyncio.sleep(0.02)
    await _check_effects(database)
    return at_first / (time.perf_counter() - began)


async def _waiting(session: Session) -> int:
    return await _count(session, ReceivedState.WAITING)


async def _check_effects(database: Database) -> None:
    """What was measured is what was meant: everything had its effect."""

    async def unit(session: Session) -> tuple[int, int]:
        every = select(func.count()).select_from(ReceivedActivity)
        return await _count(session, ReceivedState.APPLIED), (await session.execute(every)).scalar_one()

    applied, every = await database.read(unit)
    if applied != every:
        raise RuntimeError(f"of {every} activities only {applied} had an effect: see `fedihub inbox log`")


async def _count(session: Session, state: ReceivedState) -> int:
    statement = select(func.count()).where(col(ReceivedActivity.state) == state)
    return int((await session.execute(statement)).scalar_one())


async def seed(hub: BenchHub, actors: Sequence[BenchActor]) -> Senders:
    """Members with posts that these actors can answer, like, and follow the authors of."""
    async with hub.opened() as inside:
        authors = await add_members(inside, MEMBERS)
        posts = await add_posts(inside, authors, POSTS)
    return Senders(actors, posts=posts, authors=authors)
