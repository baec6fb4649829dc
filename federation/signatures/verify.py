"""Who sent this? The one place where a request becomes somebody's.

    read_claim   what the request says about its sender; complete, fresh, tied to body, host and target
    prove        the key of that sender confirms it
    is_proof_of  the same for the proof that a document itself carries

If a key that we knew does not fit, its owner may have changed it: it is fetched once more, and that decides.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from federation import limits
from federation.errors import BadUri, KeyUnavailable, SignatureRefused
from federation.identifiers import ActorUri, KeyId, parse_uri
from federation.proofs import ProofClaim
from federation.requests import SECURITY_HEADERS, InboundRequest
from federation.signatures import draft_cavage, rfc9421
from federation.signatures.claim import Claim
from federation.signatures.lookup import KeyLookup, KnownKey


@dataclass(frozen=True, slots=True)
class Proved:
    """The actor who signed, with which key, a hash that is the same only for the very same signature, and what the
    signature covers.
    """

    actor: ActorUri
    key_id: KeyId
    signature_hash: str
    covered: frozenset[str]


def read_claim(
    request: InboundRequest, *, base_url: str, now: datetime, window: timedelta = limits.SIGNATURE_WINDOW
) -> Claim:
    """The claim of a request, RFC 9421 where it has `Signature-Input`, otherwise draft-cavage; one never stands in for
    the other.

    Raises `SignatureRefused`, and `BadRequest` for a security header that is there twice.
    """
    request.headers.demand_single(*SECURITY_HEADERS)
    if request.headers.get("signature-input") is not None:
        claim = rfc9421.read(request, base_url=base_url, now=now, window=window)
    elif request.headers.get("signature") is not None:
        claim = draft_cavage.read(request, now=now, window=window)
    else:
        raise SignatureRefused("the request is not signed", reason="signature_missing")
    try:
        parse_uri(claim.key_id, http_allowed=True)
    except BadUri as error:
        raise SignatureRefused(
            "the key id is no URI", reason="key_id_unreadable", private=claim.key_id[:200]
        ) from error
    return claim


async def prove(claim: Claim, keys: KeyLookup, *, holding: int = 0) -> Proved:
    """The sender, if the key behind the claim confirms it; the request keeps so many bytes meanwhile. Raises
    `SignatureRefused` and `KeyUnavailable`.
    """
    key = await keys.get(claim.key_id, holding=holding)
    if not claim.is_proved_by(key.public):
        changed = await keys.refetch(claim.key_id, holding=holding)
        if changed is None or not claim.is_proved_by(changed.public):
            raise SignatureRefused("the signature does not fit the key", reason="signature_wrong", private=claim.key_id)
        key = changed
    return Proved(key.remote.owner, claim.key_id, signature_hash_of(claim), claim.covered)


async def is_proof_of(owner: ActorUri, proof: ProofClaim, keys: KeyLookup, *, holding: int = 0) -> bool:
    """Whether a document's proof was made with a key of this actor; not, if the key can't be had now: then others may
    know more. Never raises for anything that a peer does.
    """
    try:
        key: KnownKey | None = await keys.get(proof.key_id, holding=holding)
        if key is not None and key.remote.owner == owner and not proof.is_proved_by(key.public):
            key = await keys.refetch(proof.key_id, holding=holding)
    except KeyUnavailable:
        return False
    return key is not None and key.remote.owner == owner and proof.is_proved_by(key.public)


def signature_hash_of(claim: Claim) -> str:
    """The name of this very signature."""
    return hashlib.sha256(claim.signature).hexdigest()
