"""Errors as problem documents (RFC 9457): a status, a sentence for anyone, and a short code for programs."""

import json

from aiohttp import web

from federation.errors import ProtocolError
from federation.signatures.rfc9421 import challenge

PROBLEM_JSON = "application/problem+json"


def problem(status: int, detail: str, *, reason: str, retry_after: int | None = None) -> web.Response:
    """An error answer; `reason` is the code by which it is known in logs and documentation."""
    body = {"type": "about:blank", "title": _title(status), "status": status, "detail": detail, "reason": reason}
    headers = {"Cache-Control": "no-store"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return web.Response(status=status, text=json.dumps(body), content_type=PROBLEM_JSON, headers=headers)


def problem_of(error: ProtocolError, *, method: str | None = None) -> web.Response:
    """The answer to a request that broke the protocol; only the error's public half is shown. Where the request's
    signature is at fault and its `method` is given, it says which one would do (Fedify 2.1 tries again with that).
    """
    retry_after: int | None = getattr(error, "retry_after", None)
    response = problem(error.http_status, error.public, reason=error.reason, retry_after=retry_after)
    if method is not None and error.http_status == web.HTTPUnauthorized.status_code:
        response.headers["Accept-Signature"] = challenge(method)
    return response


def _title(status: int) -> str:
    return web.Response(status=status).reason or "Error"
