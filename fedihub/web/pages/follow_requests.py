"""Who asks to follow a member who approves their followers: let them, or not."""

from aiohttp import web
from pydantic import Field

from fedihub.errors import Missing
from fedihub.hub import HUB
from fedihub.services.following import accept_request, reject_request
from fedihub.web.cursors import newest_first, read_cursor
from fedihub.web.forms import Form, read_form
from fedihub.web.paths import sign_in_path
from fedihub.web.rendering import render, see_other, viewer_of
from storage.actors import Actor
from storage.paging import Window
from storage.views.people import list_follow_requests

_PATH = "/you/requests"
_AT_ONCE = 30


class Answer(Form):
    """What the member says to one who asks."""

    asker: int = Field(gt=0, lt=2**63)
    act: str = Field(pattern="^(accept|reject)$")


def routes() -> list[web.RouteDef]:
    """The list, with its buttons."""
    return [web.get(_PATH, show, allow_head=False), web.post(_PATH, submit)]


async def show(request: web.Request) -> web.Response:
    """Those who wait, the newest first."""
    viewer = await viewer_of(request)
    if viewer is None:
        return see_other(sign_in_path(_PATH))
    window = Window(limit=_AT_ONCE + 1, max_id=read_cursor(request))
    people = await request.app[HUB].database.read(lambda db: list_follow_requests(db, viewer.id, window=window))
    older = people[_AT_ONCE - 1][0] if len(people) > _AT_ONCE else None
    askers = [actor for _, actor in people[:_AT_ONCE]]
    return await render(request, "follow_requests.html", askers=askers, way=newest_first(request, older))


async def submit(request: web.Request) -> web.Response:
    """Let one follow, or not."""
    viewer, answer = await viewer_of(request), await read_form(request, Answer)
    if viewer is None:
        return see_other(sign_in_path(_PATH))
    await _answer(request, viewer, answer)
    return see_other(_PATH)


async def _answer(request: web.Request, viewer: Actor, answer: Answer) -> None:
    act = accept_request if answer.act == "accept" else reject_request
    try:
        await act(request.app[HUB], actor_id=viewer.id, follower_id=answer.asker)
    except Missing:
        return  # answered in another window, or taken back: the list says how it is now
