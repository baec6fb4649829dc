"""Digests tie a signature to a body: `Digest` (RFC 3230, with draft-cavage) and `Content-Digest` (RFC 9530, with RFC
9421).
"""

import base64
import binascii
import hashlib
import hmac

import http_sf

from federation.errors import SignatureRefused

SHA256_BYTES = 32


def write_digest(body: bytes) -> str:
    """The value of a `Digest` header."""
    return f"SHA-256={base64.b64encode(hashlib.sha256(body).digest()).decode()}"


def write_content_digest(body: bytes) -> str:
    """The value of a `Content-Digest` header."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def check_digest(header: str | None, body: bytes) -> None:
    """`Digest` has exactly one SHA-256 (in any case; other algorithms may stand beside it) and it is that of the body.

    Raises `SignatureRefused`.
    """
    found = [part.partition("=") for part in (header or "").split(",")]
    values = [value.strip() for name, _, value in found if name.strip().lower() == "sha-256"]
    if len(values) != 1:
        raise SignatureRefused("the Digest header must have one SHA-256 value", reason="digest_missing")
    try:
        claimed = base64.b64decode(values[0], validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureRefused("the Digest header is not base64", reason="digest_unreadable") from error
    _compare(claimed, body)


def check_content_digest(header: str | None, body: bytes) -> None:
    """`Content-Digest` has a sha-256 and it is that of the body. Raises `SignatureRefused`."""
    try:
        parsed = http_sf.parse(
            (header or "").encode("latin-1"), tltype="dictionary", on_duplicate_key=_refuse_duplicate
        )
    except ValueError as error:
        raise SignatureRefused("the Content-Digest header is unreadable", reason="digest_unreadable") from error
    entry = parsed.get("sha-256") if isinstance(parsed, dict) else None
    claimed = entry[0] if isinstance(entry, tuple) else None
    if not isinstance(claimed, bytes):
        raise SignatureRefused("the Content-Digest header has no sha-256", reason="digest_missing")
    _compare(claimed, body)


def _compare(claimed: bytes, body: bytes) -> None:
    if len(claimed) != SHA256_BYTES or not hmac.compare_digest(claimed, hashlib.sha256(body).digest()):
        raise SignatureRefused("the digest is not that of the body", reason="digest_mismatch")


def _refuse_duplicate(_key: str, _context: str) -> None:
    raise SignatureRefused("the Content-Digest header has a key twice", reason="digest_unreadable")
