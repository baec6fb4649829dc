"""Authorizations: an app asks a member to let it act for them, and the member says as whom, or no.

The front half of OAuth's authorization code flow (RFC 6749, 4.1, with PKCE, RFC 7636), as Mastodon's clients speak it;
`tokens` is the other half. What holds here:

* A redirect URI is compared letter by letter with those that the app registered; while client or redirect URI are in
  doubt, nobody is sent anywhere.
* A code is good for ten minutes, for its app, at its redirect URI; it is stored as a hash only.
* Every answer says who gives it (RFC 9207), so that an app with several servers can't be made to mix them up.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from fedihub.errors import HubError, Invalid, NotAllowed
from fedihub.hub import Hub
from fedihub.services import scopes as words
from fedihub.services.apps import find_app
from fedihub.services.projects import may_act_as
from fedihub.services.redirects import OUT_OF_BAND, with_answer
from fedihub.services.secret_texts import hash_secret, make_secret
from storage import access as rows
from storage.access import App, AuthorizationCode
from storage.database import Session

CODE_LIFETIME = timedelta(minutes=10)

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class AuthorizationRefused(HubError):
    """An app asked a member for something that can't be: `code` is RFC 6749's, `location` where the browser tells
    the app (None: the app has no address, show it on a page).
    """

    status = 400

    def __init__(self, public: str, *, code: str, location: str | None) -> None:
        super().__init__(public)
        self.code = code
        self.location = location


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What an app asks of a member, checked. `force_sign_in`: even if somebody is signed in (a second account)."""

    app_id: int
    app_name: str
    app_website: str | None
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    code_challenge: str | None
    force_sign_in: bool

    @property
    def out_of_band(self) -> bool:
        """The code is to be shown on a page."""
        return self.redirect_uri == OUT_OF_BAND

    @property
    def destination(self) -> str:
        """Where the browser goes next, short enough to be shown to the member: a host, or an app's own scheme."""
        parts = urlsplit(self.redirect_uri)
        return parts.netloc if parts.scheme in {"http", "https"} else f"{parts.scheme}:"


@dataclass(frozen=True, slots=True)
class Approval:
    """A member has agreed: `location` is where the browser goes with the code (None: show the code on a page)."""

    code: str
    location: str | None


async def begin_authorization(hub: Hub, query: Mapping[str, str]) -> AuthorizationRequest:
    """Check what an app asks for, from the query of the authorize page (or the form that carries it on).

    Raises Invalid while client or redirect URI are in doubt: show it, and send the browser nowhere. Raises
    AuthorizationRefused when the app itself is to be told.
    """
    app = await find_app(hub, query.get("client_id", ""))
    if app is None:
        raise Invalid("This app is not known here: it must register first.", field="client_id")
    redirect_uri = query.get("redirect_uri", "")
    if redirect_uri not in app.redirect_uris:
        raise Invalid("The app did not register the address that it wants you to be sent to.", field="redirect_uri")
    request = AuthorizationRequest(
        app_id=app.id,
        app_name=app.name,
        app_website=app.website,
        redirect_uri=redirect_uri,
        scopes=words.split(query.get("scope", "")),
        state=query.get("state"),
        code_challenge=query.get("code_challenge") or None,
        force_sign_in=query.get("force_login", "").lower() in {"true", "1", "on", "t"},
    )
    _check_request(hub, request, app=app, query=query)
    return request


def _check_request(hub: Hub, request: AuthorizationRequest, *, app: App, query: Mapping[str, str]) -> None:
    if query.get("response_type") != "code":
        raise _refused(hub, request, "unsupported_response_type", "Only the response type code is supported.")
    if words.unknown(request.scopes) or not words.within(request.scopes, app.scopes):
        raise _refused(hub, request, "invalid_scope", "The app asks for more than it registered for.")
    if request.code_challenge is None and not query.get("code_challenge_method"):
        return
    if query.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(request.code_challenge or ""):
        raise _refused(hub, request, "invalid_request", "The code challenge must be made with S256.")


def _refused(hub: Hub, request: AuthorizationRequest, code: str, text: str) -> AuthorizationRefused:
    answer = {"error": code, "error_description": text, "state": request.state, "iss": issuer(hub)}
    location = None if request.out_of_band else with_answer(request.redirect_uri, answer)
    return AuthorizationRefused(text, code=code, location=location)


def deny(hub: Hub, request: AuthorizationRequest) -> AuthorizationRefused:
    """The member said no: what the app is told."""
    return _refused(hub, request, "access_denied", "The member did not allow it.")


async def approve(hub: Hub, request: AuthorizationRequest, *, member_id: int, actor_id: int) -> Approval:
    """The member agreed that the app may act as `actor_id`; raises NotAllowed if they may not act as that account."""
    code, now = make_secret(), hub.clock.now()
    row = AuthorizationCode(
        code_hash=hash_secret(code),
        app_id=request.app_id,
        actor_id=actor_id,
        member_id=member_id,
        redirect_uri=request.redirect_uri,
        scopes=list(request.scopes),
        code_challenge=request.code_challenge,
        created_at=now,
        expires_at=now + CODE_LIFETIME,
    )

    async def unit(db: Session) -> None:
        if not await may_act_as(db, member_id=member_id, actor_id=actor_id):
            raise NotAllowed("You may not act as that account.")
        await rows.insert_code(db, row)

    await hub.database.write(unit)
    if request.out_of_band:
        return Approval(code=code, location=None)
    answer = {"code": code, "state": request.state, "iss": issuer(hub)}
    return Approval(code=code, location=with_answer(request.redirect_uri, answer))


def issuer(hub: Hub) -> str:
    """What we are called in OAuth metadata (RFC 8414) and in each answer of the authorize page (RFC 9207)."""
    return f"{hub.settings.base_url}/"
