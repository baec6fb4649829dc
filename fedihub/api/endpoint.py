"""What every endpoint shares: who may call it, what it is given, and that it never runs before both were checked.

An endpoint is a function from a `Call` to something that can be shown as JSON. Its `Access` stands beside it in the
table of routes (`fedihub.api.table`): a route without one can't be written down.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from aiohttp import hdrs, web

from fedihub.api.answers import Answer, refuse, respond
from fedihub.api.errors import ApiError, invalid_token, needs_account, not_found, outside_scopes
from fedihub.api.forms import HIGHEST_ID, Form, row_id
from fedihub.api.paging import Page, link_header
from fedihub.api.parameters import Nested, read_parameters, read_query
from fedihub.client_address import client_address
from fedihub.hub import HUB, Hub
from fedihub.limits import LIMITS, Standing
from fedihub.services.tokens import Caller, authenticate

F = TypeVar("F", bound=Form)


class Who(Enum):
    """Who may call: anyone; any token, also an app's own; only a token that acts as an account."""

    ANYONE = "anyone"
    TOKEN = "token"  # noqa: S105 - a word, no secret
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an endpoint. A token must hold one of `scopes`, if any are named, even where none was needed."""

    who: Who
    scopes: tuple[str, ...] = ()


def anyone(*scopes: str) -> Access:
    """Works without a token."""
    return Access(Who.ANYONE, scopes)


def token(*scopes: str) -> Access:
    """Any good token, also an app's own."""
    return Access(Who.TOKEN, scopes)


def account(*scopes: str) -> Access:
    """Only for an account."""
    return Access(Who.ACCOUNT, scopes)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read and checked."""

    hub: Hub
    request: web.Request
    parameters: Nested
    caller: Caller | None

    @property
    def viewer_id(self) -> int | None:
        """The account that looks, if any."""
        return self.caller.actor_id if self.caller else None

    @property
    def actor_id(self) -> int:
        """The account that acts."""
        if self.caller is None or self.caller.actor_id is None:
            raise needs_account()
        return self.caller.actor_id

    @property
    def writer_id(self) -> int | None:
        """The member who acts for a project; None when the account is the member's own."""
        if self.caller is None or self.caller.member_id == self.caller.actor_id:
            return None
        return self.caller.member_id

    def form(self, kind: type[F]) -> F:
        """The parameters as a form; what breaks its rules is answered with 422."""
        return kind.read(self.parameters)

    def path(self, name: str) -> str:
        """A variable part of the path; nothing is found under a name that can't even be stored."""
        text = self.request.match_info[name]
        if "\0" in text:
            raise not_found()
        return text

    def path_id(self, name: str = "id") -> int:
        """A variable part of the path that names a row; what can't be an id names nothing, which is a 404."""
        try:
            found = row_id(self.path(name))
        except ValueError:
            raise not_found() from None
        if not 0 < found < HIGHEST_ID:
            raise not_found()
        return found


Endpoint = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table: what is called, by whom, and what then runs."""

    method: str
    path: str
    access: Access
    endpoint: Endpoint
    is_upload: bool = False
    """The endpoint reads the body by itself (`Call.parameters` are the query's), and may be called less often."""
    most: int | None = None
    """Bytes that the body may have where it is more than usual: clients send pictures in it, which are passed over."""

    async def read(self, request: web.Request) -> Nested:
        """The parameters of a call."""
        return await (read_query(request) if self.is_upload else read_parameters(request, most=self.most))


def serve(route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The request handler of a route."""

    async def handle(request: web.Request) -> web.Response:
        standing: Standing | None = None
        try:
            presented = _bearer_token(request)
            caller = await authenticate(request.app[HUB], presented) if presented is not None else None
            standing = _count(request, caller)
            _admit(route.access, caller, presented=presented is not None)
            if route.is_upload:
                standing = _count(request, caller, uploads=True)
            call = Call(hub=request.app[HUB], request=request, parameters=await route.read(request), caller=caller)
            response = _show(call, await route.endpoint(call))
        except Exception as error:  # noqa: BLE001 - the border: a client gets JSON whatever happens
            response = refuse(request, error)
        response.headers.update(standing.headers() if standing else {})
        return response

    return handle


def _show(call: Call, result: Any) -> web.Response:
    match result:
        case Answer():
            return respond(result.body, status=result.status, headers=result.headers)
        case Page():
            link = link_header(call.request, call.hub.settings, result)
            return respond(list(result.items), headers={hdrs.LINK: link} if link else None)
        case _:
            return respond(result)


def _admit(wanted: Access, caller: Caller | None, *, presented: bool) -> None:
    """Raises when the caller may not call this. A bad token is refused wherever a token matters: its client must
    learn of it.
    """
    if caller is None:
        if wanted.who is not Who.ANYONE or (presented and wanted.scopes):
            raise invalid_token()
        return
    if wanted.scopes and not any(caller.may(scope) for scope in wanted.scopes):
        raise outside_scopes()
    if wanted.who is Who.ACCOUNT and caller.actor_id is None:
        raise needs_account()


def _count(request: web.Request, caller: Caller | None, *, uploads: bool = False) -> Standing:
    who = f"account {caller.actor_id}" if caller and caller.actor_id else f"address {client_address(request)}"
    limits = request.app[LIMITS]
    limiter = limits.uploads if uploads else limits.requests
    standing = limiter.take(who, request.app[HUB].clock.now())
    if standing.exceeded:
        raise ApiError(429, "Too many requests", headers=standing.headers())
    return standing


def _bearer_token(request: web.Request) -> str | None:
    """From the header, or, as old clients (tut 33d7cd8) send it, from the query."""
    scheme, _, value = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    return request.query.get("access_token")
