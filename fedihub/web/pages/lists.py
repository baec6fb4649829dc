"""All members, all projects and all chapters, a page at a time."""

from aiohttp import web

from fedihub.hub import HUB
from fedihub.web.cursors import newest_first, read_cursor
from fedihub.web.rendering import render
from storage.chapters import list_chapters
from storage.views.hub_home import newest_members, newest_projects

_AT_ONCE = 30


def routes() -> list[web.RouteDef]:
    """The three lists."""
    pages = {"/members": members, "/projects": projects, "/chapters": chapters}
    return [web.get(path, page, allow_head=True) for path, page in pages.items()]


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
        chapters=[],
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
        chapters=[],
        way=newest_first(request, listing.older),
    )


async def chapters(request: web.Request) -> web.Response:
    """Where openings are passed on, newest first."""
    before = read_cursor(request)
    rows = await request.app[HUB].database.read(lambda db: list_chapters(db, before=before, limit=_AT_ONCE + 1))
    older = rows[_AT_ONCE - 1][0].id if len(rows) > _AT_ONCE else None
    return await render(
        request,
        "list.html",
        headline="Chapters",
        lead="Communities that pass on a few good openings: asks and offers, near a place or about a thing.",
        empty="No chapters yet.",
        members=[],
        projects=[],
        chapters=rows[:_AT_ONCE],
        way=newest_first(request, older),
    )
