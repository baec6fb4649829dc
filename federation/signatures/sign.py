"""Signing a request of ours, in either kind."""

from collections.abc import Mapping
from datetime import datetime

from federation.identifiers import SignatureKind
from federation.signatures import draft_cavage, rfc9421
from federation.signatures.dates import write_http_date
from federation.signatures.digest import write_content_digest, write_digest
from federation.signatures.signer import Signer


def sign_request(
    signer: Signer,
    kind: SignatureKind,
    *,
    method: str,
    origin: str,
    target: str,
    now: datetime,
    body: bytes | None = None,
    content_type: str | None = None,
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """All headers that a signed request needs: Host, Date, digest, Content-Type, `more` and the signature, which covers
    `more` in either kind.

    `origin` is scheme and authority of the URL (`https://peer.example`), `target` its path and query as they go over
    the wire. CPU-bound (about 1 ms for RSA): call it in a thread.
    """
    host = origin.partition("://")[2]
    headers = {"Host": host, "Date": write_http_date(now)}
    if kind is SignatureKind.CAVAGE:
        if body is not None:
            headers |= {"Digest": write_digest(body), "Content-Type": content_type or ""}
        headers |= more or {}
        return headers | {"Signature": draft_cavage.write(signer, headers, method=method, target=target)}
    covered = {"Content-Digest": write_content_digest(body)} if body is not None else {}
    covered |= more or {}
    signature = rfc9421.write(signer, covered, method=method, target_uri=origin + target, created=now)
    if body is not None:
        headers["Content-Type"] = content_type or ""
    return headers | covered | dict(signature)
