"""Reports over the client API, and what it tells of the servers that are blocked."""

from fedihub.services.host_policies import Decision, decide
from storage.host_policies import HostLevel
from tests.support.client import ApiClient, client_for
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.stories import actor_of, follows


async def test_a_report_is_taken_as_clients_send_it(home: RunningHub) -> None:
    ada, ben = await home.member("ada"), await home.member("ben")
    post, own = await home.say(ben, "Buy!"), await home.say(ada, "Mine")
    client = await client_for(home, ada)
    path = f"/api/v1/reports?account_id={ben.id}&status_ids[]={post.id}&status_ids[]={own.id}&comment=Spam"
    answer = await client.call("POST", f"{path}&category=spam")
    assert answer.status == 200, answer.text
    found = answer.json()
    assert (found["status_ids"], found["comment"], found["category"]) == ([str(post.id)], "Spam", "spam")
    assert (found["action_taken"], found["forwarded"], found["target_account"]["id"]) == (False, False, str(ben.id))


async def test_it_is_forwarded_when_the_reporter_wants_that(home: RunningHub, peer: Peer) -> None:
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    await follows(peer, rosa, home, ada)
    known = await actor_of(home, rosa)
    assert known is not None
    found = await (await client_for(home, ada)).post("/api/v1/reports", account_id=str(known.id), forward=True)
    await home.drain()
    assert found["forwarded"] is True
    assert [activity["object"] for activity in peer.received if activity["type"] == "Flag"] == [[rosa.uri]]


async def test_a_report_about_nobody_or_oneself_is_refused(home: RunningHub) -> None:
    ada = await home.member("ada")
    client = await client_for(home, ada)
    for form, status in (({}, 404), ({"account_id": "99"}, 404), ({"account_id": str(ada.id)}, 422)):
        assert (await client.call("POST", "/api/v1/reports", json=form)).status == status
    long = {"account_id": "99", "comment": "x" * 1001}
    assert (await client.call("POST", "/api/v1/reports", json=long)).status == 422


async def test_it_needs_the_scope(home: RunningHub) -> None:
    client = await client_for(home, await home.member("ada"), scopes=("read",))
    assert (await client.call("POST", "/api/v1/reports", json={"account_id": "1"})).status == 403


async def test_everybody_may_know_which_servers_are_blocked_and_why(home: RunningHub) -> None:
    await decide(home.hub, "spam.example", Decision(HostLevel.BLOCKED, reason="Spam", note="for us alone"))
    await decide(home.hub, "loud.example", Decision(HostLevel.LIMITED))
    await decide(home.hub, "pics.example", Decision(HostLevel.OPEN, rejects_media=True))
    found = await ApiClient(home, None).get("/api/v1/instance/domain_blocks")
    assert [(each["domain"], each["severity"], each["comment"]) for each in found] == [
        ("loud.example", "silence", ""),
        ("spam.example", "suspend", "Spam"),
    ]
    assert len(found[0]["digest"]) == 64
    assert "for us alone" not in str(found)
