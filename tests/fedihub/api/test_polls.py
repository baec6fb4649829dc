"""Polls as apps see them: making one, voting, and what each viewer is shown."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from fedihub.services.polls import CHECK_AFTER, NewPoll, vote
from storage.polls import update_poll
from tests.support.client import ApiClient, client_for
from tests.support.entities import check
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.stories import post_of, tell

ASKED = {"options": ["Tea", "Coffee"], "expires_in": 3600}
HOUR = timedelta(hours=1)


async def ask(app: ApiClient, **more: Any) -> dict[str, Any]:
    """A status with a poll."""
    return await app.say("Which?", poll=ASKED | more)


@pytest.fixture
async def ada(home: RunningHub) -> ApiClient:
    """Ada's app."""
    return await client_for(home, await home.member("ada"))


@pytest.fixture
async def ben(home: RunningHub) -> ApiClient:
    """Ben's app."""
    return await client_for(home, await home.member("ben"))


async def test_a_poll_is_made_with_json(ada: ApiClient) -> None:
    status = await ask(ada, multiple="true")
    check(status, "Status")
    poll = status["poll"]
    assert poll["id"] == status["id"]
    assert poll["options"] == [{"title": "Tea", "votes_count": 0}, {"title": "Coffee", "votes_count": 0}]
    assert (poll["multiple"], poll["expired"], poll["votes_count"], poll["voters_count"]) == (True, False, 0, 0)
    assert (poll["voted"], poll["own_votes"]) == (True, [])  # Mastodon: one's own poll counts as voted on
    assert "Tea" not in status["content"]


async def test_a_poll_is_made_with_a_form(ada: ApiClient) -> None:
    fields = [("status", "Which?"), ("poll[options][]", "Tea"), ("poll[options][]", "Coffee")]
    fields += [("poll[expires_in]", "300"), ("poll[multiple]", "0"), ("poll[hide_totals]", "1")]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await ada.call("POST", "/api/v1/statuses", data=urlencode(fields), headers=headers)
    poll = answer.json()["poll"]
    assert [each["title"] for each in poll["options"]] == ["Tea", "Coffee"]
    assert [each["votes_count"] for each in poll["options"]] == [None, None]
    assert poll["multiple"] is False


async def test_the_limits_are_those_that_the_instance_tells(ada: ApiClient) -> None:
    limits = (await ada.get("/api/v2/instance"))["configuration"]["polls"]
    longest = ["x" * limits["max_characters_per_option"], *map(str, range(limits["max_options"] - 1))]
    for seconds in (limits["min_expiration"], limits["max_expiration"]):
        assert (await ask(ada, options=longest, expires_in=seconds))["poll"]["options"][0]["title"] == longest[0]
    wrong: list[dict[str, Any]] = [
        {"options": [*longest, "more"]},
        {"options": [f"{longest[0]}x", "other"]},
        {"expires_in": limits["min_expiration"] - 1},
        {"expires_in": limits["max_expiration"] + 1},
        {"expires_in": 10**30},
        {"expires_in": "soon"},
        {"options": ["one"]},
        {"options": ["same", "same"]},
    ]
    for each in wrong:
        answer = await ada.call("POST", "/api/v1/statuses", json={"status": "Which?", "poll": ASKED | each})
        assert (answer.status, answer.json()["error"][:18]) == (422, "Validation failed:"), each
    assert len(await ada.get("/api/v1/timelines/home")) == 2


async def test_a_vote_is_shown_to_the_voter_and_counted_for_everybody(
    home: RunningHub, ada: ApiClient, ben: ApiClient
) -> None:
    poll_id = (await ask(ada))["id"]
    poll = await ben.get(f"/api/v1/polls/{poll_id}")
    assert (poll["voted"], poll["own_votes"]) == (False, [])
    poll = await ben.post(f"/api/v1/polls/{poll_id}/votes", choices=["1"])
    check(poll, "Poll")
    assert (poll["voted"], poll["own_votes"], poll["votes_count"], poll["voters_count"]) == (True, [1], 1, 1)
    anybody = await ApiClient(home, None).get(f"/api/v1/polls/{poll_id}")
    check(anybody, "Poll")
    assert not {"voted", "own_votes"} & anybody.keys()
    assert [each["votes_count"] for each in anybody["options"]] == [0, 1]
    assert (await ben.get(f"/api/v1/statuses/{poll_id}"))["poll"] == poll


@pytest.mark.parametrize(
    ("choices", "why"),
    [
        (["0", "1"], "You have already voted on this poll"),
        (["7"], "The chosen vote option does not exist"),
        (["-1"], "The chosen vote option does not exist"),
        (["x"], "The chosen vote option does not exist"),
        (["9" * 400], "The chosen vote option does not exist"),
        ([], "Choose an answer first"),
    ],
)
async def test_a_vote_that_cannot_be_is_explained(ada: ApiClient, ben: ApiClient, choices: list[str], why: str) -> None:
    poll_id = (await ask(ada))["id"]
    answer = await ben.call("POST", f"/api/v1/polls/{poll_id}/votes", json={"choices": choices})
    assert (answer.status, answer.json()) == (422, {"error": f"Validation failed: {why}"})
    assert (await ben.get(f"/api/v1/polls/{poll_id}"))["votes_count"] == 0


async def test_nobody_votes_twice_in_their_own_poll_or_after_the_end(
    home: RunningHub, ada: ApiClient, ben: ApiClient
) -> None:
    poll_id = (await ask(ada))["id"]
    path = f"/api/v1/polls/{poll_id}/votes"

    async def refusal(app: ApiClient) -> str:
        answer = await app.call("POST", path, json={"choices": [0]})
        assert answer.status == 422
        return str(answer.json()["error"]).removeprefix("Validation failed: ")

    assert await refusal(ada) == "You cannot vote in your own polls"
    await ben.post(path, choices=[1])
    assert await refusal(ben) == "You have already voted on this poll"
    now = home.hub.clock.now()
    await home.hub.database.write(lambda session: update_poll(session, int(poll_id), ends_at=now))
    assert await refusal(ben) == "The poll has already ended"
    poll = await ben.get(f"/api/v1/polls/{poll_id}")
    assert (poll["expired"], poll["votes_count"]) == (True, 1)


async def test_what_is_no_poll_or_not_to_be_seen_is_not_there(ada: ApiClient, ben: ApiClient) -> None:
    plain, secret = await ada.say("hello"), await ada.say("Which?", poll=ASKED, visibility="private")
    for status in (plain, secret):
        assert (await ben.call("GET", f"/api/v1/polls/{status['id']}")).status == 404
        answer = await ben.call("POST", f"/api/v1/polls/{status['id']}/votes", json={"choices": [0]})
        assert answer.status == 404


async def test_an_edit_with_other_answers_voids_the_votes_and_stands_in_the_history(
    ada: ApiClient, ben: ApiClient
) -> None:
    poll_id = (await ask(ada))["id"]
    await ben.post(f"/api/v1/polls/{poll_id}/votes", choices=[1])
    path = f"/api/v1/statuses/{poll_id}"
    edited = (await ada.call("PUT", path, json={"status": "Which?!", "poll": ASKED})).json()
    assert edited["poll"]["votes_count"] == 1
    others = ASKED | {"options": ["Tea", "Water"]}
    edited = (await ada.call("PUT", path, json={"status": "Which one?", "poll": others})).json()
    assert (edited["poll"]["votes_count"], edited["poll"]["voters_count"]) == (0, 0)
    history = await ada.get(f"{path}/history")
    assert [[each["title"] for each in version["poll"]["options"]] for version in history] == [
        ["Tea", "Coffee"],
        ["Tea", "Coffee"],
        ["Tea", "Water"],
    ]
    edited = (await ada.call("PUT", path, json={"status": "Never mind"})).json()
    assert edited["poll"] is None


async def test_the_end_is_a_notification(home: RunningHub, ada: ApiClient, ben: ApiClient) -> None:
    poll_id = (await ask(ada))["id"]
    await ben.post(f"/api/v1/polls/{poll_id}/votes", choices=[1])
    now = home.hub.clock.now()
    await home.hub.database.write(lambda session: update_poll(session, int(poll_id), ends_at=now))
    await home.drain()
    for app in (ada, ben):
        (told,) = await app.get("/api/v1/notifications?types[]=poll")
        check(told, "Notification")
        assert (told["type"], told["account"]["acct"], told["status"]["id"]) == ("poll", "ada", poll_id)
        assert told["status"]["poll"]["expired"] is True
    assert await ben.get("/api/v1/notifications?exclude_types[]=poll") == []


async def test_who_looks_at_a_remote_poll_sees_how_it_stands_there(
    home: RunningHub, peer: Peer, ada: ApiClient
) -> None:
    rosa, owner = peer.add_actor("rosa"), (await ada.get("/api/v1/accounts/verify_credentials"))["uri"]
    listed = [{"type": "Note", "name": name, "replies": {"totalItems": 0}} for name in ("Oak", "Ash\u202e\n")]
    asked = peer.note(rosa, type="Question", oneOf=listed, endTime="2030-01-01T00:00:00Z", cc=[owner])
    await tell(peer, rosa, home, peer.create(asked, by=rosa))
    post = await post_of(home, asked["id"])
    assert post is not None
    path = f"/api/v1/polls/{post.id}"
    shown = await ada.get(path)
    check(shown, "Poll")
    assert [each["title"] for each in shown["options"]] == ["Oak", "Ash"]
    asked["oneOf"][0]["replies"]["totalItems"] = 3
    long_ago = home.hub.clock.now() - CHECK_AFTER
    await home.hub.database.write(lambda session: update_poll(session, post.id, checked_at=long_ago))
    assert (await ApiClient(home, None).get(path))["votes_count"] == 0
    assert (await ada.get(path))["votes_count"] == 3


async def test_a_boost_shows_the_poll_of_what_it_passes_on(home: RunningHub, ada: ApiClient, ben: ApiClient) -> None:
    asked = await home.say(await home.member("zoe"), "Which?", poll=NewPoll(["Tea", "Coffee"], HOUR))
    wrapper = await ada.post(f"/api/v1/statuses/{asked.id}/reblog")
    assert wrapper["reblog"]["poll"]["id"] == str(asked.id)
    await ben.post(f"/api/v1/polls/{asked.id}/votes", choices=[0])
    assert (await ada.get(f"/api/v1/statuses/{wrapper['id']}"))["reblog"]["poll"]["votes_count"] == 1
    me = await ada.get("/api/v1/accounts/verify_credentials")
    await vote(home.hub, actor_id=int(me["id"]), post_id=asked.id, choices=[1])
    assert (await ada.get(f"/api/v1/statuses/{wrapper['id']}"))["reblog"]["poll"]["own_votes"] == [1]
