"""Signing a request of ours, in either kind."""

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
) -> dict[str, str]:
    """All headers that a signed request needs: Host, Date, digest, Content-Type and the signature.

    `origin` is scheme and authority of the URL (`https://peer.example`), `target` its path and query as they go over
    the wire. CPU-bound (about 1 ms for RSA): call it in a thread.
    """
    host = origin.partition("://")[2]
    headers = {"Host": host, "Date": write_http_date(now)}
    if kind is SignatureKind.CAVAGE:
        if body is not None:
            headers |= {"Digest": write_digest(body), "Content-Type": content_type or ""}
        return headers | {"Signature": draft_cavage.write(signer, headers, method=method, target=target)}
    digest = None
    if body is not None:
        digest = write_content_digest(body)
        headers |= {"Content-Digest": digest, "Content-Type": content_type or ""}
    signature = rfc9421.write(signer, method=method, target_uri=origin + target, content_digest=digest, created=now)
    return headers | dict(signature)
