"""The inbox, on one screen: bytes and headers -> `Received[Activity]`.

The order is cheap before expensive, and nothing is believed before it is proved:

1. the head: a POST to us, as one plain host, target and content type; not compressed; every security header once;
2. the claim: a signature that is fresh and covers target, host, time and the digest of these very bytes;
3. the activity: strict JSON, one type, one actor, an id (if any) on the actor's host; neither actor nor key are ours;
4. who: the key must be on the actor's own origin (so that nobody makes us fetch from a third party), confirm the
   signature
   and belong to exactly that actor.

An account that is deleted on a large server is announced to everybody; by then its key is gone. For an actor whom
nobody here knows, such a Delete (or Update) has nothing to change: `NothingToDo`, without a fetch (a storm of these
has killed servers).

What the activity means, and who is blocked, is decided by the program around us.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from federation import limits
from federation.errors import (
    BadDocument,
    BadRequest,
    BadUri,
    OriginMismatch,
    SignatureRefused,
    TooLarge,
    UnsupportedBody,
    WrongHost,
)
from federation.identifiers import ActorUri, Host, KeyId, host_of, parse_host, same_origin
from federation.media_types import is_activity_type
from federation.ports import PROOF, KeyStore, Received
from federation.requests import SECURITY_HEADERS, InboundRequest
from federation.signatures.claim import Claim
from federation.signatures.lookup import KeyLookup
from federation.signatures.verify import Proved, prove, read_claim
from federation.uris import LocalUris
from federation.vocabulary.activities import Activity, read_activity
from federation.vocabulary.parse import parse_document


@dataclass(frozen=True, slots=True)
class Gate:
    """What `receive` needs to know: who we are, where keys come from, how far clocks may differ."""

    uris: LocalUris
    keys: KeyLookup
    store: KeyStore
    window: timedelta = limits.SIGNATURE_WINDOW


@dataclass(frozen=True, slots=True)
class NothingToDo:
    """A request that is answered 202 and forgotten; `reason` says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A `Received` as the inbox log kept it."""

    body: bytes
    actor: ActorUri
    key_id: KeyId
    signature_hash: str
    received_at: datetime
    inbox: str | None


async def receive(request: InboundRequest, gate: Gate, *, now: datetime) -> Received[Activity] | NothingToDo:
    """The proved activity in an inbox request.

    Raises a `ProtocolError` whose `http_status` is the answer: 400, 401, 413, 415, or 503 when the key's host is down.
    """
    check_head(request, gate.uris)
    claim = read_claim(request, base_url=gate.uris.base_url, now=now, window=gate.window)
    activity = read_activity(parse_document(request.body))
    _check_names(activity, claim, gate.uris)
    if _concerns_only_its_actor(activity) and not await gate.store.knows_actor(activity.actor):
        return NothingToDo(f"{activity.type.lower()}_of_unknown_actor")
    proved = await prove(claim, gate.keys)
    if proved.actor != activity.actor:
        raise SignatureRefused(
            "the activity's actor did not sign it",
            reason="actor_is_not_signer",
            private=f"{claim.key_id} {activity.actor}",
        )
    return _received(request, activity, proved, now=now)


def reopen(receipt: Receipt) -> Received[Activity]:
    """A `Received` once more, from the inbox log: it was proved before it was written there, and only `receive` leads
    there.
    """
    return Received(
        activity=read_activity(parse_document(receipt.body)),
        actor=receipt.actor,
        key_id=receipt.key_id,
        body=receipt.body,
        signature_hash=receipt.signature_hash,
        received_at=receipt.received_at,
        inbox=receipt.inbox,
        proof=PROOF,
    )


def check_head(request: InboundRequest, uris: LocalUris) -> None:
    """Step 1; an endpoint may call it with an empty body before it reads the real one.

    Raises `BadRequest`, `WrongHost`, `UnsupportedBody`, `TooLarge`.
    """
    headers = request.headers
    headers.demand_single(*SECURITY_HEADERS, "content-type", "content-encoding", "content-length")
    if request.method != "POST" or not request.target.startswith("/"):
        raise BadRequest("an inbox takes a POST to its path", reason="bad_target")
    if _host(headers.get("host"), uris) != uris.host:
        raise WrongHost("the request is not for this host", private=str(headers.get("host"))[:200])
    if headers.get("content-encoding") not in (None, "identity"):
        raise UnsupportedBody("an inbox takes bodies uncompressed", reason="body_encoded")
    if not is_activity_type(headers.get("content-type")):
        raise UnsupportedBody("an inbox takes application/activity+json", reason="wrong_content_type")
    if len(request.body) > limits.INBOX_BODY:
        raise TooLarge("the activity is too large")


def _host(header: str | None, uris: LocalUris) -> Host | None:
    try:
        return parse_host(header or "", scheme=uris.base_url.partition(":")[0])
    except BadUri:
        return None


def _check_names(activity: Activity, claim: Claim, uris: LocalUris) -> None:
    """Step 3, and the first half of 4: everything that the names alone give away."""
    if uris.is_local(activity.actor) or uris.is_local(claim.key_id):
        raise SignatureRefused("our own actors do not write to us from outside", reason="actor_is_local")
    if not same_origin(claim.key_id, activity.actor):
        raise SignatureRefused(
            "the activity's actor did not sign it", reason="actor_is_not_signer", private=claim.key_id
        )
    if activity.id is not None and host_of(activity.id) != host_of(activity.actor):
        raise OriginMismatch("the activity's id is on another host than its actor", private=activity.id)
    if activity.id is not None and str(activity.id) == activity.actor:
        raise BadDocument("the activity's id is its actor", reason="id_is_actor")


def _concerns_only_its_actor(activity: Activity) -> bool:
    return activity.type in ("Delete", "Update") and activity.object_id == activity.actor


def _received(request: InboundRequest, activity: Activity, proved: Proved, *, now: datetime) -> Received[Activity]:
    return Received(
        activity=activity,
        actor=proved.actor,
        key_id=proved.key_id,
        body=request.body,
        signature_hash=proved.signature_hash,
        received_at=now,
        inbox=request.inbox,
        proof=PROOF,
    )
