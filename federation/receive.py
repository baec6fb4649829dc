"""The inbox, on one screen: bytes and headers -> `Received[Activity]`.

The order is cheap before expensive, and nothing is believed before it is proved:

1. the head: a POST to us, as one plain host, target and content type; not compressed; every security header once;
2. the claim: a signature that is fresh and covers target, host, time and the digest of these very bytes; its key is not
   on a blocked host (nor is the actor: then nothing is looked up or fetched);
3. the activity: strict JSON, one type, one actor, an id (if any) on the actor's host; neither actor nor key are ours;
4. who: the key must confirm the signature and belong to exactly that actor. If it is somebody else's, they pass on
   what the actor did: then the actor's own proof must be in it (`proofs.py`), or all that remains is a hint
   (`forwarding.py`), or a refusal.

An account that is deleted on a large server is announced to everybody; by then its key is gone. For an actor whom
nobody here knows, such a Delete (or Update) has nothing to change: `NothingToDo`, without a fetch (a storm of these
has killed servers). For one who is known here, but whose key is not, the origin speaks instead: an actor whose own
address answers 410 has said all that a signature could; 404 proves nothing.

What the activity means, and which hosts are blocked, is decided by the program around us.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from federation import limits
from federation.errors import (
    BadDocument,
    BadRequest,
    BadUri,
    HostBlocked,
    KeyUnavailable,
    OriginMismatch,
    SignatureRefused,
    TooLarge,
    UnsupportedBody,
    WrongHost,
)
from federation.followers import HEADER, read_followers_header
from federation.forwarding import as_forward, is_forwardable
from federation.identifiers import ActorUri, Host, KeyId, host_of, parse_host, same_origin, without_fragment
from federation.media_types import is_posted_type
from federation.ports import PROOF, HostGate, KeyStore, OpenGate, Received
from federation.proofs import read_proof
from federation.requests import SECURITY_HEADERS, InboundRequest
from federation.signatures.claim import Claim
from federation.signatures.lookup import KeyLookup
from federation.signatures.verify import Proved, is_proof_of, prove, read_claim, signature_hash_of
from federation.uris import LocalUris
from federation.vocabulary.activities import Activity, read_activity
from federation.vocabulary.parse import parse_document


@dataclass(frozen=True, slots=True)
class Gate:
    """What `receive` needs to know: who we are, where keys come from, how far clocks may differ, who is not heard."""

    uris: LocalUris
    keys: KeyLookup
    store: KeyStore
    window: timedelta = limits.SIGNATURE_WINDOW
    hosts: HostGate = field(default_factory=OpenGate)


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
    followers_header: str | None = None


async def receive(request: InboundRequest, gate: Gate, *, now: datetime) -> Received[Activity] | NothingToDo:
    """The proved activity in an inbox request.

    Raises a `ProtocolError` whose `http_status` is the answer: 400, 401, 403 for a blocked host, 413, 415, or 503 when
    the key's host is down.
    """
    check_head(request, gate.uris)
    claim = read_claim(request, base_url=gate.uris.base_url, now=now, window=gate.window)
    await _check_host(claim.key_id, gate.hosts)
    activity = _read(request.body, signer=without_fragment(claim.key_id))
    await _check_host(activity.actor, gate.hosts)
    _check_names(activity, claim, gate.uris)
    if _concerns_only_its_actor(activity) and not await gate.store.knows_actor(activity.actor):
        return NothingToDo(f"{activity.type.lower()}_of_unknown_actor")
    proved = await _proved(claim, activity, gate, holding=len(request.body))
    if proved.actor == activity.actor:
        return _received(request, activity, proved, now=now, inbox=request.inbox)
    activity, proved = await _passed_on(activity, proved, gate, now=now, holding=len(request.body))
    return _received(request, activity, proved, now=now, inbox=None)


def reopen(receipt: Receipt) -> Received[Activity]:
    """A `Received` once more, from the inbox log: it was proved before it was written there, and only `receive` leads
    there.
    """
    activity = _read(receipt.body, signer=receipt.actor)
    return Received(
        activity=activity if activity.actor == receipt.actor else as_forward(activity, receipt.actor),
        actor=receipt.actor,
        key_id=receipt.key_id,
        body=receipt.body,
        signature_hash=receipt.signature_hash,
        received_at=receipt.received_at,
        inbox=receipt.inbox,
        followers=read_followers_header(receipt.followers_header or "", actor=receipt.actor),
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
    if not is_posted_type(headers.get("content-type")):
        raise UnsupportedBody("an inbox takes application/activity+json", reason="wrong_content_type")
    if len(request.body) > limits.INBOX_BODY:
        raise TooLarge("the activity is too large")


def _read(body: bytes, *, signer: str) -> Activity:
    """Strict JSON, one type, one actor. Of a report whose id is on another host than its actor the id is left out:
    Takahē reports under the reporter's domain, and as the server, which may have another; nothing is found by that id.
    """
    activity = read_activity(parse_document(body), signer=signer)
    is_foreign = activity.id is not None and host_of(activity.id) != host_of(activity.actor)
    return replace(activity, id=None) if is_foreign and activity.type == "Flag" else activity


def _host(header: str | None, uris: LocalUris) -> Host | None:
    try:
        return parse_host(header or "", scheme=uris.base_url.partition(":")[0])
    except BadUri:
        return None


async def _check_host(uri: str, hosts: HostGate) -> None:
    if await hosts.is_blocked_host(host_of(uri)):
        raise HostBlocked("this server does not take anything from your host", private=uri)


def _check_names(activity: Activity, claim: Claim, uris: LocalUris) -> None:
    """Step 3, and the first half of 4: everything that the names alone give away."""
    if uris.is_local(activity.actor) or uris.is_local(claim.key_id):
        raise SignatureRefused("our own actors do not write to us from outside", reason="actor_is_local")
    if not same_origin(claim.key_id, activity.actor) and not is_forwardable(activity, uris):
        raise _not_signed_by_actor(claim.key_id, activity)
    if activity.id is not None and host_of(activity.id) != host_of(activity.actor):
        raise OriginMismatch("the activity's id is on another host than its actor", private=activity.id)
    if activity.id is not None and str(activity.id) == activity.actor:
        raise BadDocument("the activity's id is its actor", reason="id_is_actor")


def _concerns_only_its_actor(activity: Activity) -> bool:
    return activity.type in ("Delete", "Update") and activity.object_id == activity.actor


async def _proved(claim: Claim, activity: Activity, gate: Gate, *, holding: int) -> Proved:
    """Who signed; without a key, an actor who ends is proved by its own origin. Raises as `prove` does."""
    try:
        return await prove(claim, gate.keys, holding=holding)
    except KeyUnavailable as error:
        is_end = activity.type == "Delete" and _concerns_only_its_actor(activity)
        if is_end and not error.retry and await _is_gone(claim, activity, error, gate.keys, holding=holding):
            return Proved(activity.actor, claim.key_id, signature_hash_of(claim), frozenset())
        raise


async def _is_gone(claim: Claim, activity: Activity, error: KeyUnavailable, keys: KeyLookup, *, holding: int) -> bool:
    """Whether the actor's own address answers 410; mostly that is where the key was looked for already."""
    if without_fragment(claim.key_id) == activity.actor:
        return error.gone
    return await keys.is_gone(activity.actor, holding=holding)


async def _passed_on(
    activity: Activity, proved: Proved, gate: Gate, *, now: datetime, holding: int
) -> tuple[Activity, Proved]:
    """What an activity is worth that somebody else sent: all, if its actor's own proof is in it (FEP-8b32); else it is
    a hint. Raises `SignatureRefused` where there is nothing to be learned from it.
    """
    if not is_forwardable(activity, gate.uris):
        raise _not_signed_by_actor(proved.key_id, activity)
    proof = read_proof(activity.raw, owner=activity.actor, now=now, window=gate.window)
    if proof is not None and await is_proof_of(activity.actor, proof, gate.keys, holding=holding):
        return activity, Proved(activity.actor, proof.key_id, proved.signature_hash, frozenset())
    return as_forward(activity, proved.actor), proved


def _not_signed_by_actor(key_id: KeyId, activity: Activity) -> SignatureRefused:
    return SignatureRefused(
        "the activity's actor did not sign it", reason="actor_is_not_signer", private=f"{key_id} {activity.actor}"
    )


def _received(
    request: InboundRequest, activity: Activity, proved: Proved, *, now: datetime, inbox: str | None
) -> Received[Activity]:
    """`inbox` counts only where the actor chose it: who passes something on must not address it for them."""
    header, is_signed = request.headers.get(HEADER.lower()), HEADER.lower() in proved.covered
    return Received(
        activity=activity,
        actor=proved.actor,
        key_id=proved.key_id,
        body=request.body,
        signature_hash=proved.signature_hash,
        received_at=now,
        inbox=inbox,
        followers=read_followers_header(header or "", actor=proved.actor) if is_signed else None,
        proof=PROOF,
    )
