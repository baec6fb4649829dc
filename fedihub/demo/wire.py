"""Looks over the shoulder of a hub: each request that another server makes to it, told in one line."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from fedihub.hub import Hub
from storage.views.inbox_log import latest_received

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_FOR_SERVERS = ("/.well-known/", "/ap/", "/nodeinfo/")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. `what` is the activity's type, or what was asked for."""

    sender: str
    receiver: str
    what: str
    status: int
    signature: str


def tap(hub: Hub, app: web.Application, *, peer: str, show: Callable[[Exchange], None]) -> None:
    """Show every request of servers to this hub's application; in the demo there is one other, `peer`."""

    @web.middleware
    async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if request.path.startswith(_FOR_SERVERS) and _is_from_a_hub(request):
            what = await _what(hub, request, response.status)
            show(Exchange(peer, hub.uris.host, what, response.status, signature_of(request)))
        return response

    app.middlewares.insert(0, watch)


def signature_of(request: web.Request) -> str:
    """How a request is signed, by its headers."""
    if "Signature-Input" in request.headers:
        return "signed (RFC 9421)"
    return "signed (draft-cavage)" if "Signature" in request.headers else "unsigned"


def _is_from_a_hub(request: web.Request) -> bool:
    return request.headers.get("User-Agent", "").startswith("FediHub/")


async def _what(hub: Hub, request: web.Request, status: int) -> str:
    """The activity that was just written down, or the kind of document that was asked for."""
    if request.method == "POST":
        activity = await hub.database.read(latest_received) if status == 202 else None
        return f"POST {activity.activity_type}" if activity else "POST"
    names = {"/.well-known/webfinger": "WebFinger", "/ap/actors": "actor", "/ap/posts": "post", "/nodeinfo": "NodeInfo"}
    name = next((name for path, name in names.items() if request.path.startswith(path)), request.path)
    return f"GET {name}"
