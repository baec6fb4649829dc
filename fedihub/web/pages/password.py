"""Changing one's own password in a browser. Everything that the old one opened ends, but for this browser."""

from aiohttp import web
from pydantic import Field

from fedihub.errors import Invalid, NotAllowed, TooMany
from fedihub.hub import HUB
from fedihub.services.members import change_password
from fedihub.text.words import sentence
from fedihub.web.forms import Form, read_form
from fedihub.web.limits import take_sign_in
from fedihub.web.paths import sign_in_path
from fedihub.web.rendering import render, see_other, viewer_of
from fedihub.web.sessions import sign_in_browser
from storage.actors import Actor

_PATH = "/you/password"


class Passwords(Form):
    """The old one, and the new one twice."""

    old: str = Field(max_length=1024)
    new: str = Field(max_length=1024)
    again: str = Field(max_length=1024)


def routes() -> list[web.RouteDef]:
    """The form."""
    return [web.get(_PATH, show, allow_head=False), web.post(_PATH, submit)]


async def show(request: web.Request) -> web.Response:
    """The form, empty."""
    if await viewer_of(request) is None:
        return see_other(sign_in_path(_PATH))
    return await render(request, "password.html", problem="")


async def submit(request: web.Request) -> web.Response:
    """Check and change it; guessing the old one is bounded as it is at the sign-in."""
    viewer, form = await viewer_of(request), await read_form(request, Passwords)
    if viewer is None:
        return see_other(sign_in_path(_PATH))
    try:
        await _change(request, viewer, form)
    except (Invalid, NotAllowed, TooMany) as error:
        return await render(request, "password.html", status=error.status, problem=sentence(error.public))
    await sign_in_browser(request, viewer.id)
    return see_other("/you")


async def _change(request: web.Request, viewer: Actor, form: Passwords) -> None:
    if form.new != form.again:
        raise Invalid("the new password is not the same twice")
    attempt = take_sign_in(request, viewer.username)
    await change_password(request.app[HUB], member_id=viewer.id, password=form.new, old_password=form.old)
    attempt.was_good()
