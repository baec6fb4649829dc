"""Object Integrity Proofs (FEP-8b32): a signature that an activity carries itself, whoever passes it on.

    "proof": {
        "@context": (that of the document), "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": "https://hub.example/ap/actors/1#ed25519-key", "proofPurpose": "assertionMethod",
        "created": "2026-11-24T12:00:00Z", "proofValue": "z…"
    }

What is signed are two hashes, of the proof without its value and of the document without its proof, each in the one
spelling of RFC 8785. The proof repeats the document's `@context`, and one that has another is refused: or the same
words could be made to mean something else.

A proof seldom ends, so whoever ever saw an activity can send it again at any time. Therefore proofs are honoured only
where that does no harm (`forwarding.is_forwardable`): for posts, whose edits have a time and whose deletion is final;
and only while they are young, since the post may have been edited, or deleted before anybody here knew it.
Linked Data signatures are not read: what they sign depends on documents fetched from elsewhere (CVE-2022-24307 and its
kin in Mastodon, Fedify and Misskey).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from federation import limits
from federation.errors import BadDocument
from federation.identifiers import ActorUri, KeyId, same_origin
from federation.signatures.keys import PublicKey, is_signed_by, read_multibase, write_multibase
from federation.signatures.signer import Signer
from federation.vocabulary.base import as_list, instant_of, uri_of
from federation.vocabulary.context import INTEGRITY_TERMS
from federation.vocabulary.parse import Json

CRYPTOSUITE = "eddsa-jcs-2022"
_MOST_UNUSUAL = 2_000
"""Values in a document with fractions or unusual names: a poll or a place has some dozens."""
_ORDERED = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_EXPECTED = {"type": "DataIntegrityProof", "cryptosuite": CRYPTOSUITE, "proofPurpose": "assertionMethod"}


@dataclass(frozen=True, slots=True)
class ProofClaim:
    """What `key_id` is said to have signed, not proved yet."""

    key_id: KeyId
    signature: bytes
    signed: bytes

    def is_proved_by(self, key: PublicKey) -> bool:
        """Whether the private half of this key made the signature; only Ed25519 keys do."""
        return isinstance(key, Ed25519PublicKey) and is_signed_by(key, self.signature, self.signed)


def add_proof(document: Json, signer: Signer, *, now: datetime) -> Json:
    """The document with a proof by this Ed25519 key, and with the words of a proof in its `@context`. About 0.1 ms."""
    context = [*as_list(document["@context"]), INTEGRITY_TERMS]
    unsecured = document | {"@context": context}
    head = {"verificationMethod": signer.key_id, "created": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
    config = {"@context": context, **_EXPECTED, **head}
    value = write_multibase(signer.sign(_hashes(config, unsecured)))
    return unsecured | {"proof": config | {"proofValue": value}}


def read_proof(
    document: Json, *, owner: ActorUri, now: datetime, window: timedelta = limits.SIGNATURE_WINDOW
) -> ProofClaim | None:
    """The proof by one of the owner's keys that a document carries; None if there is none that we could check.

    Of another kind, for another purpose, with another `@context`, by a key elsewhere, expired, from the future or older
    than INTEGRITY_AGE: it is as if it were not there (FEP-8b32, Proof verification).
    """
    proofs = as_list(document.get("proof"))
    proof = proofs[0] if len(proofs) == 1 else None
    if not isinstance(proof, dict) or any(proof.get(name) != value for name, value in _EXPECTED.items()):
        return None
    key_id = uri_of(proof.get("verificationMethod"))
    if key_id is None or not same_origin(key_id, owner) or not _is_valid_at(proof, now, window):
        return None
    if "@context" in proof and proof["@context"] != document.get("@context"):
        return None
    return _claim(document, proof, KeyId(key_id))


def has_linked_data_signature(document: Json) -> bool:
    """Whether a document has what looks like the Linked Data signature that Mastodon puts into what it sends, by which
    others can prove who wrote it. We can't.
    """
    signatures = as_list(document.get("signature"))
    return any(isinstance(each, dict) and isinstance(each.get("signatureValue"), str) for each in signatures)


def _is_valid_at(proof: Json, now: datetime, window: timedelta) -> bool:
    created, expires = instant_of(proof.get("created")), instant_of(proof.get("expires"))
    if created is None or not now - limits.INTEGRITY_AGE <= created <= now + window:
        return False
    return "expires" not in proof or (expires is not None and expires > now)


def _claim(document: Json, proof: Json, key_id: KeyId) -> ProofClaim | None:
    unsecured = {name: value for name, value in document.items() if name not in ("proof", "signature")}
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    try:
        signature = read_multibase(str(proof.get("proofValue")), reason="proof_unreadable")
        return ProofClaim(key_id, signature, _hashes(config, unsecured))
    except (BadDocument, rfc8785.CanonicalizationError):
        return None


def _hashes(config: Json, unsecured: Json) -> bytes:
    return _hash(config) + _hash(unsecured)


def _hash(value: Any) -> bytes:
    return hashlib.sha256(canonical(value)).digest()


def canonical(value: Any) -> bytes:
    """JSON in its one spelling (RFC 8785). Raises `rfc8785.CanonicalizationError` for what has none: integers beyond
    53 bits, NaN, half characters.

    Where there are neither fractions nor unusual names, orjson writes exactly the same, eight times as fast. What is
    large and has some is refused: strangers send it before they have proved anything.
    """
    if not (is_plain := _is_plain(value)) and _is_large(value):
        raise rfc8785.CanonicalizationError("too much that takes long")
    try:
        return orjson.dumps(value, option=_ORDERED) if is_plain else rfc8785.dumps(value)
    except orjson.JSONEncodeError as error:
        raise rfc8785.CanonicalizationError(str(error)) from error


def _is_large(value: Any) -> bool:
    waiting, seen = [value], 0
    while waiting and seen <= _MOST_UNUSUAL:
        each = waiting.pop()
        seen += 1
        waiting.extend(each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
    return seen > _MOST_UNUSUAL


def _is_plain(value: Any) -> bool:
    """Neither fractions, whose spelling differs, nor names whose order in UTF-16 may be another than in UTF-8."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if not "".join(each).isascii():
                return False
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, float):
            return False
    return True
