"""OAuth as apps speak it: `/oauth/token`, `/oauth/revoke`, `/oauth/userinfo`, and the metadata that tells where
they are.

Only the wire is here; the rules are in `fedihub.services.tokens`, and the page that asks the member in
`fedihub.web.pages.authorize`.
"""

import base64
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import hdrs

from fedihub.api.answers import Answer
from fedihub.api.endpoint import Call
from fedihub.api.entities.account import account
from fedihub.api.errors import ApiError
from fedihub.api.forms import Form
from fedihub.services import scopes, tokens
from fedihub.services.authorizations import issuer
from fedihub.services.tokens import GrantRefused, IssuedToken
from storage.actors import get_actor


class _Client(Form):
    client_id: str = ""
    client_secret: str = ""


class _TokenForm(Form):
    grant_type: str = ""
    code: str = ""
    redirect_uri: str = ""
    code_verifier: str | None = None
    scope: str = ""


class _RevokeForm(Form):
    token: str = ""


async def issue_token(call: Call) -> Answer:
    """`POST /oauth/token`: an authorization code, or the app's own credentials, for a token (RFC 6749, 4.1.3 and
    4.4.2).
    """
    form = call.form(_TokenForm)
    client_id, client_secret = _client(call)
    match form.grant_type:
        case "authorization_code":
            issued = await tokens.exchange_code(
                call.hub,
                client_id=client_id,
                client_secret=client_secret,
                code=form.code,
                redirect_uri=form.redirect_uri,
                code_verifier=form.code_verifier,
            )
        case "client_credentials":
            wanted = scopes.split(form.scope)
            issued = await tokens.client_credentials(
                call.hub, client_id=client_id, client_secret=client_secret, scopes=wanted
            )
        case _:
            text = "The authorization grant type is not supported by the authorization server."
            raise ApiError(400, "unsupported_grant_type", error_description=text)
    return Answer(_token(issued), headers={hdrs.PRAGMA: "no-cache"})


def _token(issued: IssuedToken) -> dict[str, Any]:
    return {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "scope": " ".join(issued.scopes),
        "created_at": int(issued.created_at.timestamp()),
    }


async def revoke_token(call: Call) -> Answer:
    """`POST /oauth/revoke` (RFC 7009); another app's token is none of this app's business: 403, as in Mastodon."""
    client_id, client_secret = _client(call)
    try:
        await tokens.revoke(
            call.hub, client_id=client_id, client_secret=client_secret, token=call.form(_RevokeForm).token
        )
    except GrantRefused as refusal:
        raise ApiError(403, "unauthorized_client", error_description=refusal.public) from None
    return Answer({})


def _client(call: Call) -> tuple[str, str]:
    """Who the app says it is: in the Authorization header (Basic) or, as nearly all apps do, in the body."""
    scheme, _, encoded = call.request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:  # also binascii.Error and UnicodeDecodeError
            name, secret = "", ""
        name, secret = unquote_plus(name), unquote_plus(secret)
        return ("", "") if "\0" in name + secret else (name, secret)
    form = call.form(_Client)
    return form.client_id, form.client_secret


async def show_identity(call: Call) -> dict[str, Any]:
    """`GET /oauth/userinfo`: who the token acts as, in the words of OpenID Connect."""
    actor_id = call.actor_id
    shown = account(await call.hub.database.read(lambda session: get_actor(session, actor_id)), call.hub.uris)
    return {
        "iss": issuer(call.hub),
        "sub": shown.uri,
        "name": shown.display_name,
        "preferred_username": shown.username,
        "profile": shown.url,
        "picture": shown.avatar,
    }


async def show_metadata(call: Call) -> dict[str, Any]:
    """`GET /.well-known/oauth-authorization-server` (RFC 8414). Phanpy uses PKCE only if it finds S256 here."""
    base = call.hub.settings.base_url
    return {
        "issuer": issuer(call.hub),
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "userinfo_endpoint": f"{base}/oauth/userinfo",
        "app_registration_endpoint": f"{base}/api/v1/apps",
        "scopes_supported": list(scopes.SUPPORTED),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }
