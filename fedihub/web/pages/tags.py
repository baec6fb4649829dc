"""What was said to everybody under a hashtag, as far as it has reached us: where the hashtags in our posts lead."""

from aiohttp import web

from fedihub.hub import HUB
from fedihub.text.find import fold_tag
from fedihub.web.cursors import newest_first, read_cursor
from fedihub.web.display import plain
from fedihub.web.rendering import render, viewer_of
from storage.paging import Window
from storage.views.timelines import PublicFilter, list_public

_AT_ONCE = 20


def routes() -> list[web.RouteDef]:
    """One page for each hashtag."""
    return [web.get("/tags/{name}", show, allow_head=True)]


async def show(request: web.Request) -> web.Response:
    """The posts, newest first; a hashtag that nobody used is an empty page, not a missing one."""
    viewer, name = await viewer_of(request), request.match_info["name"]
    wanted = PublicFilter(any_tag=(fold_tag(name),))
    window = Window(limit=_AT_ONCE + 1, max_id=read_cursor(request))
    viewer_id = viewer.id if viewer else None
    posts = await request.app[HUB].database.read(
        lambda session: list_public(session, wanted, viewer_id=viewer_id, window=window)
    )
    older = posts[_AT_ONCE - 1].id if len(posts) > _AT_ONCE else None
    return await render(request, "tag.html", name=plain(name), posts=posts[:_AT_ONCE], way=newest_first(request, older))
