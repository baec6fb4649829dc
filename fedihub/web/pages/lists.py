"""All members and all projects, a page at a time."""

from aiohttp import web

from fedihub.hub import HUB
from fedihub.web.cursors import newest_first, read_cursor
from fedihub.web.rendering import render
from storage.views.hub_home import newest_members, newest_projects

_AT_ONCE = 30


def routes() -> list[web.RouteDef]:
    """The two lists."""
    return [web.get("/members", members, allow_head=True), web.get("/projects", projects, allow_head=True)]


async def members(request: web.Request) -> web.Response:
    """The people, newest first."""
    before = read_cursor(request)
    listing = await request.app[HUB].database.read(lambda db: newest_members(db, before=before, limit=_AT_ONCE))
    return await render(
        request,
        "list.html",
        headline="Members",
        lead="The people of this hub. Follow them from wherever you are.",
        empty="Nobody here yet.",
        members=listing.items,
        projects=[],
        way=newest_first(request, listing.older),
    )


async def projects(request: web.Request) -> web.Response:
    """What they build, newest first."""
    before = read_cursor(request)
    listing = await request.app[HUB].database.read(lambda db: newest_projects(db, before=before, limit=_AT_ONCE))
    return await render(
        request,
        "list.html",
        headline="Projects",
        lead="What the people of this hub are building. Each tells its own story, which you can follow.",
        empty="No projects yet.",
        members=[],
        projects=listing.items,
        way=newest_first(request, listing.older),
    )
