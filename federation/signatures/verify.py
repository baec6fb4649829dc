"""Who sent this? The one place where a request becomes somebody's.

    read_claim   what the request says about its sender; complete, fresh, tied to body, host and target
    prove        the key of that sender confirms it

If a key that we knew does not fit, its owner may have changed it: it is fetched once more, and that decides.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from federation import limits
from federation.errors import BadUri, SignatureRefused
from federation.identifiers import ActorUri, KeyId, parse_uri
from federation.requests import SECURITY_HEADERS, InboundRequest
from federation.signatures import draft_cavage, rfc9421
from federation.signatures.claim import Claim
from federation.signatures.lookup import KeyLookup


@dataclass(frozen=True, slots=True)
class Proved:
    """The actor who signed, with which key, and a hash that is the same only for the very same signature."""

    actor: ActorUri
    key_id: KeyId
    signature_hash: str


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


async def prove(claim: Claim, keys: KeyLookup) -> Proved:
    """The sender, if the key behind the claim confirms it. Raises `SignatureRefused` and `KeyUnavailable`."""
    key = await keys.get(claim.key_id)
    if not claim.is_proved_by(key.public):
        changed = await keys.refetch(claim.key_id)
        if changed is None or not claim.is_proved_by(changed.public):
            raise SignatureRefused("the signature does not fit the key", reason="signature_wrong", private=claim.key_id)
        key = changed
    return Proved(actor=key.remote.owner, key_id=claim.key_id, signature_hash=signature_hash_of(claim))


def signature_hash_of(claim: Claim) -> str:
    """The name of this very signature."""
    return hashlib.sha256(claim.signature).hexdigest()
