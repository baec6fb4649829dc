"""Joining, signing in, changing the password."""

import asyncio

import pytest

from fedihub.errors import Conflict, Invalid, NotAllowed
from fedihub.services.members import change_password, create_member, sign_in
from storage.actors import ActorKind, list_actors
from storage.members import find_member
from tests.support.hub import PASSWORD, RunningHub


async def join(
    home: RunningHub, *, username: str = "ada", email: str = "ada@mail.example", password: str = PASSWORD
) -> None:
    await create_member(home.hub, username=username, email=email, password=password)


async def members(home: RunningHub) -> list[str]:
    found = await home.hub.database.read(lambda session: list_actors(session, ActorKind.MEMBER))
    return [actor.username for actor in found]


async def test_a_member_is_a_person_with_keys_and_addresses(home: RunningHub) -> None:
    ada = await create_member(home.hub, username="@Ada", email="Ada@Mail.example", password=PASSWORD)
    assert (ada.username, ada.wire_type, ada.kind) == ("ada", "Person", ActorKind.MEMBER)
    document = await home.document(ada.uri)
    assert document["publicKey"]["owner"] == ada.uri
    assert "mail.example" not in str(document)


@pytest.mark.parametrize("username", ["", "a b", "ä", "a" * 31, "a.b", "a-b", "../x", "a@b"])
async def test_usernames_are_such_that_every_peer_takes_them(home: RunningHub, username: str) -> None:
    with pytest.raises(Invalid) as refused:
        await join(home, username=username)
    assert refused.value.field == "username"
    assert await members(home) == []


@pytest.mark.parametrize(("email", "password"), [("nonsense", PASSWORD), ("a@b", "short"), ("a@b", "x" * 300)])
async def test_what_is_wrong_is_named(home: RunningHub, email: str, password: str) -> None:
    with pytest.raises(Invalid) as refused:
        await join(home, email=email, password=password)
    assert refused.value.field in ("email", "password")


@pytest.mark.parametrize(
    ("username", "email"), [("ADA", "other@mail.example"), ("bob", "ADA@mail.example"), ("hub", "ada@mail.example")]
)
async def test_names_and_addresses_are_taken_once(home: RunningHub, username: str, email: str) -> None:
    await join(home)
    with pytest.raises(Conflict):
        await join(home, username=username, email=email)
    assert await members(home) == ["ada"]


async def test_of_two_at_once_one_gets_the_name(home: RunningHub) -> None:
    tries = (join(home, email=f"{number}@mail.example") for number in range(4))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(result is None for result in results) == 1
    assert all(result is None or isinstance(result, Conflict) for result in results)
    assert await members(home) == ["ada"]


async def test_a_project_cannot_take_a_members_name(home: RunningHub) -> None:
    """One namespace: peers see only @name@host."""
    ada = await home.member("ada")
    with pytest.raises(Conflict):
        await home.project("ada", founder=ada)
    await home.project("bridge", founder=ada)
    with pytest.raises(Conflict):
        await home.member("bridge")


async def test_signing_in(home: RunningHub) -> None:
    ada = await home.member("ada")
    for name in ("ada", "@ADA", "ada@mail.example", " Ada@Mail.example "):
        found = await sign_in(home.hub, email_or_username=name, password=PASSWORD)
        assert found is not None
        assert found.actor_id == ada.id
    member = await home.hub.database.read(lambda session: find_member(session, ada.id))
    assert member is not None
    assert member.last_sign_in_at is not None
    for name, password in (("ada", "wrong"), ("eve", PASSWORD), ("ada", ""), ("ada", "x" * 10_000)):
        assert await sign_in(home.hub, email_or_username=name, password=password) is None


async def test_a_project_cannot_sign_in(home: RunningHub) -> None:
    ada = await home.member("ada")
    await home.project("bridge", founder=ada)
    assert await sign_in(home.hub, email_or_username="bridge", password=PASSWORD) is None


async def test_changing_the_password_needs_the_old_one(home: RunningHub) -> None:
    ada = await home.member("ada")
    with pytest.raises(NotAllowed):
        await change_password(home.hub, member_id=ada.id, password="something new", old_password="wrong")
    assert await sign_in(home.hub, email_or_username="ada", password=PASSWORD) is not None
    await change_password(home.hub, member_id=ada.id, password="something new", old_password=PASSWORD)
    assert await sign_in(home.hub, email_or_username="ada", password=PASSWORD) is None
    assert await sign_in(home.hub, email_or_username="ada", password="something new") is not None
