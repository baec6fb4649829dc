"""For whoever writes programs: which APIs this hub has, and where each is described."""

from aiohttp import web

from fedihub.hub_api.openapi import summary
from fedihub.hub_api.operations import PREFIX
from fedihub.hub_api.table import OPERATIONS
from fedihub.web.rendering import render


def routes() -> list[web.RouteDef]:
    """The page."""
    return [web.get("/developers", show, allow_head=True)]


async def show(request: web.Request) -> web.Response:
    """The operations of the hub API come from its own table: what is missing there is missing here."""
    return await render(
        request,
        "developers.html",
        prefix=PREFIX,
        operations=[(each.method, each.path, summary(each), each.scope) for each in OPERATIONS],
    )
