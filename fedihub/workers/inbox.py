"""Applies what arrived: `fedihub.inbox` says what each activity means, this module when and in which transaction.

Gathering (reading, fetching) goes on for many activities at once and never inside a transaction. What has been
gathered is applied together, many activities in one unit, because a commit costs as much as ten of them; if that unit
fails, each is applied alone, so that one poisoned activity costs only itself. What can't be applied now is tried again
on a schedule, and given up with a reason.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import assert_never

from federation.backoff import SCHEDULE
from federation.errors import ProtocolError
from federation.identifiers import ActorUri, Host, KeyId, host_of
from federation.receive import Receipt, reopen
from fedihub.hub import Hub
from fedihub.inbox import INBOX
from fedihub.inbox.admission import objection
from fedihub.inbox.gathering import Gathering
from fedihub.inbox.results import Applied, Change, Ignored, Later, Refused, Result
from fedihub.services.remote_posts import is_temporary
from fedihub.unsynced import SaidFollowers
from fedihub.workers.pipeline import Pipeline, Stages
from fedihub.workers.places import Places
from storage.actors import Actor, find_actors_by_uri, find_ended
from storage.chapters import list_chapter_ids
from storage.database import Session
from storage.delivery_results import end_hold
from storage.errors import DatabaseBusy, Unstorable
from storage.hosts import find_hosts
from storage.received import NOTHING_TO_UNDO, ReceivedActivity, ReceivedState, Verdict, claim_received, record_verdicts
from storage.statements import take_turns

SLOTS = 100
DELETE = "Delete"
LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 10
LONGEST_DETAIL = 1_000

Gathered = Change | Result


@dataclass(frozen=True, slots=True)
class Job:
    """One activity that was claimed, and what all that were claimed with it have in common: their senders, as far as
    they are known, and the ids of our chapters.
    """

    row: ReceivedActivity
    senders: dict[str, Actor]
    chapters: frozenset[int]


def pipeline(hub: Hub) -> Pipeline[Job, Gathered]:
    """The pipeline of the inbound log."""
    return Pipeline(stages(hub), slots=SLOTS, bell=hub.wake.inbound)


def stages(hub: Hub) -> Stages[Job, Gathered]:
    """What is done with an activity, one after the other."""
    places = Places()
    return Stages(partial(_claim, hub), partial(_gather, hub, places), partial(_apply, hub), places.make_room)


async def _claim(hub: Hub, free: int, _working: Sequence[Job]) -> Sequence[Job]:
    now = hub.clock.now()

    async def unit(session: Session) -> Sequence[Job]:
        rows = await claim_received(session, now=now, limit=free, lease=LEASE)
        known = await find_actors_by_uri(session, {row.actor_uri for row in rows})
        senders = {uri: actor for uri, actor in known.items() if actor.gone_at is None}
        chapters = await list_chapter_ids(session) if rows else frozenset()
        return [Job(row, senders, chapters) for row in rows]

    return await hub.database.write(unit)


async def _gather(hub: Hub, places: Places, job: Job) -> Gathered:
    row, at = job.row, Gathering(hub, job.senders, job.chapters, postponed=job.row.reason)
    if row.attempts > MOST_ATTEMPTS:  # whoever had it never said what became of it: it may be what ends the process
        return Later("never_finished")
    receipt = Receipt(
        body=row.body,
        actor=ActorUri(row.actor_uri),
        key_id=KeyId(row.key_id),
        signature_hash=row.signature_hash,
        received_at=row.received_at,
        inbox=str(row.inbox_actor_id) if row.inbox_actor_id else None,
        followers_header=row.followers_header,
    )
    try:
        async with places.taken(row.id):  # units of work survive it: they are shielded, see storage.database
            received = reopen(receipt)
            found = await objection(at, received) or await INBOX.dispatch(at, received)
            if received.followers is not None and not isinstance(found, Refused):
                hub.unsynced.note(SaidFollowers(received.actor, received.followers))
    except ProtocolError as error:
        return Later(error.reason, str(error)) if is_temporary(error) else Refused(error.reason, str(error))
    except TimeoutError:
        return Later("gathering_took_too_long")
    except DatabaseBusy as error:
        return Later("database_busy", str(error))
    except Unstorable as error:
        return Refused("unstorable", str(error))
    except Exception:
        hub.log.exception("gathering failed", received=job.row.id, activity=job.row.activity_uri)
        return Later("failed", traceback.format_exc(limit=-3))
    return found if found is not None else Ignored("unknown_type")


async def _apply(hub: Hub, done: Sequence[tuple[Job, Gathered]]) -> None:
    try:
        await hub.database.write(lambda session: _apply_all(session, hub, done))
    except Exception as error:  # noqa: BLE001 - which of them it was, shows when each is applied alone
        if len(done) > 1 and not isinstance(error, DatabaseBusy):
            hub.log.warning("a batch is applied one by one", because=repr(error))
        for job, gathered in done:
            await _apply_alone(hub, job, gathered)
    hub.wake.outbound.set()


async def _apply_alone(hub: Hub, job: Job, gathered: Gathered) -> None:
    try:
        await hub.database.write(lambda session: _apply_all(session, hub, [(job, gathered)]))
        return
    except Unstorable as error:
        failed: Gathered = Refused("unstorable", str(error))
    except Exception:
        hub.log.exception("applying failed", received=job.row.id, activity=job.row.activity_uri)
        failed = Later("failed", traceback.format_exc(limit=-3))
    await hub.database.write(lambda session: _apply_all(session, hub, [(job, failed)]))


async def _apply_all(session: Session, hub: Hub, done: Sequence[tuple[Job, Gathered]]) -> None:
    """In one transaction, and of one actor, and about one thing, only in one at a time: what undoes something must see
    it, nothing comes after an actor's end that was gathered before it, and two who count what was done to the same
    things do not wait for each other.
    """
    verdicts = []
    actors = {job.row.actor_uri for job, _ in done}
    await take_turns(session, actors | {job.row.object_uri for job, _ in done if job.row.object_uri is not None})
    ended = await find_ended(session, actors)
    for job, gathered in done:
        is_late = job.row.actor_uri in ended and callable(gathered)
        result = Refused("actor_gone") if is_late else await _result(session, gathered)
        if job.row.activity_type == DELETE and job.row.object_uri == job.row.actor_uri:
            ended = await find_ended(session, actors)
        verdict = _verdict(hub, job.row, result)
        if verdict.reason == NOTHING_TO_UNDO:
            await record_verdicts(session, [verdict], now=hub.clock.now())  # what it undoes may stand behind it here
        else:
            verdicts.append(verdict)
    await record_verdicts(session, verdicts, now=hub.clock.now())
    await _note_hosts(session, hub, {host_of(job.row.actor_uri) for job, _ in done})


async def _result(session: Session, gathered: Gathered) -> Result:
    return await gathered(session) if callable(gathered) else gathered


async def _note_hosts(session: Session, hub: Hub, hosts: set[Host]) -> None:
    """Whoever writes to us can be written to: a host that was held, or given up, is asked again at once."""
    now = hub.clock.now()
    for host, known in (await find_hosts(session, hosts)).items():
        is_held = known.held_until is not None and known.held_until > now
        if is_held or known.unavailable_at is not None:
            await end_hold(session, host, now=now)


def _verdict(hub: Hub, row: ReceivedActivity, result: Result) -> Verdict:
    match result:
        case Applied():
            return Verdict(row.id, row.attempts, ReceivedState.APPLIED)
        case Ignored(reason):
            return Verdict(row.id, row.attempts, ReceivedState.IGNORED, reason)
        case Refused(reason, detail):
            return Verdict(row.id, row.attempts, ReceivedState.REFUSED, reason, detail[:LONGEST_DETAIL])
        case Later():
            return _postponed(hub, row, result)
        case _:
            assert_never(result)


def _postponed(hub: Hub, row: ReceivedActivity, result: Later) -> Verdict:
    detail = result.detail[:LONGEST_DETAIL]
    if row.attempts < MOST_ATTEMPTS:
        pause = timedelta() if result.at_once else result.after or SCHEDULE[min(row.attempts, len(SCHEDULE)) - 1]
        run_at = hub.clock.now() + pause
        return Verdict(row.id, row.attempts, ReceivedState.WAITING, result.reason, detail, run_at)
    state = ReceivedState.APPLIED if result.partly else ReceivedState.GAVE_UP
    return Verdict(row.id, row.attempts, state, result.reason, detail)
