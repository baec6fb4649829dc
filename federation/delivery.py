"""One activity to one inbox -> how it ended.

The two kinds of signatures are tried in turn ("double-knock"): the one that the host is known to read and, if it
answers 400 or 401, once the other. Which one worked is part of the outcome: the next delivery there begins with it.

What an answer means (a 4xx is final only where trying again cannot help; senders that give up too early lose posts,
those that never do drown in dead hosts):

    2xx                   Delivered
    400 405 ...           a refusal of this activity: Abandoned
    404                   perhaps a restart behind a proxy: Deferred, for a few attempts
    401                   perhaps our key could not be fetched: Deferred
    403                   somebody there does not want it: Abandoned
    408 425 429 5xx       Deferred, as long as the peer wishes (Retry-After)
    410                   Abandoned, and the recipient is gone for good
    501                   Abandoned
    3xx                   an inbox does not move by redirect: a few attempts, never followed
    no answer             Deferred
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from federation.backoff import parse_retry_after
from federation.clock import utc_now
from federation.errors import BadUri, BlockedAddress, HostBlocked, Unreachable
from federation.identifiers import InboxUrl, SignatureKind
from federation.outcomes import Abandoned, Deferred, Delivered, Outcome
from federation.signatures.signer import Signer
from federation.transport import Response, Transport

FEW_ATTEMPTS = 5
_KNOCK_AGAIN = frozenset({400, 401})
_TRY_LATER = frozenset({401, 408, 425, 429})


@dataclass(frozen=True, slots=True)
class OutgoingDelivery:
    """`body` is the activity, serialised once for all inboxes; `headers` are for this one, and are signed.
    `even_blocked`: it goes also to a host that is blocked since.
    """

    inbox: InboxUrl
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    even_blocked: bool = False


async def deliver(
    transport: Transport, request: OutgoingDelivery, *, signer: Signer, kind: SignatureKind = SignatureKind.CAVAGE
) -> Outcome:
    """Never raises for anything that a peer or the network does; signs at this moment, so old jobs have fresh dates."""
    if not signer.is_rsa:
        kind = SignatureKind.RFC9421
    send = partial(transport.post, request.inbox, request.body, signer=signer)
    post = partial(send, headers=request.headers, even_blocked=request.even_blocked)
    try:
        response = await post(kind=kind)
        if response.status in _KNOCK_AGAIN and signer.is_rsa:
            kind = _other(kind)
            response = await post(kind=kind)
    except Unreachable as error:
        return Deferred(error.reason, excerpt=error.public)
    except (BadUri, BlockedAddress, HostBlocked) as error:
        return Abandoned(error.reason, excerpt=error.public)
    return outcome_of(response, kind, now=utc_now())


def outcome_of(response: Response, kind: SignatureKind, *, now: datetime) -> Outcome:
    """What an inbox's answer means, as in the table above. `now` is for a Retry-After that is a date."""
    status, excerpt, reason = response.status, response.excerpt, f"http_{response.status}"
    if 200 <= status < 300:
        return Delivered(status, kind, excerpt)
    if status in _TRY_LATER or (status >= 500 and status != 501):
        wished = parse_retry_after(response.headers.get("Retry-After"), now=now)
        return Deferred(reason, retry_after=wished, status=status, excerpt=excerpt)
    if status == 404 or 300 <= status < 400:
        return Deferred(reason, status=status, excerpt=excerpt, attempts=FEW_ATTEMPTS)
    return Abandoned(reason, gone=status == 410, status=status, excerpt=excerpt)


def _other(kind: SignatureKind) -> SignatureKind:
    return SignatureKind.RFC9421 if kind is SignatureKind.CAVAGE else SignatureKind.CAVAGE
