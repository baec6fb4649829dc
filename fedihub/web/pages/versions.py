"""What a post said before it was edited, at `/versions/<id>`: for whoever may see the post."""

from aiohttp import web

from fedihub.errors import Missing
from fedihub.hub import HUB
from fedihub.web.pages.conversation import POST_ID
from fedihub.web.rendering import render, viewer_of
from storage.database import Session
from storage.revisions import PostRevision, list_revisions
from storage.views.posts import PostView
from storage.views.timelines import find_visible


def routes() -> list[web.RouteDef]:
    """The page."""
    return [web.get(f"/versions/{POST_ID}", show, allow_head=True)]


async def show(request: web.Request) -> web.Response:
    """All versions that are kept, the newest first."""
    viewer, post_id = await viewer_of(request), int(request.match_info["post_id"])
    viewer_id = viewer.id if viewer is not None else None

    async def unit(session: Session) -> tuple[PostView, list[PostRevision]] | None:
        post = await find_visible(session, post_id, viewer_id=viewer_id)
        return (post, await list_revisions(session, post.id)) if post is not None else None

    found = await request.app[HUB].database.read(unit)
    if found is None:
        raise Missing("there is no such post, or it is not public")
    post, revisions = found
    return await render(request, "versions.html", post=post, earlier=revisions[::-1])
