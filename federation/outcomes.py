"""How one delivery ended: three values, to be matched with `assert_never`.

An expected end is a value and not an exception: the queue records it, the member sees it under "did it arrive?", and
`backoff.py` turns it into the next attempt.
"""

from dataclasses import dataclass
from datetime import timedelta

from federation.identifiers import SignatureKind


@dataclass(frozen=True, slots=True)
class Delivered:
    """The inbox answered 2xx. `kind` is the signature that it accepted, worth remembering for its host."""

    status: int
    kind: SignatureKind
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now; try again. `retry_after` is what the peer asked for (already clamped), `attempts` an upper limit of
    attempts for this reason where the full schedule would be stubborn (a missing inbox rarely comes back).
    """

    reason: str
    retry_after: timedelta | None = None
    status: int | None = None
    excerpt: str = ""
    attempts: int | None = None


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Never; trying again would change nothing. `gone`: the peer said 410, the recipient does not exist any more."""

    reason: str
    gone: bool = False
    status: int | None = None
    excerpt: str = ""


Outcome = Delivered | Deferred | Abandoned
