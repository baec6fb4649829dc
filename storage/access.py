"""Who may use the hub: client apps, authorization codes, access tokens, browser sessions. Secrets are stored as
SHA-256 only.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor
from storage.columns import BigId, Instant, Json, big_id_key
from storage.projects import ProjectRole
from storage.statements import changed, insert_row


class App(SQLModel, table=True):
    """A registered OAuth client."""

    __tablename__ = "apps"

    id: int = big_id_key()
    client_id: str = Field(unique=True)
    client_secret_hash: str
    name: str
    website: str | None = None
    redirect_uris: list[str] = Field(default_factory=list, sa_type=Json)
    scopes: list[str] = Field(default_factory=list, sa_type=Json)
    created_at: datetime = Field(sa_type=Instant)


class AuthorizationCode(SQLModel, table=True):
    """A code that an app may exchange once; `actor_id` is whom the token will act as, `member_id` who said so."""

    __tablename__ = "authorization_codes"

    code_hash: str = Field(primary_key=True)
    app_id: int = Field(sa_type=BigId, foreign_key="apps.id", ondelete="CASCADE", index=True)
    actor_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE")
    member_id: int = Field(sa_type=BigId, foreign_key="members.actor_id", ondelete="CASCADE")
    redirect_uri: str
    scopes: list[str] = Field(default_factory=list, sa_type=Json)
    code_challenge: str | None = None
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant, index=True)


class AccessToken(SQLModel, table=True):
    """A bearer token. Without `actor_id` it is the app's own (client credentials)."""

    __tablename__ = "access_tokens"

    id: int = big_id_key()
    token_hash: str = Field(unique=True)
    app_id: int = Field(sa_type=BigId, foreign_key="apps.id", ondelete="CASCADE", index=True)
    actor_id: int | None = Field(default=None, sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE", index=True)
    member_id: int | None = Field(
        default=None, sa_type=BigId, foreign_key="members.actor_id", ondelete="CASCADE", index=True
    )
    scopes: list[str] = Field(default_factory=list, sa_type=Json)
    code_hash: str | None = Field(default=None, index=True)
    """Of the authorization code that it was given for: whoever shows that code again has stolen it, and both end."""
    created_at: datetime = Field(sa_type=Instant)


class WebSession(SQLModel, table=True):
    """A signed-in browser; `token_hash` is the hash of its cookie."""

    __tablename__ = "web_sessions"

    token_hash: str = Field(primary_key=True)
    member_id: int | None = Field(
        default=None, sa_type=BigId, foreign_key="members.actor_id", ondelete="CASCADE", index=True
    )
    data: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant, index=True)


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a token says: which app holds it, what it may do, and whom it acts as (nobody: it is the app's own)."""

    token: AccessToken
    app: App


async def insert_app(session: AsyncSession, app: App) -> None:
    """Store a new app."""
    await insert_row(session, app)


async def find_app(session: AsyncSession, *, client_id: str) -> App | None:
    """The app that was registered under this id."""
    app: App | None = await session.scalar(select(App).where(col(App.client_id) == client_id))
    return app


async def find_app_by_id(session: AsyncSession, app_id: int) -> App | None:
    """The app with this key."""
    return await session.get(App, app_id)


async def insert_code(session: AsyncSession, code: AuthorizationCode) -> None:
    """Store what a member has just agreed to."""
    await insert_row(session, code)


async def take_code(session: AsyncSession, *, code_hash: str) -> AuthorizationCode | None:
    """Remove a code and answer it: of two who come with the same one, only one gets it."""
    taken = delete(AuthorizationCode).where(col(AuthorizationCode.code_hash) == code_hash).returning(AuthorizationCode)
    code: AuthorizationCode | None = await session.scalar(taken)
    return code


async def insert_token(session: AsyncSession, token: AccessToken) -> None:
    """Store a token (its hash)."""
    await insert_row(session, token)


async def find_bearer(session: AsyncSession, *, token_hash: str) -> Bearer | None:
    """Who holds this token; None if it was revoked, or if its member may no longer act as its account."""
    row = (await session.execute(_BEARER, {"token_hash": token_hash})).first()
    return Bearer(token=row[0], app=row[1]) if row else None


def _still_acts() -> ColumnElement[bool]:
    """The token's actor lives and speaks, and is the member, or a project in whose team the member still is; the
    member is not suspended either.
    """
    team = select(col(ProjectRole.id)).where(
        col(ProjectRole.project_id) == col(AccessToken.actor_id),
        col(ProjectRole.member_id) == col(AccessToken.member_id),
    )
    own = col(AccessToken.actor_id) == col(AccessToken.member_id)
    person = aliased(Actor)
    silenced = exists().where(col(person.id) == col(AccessToken.member_id), col(person.suspended_at).is_not(None))
    speaks = col(Actor.gone_at).is_(None) & col(Actor.suspended_at).is_(None)
    return speaks & or_(own, team.exists()) & ~silenced


# Asked with every request of every app, so it is made only once.
_BEARER = (
    select(AccessToken, App)
    .join(App, col(App.id) == col(AccessToken.app_id))
    .outerjoin(Actor, col(Actor.id) == col(AccessToken.actor_id))
    .where(col(AccessToken.token_hash) == bindparam("token_hash"))
    .where(or_(col(AccessToken.actor_id).is_(None), _still_acts()))
)


async def delete_token(session: AsyncSession, *, token_hash: str) -> None:
    """Revoke one token."""
    await session.execute(delete(AccessToken).where(col(AccessToken.token_hash) == token_hash))


async def find_token(session: AsyncSession, *, token_hash: str) -> AccessToken | None:
    """A token, whatever it is still worth."""
    token: AccessToken | None = await session.scalar(
        select(AccessToken).where(col(AccessToken.token_hash) == token_hash)
    )
    return token


async def delete_tokens_of_code(session: AsyncSession, *, code_hash: str, made_before: datetime) -> None:
    """Revoke what was handed out for a code before it was shown again."""
    of_code = col(AccessToken.code_hash) == code_hash
    await session.execute(delete(AccessToken).where(of_code, col(AccessToken.created_at) < made_before))


async def delete_access_of_member(session: AsyncSession, *, member_id: int) -> None:
    """End everything that a member has opened: tokens (whomever they act as), codes, browser sessions."""
    for table in (AccessToken, AuthorizationCode, WebSession):
        await session.execute(delete(table).where(col(table.member_id) == member_id))


async def delete_access_of_actor(session: AsyncSession, *, actor_id: int) -> None:
    """End everything that was opened by a member, and everything that acts as this account, whoever opened it."""
    await delete_access_of_member(session, member_id=actor_id)
    for table in (AccessToken, AuthorizationCode):
        await session.execute(delete(table).where(col(table.actor_id) == actor_id))


async def delete_access_as(session: AsyncSession, *, member_id: int, actor_id: int) -> None:
    """End all tokens with which a member acts as this account, and the codes that would become some."""
    for table in (AccessToken, AuthorizationCode):
        await session.execute(
            delete(table).where(col(table.member_id) == member_id, col(table.actor_id) == actor_id),
            execution_options={"synchronize_session": False},
        )


async def delete_expired_codes(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Clear away codes whose time is over, so many at a time; how many."""
    key = col(AuthorizationCode.code_hash)
    over = select(key).where(col(AuthorizationCode.expires_at) <= now).limit(limit).subquery()
    return changed(await session.execute(delete(AuthorizationCode).where(key.in_(over.select()))))


async def delete_expired_sessions(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Clear away browser sessions whose time is over, so many at a time; how many."""
    key = col(WebSession.token_hash)
    over = select(key).where(col(WebSession.expires_at) <= now).limit(limit).subquery()
    return changed(await session.execute(delete(WebSession).where(key.in_(over.select()))))


async def insert_web_session(session: AsyncSession, row: WebSession) -> None:
    """Remember that somebody signed in with this browser."""
    await insert_row(session, row)


async def find_web_session(session: AsyncSession, *, token_hash: str, now: datetime) -> WebSession | None:
    """The session of a cookie, unless its time is over."""
    alive = col(WebSession.expires_at) > now
    row: WebSession | None = await session.scalar(
        select(WebSession).where(col(WebSession.token_hash) == token_hash, alive)
    )
    return row


async def delete_web_session(session: AsyncSession, *, token_hash: str) -> None:
    """Sign one browser out."""
    await session.execute(delete(WebSession).where(col(WebSession.token_hash) == token_hash))
