"""Letting apps in: registering them, asking the member, handing out tokens, and knowing who comes with one.

OAuth 2.0 (RFC 6749) as Mastodon's clients speak it: authorization code, with PKCE (RFC 7636) for those who can, and
client credentials. What holds throughout:

* Secrets, codes and tokens are stored as SHA-256 only, compared in constant time, and shown once.
* A code is removed in the very write that makes its token, whatever comes of it: it is good for one attempt. If it
  is shown again later, the token that was made for it ends too (RFC 6749, 4.1.2); a twin request that was already
  under way is a race and only refused.
* A code that was asked for with a challenge needs its verifier, and the other way round, so that PKCE can't be left
  out on the way.
* A redirect URI is compared letter by letter with those registered; while client or redirect URI are in doubt,
  nobody is sent anywhere.
* A token acts as one account, the member's own or a project's, and whether it still may is asked at every use.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from fedihub.errors import HubError, Invalid, NotAllowed
from fedihub.hub import Hub
from fedihub.services import scopes as words
from fedihub.services.projects import may_act_as
from fedihub.services.redirects import MOST, OUT_OF_BAND, check_redirect_uri, with_answer
from storage import access as rows
from storage.access import AccessToken, App, AuthorizationCode
from storage.database import Session

CODE_LIFETIME = timedelta(minutes=10)
LONGEST_APP_NAME = 60
LONGEST_WEBSITE = 2000

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class AuthorizationRefused(HubError):
    """An app asked a member for something that can't be: `code` is RFC 6749's, `location` where the browser tells
    the app (None: the app has no address, show it on a page).
    """

    status = 400

    def __init__(self, public: str, *, code: str, location: str | None) -> None:
        super().__init__(public)
        self.code = code
        self.location = location


class GrantRefused(HubError):
    """An app gets no token; `code` is RFC 6749's (invalid_grant, invalid_client …)."""

    status = 400

    def __init__(self, public: str, *, code: str) -> None:
        super().__init__(public)
        self.code = code
        self.status = 401 if code == "invalid_client" else 400


@dataclass(frozen=True, slots=True)
class RegisteredApp:
    """An app as it has just been registered; the secret is shown here and never again."""

    app: App
    client_secret: str


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


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token in clear, on its only way out."""

    access_token: str
    scopes: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """Who comes with a token. Without `actor_id` it is the app itself; `member_id` is the person behind a project's
    token.
    """

    app_id: int
    app_name: str
    app_website: str | None
    actor_id: int | None
    member_id: int | None
    scopes: tuple[str, ...]

    def may(self, scope: str) -> bool:
        """Whether the token was granted this scope, or one that includes it."""
        return words.covers(self.scopes, scope)


# Apps.


async def register_app(
    hub: Hub, *, name: str, redirect_uris: Iterable[str], scopes: tuple[str, ...], website: str | None = None
) -> RegisteredApp:
    """Anybody may register an app; raises Invalid for a missing name, a bad redirect URI or an unknown scope."""
    uris = list(dict.fromkeys(uri for uri in redirect_uris if uri))
    if not name.strip() or len(name) > LONGEST_APP_NAME:
        raise Invalid(f"Application name must have 1 to {LONGEST_APP_NAME} characters", field="client_name")
    if website and (len(website) > LONGEST_WEBSITE or not website.startswith(("https://", "http://"))):
        raise Invalid("Application website must be a valid URL", field="website")
    if not uris or len(uris) > MOST:
        raise Invalid("Redirect URI can't be blank", field="redirect_uris")
    plain_http = hub.settings.allow_loopback or hub.settings.base_url.startswith("http:")
    for uri in uris:
        check_redirect_uri(uri, plain_http=plain_http)
    if words.unknown(scopes):
        raise Invalid("Scopes doesn't match configured on the server.", field="scopes")
    secret = _secret()
    app = App(
        id=hub.ids.next(),
        client_id=_secret(),
        client_secret_hash=_hash(secret),
        name=name,
        website=website or None,
        redirect_uris=uris,
        scopes=list(scopes),
        created_at=hub.clock.now(),
    )
    await hub.database.write(lambda db: rows.insert_app(db, app))
    return RegisteredApp(app=app, client_secret=secret)


async def find_app(hub: Hub, client_id: str) -> App | None:
    """The app with this client id."""
    return await hub.database.read(lambda db: rows.find_app(db, client_id=client_id))


async def find_app_by_id(hub: Hub, app_id: int) -> App | None:
    """The app with this key."""
    return await hub.database.read(lambda db: rows.find_app_by_id(db, app_id))


# Asking the member.


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
    code, now = _secret(), hub.clock.now()
    row = AuthorizationCode(
        code_hash=_hash(code),
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


# Tokens.


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What an app shows for a token, and when it came."""

    app_id: int
    code_hash: str
    redirect_uri: str
    code_verifier: str | None
    asked_at: datetime


async def exchange_code(
    hub: Hub, *, client_id: str, client_secret: str, code: str, redirect_uri: str, code_verifier: str | None
) -> IssuedToken:
    """Make a token of a code, once; raises GrantRefused."""
    asked_at = hub.clock.now()
    app = await _authenticate_app(hub, client_id, client_secret)
    attempt = _Attempt(app.id, _hash(code), redirect_uri, code_verifier, asked_at)
    token, token_id = _secret(), hub.ids.next()

    async def unit(db: Session) -> AccessToken | None:
        now = hub.clock.now()
        taken = await _take(db, attempt, now=now)
        if taken is None:
            return None
        made = AccessToken(
            id=token_id,
            token_hash=_hash(token),
            app_id=taken.app_id,
            actor_id=taken.actor_id,
            member_id=taken.member_id,
            scopes=taken.scopes,
            code_hash=taken.code_hash,
            created_at=now,
        )
        await rows.insert_token(db, made)
        return made

    made = await hub.database.write(unit)
    if made is None:
        text = "The code is invalid, expired, used, or was not given to this app for this address."
        raise GrantRefused(text, code="invalid_grant")
    return IssuedToken(access_token=token, scopes=tuple(made.scopes), created_at=made.created_at)


async def _take(db: Session, attempt: _Attempt, *, now: datetime) -> AuthorizationCode | None:
    """The code, if the attempt is good. It is gone in any case: nothing is raised here, which would bring it back."""
    code = await rows.take_code(db, code_hash=attempt.code_hash)
    if code is None:
        await rows.delete_tokens_of_code(db, code_hash=attempt.code_hash, made_before=attempt.asked_at)
        return None
    is_theirs = code.app_id == attempt.app_id and code.redirect_uri == attempt.redirect_uri
    is_proved = _proves(code.code_challenge, attempt.code_verifier)
    return code if is_theirs and is_proved and code.expires_at > now else None


def _proves(challenge: str | None, verifier: str | None) -> bool:
    """RFC 7636, 4.6, with S256 only. A verifier without a challenge is refused too: somebody has left the challenge
    out (RFC 9700, 2.1.1).
    """
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    if not _VERIFIER.fullmatch(verifier):
        return False
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return secrets.compare_digest(made, challenge)


async def client_credentials(hub: Hub, *, client_id: str, client_secret: str, scopes: tuple[str, ...]) -> IssuedToken:
    """A token for the app itself, without an account; raises GrantRefused."""
    app = await _authenticate_app(hub, client_id, client_secret)
    if words.unknown(scopes) or not words.within(scopes, app.scopes):
        raise GrantRefused("The requested scope is invalid, unknown, or malformed.", code="invalid_scope")
    token, now = _secret(), hub.clock.now()
    row = AccessToken(id=hub.ids.next(), token_hash=_hash(token), app_id=app.id, scopes=list(scopes), created_at=now)
    await hub.database.write(lambda db: rows.insert_token(db, row))
    return IssuedToken(access_token=token, scopes=scopes, created_at=now)


async def revoke(hub: Hub, *, client_id: str, client_secret: str, token: str) -> None:
    """End a token. One that is unknown has ended already; raises GrantRefused for another app's (RFC 7009)."""
    app = await _authenticate_app(hub, client_id, client_secret)

    async def unit(db: Session) -> bool:
        found = await rows.find_token(db, token_hash=_hash(token))
        if found is not None and found.app_id == app.id:
            await rows.delete_token(db, token_hash=_hash(token))
        return found is None or found.app_id == app.id

    if not await hub.database.write(unit):
        raise GrantRefused("You are not authorized to revoke this token", code="unauthorized_client")


async def authenticate(hub: Hub, token: str) -> Caller | None:
    """Who comes with this token; None if it is worth nothing (any more)."""
    if not token or len(token) > 512:
        return None
    bearer = await hub.database.read(lambda db: rows.find_bearer(db, token_hash=_hash(token)))
    if bearer is None:
        return None
    return Caller(
        app_id=bearer.app.id,
        app_name=bearer.app.name,
        app_website=bearer.app.website,
        actor_id=bearer.token.actor_id,
        member_id=bearer.token.member_id,
        scopes=tuple(bearer.token.scopes),
    )


def issuer(hub: Hub) -> str:
    """What we are called in OAuth metadata (RFC 8414) and in each answer of the authorize page (RFC 9207)."""
    return f"{hub.settings.base_url}/"


async def _authenticate_app(hub: Hub, client_id: str, client_secret: str) -> App:
    app = await find_app(hub, client_id)
    given = _hash(client_secret)
    if not secrets.compare_digest(given, app.client_secret_hash if app else _hash("")) or app is None:
        raise GrantRefused("Client authentication failed: unknown client or wrong secret.", code="invalid_client")
    return app


def _secret() -> str:
    return secrets.token_urlsafe(32)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
