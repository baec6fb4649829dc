"""The pages of members, projects and chapters at `/@name`. To other servers the same address gives the actor's
document.
"""

from aiohttp import web

from federation.endpoints.documents import respond_actor
from federation.endpoints.negotiation import wants_activity
from fedihub.errors import Missing, NotAllowed
from fedihub.hub import HUB
from fedihub.web.cursors import Way, newest_first, read_cursor
from fedihub.web.display import About, plain, short, words
from fedihub.web.rendering import FormsLead, render, see_other, viewer_of, with_document
from storage.actors import Actor, ActorKind, find_local_by_username
from storage.views.chapter_page import load_chapter_page
from storage.views.member_page import load_member_page
from storage.views.project_page import load_project_page

USERNAME = "{username:[A-Za-z0-9_]{1,64}}"
_IN_STORY = "story"


def routes() -> list[web.RouteDef]:
    """One address for all kinds: they share one namespace of handles."""
    return [web.get(f"/@{USERNAME}", show, allow_head=True)]


async def show(request: web.Request) -> web.StreamResponse:
    """The page, or the document, of whoever has this handle."""
    actor = await local_actor(request)
    if wants_activity(request):
        return await respond_actor(request, str(actor.id))
    if actor.username != request.match_info["username"]:
        return see_other(f"/@{actor.username}")
    return with_document(await _PAGES[actor.kind](request, actor), actor.uri)


async def local_actor(request: web.Request) -> Actor:
    """The member, project or chapter that the address names; raises Missing, HTTPGone for who has left, and NotAllowed
    for who is suspended: only other servers are given a document that says so.
    """
    username = request.match_info["username"]
    actor = await request.app[HUB].database.read(lambda db: find_local_by_username(db, username))
    if actor is None or actor.kind not in _PAGES:
        raise Missing("there is nobody here by this name")
    if actor.gone_at is not None:
        raise web.HTTPGone
    if actor.is_hidden and not wants_activity(request):
        raise NotAllowed("this account is suspended for the time being")
    return actor


async def _member(request: web.Request, actor: Actor) -> web.Response:
    viewer, before = await viewer_of(request), read_cursor(request)
    viewer_id = viewer.id if viewer else None
    view = await request.app[HUB].database.read(
        lambda db: load_member_page(db, actor, viewer_id=viewer_id, before=before)
    )
    return await render(
        request,
        "member.html",
        forms_lead=FormsLead.TO_SERVERS,
        view=view,
        about=_about(actor),
        way=newest_first(request, view.older),
    )


async def _project(request: web.Request, actor: Actor) -> web.Response:
    viewer, from_start = await viewer_of(request), request.query.get("order") == _IN_STORY
    viewer_id, cursor = viewer.id if viewer else None, read_cursor(request, "after" if from_start else "before")
    view = await request.app[HUB].database.read(
        lambda db: load_project_page(db, actor, viewer_id=viewer_id, cursor=cursor, from_start=from_start)
    )
    return await render(
        request,
        "project.html",
        forms_lead=FormsLead.TO_SERVERS,
        view=view,
        from_start=from_start,
        about=_about(actor),
        way=_along(request, view.further) if from_start else newest_first(request, view.further),
    )


async def _chapter(request: web.Request, actor: Actor) -> web.Response:
    viewer, before = await viewer_of(request), read_cursor(request)
    viewer_id = viewer.id if viewer else None
    view = await request.app[HUB].database.read(
        lambda db: load_chapter_page(db, actor, viewer_id=viewer_id, before=before)
    )
    return await render(
        request,
        "chapter.html",
        forms_lead=FormsLead.TO_SERVERS,
        view=view,
        about=_about(actor),
        way=newest_first(request, view.older),
    )


_PAGES = {ActorKind.MEMBER: _member, ActorKind.PROJECT: _project, ActorKind.CHAPTER: _chapter}


def _along(request: web.Request, further: int | None) -> Way:
    """Reading from the start, what comes next is newer."""
    start = f"{request.path}?order={_IN_STORY}"
    return Way(newer=f"{start}&after={further}" if further else "", older=start if "after" in request.query else "")


def _about(actor: Actor) -> About:
    title = plain(actor.display_name) or actor.username
    return About(title, short(words(actor.bio_html)) or f"{title} in the fediverse")
