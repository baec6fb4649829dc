"""Tokens: what a code is good for, once; whom a token acts for, and until when."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from fedihub.clock import ManualClock
from fedihub.errors import NotAllowed
from fedihub.services.apps import RegisteredApp
from fedihub.services.authorizations import approve, begin_authorization
from fedihub.services.members import change_password
from fedihub.services.projects import add_role, remove_role
from fedihub.services.tokens import (
    GrantRefused,
    IssuedToken,
    authenticate,
    client_credentials,
    exchange_code,
    revoke,
)
from storage.access import AccessToken, App, AuthorizationCode
from storage.actors import Actor, mark_gone
from storage.database import Session
from storage.projects import TeamRole
from tests.support.client import CALLBACK, ask, challenge, register
from tests.support.hub import PASSWORD, RunningHub, running_hub
from tests.support.resolver import TestResolver


async def code_for(home: RunningHub, app: RegisteredApp, member: Actor, **more: str) -> str:
    request = await begin_authorization(home.hub, await ask(app, **more))
    return (await approve(home.hub, request, member_id=member.id, actor_id=member.id)).code


async def exchange(
    home: RunningHub, app: RegisteredApp, code: str, *, redirect_uri: str = CALLBACK, verifier: str | None = None
) -> IssuedToken:
    return await exchange_code(
        home.hub,
        client_id=app.app.client_id,
        client_secret=app.client_secret,
        code=code,
        redirect_uri=redirect_uri,
        code_verifier=verifier,
    )


async def test_a_code_becomes_a_token_that_acts_for_the_member(home: RunningHub) -> None:
    ada, app = await home.member("ada"), await register(home, scopes=("read", "write:statuses"))
    issued = await exchange(home, app, await code_for(home, app, ada))
    caller = await authenticate(home.hub, issued.access_token)
    assert caller is not None
    assert (caller.actor_id, caller.member_id, caller.app_name) == (ada.id, ada.id, "Test app")
    assert caller.may("read:statuses")
    assert caller.may("write:statuses")
    assert not caller.may("write:follows")


async def test_of_twenty_exchanges_at_once_one_succeeds_and_its_token_lives(home: RunningHub) -> None:
    ada, app = await home.member("ada"), await register(home)
    code = await code_for(home, app, ada)
    results = await asyncio.gather(*(exchange(home, app, code) for _ in range(20)), return_exceptions=True)
    issued = [each for each in results if isinstance(each, IssuedToken)]
    assert len(issued) == 1
    assert sum(isinstance(each, GrantRefused) for each in results) == 19
    assert await authenticate(home.hub, issued[0].access_token) is not None


async def test_a_code_that_is_shown_again_later_takes_its_token_with_it(home: RunningHub) -> None:
    ada, app = await home.member("ada"), await register(home)
    code = await code_for(home, app, ada)
    issued = await exchange(home, app, code)
    other = await exchange(home, app, await code_for(home, app, ada))
    with pytest.raises(GrantRefused) as refusal:
        await exchange(home, app, code)
    assert refusal.value.code == "invalid_grant"
    assert await authenticate(home.hub, issued.access_token) is None
    assert await authenticate(home.hub, other.access_token) is not None


async def test_a_code_is_good_for_one_attempt_by_its_app_at_its_address(home: RunningHub) -> None:
    ada, app, thief = await home.member("ada"), await register(home), await register(home)
    code = await code_for(home, app, ada)
    with pytest.raises(GrantRefused):
        await exchange(home, thief, code)
    with pytest.raises(GrantRefused):
        await exchange(home, app, code)
    code = await code_for(home, app, ada)
    with pytest.raises(GrantRefused):
        await exchange(home, app, code, redirect_uri=f"{CALLBACK}/")
    with pytest.raises(GrantRefused):
        await exchange(home, app, code)


async def test_with_a_challenge_only_its_verifier_opens_the_code(home: RunningHub) -> None:
    ada, app = await home.member("ada"), await register(home)
    verifier, made = challenge()
    for wrong in (None, "", challenge()[0], made, verifier[:-1]):
        code = await code_for(home, app, ada, code_challenge=made, code_challenge_method="S256")
        with pytest.raises(GrantRefused):
            await exchange(home, app, code, verifier=wrong)
    code = await code_for(home, app, ada, code_challenge=made, code_challenge_method="S256")
    await exchange(home, app, code, verifier=verifier)


async def test_a_verifier_without_a_challenge_means_that_somebody_left_it_out(home: RunningHub) -> None:
    ada, app = await home.member("ada"), await register(home)
    with pytest.raises(GrantRefused):
        await exchange(home, app, await code_for(home, app, ada), verifier=challenge()[0])


async def test_only_who_knows_the_secret_is_the_app(home: RunningHub) -> None:
    ada, app = await home.member("ada"), await register(home)
    code = await code_for(home, app, ada)
    for client_id, secret in ((app.app.client_id, ""), (app.app.client_id, "guess"), ("", ""), ("nobody", "guess")):
        with pytest.raises(GrantRefused) as refusal:
            await exchange_code(
                home.hub,
                client_id=client_id,
                client_secret=secret,
                code=code,
                redirect_uri=CALLBACK,
                code_verifier=None,
            )
        assert (refusal.value.code, refusal.value.status) == ("invalid_client", 401)
    await exchange(home, app, code)


async def test_a_member_acts_as_a_project_while_they_are_in_its_team(home: RunningHub) -> None:
    ada, bob, app = await home.member("ada"), await home.member("bob"), await register(home)
    project = await home.project("rocket", founder=ada)
    request = await begin_authorization(home.hub, await ask(app))
    with pytest.raises(NotAllowed):
        await approve(home.hub, request, member_id=bob.id, actor_id=project.id)
    with pytest.raises(NotAllowed):
        await approve(home.hub, request, member_id=bob.id, actor_id=ada.id)
    await add_role(home.hub, project_id=project.id, member_id=bob.id, role=TeamRole.AUTHOR)
    approval = await approve(home.hub, request, member_id=bob.id, actor_id=project.id)
    issued = await exchange(home, app, approval.code)
    caller = await authenticate(home.hub, issued.access_token)
    assert caller is not None
    assert (caller.actor_id, caller.member_id) == (project.id, bob.id)
    await remove_role(home.hub, project_id=project.id, member_id=bob.id)
    assert await authenticate(home.hub, issued.access_token) is None
    await add_role(home.hub, project_id=project.id, member_id=bob.id, role=TeamRole.AUTHOR)
    assert await authenticate(home.hub, issued.access_token) is None, "who comes back signs in again"


async def test_a_token_of_somebody_who_is_gone_is_worth_nothing(home: RunningHub) -> None:
    ada, app = await home.member("ada"), await register(home)
    issued = await exchange(home, app, await code_for(home, app, ada))
    now = home.hub.clock.now()
    await home.hub.database.write(lambda session: mark_gone(session, ada.id, now=now))
    assert await authenticate(home.hub, issued.access_token) is None


async def test_a_new_password_ends_what_the_old_one_opened(home: RunningHub) -> None:
    ada, bob, app = await home.member("ada"), await home.member("bob"), await register(home)
    project = await home.project("rocket", founder=ada)
    request = await begin_authorization(home.hub, await ask(app))
    as_project = await approve(home.hub, request, member_id=ada.id, actor_id=project.id)
    tokens = [await exchange(home, app, as_project.code), await exchange(home, app, await code_for(home, app, ada))]
    pending, other = await code_for(home, app, ada), await exchange(home, app, await code_for(home, app, bob))
    await change_password(home.hub, member_id=ada.id, password="another long one", old_password=PASSWORD)
    assert [await authenticate(home.hub, each.access_token) for each in tokens] == [None, None]
    with pytest.raises(GrantRefused):
        await exchange(home, app, pending)
    assert await authenticate(home.hub, other.access_token) is not None


async def test_an_app_ends_its_own_tokens_and_no_others(home: RunningHub) -> None:
    ada, app, other = await home.member("ada"), await register(home), await register(home)
    issued = await exchange(home, app, await code_for(home, app, ada))
    with pytest.raises(GrantRefused) as refusal:
        await revoke(
            home.hub, client_id=other.app.client_id, client_secret=other.client_secret, token=issued.access_token
        )
    assert refusal.value.code == "unauthorized_client"
    assert await authenticate(home.hub, issued.access_token) is not None
    for _ in range(2):
        await revoke(home.hub, client_id=app.app.client_id, client_secret=app.client_secret, token=issued.access_token)
        assert await authenticate(home.hub, issued.access_token) is None


async def test_an_apps_own_token_acts_for_nobody_within_its_scopes(home: RunningHub) -> None:
    app = await register(home, scopes=("read",))
    who = {"client_id": app.app.client_id, "client_secret": app.client_secret}
    issued = await client_credentials(home.hub, **who, scopes=("read:statuses",))
    caller = await authenticate(home.hub, issued.access_token)
    assert caller is not None
    assert (caller.actor_id, caller.scopes) == (None, ("read:statuses",))
    with pytest.raises(GrantRefused) as refusal:
        await client_credentials(home.hub, **who, scopes=("write",))
    assert refusal.value.code == "invalid_scope"


async def test_no_secret_lies_in_the_database(home: RunningHub) -> None:
    ada, app = await home.member("ada"), await register(home)
    code = await code_for(home, app, ada)
    pending = await code_for(home, app, ada)
    issued = await exchange(home, app, code)
    stored = await everything_stored(home)
    assert app.app.client_id in stored
    for secret in (app.client_secret, code, pending, issued.access_token):
        assert secret not in stored


async def everything_stored(home: RunningHub) -> str:
    async def unit(session: Session) -> str:
        rows = [list(await session.scalars(select(table))) for table in (App, AuthorizationCode, AccessToken)]
        assert all(rows)
        return repr(rows)

    return await home.hub.database.read(unit)


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(name="timed")
async def _timed(database_url: str, resolver: TestResolver, clock: ManualClock) -> AsyncIterator[RunningHub]:
    async with running_hub(database_url, resolver, clock=clock) as running:
        yield running


async def test_a_code_lasts_ten_minutes(timed: RunningHub, clock: ManualClock) -> None:
    ada, app = await timed.member("ada"), await register(timed)
    first, second = await code_for(timed, app, ada), await code_for(timed, app, ada)
    clock.advance(timedelta(minutes=9, seconds=59))
    await exchange(timed, app, first)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(GrantRefused):
        await exchange(timed, app, second)
