"""A post and the whole conversation around it, at `/@name/<id>`.

To other servers the same address gives the post's document.
"""

from aiohttp import web

from federation.endpoints import ENDPOINTS
from federation.endpoints.documents import respond_post
from federation.endpoints.negotiation import wants_activity
from federation.ports import Absent, Document
from fedihub.errors import Missing
from fedihub.hub import HUB
from fedihub.services.threads import look_for_rest
from fedihub.web.display import About, plain, short, words
from fedihub.web.pages.profile import USERNAME, local_actor
from fedihub.web.rendering import FormsLead, render, see_other, viewer_of, with_document
from storage.views.conversation_page import ConversationPage, load_conversation_page
from storage.views.posts import PostView

POST_ID = "{post_id:[1-9][0-9]{0,15}}"
_TITLE = 80


def routes() -> list[web.RouteDef]:
    """The page."""
    return [web.get(f"/@{USERNAME}/{POST_ID}", show, allow_head=True)]


async def show(request: web.Request) -> web.StreamResponse:
    """The conversation, as far as whoever looks may see it."""
    if wants_activity(request):
        return await _document(request)
    view = await conversation_of(request)
    if await viewer_of(request) is not None:
        await look_for_rest(request.app[HUB], view.post.id)
    author = view.post.author
    if author.username != request.match_info["username"]:
        return see_other(f"/@{author.username}/{view.post.id}")
    page = await render(
        request, "conversation.html", forms_lead=FormsLead.TO_SERVERS, view=view, about=_about(view.post)
    )
    return with_document(page, view.post.uri)


async def conversation_of(request: web.Request) -> ConversationPage:
    """The conversation that the address names; raises Missing, also for what may not be seen, and HTTPGone."""
    viewer, author = await viewer_of(request), await local_actor(request)
    viewer_id, post_id = viewer.id if viewer else None, int(request.match_info["post_id"])
    view = await request.app[HUB].database.read(
        lambda db: load_conversation_page(db, author, post_id, viewer_id=viewer_id)
    )
    if view is None:
        if await _found(request) is Absent.GONE:
            raise web.HTTPGone
        raise Missing("there is no such post, or it is not public")
    return view


async def _document(request: web.Request) -> web.StreamResponse:
    """What another server gets here; where there is nothing, the post's own address says why."""
    post_id = request.match_info["post_id"]
    if isinstance(await _found(request), Absent):
        return see_other(request.app[HUB].uris.post(post_id))
    return await respond_post(request, post_id)


async def _found(request: web.Request) -> Document | Absent:
    return await request.app[ENDPOINTS].directory.post(request.match_info["post_id"])


def _about(post: PostView) -> About:
    """Behind a warning, only the warning is told."""
    who = plain(post.author.display_name) or post.author.username
    text = post.content_warning or post.title or words(post.content_html)
    return About(f"{who}: {short(text, _TITLE)}" if text else who, short(text, 200))
