"""Statuses: who may see which, what they may contain, and that nothing happens twice."""

import asyncio
from typing import Any

import pytest

from storage.posts import Audience
from tests.support.client import ApiClient, client_for
from tests.support.hub import RunningHub
from tests.support.peer import Peer

VISIBILITIES = {
    "public": Audience.PUBLIC,
    "unlisted": Audience.QUIET,
    "private": Audience.FOLLOWERS,
    "direct": Audience.MENTIONED,
}
EVERY_WAY_TO_LOOK = ("", "/context", "/history", "/favourited_by", "/reblogged_by")


@pytest.mark.parametrize("visibility", list(VISIBILITIES))
async def test_what_may_not_be_seen_is_as_if_it_were_not(home: RunningHub, visibility: str) -> None:
    """Each kind of viewer, by each way to look: what is hidden answers exactly as what never existed."""
    names = ("author", "follower", "mentioned", "stranger", "blocked")
    actors = {name: await home.member(name) for name in names}
    clients = {name: await client_for(home, actor) for name, actor in actors.items()}
    clients["nobody"] = ApiClient(home, None)
    await home.follow(actors["follower"], actors["author"])
    status = await clients["author"].say("psst @mentioned @blocked", visibility=visibility)
    await clients["author"].post(f"/api/v1/accounts/{actors['blocked'].id}/block")
    assert (await home.post(int(status["id"]))).audience is VISIBILITIES[visibility]
    allowed = {
        "public": {"author", "follower", "mentioned", "stranger", "nobody"},
        "unlisted": {"author", "follower", "mentioned", "stranger", "nobody"},
        "private": {"author", "follower", "mentioned"},
        "direct": {"author", "mentioned"},
    }[visibility]
    for name, client in clients.items():
        for way in EVERY_WAY_TO_LOOK:
            answer = await client.call("GET", f"/api/v1/statuses/{status['id']}{way}")
            assert (answer.status == 200) is (name in allowed), (name, way)
            if name not in allowed:
                never = await client.call("GET", f"/api/v1/statuses/{int(status['id']) + 1}{way}")
                assert (answer.status, answer.body) == (never.status, never.body)
        said = await client.get(f"/api/v1/accounts/{actors['author'].id}/statuses")
        assert ([each["id"] for each in said] == [status["id"]]) is (name in allowed), name


async def test_what_is_not_open_to_all_stands_in_no_public_list(home: RunningHub) -> None:
    ada = await client_for(home, await home.member("ada"))
    said = {
        visibility: (await ada.say(f"#work {visibility}", visibility=visibility))["id"] for visibility in VISIBILITIES
    }
    for path in ("/api/v1/timelines/public", "/api/v1/timelines/public?local=true", "/api/v1/timelines/tag/Work"):
        assert [each["id"] for each in await ApiClient(home, None).get(path)] == [said["public"]], path
        assert [each["id"] for each in await ada.get(path)] == [said["public"]], path
    assert await ada.get("/api/v1/timelines/public?remote=true") == []


async def test_nobody_acts_on_what_they_may_not_see(home: RunningHub) -> None:
    ada, bob = await client_for(home, await home.member("ada")), await client_for(home, await home.member("bob"))
    status = await ada.say("only for me", visibility="direct")
    for act in ("favourite", "unfavourite", "reblog", "unreblog"):
        assert (await bob.call("POST", f"/api/v1/statuses/{status['id']}/{act}")).status == 404
    reply = await bob.call("POST", "/api/v1/statuses", json={"status": "hm", "in_reply_to_id": status["id"]})
    assert reply.status == 404
    assert await bob.get("/api/v1/timelines/home") == []
    assert (await ada.get(f"/api/v1/statuses/{status['id']}"))["favourites_count"] == 0


async def test_nobody_changes_what_is_somebody_elses(home: RunningHub) -> None:
    ada, bob = await client_for(home, await home.member("ada")), await client_for(home, await home.member("bob"))
    status = await ada.say("mine")
    path = f"/api/v1/statuses/{status['id']}"
    assert (await bob.call("PUT", path, json={"status": "ours"})).status == 404
    assert (await bob.call("DELETE", path)).status == 404
    assert (await bob.call("GET", f"{path}/source")).status == 404
    assert (await ada.get(path))["content"] == status["content"]


async def test_a_private_status_is_not_boosted(home: RunningHub) -> None:
    ada = await client_for(home, await home.member("ada"))
    status = await ada.say("for friends", visibility="private")
    answer = await ada.call("POST", f"/api/v1/statuses/{status['id']}/reblog")
    assert answer.status == 403
    assert (await ada.get(f"/api/v1/statuses/{status['id']}"))["reblogs_count"] == 0


@pytest.mark.parametrize(
    "form",
    [
        {"status": ""},
        {"status": "   "},
        {"status": None},
        {},
        {"status": "x" * 5001},
        {"status": "x", "visibility": "secret"},
        {"status": "x", "poll": {"options": ["a"], "expires_in": "3600"}},
        {"status": "x", "scheduled_at": "2030-01-01T00:00:00.000Z"},
        {"status": "x", "sensitive": "perhaps"},
        {"status": "x", "in_reply_to_id": "x"},
    ],
)
async def test_what_cannot_be_said_is_refused_with_a_reason(home: RunningHub, form: dict[str, Any]) -> None:
    ada = await client_for(home, await home.member("ada"))
    answer = await ada.call("POST", "/api/v1/statuses", json=form)
    assert answer.status == 422
    assert answer.json()["error"].startswith("Validation failed: ")
    assert await ada.get("/api/v1/timelines/home") == []


async def test_a_refusal_reads_as_apps_show_it(home: RunningHub) -> None:
    ada = await client_for(home, await home.member("ada"))
    for form, reason in (
        ({"status": ""}, "Text can't be blank"),
        ({"status": "x" * 5001}, "A post has at most 5000 characters"),
        ({"status": "x", "visibility": "all"}, "Visibility should be 'public', 'unlisted', 'private' or 'direct'"),
    ):
        answer = await ada.call("POST", "/api/v1/statuses", json=form)
        assert (answer.status, answer.json()) == (422, {"error": f"Validation failed: {reason}"})


@pytest.mark.parametrize("visibility", ["unlisted", "private", "direct"])
async def test_a_boost_for_fewer_people_is_not_made_for_all(home: RunningHub, visibility: str) -> None:
    ada = await client_for(home, await home.member("ada"))
    status = await ada.say("hello")
    path = f"/api/v1/statuses/{status['id']}/reblog"
    assert (await ada.call("POST", path, json={"visibility": visibility})).status == 422
    assert (await ada.get(f"/api/v1/statuses/{status['id']}"))["reblogs_count"] == 0
    assert (await ada.post(path, visibility="public"))["reblog"]["reblogs_count"] == 1


async def test_empty_options_are_none(home: RunningHub) -> None:
    ada = await client_for(home, await home.member("ada"))
    nothing: dict[str, Any] = {
        "in_reply_to_id": "",
        "language": "",
        "scheduled_at": "",
        "media_ids": [],
        "poll": None,
        "visibility": None,
    }
    status = await ada.say("hello", sensitive="0", spoiler_text="", **nothing)
    assert (status["sensitive"], status["visibility"], status["in_reply_to_id"]) == (False, "public", None)


async def test_one_key_makes_one_status_however_often_it_is_sent(home: RunningHub) -> None:
    ada, bob = await client_for(home, await home.member("ada")), await client_for(home, await home.member("bob"))

    async def say(client: ApiClient) -> str:
        key = {"Idempotency-Key": "the same"}
        answer = await client.call("POST", "/api/v1/statuses", json={"status": "once"}, headers=key)
        assert answer.status == 200, answer.text
        return str(answer.json()["id"])

    ids = await asyncio.gather(*(say(ada) for _ in range(20)))
    assert len(set(ids)) == 1
    assert await say(bob) not in ids
    assert len(await ada.get("/api/v1/timelines/home")) == 1


async def test_a_reply_speaks_to_no_more_people_than_what_it_answers(home: RunningHub) -> None:
    ada, bob = await client_for(home, await home.member("ada")), await client_for(home, await home.member("bob"))
    secret = await ada.say("psst @bob", visibility="direct")
    assert (await bob.say("what? @ada", in_reply_to_id=secret["id"]))["visibility"] == "direct"
    assert (await bob.say("what? @ada", in_reply_to_id=secret["id"], visibility="public"))["visibility"] == "public"


async def test_a_thread_is_shown_whole_and_without_what_is_hidden(home: RunningHub) -> None:
    ada, bob = await client_for(home, await home.member("ada")), await client_for(home, await home.member("bob"))
    root = await ada.say("root")
    first = await bob.say("first", in_reply_to_id=root["id"])
    second = await ada.say("second", in_reply_to_id=root["id"])
    hidden = await ada.say("hidden", in_reply_to_id=second["id"], visibility="direct")
    deep = await ada.say("deep", in_reply_to_id=hidden["id"], visibility="public")

    async def around(client: ApiClient, status: dict[str, Any]) -> tuple[list[str], list[str]]:
        context = await client.get(f"/api/v1/statuses/{status['id']}/context")
        return tuple([each["id"] for each in context[part]] for part in ("ancestors", "descendants"))  # type: ignore[return-value] # two parts

    below = [first["id"], second["id"], hidden["id"], deep["id"]]
    assert await around(ada, root) == ([], below)
    assert await around(bob, root) == ([], [each for each in below if each != hidden["id"]])
    assert await around(ada, deep) == ([root["id"], second["id"], hidden["id"]], [])
    assert await around(bob, deep) == ([root["id"], second["id"]], [])
    assert await around(ApiClient(home, None), second) == ([root["id"]], [deep["id"]])


async def test_a_boost_is_taken_back_by_its_own_id_too(home: RunningHub) -> None:
    ada, bob = await client_for(home, await home.member("ada")), await client_for(home, await home.member("bob"))
    status = await ada.say("hello")
    boost = await bob.post(f"/api/v1/statuses/{status['id']}/reblog")
    assert (await bob.post(f"/api/v1/statuses/{status['id']}/reblog"))["id"] == boost["id"]
    assert (await ada.get(f"/api/v1/statuses/{boost['id']}"))["reblog"]["id"] == status["id"]
    assert (await ada.call("DELETE", f"/api/v1/statuses/{boost['id']}")).status == 404
    await bob.delete(f"/api/v1/statuses/{boost['id']}")
    assert (await ada.call("GET", f"/api/v1/statuses/{boost['id']}")).status == 404
    assert (await ada.get(f"/api/v1/statuses/{status['id']}"))["reblogs_count"] == 0


async def test_what_is_deleted_is_gone_here_and_elsewhere(home: RunningHub, peer: Peer) -> None:
    ada = await home.member("ada")
    client, eve = await client_for(home, ada), peer.add_actor("eve")
    await peer.send(home.shared_inbox, peer.activity(eve, "Follow", ada.uri), by=eve)
    await home.drain()
    status = await client.say("hello")
    await client.delete(f"/api/v1/statuses/{status['id']}")
    await home.drain()
    gone = await peer.wait_for(lambda activity: activity["type"] == "Delete")
    assert status["uri"] in str(gone["object"])
    assert (await client.call("GET", f"/api/v1/statuses/{status['id']}")).status == 404
    assert await client.get("/api/v1/timelines/home") == []
