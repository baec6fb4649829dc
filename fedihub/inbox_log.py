"""Proved activities, written down before anybody hears 202. Implements `federation.ports.InboxLog`.

Requests that arrive together share a commit: each waits until the batch with its row is on the disk. While one
batch is being written the next gathers, so under load batches grow by themselves and a single request never waits
for company.
"""

import asyncio
import hashlib
from collections import deque
from dataclasses import dataclass

from federation.errors import BadUri
from federation.identifiers import host_of
from federation.ports import Received, Refusal
from federation.vocabulary.activities import Activity
from fedihub.clock import Clock
from fedihub.text.clean import clean_text
from storage.database import Database, Session
from storage.errors import DatabaseBusy
from storage.ids import IdMaker
from storage.received import ReceivedActivity, RefusedRequest, accept_batch, insert_refused

BATCH = 100
LONGEST_QUEUE = 2_000
MOST_REFUSALS = 500
LONGEST_DETAIL = 1_000


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
        self._refusals: deque[RefusedRequest] = deque(maxlen=MOST_REFUSALS)
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
        """Remember a refusal for the operator; when too many come at once, the oldest are forgotten unwritten."""
        self._refusals.append(self._refused(refusal))
        self._start_writing()

    async def close(self) -> None:
        """Let what was begun be finished."""
        while self._writer is not None and not self._writer.done():
            await asyncio.wait([self._writer])

    def _start_writing(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        while self._waiting or self._refusals:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            refusals = [self._refusals.popleft() for _ in range(min(BATCH, len(self._refusals)))]
            try:
                await self._write(batch, refusals)
            except Exception as error:  # noqa: BLE001 - each request gets it and answers for itself
                for each in batch:
                    if not each.accepted.done():
                        each.accepted.set_exception(error)

    async def _write(self, batch: list[_Waiting], refusals: list[RefusedRequest]) -> None:
        rows = [each.row for each in batch]

        async def unit(session: Session) -> list[bool]:
            await insert_refused(session, refusals)
            return await accept_batch(session, rows)

        results = await self._database.write(unit)
        for each, accepted in zip(batch, results, strict=True):
            if not each.accepted.done():
                each.accepted.set_result(accepted)
        self._wake.set()

    def _refused(self, refusal: Refusal) -> RefusedRequest:
        return RefusedRequest(
            id=self._ids.next(),
            host=_host(refusal.key_id or refusal.actor),
            key_id=refusal.key_id,
            actor_uri=clean_text(refusal.actor or "", limit=LONGEST_DETAIL) or None,
            activity_type=clean_text(refusal.type or "", limit=LONGEST_DETAIL) or None,
            status=refusal.status,
            reason=refusal.reason,
            detail=clean_text(refusal.detail, limit=LONGEST_DETAIL),
            received_at=self._clock.now(),
        )

    def _row(self, received: Received[Activity]) -> ReceivedActivity:
        activity = received.activity
        return ReceivedActivity(
            id=self._ids.next(),
            actor_uri=received.actor,
            activity_uri=activity.id,
            activity_type=activity.type,
            object_uri=activity.object_id,
            key_id=received.key_id,
            inbox_actor_id=int(received.inbox) if received.inbox else None,
            signature_hash=received.signature_hash,
            dedupe_key=dedupe_key(activity.id, received.body),
            body=received.body,
            run_at=received.received_at,
            received_at=received.received_at,
        )


def dedupe_key(activity_uri: str | None, body: bytes) -> str | None:
    """What makes two requests of one actor the same (the head of `storage.received` tells why); None without an
    id.
    """
    if activity_uri is None:
        return None
    return hashlib.sha256(activity_uri.encode() + b"\n" + body).hexdigest()


def _host(name: str | None) -> str:
    """The host of a name that nobody has checked yet, or nothing."""
    try:
        return host_of(name) if name else ""
    except BadUri:
        return ""
