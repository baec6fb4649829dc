"""What waits in a chapter, for those who run it: at `/@name/openings`, with plain forms."""

from typing import Literal

from aiohttp import web
from pydantic import Field

from fedihub.errors import Conflict, HubError, Invalid, Missing
from fedihub.hub import HUB
from fedihub.services.chapters import demand_moderator
from fedihub.services.openings import (
    LONGEST_REASON,
    approve_opening,
    ban_actor,
    decline_opening,
    remove_opening,
    unban_actor,
)
from fedihub.text.words import sentence
from fedihub.web.cursors import Way, read_cursor
from fedihub.web.forms import Form, read_form
from fedihub.web.pages.profile import USERNAME, local_actor
from fedihub.web.paths import sign_in_path
from fedihub.web.rendering import render, see_other, viewer_of
from storage.actors import Actor, ActorKind
from storage.openings import OpeningState, find_opening
from storage.views.chapter_page import load_queue

_PATH = f"/@{USERNAME}/openings"
_SHOW = "show"


class Decision(Form):
    """What a moderator decides, about a post or about its author."""

    act: Literal["approve", "decline", "remove", "ban", "unban"]
    opening_id: int = Field(0, ge=0, lt=2**63)
    actor_id: int = Field(0, ge=0, lt=2**63)
    reason: str = ""
    shown: OpeningState = OpeningState.SUBMITTED


def routes() -> list[web.RouteDef]:
    """The page, and its forms."""
    return [web.get(_PATH, show, allow_head=False), web.post(_PATH, submit)]


async def show(request: web.Request) -> web.Response:
    """What waits, or what became of the rest; only for who runs the chapter."""
    chapter, viewer = await _chapter(request), await viewer_of(request)
    if viewer is None:
        return see_other(sign_in_path(request.path))
    await _demand_moderator(request, chapter, viewer=viewer)
    return await _page(request, chapter, viewer=viewer, shown=_shown(request))


async def submit(request: web.Request) -> web.Response:
    """Carry out a decision, and show the same list again."""
    chapter, viewer = await _chapter(request), await viewer_of(request)
    decision = await read_form(request, Decision)
    if viewer is None:
        return see_other(sign_in_path(request.path))
    await _demand_moderator(request, chapter, viewer=viewer)
    try:
        await _decide(request, decision, chapter=chapter, moderator=viewer)
    except (Conflict, Invalid, Missing) as error:
        return await _page(request, chapter, viewer=viewer, shown=decision.shown, error=error)
    return see_other(f"{request.path}?{_SHOW}={decision.shown}")


async def _decide(request: web.Request, decision: Decision, *, chapter: Actor, moderator: Actor) -> None:
    hub, by = request.app[HUB], moderator.id
    if decision.act in ("ban", "unban"):
        who, where = decision.actor_id, chapter.id
        if decision.act == "unban":
            await unban_actor(hub, chapter_id=where, actor_id=who, by_member_id=by)
        else:
            await ban_actor(hub, chapter_id=where, actor_id=who, by_member_id=by, reason=decision.reason)
        return
    opening = await hub.database.read(lambda db: find_opening(db, decision.opening_id))
    if opening is None or opening.chapter_id != chapter.id:
        raise Missing("this post is not there any more")
    if decision.act == "approve":
        await approve_opening(hub, opening_id=opening.id, by_member_id=by)
    elif decision.act == "decline":
        await decline_opening(hub, opening_id=opening.id, by_member_id=by, reason=decision.reason)
    else:
        await remove_opening(hub, opening_id=opening.id, by_member_id=by, reason=decision.reason)


async def _chapter(request: web.Request) -> Actor:
    actor = await local_actor(request)
    if actor.kind is not ActorKind.CHAPTER:
        raise Missing("there is no chapter by this name")
    return actor


async def _demand_moderator(request: web.Request, chapter: Actor, *, viewer: Actor) -> None:
    database = request.app[HUB].database
    await database.read(lambda db: demand_moderator(db, chapter.id, member_id=viewer.id))


def _shown(request: web.Request) -> OpeningState:
    try:
        return OpeningState(request.query.get(_SHOW, OpeningState.SUBMITTED))
    except ValueError:
        return OpeningState.SUBMITTED


async def _page(
    request: web.Request, chapter: Actor, *, viewer: Actor, shown: OpeningState, error: HubError | None = None
) -> web.Response:
    before = read_cursor(request)
    queue = await request.app[HUB].database.read(
        lambda db: load_queue(db, chapter.id, state=shown, viewer_id=viewer.id, before=before)
    )
    return await render(
        request,
        "openings.html",
        status=error.status if error else 200,
        chapter=chapter,
        queue=queue,
        banned={actor.id for actor, _ in queue.bans},
        shown=shown,
        states=list(OpeningState),
        way=_way(request, shown, older=queue.older),
        problem=sentence(error.public) if error else "",
        longest_reason=LONGEST_REASON,
    )


def _way(request: web.Request, shown: OpeningState, *, older: int | None) -> Way:
    here = f"{request.path}?{_SHOW}={shown}"
    beginning = here if "before" in request.query else ""
    return Way(newer=beginning, older=f"{here}&before={older}" if older is not None else "")
