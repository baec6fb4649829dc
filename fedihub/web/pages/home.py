"""The hub's home: who and what is here."""

from aiohttp import web

from fedihub.hub import HUB
from fedihub.web.rendering import render, viewer_of
from storage.views.hub_home import load_hub_home


def routes() -> list[web.RouteDef]:
    """The front door."""
    return [web.get("/", show, allow_head=True)]


async def show(request: web.Request) -> web.Response:
    """Newest members, projects, and what was said last."""
    viewer = await viewer_of(request)
    viewer_id = viewer.id if viewer else None
    view = await request.app[HUB].database.read(lambda session: load_hub_home(session, viewer_id=viewer_id))
    return await render(request, "home.html", view=view)
