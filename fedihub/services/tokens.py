"""Access tokens: how an app gets one, who comes with one, and how it ends.

OAuth 2.0 (RFC 6749) as Mastodon's clients speak it: an authorization code, with PKCE (RFC 7636) for those who can, or
the app's own credentials. What holds throughout:

* Tokens are stored as hashes only; secrets are compared in constant time.
* A code is removed in the very write that makes its token, whatever comes of it: it is good for one attempt. If it
  is shown again later, the token that was made for it ends too (RFC 6749, 4.1.2); a twin request that was already
  under way is a race and only refused.
* A code that was asked for with a challenge needs its verifier, and the other way round, so that PKCE can't be left
  out on the way.
* A token acts as one account, the member's own or a project's, and whether it still may is asked at every use.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from fedihub.errors import HubError
from fedihub.hub import Hub
from fedihub.services import scopes as words
from fedihub.services.apps import find_app
from fedihub.services.secret_texts import hash_secret, make_secret
from storage import access as rows
from storage.access import AccessToken, App, AuthorizationCode
from storage.database import Session

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class GrantRefused(HubError):
    """An app gets no token; `code` is RFC 6749's (invalid_grant, invalid_client …)."""

    status = 400

    def __init__(self, public: str, *, code: str) -> None:
        super().__init__(public)
        self.code = code
        self.status = 401 if code == "invalid_client" else 400


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
    attempt = _Attempt(app.id, hash_secret(code), redirect_uri, code_verifier, asked_at)
    token, token_id = make_secret(), hub.ids.next()

    async def unit(db: Session) -> AccessToken | None:
        now = hub.clock.now()
        taken = await _take(db, attempt, now=now)
        if taken is None:
            return None
        made = AccessToken(
            id=token_id,
            token_hash=hash_secret(token),
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
    token = make_secret()
    made = AccessToken(
        id=hub.ids.next(),
        token_hash=hash_secret(token),
        app_id=app.id,
        scopes=list(scopes),
        created_at=hub.clock.now(),
    )
    await hub.database.write(lambda db: rows.insert_token(db, made))
    return IssuedToken(access_token=token, scopes=scopes, created_at=made.created_at)


async def revoke(hub: Hub, *, client_id: str, client_secret: str, token: str) -> None:
    """End a token. One that is unknown has ended already; raises GrantRefused for another app's (RFC 7009)."""
    app = await _authenticate_app(hub, client_id, client_secret)

    async def unit(db: Session) -> bool:
        found = await rows.find_token(db, token_hash=hash_secret(token))
        if found is not None and found.app_id == app.id:
            await rows.delete_token(db, token_hash=hash_secret(token))
        return found is None or found.app_id == app.id

    if not await hub.database.write(unit):
        raise GrantRefused("You are not authorized to revoke this token", code="unauthorized_client")


async def authenticate(hub: Hub, token: str) -> Caller | None:
    """Who comes with this token; None if it is worth nothing (any more)."""
    if not token or len(token) > 512:
        return None
    bearer = await hub.database.read(lambda db: rows.find_bearer(db, token_hash=hash_secret(token)))
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


async def _authenticate_app(hub: Hub, client_id: str, client_secret: str) -> App:
    """The app that knows this secret. An unknown one takes as long to refuse as a wrong secret."""
    app = await find_app(hub, client_id)
    given = hash_secret(client_secret)
    if not secrets.compare_digest(given, app.client_secret_hash if app else hash_secret("")) or app is None:
        raise GrantRefused("Client authentication failed: unknown client or wrong secret.", code="invalid_client")
    return app
