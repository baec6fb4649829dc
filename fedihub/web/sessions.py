"""Who sits at the browser: aiohttp-session over our own table, in which only a hash of the cookie stands.

A cookie without a row is an anonymous session: it exists so that a form can carry a token (see `fedihub.web.csrf`),
and costs no row, so nobody can fill the database by asking for forms. Signing in and out always changes the cookie:
one that somebody planted before is worth nothing after.
"""

import re
from datetime import timedelta

from aiohttp import web
from aiohttp_session import AbstractStorage, Session, get_session, new_session

from fedihub.hub import HUB, Hub
from fedihub.services.secret_texts import hash_secret, make_secret
from storage.access import WebSession, delete_web_session, find_web_session, insert_web_session

_TOKEN = re.compile("[A-Za-z0-9_-]{43}")
_MEMBER = "member_id"


class SessionStore(AbstractStorage):
    """Sessions in `web_sessions`. Over https the cookie has the `__Host-` prefix, so that no other host can set it."""

    def __init__(self, hub: Hub) -> None:
        secure = hub.settings.base_url.startswith("https:")
        super().__init__(
            cookie_name="__Host-fedihub" if secure else "fedihub",
            secure=secure,
            httponly=True,
            samesite="Lax",
        )
        self._hub = hub

    async def load_session(self, request: web.Request) -> Session:
        """The session of the request's cookie; an anonymous one if there is no cookie, or none that is still good."""
        token = self.load_cookie(request)
        if token is None or not _TOKEN.fullmatch(token):
            return await self.new_session()
        now = self._hub.clock.now()
        row = await self._hub.database.read(lambda db: find_web_session(db, token_hash=hash_secret(token), now=now))
        if row is None or row.member_id is None:
            return Session(token, data=None, new=True)
        return Session(token, data={"session": {_MEMBER: row.member_id}}, new=False)

    async def save_session(self, request: web.Request, response: web.StreamResponse, session: Session) -> None:
        """Hand out the cookie; write a row for it if somebody has signed in."""
        token = str(session.identity)
        if session.empty:
            self.save_cookie(response, token)
            return
        now = self._hub.clock.now()
        lifetime = timedelta(days=self._hub.settings.session_days)
        row = WebSession(
            token_hash=hash_secret(token), member_id=session[_MEMBER], created_at=now, expires_at=now + lifetime
        )
        await self._hub.database.write(lambda db: insert_web_session(db, WebSession(**row.model_dump())))
        self.save_cookie(response, token, max_age=int(lifetime.total_seconds()))


async def member_of(request: web.Request) -> int | None:
    """The id of the member who is signed in here, if any."""
    session = await get_session(request)
    member_id: int | None = session.get(_MEMBER)
    return member_id


async def session_token(request: web.Request) -> str:
    """The secret of this browser's session; made, and handed out with the answer, when there is none yet."""
    session = await get_session(request)
    if session.identity is None:
        session.set_new_identity(make_secret())
        session.changed()
    return str(session.identity)


async def sign_in_browser(request: web.Request, member_id: int) -> None:
    """From the answer to this request on, the browser speaks for `member_id`, under a new cookie."""
    await _forget(request)
    session = await new_session(request)
    session.set_new_identity(make_secret())
    session[_MEMBER] = member_id


async def sign_out_browser(request: web.Request) -> None:
    """The session ends here and in the database; the browser gets an anonymous one."""
    await _forget(request)
    session = await new_session(request)
    session.set_new_identity(make_secret())
    session.changed()


async def _forget(request: web.Request) -> None:
    session = await get_session(request)
    if not session.empty:
        token_hash = hash_secret(str(session.identity))
        await request.app[HUB].database.write(lambda db: delete_web_session(db, token_hash=token_hash))
