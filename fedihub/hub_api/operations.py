"""What every operation shares: who may call it, what it is given, and how its result goes out.

An endpoint is a function from a `Call` to a model of `models.py`. It runs only after the token, the scope, the query
and the body have been checked against what its `Operation` says, and an operation that says nothing about scopes can't
be written down.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from aiohttp import hdrs, web

from federation.endpoints.documents import conditional
from federation.vocabulary.parse import parse_document
from fedihub.bodies import arriving
from fedihub.client_address import client_address
from fedihub.cors import CORS_HEADERS
from fedihub.hub import HUB, Hub
from fedihub.hub_api.models import Wire
from fedihub.hub_api.problems import Refused, refusal
from fedihub.limits import LIMITS
from fedihub.services.tokens import Caller, authenticate

W = TypeVar("W", bound=Wire)

PREFIX = "/api/hub/v1"
_CHALLENGE = 'Bearer realm="FediHub"'
_HIGHEST_ID = 2**63


class _NoQuery(Wire):
    """For operations that take none."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read and checked. `caller` is None only where no token is asked for."""

    hub: Hub
    request: web.Request
    caller: Caller | None
    query: Wire
    body: Wire | None

    def path_id(self, name: str) -> int:
        """An id in the path; one that can't exist does not exist: 404."""
        text = self.request.match_info[name]
        if not (text.isascii() and text.isdigit()) or not 0 < int(text[:20]) < _HIGHEST_ID:
            raise Refused(404, "There is no such thing.")
        return int(text)

    def asked(self, kind: type[W]) -> W:
        """The query."""
        return _as(kind, self.query)

    def said(self, kind: type[W]) -> W:
        """The body."""
        return _as(kind, self.body)

    @property
    def viewer_id(self) -> int | None:
        """The account that looks."""
        return self.caller.actor_id if self.caller else None

    @property
    def member_id(self) -> int:
        """The member who acts as themselves; a token for a project can't found another, nor speak for it."""
        if self.caller is None or self.caller.member_id is None or self.caller.actor_id != self.caller.member_id:
            raise Refused(403, "This takes the token of a member, acting as themselves.")
        return self.caller.member_id

    def member_for(self, project_id: int) -> int:
        """The member behind a token that may act on this project: their own token, or one for just this project."""
        if self.caller is not None and self.caller.member_id is not None and self.caller.actor_id == project_id:
            return self.caller.member_id
        return self.member_id


Endpoint = Callable[[Call], Awaitable[Wire | None]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the table.

    `scope` None means that anybody may call it; `refuses` are statuses beyond the usual ones.
    """

    name: str
    method: str
    path: str
    endpoint: Endpoint
    scope: str | None
    answer: type[Wire] | None = None
    query: type[Wire] | None = None
    body: type[Wire] | None = None
    status: int = 200
    refuses: tuple[int, ...] = ()
    place: str | None = None
    """Where what was made is found: a path with the `{id}` of the answer."""
    idempotent: bool = False
    """Takes an Idempotency-Key: the same key twice does it once."""

    @property
    def reads(self) -> bool:
        """It changes nothing, so its answer has an ETag."""
        return self.method == hdrs.METH_GET


def serve(operation: Operation) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The request handler of an operation."""

    async def handle(request: web.Request) -> web.Response:
        try:
            caller = await _admit(request, operation)
            query = _query(request, operation.query)
            body = operation.body.model_validate(await _json(request)) if operation.body else None
            result = await operation.endpoint(Call(request.app[HUB], request, caller, query, body))
        except Exception as error:  # noqa: BLE001 - the border: a program gets a problem document whatever happens
            return refusal(request, error)
        return _answer(request, operation, result)

    return handle


async def _admit(request: web.Request, operation: Operation) -> Caller | None:
    if operation.scope is None:
        return None
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    hub = request.app[HUB]
    caller = await authenticate(hub, token.strip()) if scheme.lower() == "bearer" else None
    _count(request, hub, caller)
    if caller is None:
        raise Refused(401, "This needs a good access token.", headers={"WWW-Authenticate": _CHALLENGE})
    if not caller.may(operation.scope):
        challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{operation.scope}"'
        raise Refused(403, f"The token lacks the scope “{operation.scope}”.", headers={"WWW-Authenticate": challenge})
    return caller


def _count(request: web.Request, hub: Hub, caller: Caller | None) -> None:
    """The client API and this one share one count."""
    who = f"account {caller.actor_id}" if caller and caller.actor_id else f"address {client_address(request)}"
    now = hub.clock.now()
    standing = request.app[LIMITS].requests.take(who, now)
    if standing.exceeded:
        wait = max(1, int((standing.reset - now).total_seconds()))
        raise Refused(429, "Too many requests.", headers={"Retry-After": str(wait)})


def _query(request: web.Request, kind: type[Wire] | None) -> Wire:
    if len(request.query) != len(set(request.query)):
        raise Refused(400, "A part of the query is given twice.")
    return (kind or _NoQuery).model_validate(dict(request.query))


async def _json(request: web.Request) -> Any:
    if request.content_type != "application/json":
        raise Refused(415, "The body must be application/json.")
    async with arriving():
        return parse_document(await request.read())


def _answer(request: web.Request, operation: Operation, result: Wire | None) -> web.Response:
    """The result as JSON. What was only read may be kept by who asked, and comes no second time while it is true."""
    headers = CORS_HEADERS | {"Cache-Control": "private, no-cache" if operation.reads else "private, no-store"}
    if result is None:
        return web.Response(status=204, headers=headers)
    if operation.place is not None:
        headers["Location"] = PREFIX + operation.place.format_map(result.model_dump(include={"id"}))
    text = orjson.dumps(result.model_dump(mode="json"))
    answer = web.Response(body=text, status=operation.status, content_type="application/json", headers=headers)
    return conditional(request, answer) if operation.reads else answer


def _as(kind: type[W], value: Wire | None) -> W:
    if not isinstance(value, kind):
        raise TypeError(f"the table does not promise a {kind.__name__} here")
    return value
