"""Inbox requests that were refused, kept for the operator at a price that no stranger can raise.

A refusal costs its sender nothing, so it must cost us next to nothing, too: no commit of its own, and room for a few.
What was refused within a moment is written together, of one host only the first few; the rest is counted, in the
`detail` of that host's last row. They wait in memory until then: a process that is killed forgets a moment's refusals,
which nobody was promised.
"""

from collections import Counter

from federation.errors import BadUri
from federation.identifiers import host_of
from federation.ports import Refusal
from fedihub.clock import Clock
from fedihub.text.clean import clean_text
from storage.ids import IdMaker
from storage.received import RefusedRequest
from storage.rows import new_row

MOMENT_SECONDS = 1.0
"""How long refusals gather before they are written."""
MOST_OF_A_HOST = 10
MOST_AT_ONCE = 200
LONGEST_TEXT = 1_000


class Refusals:
    """Those of one moment."""

    def __init__(self, ids: IdMaker, clock: Clock) -> None:
        self._ids = ids
        self._clock = clock
        self._rows: list[RefusedRequest] = []
        self._seen: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(self, refusal: Refusal) -> None:
        """Keep it, if its host has not had its share and there is room; else count it."""
        host = _host(refusal.key_id or refusal.actor)
        if host in self._seen or len(self._rows) < MOST_AT_ONCE:  # a stranger can make up a host for each request
            self._seen[host] += 1
        if len(self._rows) < MOST_AT_ONCE and self._seen[host] <= MOST_OF_A_HOST:
            self._rows.append(self._row(refusal, host))

    def take(self) -> list[RefusedRequest]:
        """The rows to be written; the next moment begins."""
        rows, seen = self._rows, self._seen
        self._rows, self._seen = [], Counter()
        written = Counter(row.host for row in rows)
        for row in {row.host: row for row in rows}.values():  # the last of each host
            if left_out := seen[row.host] - written[row.host]:
                row.detail = f"{row.detail} (and {left_out} more of this host at that moment)".strip()
        return rows

    def _row(self, refusal: Refusal, host: str) -> RefusedRequest:
        return new_row(
            RefusedRequest,
            id=self._ids.next(),
            host=host,
            key_id=clean_text(refusal.key_id or "", limit=LONGEST_TEXT) or None,
            actor_uri=clean_text(refusal.actor or "", limit=LONGEST_TEXT) or None,
            activity_type=clean_text(refusal.type or "", limit=LONGEST_TEXT) or None,
            status=refusal.status,
            reason=refusal.reason,
            detail=clean_text(refusal.detail, limit=LONGEST_TEXT),
            received_at=self._clock.now(),
        )


def _host(name: str | None) -> str:
    """The host of a name that nobody has checked yet, or nothing."""
    try:
        return host_of(name) if name else ""
    except BadUri:
        return ""
