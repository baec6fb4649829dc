"""A hub is born once, and stays the same hub."""

import asyncio

import pytest

from fedihub.errors import NotAllowed, SettingsError
from fedihub.services.setup import check_identity, initialise, server_username
from storage.actors import ActorKind, get_actor, list_actors
from tests.support.hub import RunningHub, running_hub
from tests.support.resolver import TestResolver


async def test_a_second_start_changes_nothing(home: RunningHub) -> None:
    first = await home.hub.signers.server_id()
    assert await asyncio.gather(*(initialise(home.hub) for _ in range(3))) == [first] * 3
    servers = await home.hub.database.read(lambda session: list_actors(session, ActorKind.SERVER))
    assert [actor.id for actor in servers] == [first]


@pytest.mark.parametrize(("host", "handle_domain"), [("other.test", ""), ("hub.test", "other.test")])
async def test_a_start_under_another_name_is_refused(
    database_url: str, resolver: TestResolver, host: str, handle_domain: str
) -> None:
    async with running_hub(database_url, resolver) as home:
        before = await check_identity(home.hub)
    with pytest.raises(SettingsError, match=r"hub\.test"):
        async with running_hub(database_url, resolver, host=host, handle_domain=handle_domain):
            pass
    async with running_hub(database_url, resolver) as home:
        assert await check_identity(home.hub) == before


@pytest.mark.parametrize(
    ("domain", "username"),
    [
        ("hub.example", "hub.example"),
        ("localhost:8080", "localhost-8080"),
        ("127.0.0.1:8080", "127.0.0.1-8080"),
        ("[::1]:8080", "1-8080"),
        ("xn--brcke-lva.example", "xn--brcke-lva.example"),
    ],
)
def test_the_server_is_called_like_its_host(domain: str, username: str) -> None:
    assert server_username(domain) == username


async def test_the_server_cannot_be_followed(home: RunningHub) -> None:
    ada = await home.member("ada")
    server_id = await home.hub.signers.server_id()
    server = await home.hub.database.read(lambda session: get_actor(session, server_id))
    with pytest.raises(NotAllowed):
        await home.follow(ada, server)
