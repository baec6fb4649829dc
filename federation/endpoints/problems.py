"""Errors as problem documents (RFC 9457): a status, a sentence for anyone, and a short code for programs."""

import json

from aiohttp import web

from federation.errors import ProtocolError

PROBLEM_JSON = "application/problem+json"


def problem(status: int, detail: str, *, reason: str, retry_after: int | None = None) -> web.Response:
    """An error answer; `reason` is the code by which it is known in logs and documentation."""
    body = {"type": "about:blank", "title": _title(status), "status": status, "detail": detail, "reason": reason}
    headers = {"Cache-Control": "no-store"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return web.Response(status=status, text=json.dumps(body), content_type=PROBLEM_JSON, headers=headers)


def problem_of(error: ProtocolError) -> web.Response:
    """The answer to a request that broke the protocol; only the error's public half is shown."""
    retry_after: int | None = getattr(error, "retry_after", None)
    return problem(error.http_status, error.public, reason=error.reason, retry_after=retry_after)


def _title(status: int) -> str:
    return web.Response(status=status).reason or "Error"
