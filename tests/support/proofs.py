"""Integrity proofs for tests (FEP-8b32), made without our code: right in everything, but for what a test asks to be
wrong.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.keys import ed25519_key
from tests.support.peer_actor import PeerActor

Json = dict[str, Any]
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def with_proof(
    document: Json, by: PeerActor, *, key: Ed25519PrivateKey | None = None, without: str = "", **changes: Any
) -> Json:
    """The document with a proof by an actor; `changes` are made to the proof before it is signed, and the property
    `without` is left out of it.
    """
    proof = {
        "@context": document.get("@context"),
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": by.ed25519_key_id,
        "proofPurpose": "assertionMethod",
        "created": created(),
    } | changes
    proof.pop(without, None)
    signed = hashlib.sha256(rfc8785.dumps(proof)).digest() + hashlib.sha256(rfc8785.dumps(document)).digest()
    value = (key or ed25519_key(by.key_number)).sign(signed)
    return document | {"proof": proof | {"proofValue": base58(value)}}


def created(days_ago: int = 0) -> str:
    """When a proof was made, as it stands there."""
    return f"{datetime.now(UTC) - timedelta(days=days_ago):%Y-%m-%dT%H:%M:%SZ}"


def base58(data: bytes) -> str:
    """Multibase, as in a Multikey."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return "z" + "1" * (len(data) - len(data.lstrip(b"\0"))) + text
