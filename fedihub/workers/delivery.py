"""Delivers what was said: one activity to one inbox, signed at the moment of sending.

What may be claimed (a held host delays nobody, hosts that are not proven alive get a share of the slots, one inbox
hears a story in order) is decided in `storage.deliveries`; what an answer means in `federation.delivery`; when to try
again in `federation.backoff`. Here they meet.
"""

import random
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import assert_never

import orjson

from federation.backoff import SCHEDULE, next_delay
from federation.delivery import FEW_ATTEMPTS, OutgoingDelivery, deliver
from federation.errors import HostBlocked, ProtocolError
from federation.identifiers import InboxUrl, SignatureKind
from federation.outcomes import Abandoned, Deferred, Delivered, Outcome
from federation.transport import BUSY, CONNECTIONS_PER_HOST
from fedihub.hub import Hub
from fedihub.outbox import FAREWELLS
from fedihub.services.follower_sync import followers_headers
from fedihub.services.remote_actors import dereference_actor
from fedihub.workers.pipeline import Pipeline, Stages
from storage.actors import find_actors_by_inbox
from storage.database import Session
from storage.deliveries import FORGOTTEN, DeliveryState
from storage.delivery_queue import ClaimedDelivery, claim_deliveries
from storage.delivery_results import DeliveryResult, record_results
from storage.errors import NotFound

LEASE = timedelta(seconds=60)
UNPROVEN_SHARE = 0.6
PER_HOST = CONNECTIONS_PER_HOST
"""What a host that answers gets at once; a queue of one host's own could not send more anyway."""
MOST_RECHECKED = 20
PATIENCE = timedelta(days=8)
"""What has waited so long for a host that does not answer is given up, though most of it was never tried itself: one
delivery at a time asks whether a dead host is back, for seven days at least.
"""


@dataclass(frozen=True, slots=True)
class Job:
    """One delivery that was claimed, and what its inbox is told beside the activity."""

    row: ClaimedDelivery
    headers: Mapping[str, str]


def pipeline(hub: Hub) -> Pipeline[Job, Outcome]:
    """The pipeline of the outbound queue."""
    return Pipeline(stages(hub), slots=hub.settings.delivery_slots, bell=hub.wake.outbound)


def stages(hub: Hub) -> Stages[Job, Outcome]:
    """What is done with a delivery, one after the other."""
    return Stages(partial(_claim, hub), partial(_deliver, hub), partial(_record, hub))


async def _claim(hub: Hub, free: int, working: Sequence[Job]) -> Sequence[Job]:
    under_way = sum(not job.row.is_proven for job in working)
    unproven = max(1, int(hub.settings.delivery_slots * UNPROVEN_SHARE)) - under_way
    now = hub.clock.now()

    async def unit(session: Session) -> Sequence[Job]:
        rows = await claim_deliveries(
            session, now=now, limit=free, lease=LEASE, unproven_limit=max(0, unproven), per_host=PER_HOST
        )
        headers = await followers_headers(session, hub, rows)
        return [Job(row, headers.get(row.id, {})) for row in rows]

    return await hub.database.write(unit)


async def _deliver(hub: Hub, job: Job) -> Outcome:
    row = job.row
    if row.body == FORGOTTEN:  # while it was under way the first time, which came to nothing
        return Abandoned("taken_back", excerpt="what it says was deleted here while it was under way")
    try:
        outcome = await _send(hub, job, retired=row.signed_with_retired)
        if row.signed_with_retired and outcome.status == 401:  # who asks for keys each time has the new one already
            outcome = await _send(hub, job, retired=False)
        if _may_have_ended(job, outcome):
            await _recheck(hub, row.inbox_url)
    except NotFound:
        return Abandoned("no_key", excerpt="the actor has no keys any more")
    except Exception:
        hub.log.exception("delivering failed", delivery=row.id, inbox=row.inbox_url)
        return Deferred("failed", excerpt=traceback.format_exc(limit=-3))
    return outcome


async def _send(hub: Hub, job: Job, *, retired: bool) -> Outcome:
    row = job.row
    signer = await hub.signers.signer_of(row.actor_id, changed_at=row.keys_changed_at, retired=retired)
    is_farewell = row.activity_type in FAREWELLS
    body = _body(hub, row, retired=retired)
    request = OutgoingDelivery(InboxUrl(row.inbox_url), body, job.headers, even_blocked=is_farewell)
    return await deliver(hub.transport, request, signer=signer, kind=SignatureKind(row.signature_kind))


def _body(hub: Hub, row: ClaimedDelivery, *, retired: bool) -> bytes:
    """What was said, word for word; but without a proof by keys that have been replaced since, which nobody can check
    any more: it would make the rest invalid, too. What others said and we pass on proves itself.
    """
    is_by_old_keys = row.keys_changed_at is not None and row.said_at <= row.keys_changed_at
    if retired or not (is_by_old_keys or row.signed_with_retired):
        return row.body
    said = orjson.loads(row.body)
    proof = said.get("proof")
    if not isinstance(proof, dict) or proof.get("verificationMethod") != hub.uris.ed25519_key_id(str(row.actor_id)):
        return row.body
    return orjson.dumps({name: value for name, value in said.items() if name != "proof"})


def _may_have_ended(job: Job, outcome: Outcome) -> bool:
    """An inbox says that it is gone, or again and again that it is not there."""
    is_gone = isinstance(outcome, Abandoned) and outcome.gone
    return is_gone or (outcome.status == 404 and job.row.attempts >= FEW_ATTEMPTS)


async def _recheck(hub: Hub, inbox_url: str) -> None:
    """Whether the actors behind an inbox are gone, only they can say: at their own address, too."""
    actors = await hub.database.read(lambda session: find_actors_by_inbox(session, inbox_url, limit=MOST_RECHECKED))
    for actor in actors:
        with suppress(ProtocolError):  # which buries who is gone
            await dereference_actor(hub, actor.uri)


async def _record(hub: Hub, done: Sequence[tuple[Job, Outcome]]) -> None:
    results = [_result(hub, job.row, outcome) for job, outcome in done]
    now = hub.clock.now()
    await hub.database.write(lambda session: record_results(session, results, now=now, expired_before=now - PATIENCE))
    for row, outcome in ((job.row, outcome) for job, outcome in done):
        if not isinstance(outcome, Delivered):
            hub.log.info(
                "not delivered", inbox=row.inbox_url, attempt=row.attempts, reason=outcome.reason, status=outcome.status
            )


def _result(hub: Hub, job: ClaimedDelivery, outcome: Outcome) -> DeliveryResult:
    error = None if isinstance(outcome, Delivered) else f"{outcome.reason} {outcome.excerpt}".strip()[:1000]
    result = partial(
        DeliveryResult, id=job.id, attempts=job.attempts, host=job.host, status=outcome.status, error=error
    )
    match outcome:
        case Delivered():
            return result(state=DeliveryState.DELIVERED, signature_kind=outcome.kind.value)
        case Deferred():
            delay = _delay(job, outcome)
            if delay is None:
                return result(state=DeliveryState.DEAD)
            is_our_doing = outcome.reason == BUSY
            return result(state=DeliveryState.WAITING, run_at=hub.clock.now() + delay, is_our_doing=is_our_doing)
        case Abandoned(reason=HostBlocked.default_reason) | Abandoned(reason="taken_back"):
            return result(state=DeliveryState.DROPPED)  # by the operator, or its actor, after it was written
        case Abandoned():
            return result(state=DeliveryState.DEAD)
        case _:
            assert_never(outcome)


def _delay(job: ClaimedDelivery, outcome: Deferred) -> timedelta | None:
    """How long to wait, or None to give up. A host that has failed other deliveries, too, is left alone for longer."""
    if next_delay(outcome, job.attempts, jitter=0.0) is None:
        return None
    step = job.attempts
    if outcome.attempts is None:
        step = max(step, min(job.host_failures + 1, len(SCHEDULE)))
    return next_delay(outcome, step, jitter=random.random())  # noqa: S311 - spreads load, guards nothing
