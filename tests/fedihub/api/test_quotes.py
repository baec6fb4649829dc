"""Quotes in the client API: who may quote what, and what the status then says (Mastodon 4.5)."""

from typing import Any

import pytest

from tests.support.client import ApiClient, client_for
from tests.support.entities import check
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC, Peer
from tests.support.stories import post_of, tell

FALLBACK = '<p class="quote-inline">RE: '


async def two(home: RunningHub) -> tuple[ApiClient, ApiClient]:
    """Ada and Bob, each with an app."""
    ada, bob = await home.member("ada"), await home.member("bob")
    return await client_for(home, ada), await client_for(home, bob)


async def change_policy(client: ApiClient, status: dict[str, Any], policy: str) -> Any:
    path = f"/api/v1/statuses/{status['id']}/interaction_policy"
    return await client.call("PUT", path, json={"quote_approval_policy": policy})


async def test_a_quote_shows_the_quoted_status_and_is_told_and_counted(home: RunningHub) -> None:
    ada, bob = await two(home)
    said = await ada.say("Wise words")
    quoting = await bob.say("Look", quoted_status_id=said["id"])
    check(quoting, "Status")
    assert quoting["quote"]["state"] == "accepted"
    assert quoting["quote"]["quoted_status"]["id"] == said["id"]
    assert quoting["content"].startswith(FALLBACK)
    assert (await ada.get(f"/api/v1/statuses/{said['id']}"))["quotes_count"] == 1
    notification = (await ada.get("/api/v1/notifications"))[0]
    assert (notification["type"], notification["status"]["id"]) == ("quote", quoting["id"])
    listed = await ada.get(f"/api/v1/statuses/{said['id']}/quotes")
    assert [each["id"] for each in listed] == [quoting["id"]]


async def test_a_quote_of_a_quote_is_only_named(home: RunningHub) -> None:
    ada, bob = await two(home)
    first = await ada.say("One")
    second = await bob.say("Two", quoted_status_id=first["id"])
    third = await ada.say("Three", quoted_status_id=second["id"])
    check(third, "Status")
    inner = third["quote"]["quoted_status"]["quote"]
    assert inner == {"state": "accepted", "quoted_status_id": first["id"]}


async def test_the_policy_decides_and_says_so(home: RunningHub) -> None:
    ada, bob = await two(home)
    said = await ada.say("Mine", quote_approval_policy="nobody")
    seen = (await bob.get(f"/api/v1/statuses/{said['id']}"))["quote_approval"]
    assert seen == {"automatic": [], "manual": [], "current_user": "denied"}
    refused = await bob.call("POST", "/api/v1/statuses", json={"status": "Look", "quoted_status_id": said["id"]})
    assert refused.status == 403

    assert (await change_policy(ada, said, "followers")).status == 200
    denied = (await bob.get(f"/api/v1/statuses/{said['id']}"))["quote_approval"]
    assert denied == {"automatic": ["followers"], "manual": [], "current_user": "denied"}
    await bob.post(f"/api/v1/accounts/{said['account']['id']}/follow")
    allowed = (await bob.get(f"/api/v1/statuses/{said['id']}"))["quote_approval"]
    assert allowed["current_user"] == "automatic"
    assert (await bob.say("Look", quoted_status_id=said["id"]))["quote"]["state"] == "accepted"
    assert (await change_policy(bob, said, "public")).status == 403
    assert (await change_policy(ada, said, "everybody")).status == 422


async def test_an_edit_may_change_the_policy(home: RunningHub) -> None:
    ada, _ = await two(home)
    said = await ada.say("Mine")
    changed = {"status": "Mine again", "quote_approval_policy": "nobody"}
    answer = await ada.call("PUT", f"/api/v1/statuses/{said['id']}", json=changed)
    assert answer.json()["quote_approval"]["automatic"] == []


@pytest.mark.parametrize("visibility", ["private", "direct"])
async def test_nobody_quotes_what_is_for_few(home: RunningHub, visibility: str) -> None:
    ada, bob = await two(home)
    said = await ada.say("Between us @bob", visibility=visibility)
    await bob.post(f"/api/v1/accounts/{said['account']['id']}/follow")
    asked = {"status": "Look", "quoted_status_id": said["id"]}
    assert (await bob.call("POST", "/api/v1/statuses", json=asked)).status == 403
    own = await ada.call("POST", "/api/v1/statuses", json=asked)
    assert own.status == 422
    private = await ada.call("POST", "/api/v1/statuses", json=asked | {"visibility": "private"})
    assert private.status == (200 if visibility == "private" else 422)


async def test_what_one_may_not_see_is_not_there_to_quote(home: RunningHub) -> None:
    ada, bob = await two(home)
    said = await ada.say("Between us", visibility="private")
    asked = {"status": "Look", "quoted_status_id": said["id"]}
    assert (await bob.call("POST", "/api/v1/statuses", json=asked)).status == 404


async def test_who_may_not_see_the_quoted_status_sees_that_there_is_one(home: RunningHub) -> None:
    ada, bob = await two(home)
    carl = await client_for(home, await home.member("carl"))
    said = await ada.say("Mine")
    quoting = await bob.say("Look", quoted_status_id=said["id"])
    await ada.post(f"/api/v1/accounts/{await _own_id(carl)}/block")
    seen = await carl.get(f"/api/v1/statuses/{quoting['id']}")
    assert seen["quote"] == {"state": "unauthorized", "quoted_status": None}
    await ada.delete(f"/api/v1/statuses/{said['id']}")
    seen = await bob.get(f"/api/v1/statuses/{quoting['id']}")
    assert seen["quote"] == {"state": "deleted", "quoted_status": None}


async def test_the_author_takes_the_consent_back(home: RunningHub) -> None:
    ada, bob = await two(home)
    said = await ada.say("Mine")
    quoting = await bob.say("Look", quoted_status_id=said["id"])
    path = f"/api/v1/statuses/{said['id']}/quotes/{quoting['id']}/revoke"
    assert (await bob.call("POST", path)).status == 403
    shown = await ada.post(path)
    assert (shown["id"], shown["quote"]) == (quoting["id"], {"state": "revoked", "quoted_status": None})
    assert "quote-inline" not in shown["content"]
    assert (await ada.get(f"/api/v1/statuses/{said['id']}"))["quotes_count"] == 0
    assert await ada.get(f"/api/v1/statuses/{said['id']}/quotes") == []
    other = await bob.say("Something else")
    wrong = f"/api/v1/statuses/{said['id']}/quotes/{other['id']}/revoke"
    assert (await ada.call("POST", wrong)).status == 404


async def test_a_quote_elsewhere_without_consent_is_a_link(home: RunningHub, peer: Peer) -> None:
    ada, _ = await two(home)
    rosa, otto = peer.add_actor("rosa"), peer.add_actor("otto")
    quoted = peer.note(otto)
    actor = await home.member("carl")
    note = peer.note(rosa, "<p>Look</p>", quote=quoted["id"], to=[PUBLIC], cc=[actor.uri])
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    stored = await post_of(home, note["id"])
    assert stored is not None
    seen = await ada.get(f"/api/v1/statuses/{stored.id}")
    assert seen["quote"] is None
    assert seen["content"].startswith("<p>RE: <a href=")
    assert seen["content"].endswith("<p>Look</p>")


async def test_the_line_of_older_misskeys_is_marked_where_the_quote_is_shown(home: RunningHub, peer: Peer) -> None:
    ada, _ = await two(home)
    rosa = peer.add_actor("rosa")
    first = peer.note(rosa, "<p>First</p>")
    link = f'<a href="{first["id"]}">{first["id"]}</a>'
    actor = await home.member("carl")
    text = f"<p><span>Look<br><br>RE: </span>{link}</p>"
    note = peer.note(rosa, text, _misskey_quote=first["id"], to=[PUBLIC], cc=[actor.uri])
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    stored = await post_of(home, note["id"])
    assert stored is not None
    seen = await ada.get(f"/api/v1/statuses/{stored.id}")
    assert seen["quote"]["state"] == "accepted"
    assert seen["content"].startswith('<p><span>Look</span><span class="quote-inline"><br>RE: <a ')


async def test_who_is_asked_is_shown_as_pending(home: RunningHub, peer: Peer) -> None:
    ada, _ = await two(home)
    rosa = peer.add_actor("rosa")
    actor = await home.member("carl")
    policy = {"canQuote": {"manualApproval": [PUBLIC]}}
    note = peer.note(rosa, to=[PUBLIC], cc=[actor.uri], interactionPolicy=policy)
    silent = peer.note(rosa, to=[PUBLIC], cc=[actor.uri])
    for each in (note, silent):
        await tell(peer, rosa, home, peer.create(each, by=rosa))
    stored, other = await post_of(home, note["id"]), await post_of(home, silent["id"])
    assert stored is not None
    assert other is not None
    assert (await ada.get(f"/api/v1/statuses/{stored.id}"))["quote_approval"]["current_user"] == "manual"
    said = await ada.say("Look", quoted_status_id=str(stored.id))
    assert said["quote"] == {"state": "pending", "quoted_status": None}
    asked = {"status": "Look", "quoted_status_id": str(other.id)}
    assert (await ada.call("POST", "/api/v1/statuses", json=asked)).status == 403


async def test_pins_stand_first_and_are_ones_own(home: RunningHub, peer: Peer) -> None:
    ada, bob = await two(home)
    said = [await ada.say(f"Number {number}") for number in range(6)]
    path = f"/api/v1/accounts/{said[0]['account']['id']}/statuses?pinned=true"
    for each in said[:2]:
        assert (await ada.post(f"/api/v1/statuses/{each['id']}/pin"))["pinned"] is True
    assert [each["id"] for each in await bob.get(path)] == [said[1]["id"], said[0]["id"]]
    assert (await bob.call("POST", f"/api/v1/statuses/{said[0]['id']}/pin")).status == 403
    for each in said[2:5]:
        await ada.post(f"/api/v1/statuses/{each['id']}/pin")
    assert (await ada.call("POST", f"/api/v1/statuses/{said[5]['id']}/pin")).status == 422
    assert (await ada.post(f"/api/v1/statuses/{said[0]['id']}/unpin"))["pinned"] is False
    secret = await ada.say("Psst @bob", visibility="direct")
    assert (await ada.call("POST", f"/api/v1/statuses/{secret['id']}/pin")).status == 422


async def test_a_pin_for_followers_is_shown_to_followers(home: RunningHub) -> None:
    ada, bob = await two(home)
    said = await ada.say("Between us", visibility="private")
    await ada.post(f"/api/v1/statuses/{said['id']}/pin")
    path = f"/api/v1/accounts/{said['account']['id']}/statuses?pinned=true"
    assert await bob.get(path) == []
    await bob.post(f"/api/v1/accounts/{said['account']['id']}/follow")
    assert [each["id"] for each in await bob.get(path)] == [said["id"]]


async def _own_id(client: ApiClient) -> str:
    return str((await client.get("/api/v1/accounts/verify_credentials"))["id"])
