"""Proved activities, written down before anybody hears 202. Implements `federation.ports.InboxLog`.

Requests that arrive together share a commit: each waits until the batch with its row is on the disk. While one
batch is being written the next gathers, so under load batches grow by themselves and a single request never waits
for company.
"""

import asyncio
import hashlib
from dataclasses import dataclass

import structlog

from federation.ports import Received, Refusal
from federation.vocabulary.activities import Activity
from fedihub.clock import Clock
from fedihub.refusals import MOMENT_SECONDS, Refusals
from storage.database import Database
from storage.errors import DatabaseBusy
from storage.ids import IdMaker
from storage.received import ReceivedActivity, RefusedRequest, accept_batch, insert_refused
from storage.rows import new_row

BATCH = 100
LONGEST_QUEUE = 2_000
_LOG = structlog.get_logger("fedihub")


class Overloaded(DatabaseBusy):
    """More requests wait to be written than can be written soon: the peer should come again later."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    row: ReceivedActivity
    accepted: asyncio.Future[bool]


class InboxLog:
    """The durable list of what came in; one writer task at a time, started when there is something to write."""

    def __init__(self, database: Database, ids: IdMaker, clock: Clock, *, wake: asyncio.Event) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._wake = wake
        self._waiting: list[_Waiting] = []
        self._refusals = Refusals(ids, clock)
        self._moment: asyncio.TimerHandle | None = None
        self._writer: asyncio.Task[None] | None = None

    async def accept(self, received: Received[Activity]) -> bool:
        """Write it down durably, at most once; False if this very activity or signature is there already.

        Raises DatabaseBusy (or its kind, Overloaded) when that is not possible now; then nothing was written.
        """
        if len(self._waiting) >= LONGEST_QUEUE:
            raise Overloaded("too many requests are waiting: try again in a moment")
        accepted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(self._row(received), accepted))
        self._start_writing()
        return await accepted

    def refuse(self, refusal: Refusal) -> None:
        """Remember a refusal for the operator, as far as `fedihub.refusals` has room; it is written a moment later."""
        if not self._refusals and self._moment is None:
            self._moment = asyncio.get_running_loop().call_later(MOMENT_SECONDS, self._end_moment)
        self._refusals.add(refusal)

    async def close(self) -> None:
        """Let what was begun be finished, and write down what was refused."""
        if self._moment is not None:
            self._moment.cancel()
            self._end_moment()
        while self._writer is not None and not self._writer.done():
            await asyncio.wait([self._writer])

    def _end_moment(self) -> None:
        self._moment = None
        self._start_writing()

    def _start_writing(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        """What was accepted goes first; of what was refused at most one unit a moment comes between."""
        while self._waiting or self._refusals_are_due:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            try:
                await self._write(batch)
            except Exception as error:  # noqa: BLE001 - each request gets it and answers for itself
                for each in batch:
                    if not each.accepted.done():
                        each.accepted.set_exception(error)
            if self._refusals_are_due:
                await self._write_refused(self._refusals.take())

    @property
    def _refusals_are_due(self) -> bool:
        return bool(self._refusals) and self._moment is None

    async def _write(self, batch: list[_Waiting]) -> None:
        rows = [each.row for each in batch]
        if not rows:
            return
        results = await self._database.write(lambda session: accept_batch(session, rows))
        for each, accepted in zip(batch, results, strict=True):
            if not each.accepted.done():
                each.accepted.set_result(accepted)
        self._wake.set()

    async def _write_refused(self, refusals: list[RefusedRequest]) -> None:
        """In a unit of their own: strangers fill these rows, and nothing about them may cost an accepted activity."""
        try:
            await self._database.write(lambda session: insert_refused(session, refusals))
        except Exception:  # noqa: BLE001 - it is logged, and nobody waits for it
            _LOG.exception("refused requests could not be written down", count=len(refusals))

    def _row(self, received: Received[Activity]) -> ReceivedActivity:
        activity = received.activity
        return new_row(
            ReceivedActivity,
            id=self._ids.next(),
            actor_uri=received.actor,
            activity_uri=activity.id,
            activity_type=activity.type,
            object_uri=activity.object_id,
            key_id=received.key_id,
            inbox_actor_id=int(received.inbox) if received.inbox else None,
            signature_hash=received.signature_hash,
            followers_header=received.followers.write() if received.followers else None,
            dedupe_key=dedupe_key(activity, received.body),
            body=received.body,
            run_at=received.received_at,
            received_at=received.received_at,
        )


def dedupe_key(activity: Activity, body: bytes) -> str | None:
    """What makes two requests of one actor the same (the head of `storage.received` tells why); None without an
    id, and of a Follow.
    """
    if activity.id is None or activity.type == "Follow":
        return None
    return hashlib.sha256(activity.id.encode() + b"\n" + body).hexdigest()
