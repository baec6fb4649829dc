"""A member's own place: whom they speak for, and how to connect an app."""

from aiohttp import web

from fedihub.hub import HUB
from fedihub.services.projects import identities
from fedihub.web.paths import sign_in_path
from fedihub.web.rendering import render, see_other, viewer_of


def routes() -> list[web.RouteDef]:
    """The page."""
    return [web.get("/you", show, allow_head=True)]


async def show(request: web.Request) -> web.Response:
    """Only for whoever is signed in; everybody else is asked to."""
    viewer = await viewer_of(request)
    if viewer is None:
        return see_other(sign_in_path("/you"))
    hub = request.app[HUB]
    return await render(request, "you.html", identities=await identities(hub, viewer.id), host_name=hub.settings.host)
