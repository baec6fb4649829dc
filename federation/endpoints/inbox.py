"""Where other servers post to us: prove, write down, answer 202. What it means is found out later.

The body is read with a limit and a deadline (a stalled one would hold its connection for ever), and only after the
request's head looks like one for an inbox. What is refused is refused with a reason, which the operator can look up.
"""

import asyncio
import json
import re
from collections.abc import Mapping

from aiohttp import web

from federation import limits
from federation.endpoints.context import ENDPOINTS, Endpoints
from federation.endpoints.problems import problem, problem_of
from federation.errors import BadRequest, ProtocolError, TooLarge
from federation.ports import Absent, Refusal
from federation.receive import NothingToDo, check_head, receive
from federation.requests import InboundRequest
from federation.uris import KEY

BODY_SECONDS = 10.0
_KEY_ID = re.compile(r'keyid="([^"]{1,2048})"', re.IGNORECASE)
_LARGEST_CLAIM = 64 * 1024


class BodyTooSlow(BadRequest):
    """The body did not arrive in time."""

    http_status = 408
    default_reason = "body_too_slow"


def routes() -> list[web.RouteDef]:
    """The shared inbox, and everybody's own."""
    return [
        web.post("/ap/inbox", shared_inbox),
        web.post(f"/ap/actors/{{key:{KEY}}}/inbox", actor_inbox),
    ]


async def shared_inbox(request: web.Request) -> web.StreamResponse:
    """For anybody here."""
    return await _take(request, inbox=None)


async def actor_inbox(request: web.Request) -> web.StreamResponse:
    """For one actor: 404 if there is no such, 410 if it is gone."""
    key = request.match_info["key"]
    absent = await request.app[ENDPOINTS].directory.inbox(key)
    if absent is Absent.NOT_FOUND:
        return problem(404, "There is no such inbox.", reason="not_found")
    if absent is Absent.GONE:
        return problem(410, "This account is no more.", reason="gone")
    return await _take(request, inbox=key)


async def _take(request: web.Request, *, inbox: str | None) -> web.StreamResponse:
    endpoints, body = request.app[ENDPOINTS], b""
    try:
        check_head(_inbound(request, b"", inbox), endpoints.gate.uris)
        body = await _body(request)
        received = await receive(_inbound(request, body, inbox), endpoints.gate, now=endpoints.now())
    except ProtocolError as error:
        _note(endpoints, request, body, error)
        return problem_of(error, method=request.method)
    if not isinstance(received, NothingToDo):
        await endpoints.log.accept(received)
    return web.Response(status=202)


def _inbound(request: web.Request, body: bytes, inbox: str | None) -> InboundRequest:
    """The request as it stood on the wire: the signature is over the raw target, not over what a router makes of it."""
    return InboundRequest.of(request.method, request.raw_path, headers=request.raw_headers, body=body, inbox=inbox)


async def _body(request: web.Request) -> bytes:
    """The whole body. Raises TooLarge and BodyTooSlow."""
    if (request.content_length or 0) > limits.INBOX_BODY:
        raise TooLarge("the activity is too large")
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                size += len(chunk)
                if size > limits.INBOX_BODY:
                    raise TooLarge("the activity is too large")
                parts.append(chunk)
    except TimeoutError as error:
        raise BodyTooSlow("the body did not arrive in time") from error
    return b"".join(parts)


def _note(endpoints: Endpoints, request: web.Request, body: bytes, error: ProtocolError) -> None:
    claimed = _claimed(body)
    signed = _KEY_ID.search(request.headers.get("Signature-Input", "") or request.headers.get("Signature", ""))
    endpoints.log.refuse(
        Refusal(
            status=error.http_status,
            reason=error.reason,
            detail=f"{error.public} {error.private}".strip(),
            key_id=signed[1] if signed else None,
            actor=_text(claimed.get("actor")),
            type=_text(claimed.get("type")),
        )
    )


def _claimed(body: bytes) -> Mapping[str, object]:
    """What a refused body says of itself, if it says anything; a large one is not read again for that."""
    if len(body) > _LARGEST_CLAIM:
        return {}
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _text(value: object) -> str | None:
    return value[:500] if isinstance(value, str) else None
