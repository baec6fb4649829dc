"""The consent page: an app asks to act for a member, who says as whom, or no. The rules are in
`fedihub.services.authorizations`.

What an app sends is carried through the form as it came, and checked again when the form arrives: nothing is
remembered in between. The pages set no `form-action` and no opener policy, because consent ends at the app: by a
scheme of its own, or in the window that opened this one.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import web
from pydantic import Field

from fedihub.errors import Invalid
from fedihub.hub import HUB, Hub
from fedihub.services.authorizations import (
    AuthorizationRefused,
    AuthorizationRequest,
    approve,
    begin_authorization,
    deny,
)
from fedihub.services.projects import identities
from fedihub.web.errors import error_page
from fedihub.web.forms import Form, read_form
from fedihub.web.labels import scope_sentences
from fedihub.web.paths import sign_in_path
from fedihub.web.rendering import FormsLead, render, see_other, viewer_of

_CARRIED = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")
_LONGEST = 4000


class Consent(Form):
    """The member's answer, with everything the app asked."""

    answer: str = Field(pattern="^(allow|deny)$")
    actor_id: int = Field(0, ge=0, lt=2**63)
    response_type: str = Field("", max_length=50)
    client_id: str = Field("", max_length=200)
    redirect_uri: str = Field("", max_length=_LONGEST)
    scope: str = Field("", max_length=_LONGEST)
    state: str | None = Field(None, max_length=_LONGEST)
    code_challenge: str = Field("", max_length=200)
    code_challenge_method: str = Field("", max_length=20)

    def asked(self) -> dict[str, str]:
        """What the app asked, as it came in the query of the page."""
        given = {name: getattr(self, name) for name in _CARRIED}
        return {name: value for name, value in given.items() if value is not None}


def routes() -> list[web.RouteDef]:
    """The page under both its spellings (toot opens the one with a slash), and the page that shows a code."""
    return [
        web.get("/oauth/authorize", show, allow_head=False),
        web.get("/oauth/authorize/", show, allow_head=False),
        web.post("/oauth/authorize", submit),
        web.get("/oauth/authorize/native", show_code, allow_head=False),
    ]


async def show(request: web.Request) -> web.Response:
    """Ask the member; sign in first, if need be (or if the app insists)."""
    hub, asked = request.app[HUB], dict(request.query)
    try:
        wanted = await begin_authorization(hub, asked)
    except (AuthorizationRefused, Invalid) as error:
        return await _refusal(request, error)
    viewer = await viewer_of(request)
    if viewer is None or wanted.force_sign_in:
        return see_other(sign_in_path(_back(asked)) + ("&again=1" if viewer else ""))
    return await render(
        request,
        "authorize.html",
        forms_lead=FormsLead.ANYWHERE,
        wanted=wanted,
        destination=_destination(wanted),
        allowed=scope_sentences(wanted.scopes),
        fields={name: asked[name] for name in _CARRIED if name in asked},
        identities=await identities(hub, viewer.id),
        switch=sign_in_path(_back(asked)) + "&again=1",
    )


async def submit(request: web.Request) -> web.Response:
    """Carry out what the member decided."""
    hub, viewer = request.app[HUB], await viewer_of(request)
    form = await read_form(request, Consent)
    if viewer is None:
        return see_other(sign_in_path(_back(form.asked())))
    try:
        wanted = await begin_authorization(hub, form.asked())
    except (AuthorizationRefused, Invalid) as error:
        return await _refusal(request, error)
    if form.answer == "deny":
        return await _refusal(request, deny(hub, wanted))
    return await _approved(hub, wanted, member_id=viewer.id, actor_id=form.actor_id or viewer.id)


async def show_code(request: web.Request) -> web.Response:
    """A code for a member to copy: for apps that no browser can be sent back to."""
    return await render(request, "code.html", code=request.query.get("code", "")[:200])


async def _approved(hub: Hub, wanted: AuthorizationRequest, *, member_id: int, actor_id: int) -> web.Response:
    approval = await approve(hub, wanted, member_id=member_id, actor_id=actor_id)
    return see_other(approval.location or f"/oauth/authorize/native?code={approval.code}")


async def _refusal(request: web.Request, error: AuthorizationRefused | Invalid) -> web.Response:
    """Tell the app if it has an address that can be trusted, and show a page otherwise."""
    if isinstance(error, AuthorizationRefused) and error.location is not None:
        return see_other(error.location)
    return await error_page(request, 400, message=error.public)


def _back(asked: Mapping[str, str]) -> str:
    """This page again, without the wish for a second sign-in."""
    return "/oauth/authorize?" + urlencode({name: asked[name] for name in _CARRIED if name in asked})


def _destination(wanted: AuthorizationRequest) -> str:
    if wanted.out_of_band:
        return "You will be given a code to copy into it."
    return f"Afterwards you go on to {wanted.destination}"
