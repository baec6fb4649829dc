"""Who follows, asks, and blocks: what each act answers, and what it changes."""

import io
from typing import Any

from fedihub.services.moves import add_alias, move_away
from fedihub.services.projects import add_role
from storage.projects import TeamRole
from tests.support.client import ApiClient, client_for
from tests.support.hub import RunningHub
from tests.support.peer import Peer


async def relationship(client: ApiClient, other_id: int) -> set[str]:
    """What holds between the client's account and another."""
    (answer,) = await client.get(f"/api/v1/accounts/relationships?id={other_id}")
    return {name for name, value in answer.items() if value is True}


async def test_a_request_waits_for_who_approves_their_followers(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    client, other = await client_for(home, ada), await client_for(home, bob)
    await client.home.request(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        data={"locked": "true"},
        headers={"Authorization": f"Bearer {client.token}"},
    )
    asked = await other.post(f"/api/v1/accounts/{ada.id}/follow")
    assert (asked["following"], asked["requested"]) == (False, True)
    assert await relationship(client, bob.id) == {"requested_by"}
    assert [each["type"] for each in await client.get("/api/v1/notifications")] == ["follow_request"]
    assert [each["id"] for each in await client.get("/api/v1/follow_requests")] == [str(bob.id)]
    assert (await client.get("/api/v1/accounts/verify_credentials"))["source"]["follow_requests_count"] == 1
    await client.post(f"/api/v1/follow_requests/{bob.id}/reject")
    assert await relationship(other, ada.id) == set()
    assert (await client.call("POST", f"/api/v1/follow_requests/{bob.id}/authorize")).status == 404
    await other.post(f"/api/v1/accounts/{ada.id}/follow")
    assert (await client.post(f"/api/v1/follow_requests/{bob.id}/authorize"))["followed_by"] is True
    assert await relationship(other, ada.id) == {"following", "showing_reblogs"}
    assert await client.get("/api/v1/follow_requests") == []
    await client.post(f"/api/v1/accounts/{bob.id}/remove_from_followers")
    assert await relationship(other, ada.id) == set()


async def test_following_again_changes_only_what_is_said(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    client = await client_for(home, ada)
    path = f"/api/v1/accounts/{bob.id}/follow"
    assert (await client.post(path, reblogs=False))["showing_reblogs"] is False
    again = await client.get(f"/api/v1/accounts/relationships?id[]={bob.id}")
    assert again[0]["showing_reblogs"] is False
    noted = (await client.call("POST", f"{path}?notify=true")).json()
    assert (noted["notifying"], noted["showing_reblogs"]) == (True, False)
    assert (await client.post(path))["notifying"] is True
    assert (await home.actor(bob)).followers_count == 1
    assert (await client.call("POST", f"/api/v1/accounts/{ada.id}/follow")).status == 422


async def test_a_block_ends_follows_and_hides_each_from_the_other(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    client, other = await client_for(home, ada), await client_for(home, bob)
    await home.follow(ada, bob)
    await home.follow(bob, ada)
    status = await other.say("hello @ada")
    blocked = await client.post(f"/api/v1/accounts/{bob.id}/block")
    assert {name for name, value in blocked.items() if value is True} == {"blocking"}
    assert await relationship(other, ada.id) == {"blocked_by"}
    assert [each["id"] for each in await client.get("/api/v1/blocks")] == [str(bob.id)]
    assert (await client.call("GET", f"/api/v1/statuses/{status['id']}")).status == 404
    assert await client.get("/api/v1/notifications") == []
    assert await client.get("/api/v1/timelines/home") == []
    assert (await other.call("POST", f"/api/v1/accounts/{ada.id}/follow")).status == 403
    await client.post(f"/api/v1/accounts/{bob.id}/unblock")
    assert await relationship(client, bob.id) == set()
    assert await client.get("/api/v1/blocks") == []


async def test_relationships_come_in_the_order_asked_one_for_each(home: RunningHub) -> None:
    ada, bob, carol = [await home.member(name) for name in ("ada", "bob", "carol")]
    client = await client_for(home, ada)
    asked = [carol.id, 1, bob.id]
    answers = await client.get("/api/v1/accounts/relationships?" + "&".join(f"id[]={each}" for each in asked))
    assert [each["id"] for each in answers] == [str(each) for each in asked]
    assert await client.get("/api/v1/accounts/relationships") == []


async def test_accounts_are_found_by_the_beginning_of_their_name(home: RunningHub, peer: Peer) -> None:
    ada, adam = await home.member("ada"), await home.member("adam")
    client = await client_for(home, ada)
    peer.add_actor("adele")

    async def found(**query: str) -> list[str]:
        return [each["acct"] for each in await client.get("/api/v1/accounts/search", params=query)]

    assert await found(q="ad") == ["ada", "adam"]
    assert await found(q="@AD", limit="1") == ["ada"]
    assert await found(q="adele@peer.test") == []
    assert await found(q="adele@peer.test", resolve="true") == ["adele@peer.test"]
    assert await found(q="adele@peer") == []
    assert await found(q="ad") == ["ada", "adam", "adele@peer.test"]
    assert await found(q="ad", offset="1") == ["adam", "adele@peer.test"]
    assert await found(q="adam@hub.test") == ["adam"]
    assert await found(q="nobody@peer.test", resolve="true") == []
    assert await found(q="nobody@down.test", resolve="true") == []
    assert await found(q="%") == []
    await home.follow(ada, adam)
    assert await found(q="ad", following="true") == ["adam"]
    for handle, status in (
        ("adam", 200),
        ("@Adam@hub.test", 200),
        ("adele@peer.test", 200),
        ("eve@peer.test", 404),
        ("", 404),
    ):
        assert (await client.call("GET", "/api/v1/accounts/lookup", params={"acct": handle})).status == status


async def test_an_address_leads_to_what_is_there_if_it_may_be_seen(home: RunningHub, peer: Peer) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    client, other, eve = await client_for(home, ada), await client_for(home, bob), peer.add_actor("eve")
    note, secret = peer.note(eve, "<p>from afar</p>"), await client.say("psst", visibility="direct")

    async def found(asker: ApiClient, q: str, *, resolve: bool = True, **query: str) -> dict[str, int]:
        query |= {"q": q} | ({"resolve": "true"} if resolve else {})
        answer: dict[str, list[Any]] = await asker.get("/api/v2/search", params=query)
        assert set(answer) == {"accounts", "statuses", "hashtags"}
        return {name: len(items) for name, items in answer.items() if items}

    assert await found(client, note["id"], resolve=False) == {}
    assert await found(client, note["id"], type="accounts") == {}
    assert await found(client, note["id"]) == {"statuses": 1}
    assert await found(other, note["id"], resolve=False) == {"statuses": 1}
    assert await found(client, eve.uri) == {"accounts": 1}
    assert await found(client, f"{home.url}/@bob") == {"accounts": 1}
    assert await found(client, secret["uri"]) == {"statuses": 1}
    assert await found(client, f"{home.url}/@ada/{secret['id']}") == {"statuses": 1}
    assert await found(other, secret["uri"]) == {}
    assert await found(client, "http://peer.test/nothing") == {}
    assert await found(client, "http://127.0.0.1:1/") == {}
    assert await found(client, "@eve@peer.test") == {"accounts": 1}
    await client.say("#Workshop")
    assert await found(client, "#works", resolve=False) == {"hashtags": 1}
    assert await found(client, "bo", resolve=False) == {"accounts": 1}
    assert (await ApiClient(home, None).call("GET", "/api/v2/search?q=x&resolve=true")).status == 401
    assert (await client.call("GET", "/api/v2/search?q=x&type=people")).status == 422


async def test_only_who_may_edit_a_project_changes_its_profile(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    project = await home.project("rocket", founder=ada)
    await add_role(home.hub, project_id=project.id, member_id=bob.id, role=TeamRole.AUTHOR)
    founder, author = await client_for(home, ada, act_as=project), await client_for(home, bob, act_as=project)
    path, form = "/api/v1/accounts/update_credentials", {"display_name": "Rocket!", "note": "Up."}
    links = {"fields_attributes": {"0": {"name": "Site", "value": "https://rocket.example"}}}
    refused = await author.call("PATCH", path, json=form)
    assert refused.status == 403
    assert (await home.actor(project)).display_name == "rocket"
    changed = await founder.call("PATCH", path, json=form | links)
    assert changed.status == 200
    assert (changed.json()["display_name"], changed.json()["fields"][0]["name"]) == ("Rocket!", "Site")
    assert (
        await founder.call("PATCH", path, json={"fields_attributes": [{"name": "Mood", "value": "fine"}]})
    ).status == 422
    assert (await founder.call("PATCH", path, data={"avatar": io.BytesIO(b"\x89PNG")})).status == 422
    assert (await author.say("by the author"))["account"]["id"] == str(project.id)


async def test_who_moves_is_shown_with_the_new_account_and_followers_are_told(home: RunningHub) -> None:
    ada, ben, new = [await home.member(name) for name in ("ada", "ben", "adanew")]
    client = await client_for(home, ben)
    await home.follow(ben, ada)
    await add_alias(home.hub, actor_id=new.id, handle="ada")
    await move_away(home.hub, actor_id=ada.id, handle="adanew")
    assert (await client.get(f"/api/v1/accounts/{ada.id}"))["moved"]["id"] == str(new.id)
    assert "moved" not in await client.get(f"/api/v1/accounts/{new.id}")
    assert await relationship(client, new.id) == {"following", "showing_reblogs"}
    assert await relationship(client, ada.id) == set()
    (told,) = await client.get("/api/v1/notifications")
    assert (told["type"], told["account"]["id"]) == ("move", str(ada.id))
    refused = await client.call("POST", f"/api/v1/accounts/{ada.id}/follow")
    assert (refused.status, "has moved to" in refused.json()["error"]) == (403, True)
