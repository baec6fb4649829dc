"""Blocked and limited hosts, and suspended senders: what is not heard, not fetched, not shown and not told."""

from datetime import UTC, datetime, timedelta

from federation.identifiers import Host
from fedihub.services.host_policies import Decision, decide
from fedihub.services.moderation import suspend_actor
from fedihub.services.polls import NewPoll
from fedihub.services.posting import delete_post
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.deliveries import DeliveryState, list_deliveries
from storage.host_policies import HostLevel, HostPolicy, put_policy
from storage.received import ReceivedState
from tests.conformance.conftest import Scene
from tests.support.peer import Peer
from tests.support.resolver import TestResolver
from tests.support.stories import actor_of, follows, post_of, tell, told, verdict

BLOCKED = Decision(HostLevel.BLOCKED)


async def suspended(scene: Scene) -> Actor:
    """Rosa, who follows Ada, is suspended here."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    await suspend_actor(scene.home.hub, actor_id=rosa.id)
    return rosa


async def test_d18_a_key_on_a_blocked_host_is_refused_without_a_fetch(scene: Scene) -> None:
    await decide(scene.home.hub, "peer.test", BLOCKED)
    before = await scene.rows()
    note = scene.peer.note(scene.rosa)
    answer = await scene.peer.send(scene.home.shared_inbox, scene.peer.create(note, by=scene.rosa), by=scene.rosa)
    assert (answer.status, answer.json()["reason"]) == (403, "host_blocked")
    await scene.home.drain()
    assert scene.peer.requests == []
    assert await scene.rows() == before
    assert await scene.home.log() == []


async def test_d18_a_block_covers_what_lies_below_the_host_and_no_other(scene: Scene, resolver: TestResolver) -> None:
    await decide(scene.home.hub, "PEER.test.", BLOCKED)
    async with (
        Peer.running("a.peer.test", resolver=resolver) as below,
        Peer.running("otherpeer.test", resolver=resolver) as beside,
    ):
        for peer, expected in ((below, 403), (beside, 202)):
            eve = peer.add_actor("eve")
            follow = peer.activity(eve, "Follow", scene.ada.uri)
            assert (await peer.send(scene.home.shared_inbox, follow, by=eve)).status == expected
        assert below.requests == []


async def test_e7_a_blocked_host_hears_that_follows_end_and_nothing_else(scene: Scene) -> None:
    await scene.ada_follows_rosa()
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    before = len(scene.peer.received)
    await scene.home.say(scene.ada, "Too late")
    for _ in range(2):
        await decide(scene.home.hub, "peer.test", BLOCKED)
    await scene.home.say(scene.ada, "Too late, too")
    await scene.home.drain()
    told = {each["type"]: each for each in scene.peer.received[before:]}
    assert len(scene.peer.received) == before + 2
    assert (told["Undo"]["actor"], told["Undo"]["object"]["object"]) == (scene.ada.uri, scene.rosa.uri)
    assert (told["Reject"]["actor"], told["Reject"]["object"]["actor"]) == (scene.ada.uri, scene.rosa.uri)


async def test_d18_the_actor_of_a_blocked_host_is_refused_whoever_signs(scene: Scene, resolver: TestResolver) -> None:
    await decide(scene.home.hub, "peer.test", BLOCKED)
    async with Peer.running("friend.test", resolver=resolver) as friend:
        carol = friend.add_actor("carol")
        note = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri)
        answer = await friend.send(scene.home.shared_inbox, scene.peer.create(note, by=scene.rosa), by=carol)
        assert (answer.status, answer.json()["reason"]) == (403, "host_blocked")
    assert scene.peer.requests == []


async def test_d18_what_a_blocked_host_passes_on_is_refused_too(scene: Scene, resolver: TestResolver) -> None:
    await decide(scene.home.hub, "peer.test", BLOCKED)
    async with Peer.running("friend.test", resolver=resolver) as friend:
        note = friend.note(friend.add_actor("carol"), inReplyTo=scene.post.uri)
        create = friend.create(note, by=friend.actors["carol"])
        answer = await scene.peer.send(scene.home.shared_inbox, create, by=scene.rosa)
        assert (answer.status, answer.json()["reason"]) == (403, "host_blocked")
        assert friend.requests == []
    assert scene.peer.requests == []


async def test_d18_nothing_of_a_blocked_host_is_fetched_because_others_name_it(
    scene: Scene, resolver: TestResolver
) -> None:
    await decide(scene.home.hub, "peer.test", BLOCKED)
    async with Peer.running("friend.test", resolver=resolver) as friend:
        carol = friend.add_actor("carol")
        await scene.home.follow(scene.ada, await known(scene, friend))
        await scene.home.drain()
        accept = friend.activity(carol, "Accept", friend.received[0])
        note = scene.peer.note(scene.rosa)
        reply = friend.note(carol, inReplyTo=note["id"])
        moved = friend.serve("/moved", b"", status=302, headers={"Location": note["id"]})
        boosts = [friend.activity(carol, "Announce", uri, to=["as:Public"]) for uri in (note["id"], moved)]
        for activity in (accept, friend.create(reply, by=carol), *boosts):
            await tell(friend, carol, scene.home, activity)
        assert await post_of(scene.home, reply["id"]) is not None
    assert await post_of(scene.home, note["id"]) is None
    assert scene.peer.requests == []


async def known(scene: Scene, friend: Peer) -> Actor:
    """Carol of the friendly peer, as our hub knows her."""
    return await resolve_handle(scene.home.hub, f"@carol@{friend.host}")


async def test_e7_of_a_suspended_sender_posts_follows_likes_and_boosts_count_for_nothing(scene: Scene) -> None:
    await suspended(scene)
    before = await scene.rows()
    mention = scene.peer.note(scene.rosa, to=[scene.ada.uri], tag=[{"type": "Mention", "href": scene.ada.uri}])
    for activity in (
        scene.peer.create(mention, by=scene.rosa),
        scene.peer.activity(scene.rosa, "Like", scene.post.uri),
        scene.peer.activity(scene.rosa, "Announce", scene.post.uri, to=["as:Public"]),
        scene.peer.activity(scene.rosa, "Follow", scene.ada.uri),
        scene.peer.activity(scene.rosa, "Block", scene.ada.uri),
        scene.peer.activity(scene.rosa, "Flag", [scene.ada.uri], content="bad"),
    ):
        await scene.hears(activity)
        assert await verdict(scene.home) == (ReceivedState.IGNORED, "sender_suspended")
    assert await scene.rows() == before
    assert await told(scene.home, scene.ada) == []


async def test_e7_a_suspended_sender_says_and_votes_nothing_new_by_an_update(scene: Scene) -> None:
    poll = await scene.home.say(scene.ada, "Which?", poll=NewPoll(["one", "two"], timedelta(hours=1)))
    await suspended(scene)
    vote = scene.peer.note(scene.rosa, name="one", inReplyTo=poll.uri, to=[scene.ada.uri], cc=[])
    del vote["content"]
    answer = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri, cc=[scene.ada.uri])
    before = await scene.rows()
    for said in (vote, answer):
        await scene.hears(scene.peer.activity(scene.rosa, "Update", said))
        assert await verdict(scene.home) == (ReceivedState.IGNORED, "unknown_post")
    assert await scene.rows() == before


async def test_e7_a_suspended_sender_may_still_take_back_and_put_right(scene: Scene) -> None:
    said = await scene.hears_note(to=["as:Public"], cc=[scene.ada.uri])
    other = await scene.hears_note(to=["as:Public"], cc=[scene.ada.uri])
    assert said is not None
    assert other is not None
    await scene.ada_follows_rosa()
    asked = await scene.peer.wait_for(lambda each: each["type"] == "Follow")
    await suspended(scene)
    assert (await scene.home.actor(scene.ada)).following_count == 1
    later = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    changed = scene.peer.objects[said.uri] | {"content": "<p>Better</p>", "updated": later}
    await scene.hears(scene.peer.activity(scene.rosa, "Update", changed))
    assert (await verdict(scene.home)) == (ReceivedState.APPLIED, None)
    assert "Better" in (await scene.home.post(said.id)).content_html
    await scene.hears(scene.peer.activity(scene.rosa, "Delete", other.uri))
    assert await post_of(scene.home, other.uri) is None
    follow = {"type": "Follow", "actor": scene.rosa.uri, "object": scene.ada.uri}
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", follow))
    assert (await scene.home.actor(scene.ada)).followers_count == 0
    await scene.hears(scene.peer.activity(scene.rosa, "Reject", asked))
    assert (await scene.home.actor(scene.ada)).following_count == 0


async def test_e7_what_a_suspended_author_said_is_not_stored_through_others(
    scene: Scene, resolver: TestResolver
) -> None:
    await suspended(scene)
    async with Peer.running("friend.test", resolver=resolver) as friend:
        carol = friend.add_actor("carol")
        note = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri)
        reply = friend.note(carol, inReplyTo=note["id"], to=["as:Public"], cc=[scene.ada.uri])
        assert (await friend.send(scene.home.shared_inbox, friend.create(reply, by=carol), by=carol)).status == 202
        await scene.home.drain()
        assert await post_of(scene.home, reply["id"]) is not None
        assert await post_of(scene.home, note["id"]) is None


async def test_e7_what_a_suspended_author_said_before_is_not_passed_on_by_others(
    scene: Scene, resolver: TestResolver
) -> None:
    said = await scene.hears_note(to=["as:Public"], cc=[scene.ada.uri])
    assert said is not None
    await suspended(scene)
    async with Peer.running("friend.test", resolver=resolver) as friend:
        carol = friend.add_actor("carol")
        await scene.home.follow(scene.ada, await known(scene, friend))
        await scene.home.drain()
        await tell(friend, carol, scene.home, friend.activity(carol, "Accept", friend.received[0]))
        await tell(friend, carol, scene.home, friend.activity(carol, "Announce", said.uri, to=["as:Public"]))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "no_such_post")
    assert (await scene.home.post(said.id)).boosts_count == 0


async def test_e7_an_activity_that_waits_when_its_host_is_blocked_has_no_effect(scene: Scene) -> None:
    follow = scene.peer.activity(scene.rosa, "Follow", scene.ada.uri)
    assert (await scene.peer.send(scene.home.shared_inbox, follow, by=scene.rosa)).status == 202
    await decide(scene.home.hub, "peer.test", BLOCKED)
    await scene.home.drain()
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "host_blocked")
    assert (await scene.home.actor(scene.ada)).followers_count == 0


async def test_e7_nothing_but_farewells_is_sent_to_a_blocked_host(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await scene.home.say(scene.ada, "On its way")
    reach = await decide(scene.home.hub, "peer.test", BLOCKED)
    assert (reach.deliveries, [each.follower for each in reach.follows]) == (1, ["@rosa@peer.test"])
    scene.peer.requests.clear()
    await scene.home.say(scene.ada, "For @rosa@peer.test and all")
    await scene.home.drain()
    assert [request.json()["type"] for request in scene.peer.requests] == ["Reject"]
    assert await scene.home.hub.host_gate.is_blocked_host(Host("peer.test"))


async def test_e7_who_has_heard_of_a_post_hears_nothing_more_once_the_host_is_blocked(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    post = await scene.home.say(scene.ada, "For all")
    await scene.home.drain()
    await decide(scene.home.hub, "peer.test", BLOCKED)
    await delete_post(scene.home.hub, post_id=post.id, by_actor_id=scene.ada.id)
    await scene.home.drain()
    assert {activity["type"] for activity in scene.peer.received} == {"Accept", "Create", "Reject"}
    assert await delivery_states(scene) == set()


async def test_e7_a_suspended_follower_is_sent_nothing(scene: Scene) -> None:
    await suspended(scene)
    await scene.home.say(scene.ada, "For all")
    await scene.home.drain()
    assert [activity["type"] for activity in scene.peer.received] == ["Accept"]


async def test_e7_a_delivery_written_before_another_process_blocked_the_host_is_dropped(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await scene.home.say(scene.ada, "On its way")
    await block_in_another_process(scene, "peer.test")
    scene.peer.requests.clear()
    await scene.home.drain()
    assert scene.peer.requests == []
    assert await delivery_states(scene) == {"dropped"}


async def test_e7_a_limited_host_is_heard_but_its_follows_wait_for_approval(scene: Scene) -> None:
    await decide(scene.home.hub, "peer.test", Decision(HostLevel.LIMITED))
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    assert (await scene.home.actor(scene.ada)).followers_count == 0
    assert scene.peer.received == []
    await scene.hears(scene.peer.activity(scene.rosa, "Like", scene.post.uri))
    assert (await scene.home.post(scene.post.id)).likes_count == 1
    assert await told(scene.home, scene.ada) == []


async def block_in_another_process(scene: Scene, host: str) -> None:
    """The policy alone, as if this process had not looked since: it is in the database, not in memory."""
    now = scene.home.hub.clock.now()
    row = HostPolicy(host=host, level=HostLevel.BLOCKED, created_at=now, updated_at=now)
    await scene.home.hub.database.write(lambda session: put_policy(session, row, version=1))
    scene.home.hub.host_gate.forget()


async def delivery_states(scene: Scene) -> set[str]:
    """In which states deliveries to the peer ended that did not arrive."""
    rows = await scene.home.hub.database.read(lambda session: list_deliveries(session, limit=50, host="peer.test"))
    return {row.state.value for row, _ in rows if row.state is not DeliveryState.DELIVERED}


async def test_e7_answers_of_a_blocked_host_are_neither_listed_nor_counted(scene: Scene) -> None:
    assert await scene.hears_note(inReplyTo=scene.post.uri) is not None
    mine = await scene.home.say(scene.ada, "Also", in_reply_to_id=scene.post.id)
    for listed in (2, 1):
        inside = (await scene.home.document(scene.post.uri))["replies"]
        assert (inside["totalItems"], len(inside["first"]["items"])) == (listed, listed)
        assert (await scene.home.document(inside["id"]))["totalItems"] == listed
        await decide(scene.home.hub, "peer.test", BLOCKED)
    assert inside["first"]["items"] == [mine.uri]
