"""Signing in and out.

The same answer for an unknown name and a wrong password, a bound on guesses, and a new cookie each time.
"""

from aiohttp import web
from pydantic import Field

from fedihub.errors import NotAllowed, TooMany
from fedihub.hub import HUB
from fedihub.services.members import sign_in
from fedihub.text.words import sentence
from fedihub.web.forms import Form, read_form
from fedihub.web.limits import take_sign_in
from fedihub.web.paths import local_path
from fedihub.web.rendering import FormsLead, render, see_other, viewer_of
from fedihub.web.sessions import sign_in_browser, sign_out_browser

_WRONG = "That name and password don't go together."


class SignIn(Form):
    """The sign-in form; `next` is where the member wanted to go."""

    name: str = Field(max_length=254)
    password: str = Field(max_length=1024)
    next: str = ""


class SignOut(Form):
    """Only the token."""


def routes() -> list[web.RouteDef]:
    """Sign-in and sign-out."""
    return [
        web.get("/sign-in", show, allow_head=True),
        web.post("/sign-in", submit),
        web.post("/sign-out", sign_out),
    ]


async def show(request: web.Request) -> web.Response:
    """The form; whoever is signed in already goes on, unless another account is wanted (`again`)."""
    following = local_path(request.query.get("next", ""))
    if await viewer_of(request) is not None and "again" not in request.query:
        return see_other(following)
    return await _page(request, following=following)


async def submit(request: web.Request) -> web.Response:
    """Check name and password, and go on."""
    form = await read_form(request, SignIn)
    following = local_path(form.next)
    try:
        attempt = take_sign_in(request, form.name)
    except TooMany as error:
        response = await _page(request, following=following, name=form.name, problem=sentence(error.public), status=429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    try:
        member = await sign_in(request.app[HUB], email_or_username=form.name, password=form.password)
    except NotAllowed as error:
        return await _page(request, following=following, name=form.name, problem=sentence(error.public), status=403)
    if member is None:
        return await _page(request, following=following, name=form.name, problem=_WRONG, status=422)
    attempt.was_good()
    await sign_in_browser(request, member.actor_id)
    return see_other(following)


async def sign_out(request: web.Request) -> web.Response:
    """End this browser's session."""
    await read_form(request, SignOut)
    await sign_out_browser(request)
    return see_other("/")


async def _page(
    request: web.Request, *, following: str, name: str = "", problem: str = "", status: int = 200
) -> web.Response:
    values = {"next": following, "name": name, "problem": problem, "for_app": following.startswith("/oauth/authorize")}
    # The form may end at an app that waits for its code, by way of the consent page.
    return await render(request, "sign_in.html", status=status, forms_lead=FormsLead.ANYWHERE, has_form=True, **values)
