"""The client API, compatible with Mastodon's: what any Mastodon app needs to read and write here.

Mastodon's words (status, reblog, favourite …) live in this package and nowhere else. The path of a request:
`endpoint.serve` finds out who asks and whether they may (`table` says who may what), `parameters` and `forms` read
what was sent, an endpoint in `v1`, `v2` or `oauth` calls a service or reads a view, `entities` shape the answer,
and `answers` sends it.
"""

from aiohttp import hdrs, web

from fedihub.api.answers import refuse
from fedihub.api.endpoint import serve
from fedihub.api.errors import ApiError, not_found
from fedihub.api.table import ROUTES
from fedihub.cors import preflight
from fedihub.hub import HUB
from fedihub.limits import LIMITS, make_limits


def setup(app: web.Application) -> None:
    """Add the client API to an application that has its hub."""
    app[LIMITS] = make_limits(app[HUB].settings.rate_limit)
    for route in ROUTES:
        handler = serve(route)
        for path in _spellings(route.path):
            for method in _methods(route.method):
                app.router.add_route(method, path, handler)
    outside = dict.fromkeys(route.path for route in ROUTES if not route.path.startswith("/api/"))
    for path in (spelling for each in outside for spelling in _spellings(each)):
        app.router.add_route(hdrs.METH_ANY, path, _other_method)
    app.router.add_route(hdrs.METH_ANY, "/api/{rest:(?!hub(?:/|$)).*}", _nothing_here)


def _spellings(path: str) -> tuple[str, str]:
    """With a slash at the end too: Ice Cubes and toot put one there."""
    return path, f"{path}/"


def _methods(method: str) -> tuple[str, ...]:
    """What can be read can also be asked about (RFC 9110, 9.3.2)."""
    return (hdrs.METH_GET, hdrs.METH_HEAD) if method == hdrs.METH_GET else (method,)


async def _other_method(request: web.Request) -> web.Response:
    """A preflight, or a method that the path does not know."""
    if request.method == hdrs.METH_OPTIONS:
        return preflight()
    return refuse(request, ApiError(405, "Method not allowed"))


async def _nothing_here(request: web.Request) -> web.Response:
    """A preflight for any path, or the answer for one that leads nowhere."""
    return preflight() if request.method == hdrs.METH_OPTIONS else refuse(request, not_found())
