"""Signatures by other people's code: PyPI `httpsig` (draft-cavage) and `http-message-signatures` (RFC 9421).

They sign what we must verify and verify what we sign, so that our reader and our writer cannot agree on a mistake.
"""

import sys
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial
from importlib import metadata
from typing import Any

from Crypto.PublicKey import RSA
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519, RSA_V1_5_SHA256
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from tests.support.keys import PrivateKey, private_pem


def _import_httpsig() -> Any:
    """Httpsig 1.3.0 still asks pkg_resources for its version; that module is gone from current setuptools."""
    stub = types.ModuleType("pkg_resources")
    stub.DistributionNotFound = metadata.PackageNotFoundError  # type: ignore[attr-defined]
    stub.get_distribution = metadata.distribution  # type: ignore[attr-defined]
    before = sys.modules.get("pkg_resources")
    sys.modules["pkg_resources"] = stub
    try:
        import httpsig
    finally:
        if before is None:
            del sys.modules["pkg_resources"]
        else:
            sys.modules["pkg_resources"] = before
    return httpsig


httpsig = _import_httpsig()
RSA.construct = partial(RSA.construct, consistency_check=False)  # they are ours: it would prove each prime anew
RSA.importKey = lru_cache(500)(RSA.import_key)
_ANY_KEY_ID = "<the id of the key>"


def sign_cavage(
    key: RSAPrivateKey, key_id: str, *, headers: Mapping[str, str], covered: Sequence[str], method: str, target: str
) -> str:
    """The value of a `Signature` header, made by httpsig."""
    signer = _header_signer(key, covered=tuple(covered))
    signed = str(signer.sign(headers, method=method, path=target)["signature"])
    return signed.replace(_ANY_KEY_ID, key_id)  # which is not signed


@lru_cache(1000)
def _header_signer(key: RSAPrivateKey, *, covered: tuple[str, ...]) -> Any:
    """Kept, because httpsig takes longer to read a key than to sign."""
    return httpsig.HeaderSigner(
        _ANY_KEY_ID, private_pem(key), algorithm="rsa-sha256", headers=list(covered), sign_header="signature"
    )


def verify_cavage(
    public: str, headers: Mapping[str, str], *, method: str, target: str, required: Sequence[str]
) -> bool:
    """Whether httpsig accepts the `Signature` header (it trusts whatever algorithm the header names)."""
    names = [*required, "(request-target)", "host", "date"]
    try:
        verifier = httpsig.HeaderVerifier(
            dict(headers), public, required_headers=names, method=method, path=target, sign_header="signature"
        )
        return bool(verifier.verify())
    except Exception:  # noqa: BLE001 - httpsig raises bare Exception, KeyError and AssertionError for bad input
        return False


@dataclass
class Message:
    """What http-message-signatures calls a request."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, *, public: Any = None, private: Any = None) -> None:
        self._public, self._private = public, private

    def resolve_public_key(self, key_id: str | None = None) -> Any:
        return self._public

    def resolve_private_key(self, key_id: str | None = None) -> Any:
        return self._private


def sign_rfc9421(
    key: PrivateKey,
    key_id: str,
    *,
    message: Message,
    covered: Sequence[str] = ("@method", "@target-uri"),
    body: bytes | None = None,
    created: datetime | None = None,
    expires: datetime | None = None,
) -> None:
    """Adds `Signature-Input`, `Signature` and (for a body) `Content-Digest` to the message."""
    algorithm = RSA_V1_5_SHA256 if isinstance(key, RSAPrivateKey) else ED25519
    signer = HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=_OneKey(private=key))
    signer.sign(
        message, key_id=key_id, covered_component_ids=covered, body=body, created=created, expires=expires, label="sig1"
    )


def verify_rfc9421(
    public: str, message: Message, *, body: bytes | None = None, max_age: timedelta | None = None
) -> bool:
    """Whether http-message-signatures accepts the message."""
    key = load_pem_public_key(public.encode())
    assert isinstance(key, RSAPublicKey | Ed25519PublicKey)
    algorithm = RSA_V1_5_SHA256 if isinstance(key, RSAPublicKey) else ED25519
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=_OneKey(public=key))
    required = ("@method", "@target-uri") + (("content-digest",) if body is not None else ())
    try:
        results = verifier.verify(message, body=body, max_age=max_age, require_components=required)
    except HTTPMessageSignaturesException:
        return False
    return bool(results)
