"""Apps: registering one, and asking which one a token belongs to."""

from typing import Any

from fedihub.api.endpoint import Call
from fedihub.api.errors import ApiError, invalid_token
from fedihub.api.forms import Form
from fedihub.client_address import client_address
from fedihub.limits import LIMITS
from fedihub.services import scopes
from fedihub.services.apps import find_app_by_id, register_app
from storage.access import App

NO_PUSH_KEY = ""
"""`vapid_key` must be a text (Ice Cubes, Tuba); the hub sends no push messages, so there is no key."""


class _AppForm(Form):
    client_name: str = ""
    redirect_uris: tuple[str, ...] = ()
    scopes: str = ""
    website: str | None = None


async def create_app(call: Call) -> dict[str, Any]:
    """`POST /api/v1/apps`: anybody may; addresses come as a list, or as one text with a line for each."""
    standing = call.request.app[LIMITS].registrations.take(client_address(call.request), call.hub.clock.now())
    if standing.exceeded:
        raise ApiError(429, "Too many requests", headers=standing.headers())
    form = call.form(_AppForm)
    registered = await register_app(
        call.hub,
        name=form.client_name,
        redirect_uris=[line for text in form.redirect_uris for line in text.split()],
        scopes=scopes.split(form.scopes),
        website=form.website,
    )
    app = registered.app
    return _app(app) | {
        "client_id": app.client_id,
        "client_secret": registered.client_secret,
        "client_secret_expires_at": 0,
    }


async def verify_app(call: Call) -> dict[str, Any]:
    """`GET /api/v1/apps/verify_credentials`: the app that a token, its own or an account's, belongs to."""
    app = await find_app_by_id(call.hub, call.caller.app_id) if call.caller else None
    if app is None:
        raise invalid_token()
    return _app(app)


def _app(app: App) -> dict[str, Any]:
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website,
        "redirect_uri": "\n".join(app.redirect_uris),
        "redirect_uris": app.redirect_uris,
        "scopes": app.scopes,
        "vapid_key": NO_PUSH_KEY,
    }
