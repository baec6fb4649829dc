"""Chapters and their openings through the hub API. Every answer, refusals too, is held against the OpenAPI document."""

from typing import Any

import pytest

from storage.actors import Actor
from storage.openings import OpeningState
from storage.posts import Post
from tests.fedihub.hub_api.conftest import Client
from tests.support.chapters import chapter, opening
from tests.support.contract import PREFIX
from tests.support.hub import RunningHub

GOOD = {
    "username": "pune",
    "name": "Hub Pune",
    "description": "For those around Pune.",
    "place": "Pune",
    "rules": "Asks and offers.",
    "trusts_members": False,
}


@pytest.fixture
async def pune(home: RunningHub, ana: Actor) -> Actor:
    """Ana's chapter."""
    return await chapter(home, "pune", founder=ana)


async def state(home: RunningHub, where: Actor, post: Post) -> OpeningState | None:
    found = await opening(home, where, post)
    return found.state if found else None


async def place(home: RunningHub, where: Actor, post: Post) -> str:
    """Where an opening is in the API."""
    found = await opening(home, where, post)
    assert found is not None
    return f"/chapters/{where.id}/openings/{found.id}"


async def test_a_member_founds_a_chapter_and_changes_it(home: RunningHub, ana: Actor, client: Client) -> None:
    api = await client(ana)
    answer = await api.call("POST", "/chapters", json=GOOD)
    assert answer.status == 201
    made = answer.json()
    assert answer.headers["Location"] == f"{PREFIX}/chapters/{made['id']}"
    assert {name: made[name] for name in GOOD} == GOOD
    assert await api.get(f"/chapters/{made['id']}") == made
    assert (await api.get("/chapters"))["items"] == [made]
    assert (await home.document(made["uri"]))["type"] == "Group"
    changed = await api.send("PATCH", f"/chapters/{made['id']}", {"place": "Goa", "trusts_members": True})
    assert changed == made | {"place": "Goa", "trusts_members": True}


@pytest.mark.parametrize(
    "wrong", [{"surprise": 1}, {"name": ""}, {"place": "x" * 101}, {"rules": None}, {"trusts_members": "perhaps"}]
)
async def test_what_is_wrong_founds_nothing(home: RunningHub, ana: Actor, client: Client, wrong: Any) -> None:
    api = await client(ana)
    await api.send("POST", "/chapters", GOOD | wrong, status=422)
    assert (await api.get("/chapters"))["items"] == []


async def test_a_taken_or_kept_name_founds_nothing(ana: Actor, pune: Actor, client: Client) -> None:
    api = await client(ana)
    for name in ("pune", "ana", "admin"):
        await api.send("POST", "/chapters", GOOD | {"username": name}, status=409)
    assert len((await api.get("/chapters"))["items"]) == 1


async def test_owners_choose_who_runs_it(home: RunningHub, ana: Actor, ben: Actor, pune: Actor, client: Client) -> None:
    owner, other, where = await client(ana), await client(ben), f"/chapters/{pune.id}/moderators"
    await other.send("PUT", f"{where}/{ben.id}", {"role": "owner"}, status=403)
    await other.send("PATCH", f"/chapters/{pune.id}", {"place": "Goa"}, status=403)
    parts = await owner.send("PUT", f"{where}/{ben.id}", {"role": "moderator"})
    assert [(part["member"]["username"], part["role"]) for part in parts["items"]] == [
        ("ana", "owner"),
        ("ben", "moderator"),
    ]
    await other.send("PATCH", f"/chapters/{pune.id}", {"place": "Goa"}, status=403)
    assert (await owner.call("DELETE", f"{where}/{ana.id}")).status == 409
    assert (await other.call("DELETE", f"{where}/{ben.id}")).status == 204
    assert len((await owner.get(where))["items"]) == 1


async def test_moderators_decide(home: RunningHub, ana: Actor, ben: Actor, pune: Actor, client: Client) -> None:
    api, other = await client(ana), await client(ben)
    post = await home.say(ben, "@pune We need a welder")
    where = await place(home, pune, post)
    waiting = await api.get(f"/chapters/{pune.id}/queue")
    assert [each["post"]["uri"] for each in waiting["items"]] == [post.uri]
    assert (await other.get(f"/chapters/{pune.id}/openings"))["items"] == []

    approved = await api.send("POST", f"{where}/approve", None)
    assert approved["state"] == "approved"
    assert [
        each["post"]["author"]["handle"] for each in (await other.get(f"/chapters/{pune.id}/openings"))["items"]
    ] == ["@ben@hub.test"]
    await api.send("POST", f"{where}/decline", {"reason": "late"}, status=409)
    removed = await api.send("POST", f"{where}/remove", {"reason": "sold"})
    assert (removed["state"], removed["reason"]) == ("removed", "sold")
    gone = await api.get(f"/chapters/{pune.id}/queue?state=removed")
    assert [each["id"] for each in gone["items"]] == [removed["id"]]


async def test_nobody_else_decides_or_sees_what_waits(
    home: RunningHub, ben: Actor, pune: Actor, client: Client
) -> None:
    other = await client(ben)
    post = await home.say(ben, "@pune We need a welder")
    where = await place(home, pune, post)
    await other.send("POST", f"{where}/approve", None, status=403)
    await other.send("POST", f"{where}/decline", {}, status=403)
    await other.send("POST", f"{where}/remove", {}, status=403)
    for private in ("queue", "bans"):
        assert (await other.call("GET", f"/chapters/{pune.id}/{private}")).status == 403
    await other.send("PUT", f"/chapters/{pune.id}/bans/{ben.id}", {}, status=403)
    assert await state(home, pune, post) is OpeningState.SUBMITTED


async def test_an_opening_is_one_of_its_own_chapter(
    home: RunningHub, ana: Actor, ben: Actor, pune: Actor, client: Client
) -> None:
    goa = await chapter(home, "goa", founder=ben)
    post = await home.say(ana, "@pune We need a welder")
    found = await opening(home, pune, post)
    assert found is not None
    api = await client(ben)  # who runs Goa, and not Pune
    await api.send("POST", f"/chapters/{goa.id}/openings/{found.id}/approve", None, status=404)
    assert await state(home, pune, post) is OpeningState.SUBMITTED


async def test_moderators_keep_somebody_out(
    home: RunningHub, ana: Actor, ben: Actor, pune: Actor, client: Client
) -> None:
    api, where = await client(ana), f"/chapters/{pune.id}/bans/{ben.id}"
    bans = await api.send("PUT", where, {"reason": "adverts"})
    assert [(each["actor"]["handle"], each["reason"]) for each in bans["items"]] == [("@ben@hub.test", "adverts")]
    post = await home.say(ben, "@pune Buy")
    assert await opening(home, pune, post) is None
    assert (await api.call("DELETE", where)).status == 204
    assert (await api.get(f"/chapters/{pune.id}/bans"))["items"] == []
    await api.send("PUT", f"/chapters/{pune.id}/bans/{ana.id}", {}, status=422)
    await api.send("PUT", f"/chapters/{pune.id}/bans/1", {}, status=404)


async def test_the_list_of_openings_goes_on(home: RunningHub, ana: Actor, client: Client) -> None:
    room = await chapter(home, "open", founder=ana, trusts_members=True)
    posts = [await home.say(ana, f"@open number {number}") for number in range(3)]
    api = await client(ana)
    first = await api.get(f"/chapters/{room.id}/openings?limit=2")
    assert [each["post"]["uri"] for each in first["items"]] == [posts[2].uri, posts[1].uri]
    rest = await api.get(first["next"].partition(PREFIX)[2])
    assert [each["post"]["uri"] for each in rest["items"]] == [posts[0].uri]
    assert rest["next"] is None
