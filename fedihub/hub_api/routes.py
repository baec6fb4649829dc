"""The routes: one for each operation, the description, and an answer for everything else below the prefix."""

import re
from functools import lru_cache

import orjson
from aiohttp import hdrs, web

from fedihub.cors import CORS_HEADERS, preflight
from fedihub.hub import HUB
from fedihub.hub_api.openapi import describe
from fedihub.hub_api.operations import PREFIX, serve
from fedihub.hub_api.problems import Refused, refusal
from fedihub.hub_api.table import OPERATIONS
from fedihub.settings import Settings

_PATHS = [(each.method, re.compile(re.sub(r"\{\w+\}", "[^/]+", each.path))) for each in OPERATIONS]


def setup(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get(f"{PREFIX}/openapi.json", _description, allow_head=True)
    for operation in OPERATIONS:
        handler = serve(operation)
        for method in (hdrs.METH_GET, hdrs.METH_HEAD) if operation.reads else (operation.method,):
            app.router.add_route(method, PREFIX + operation.path, handler)
    app.router.add_route("*", PREFIX, _nothing_here)
    app.router.add_route("*", PREFIX + "/{tail:.*}", _nothing_here)


async def _description(request: web.Request) -> web.Response:
    """The OpenAPI document; any web page may read it."""
    headers = CORS_HEADERS | {"Cache-Control": "public, max-age=300"}
    return web.Response(body=_document(request.app[HUB].settings), content_type="application/json", headers=headers)


@lru_cache(maxsize=1)
def _document(settings: Settings) -> bytes:
    """Made when first asked for, since it takes longer than everything else at the start."""
    return orjson.dumps(describe(OPERATIONS, settings))


async def _nothing_here(request: web.Request) -> web.Response:
    """A preflight for any path, or what is wrong with this one."""
    if request.method == hdrs.METH_OPTIONS:
        return preflight()
    path = "/" + request.match_info.get("tail", "")
    allowed = [method for method, pattern in _PATHS if pattern.fullmatch(path)]
    if allowed:
        error = Refused(405, "This address takes other methods.", headers={"Allow": ", ".join(allowed)})
    else:
        error = Refused(404, f"There is nothing here. What there is: {PREFIX}/openapi.json")
    return refusal(request, error)
