"""Edits and deletions, ours and theirs, in whatever order they arrive."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fedihub.services.posting import delete_post, edit_post
from storage.actors import Actor
from storage.posts import Audience
from tests.support.hub import RunningHub
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.stories import answer_to, follows, post_of, tell


def moment(minutes: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def edited(note: Activity, **changes: Any) -> Activity:
    return note | changes


async def test_our_edit_reaches_those_who_got_the_post(
    home: RunningHub, peer: Peer, bridge: Actor, rosa: PeerActor
) -> None:
    await follows(peer, rosa, home, bridge)
    post = await home.say(bridge, "The frist pillar")
    await home.drain()
    await edit_post(home.hub, post_id=post.id, by_actor_id=bridge.id, text="The first pillar")
    await edit_post(home.hub, post_id=post.id, by_actor_id=bridge.id, text="The first pillar stands")
    await home.drain()
    updates = [activity["object"] for activity in peer.received if activity["type"] == "Update"]
    assert updates[-1]["content"] == "<p>The first pillar stands</p>"
    times = [update["updated"] for update in updates]
    assert times == sorted(set(times))


async def test_our_deletion_reaches_those_who_got_the_post_and_leaves_a_tombstone(
    home: RunningHub, peer: Peer, bridge: Actor, rosa: PeerActor
) -> None:
    await follows(peer, rosa, home, bridge)
    post = await home.say(bridge, "Never mind")
    await home.drain()
    created = await peer.wait_for(lambda activity: activity["type"] == "Create")
    await delete_post(home.hub, post_id=post.id, by_actor_id=bridge.id)
    await home.drain()
    deleted = await peer.wait_for(lambda activity: activity["type"] == "Delete")
    assert deleted["object"] == {"id": post.uri, "type": "Tombstone"}
    gone = await peer.fetch(post.uri)
    assert (gone.status, gone.json()["type"]) == (410, "Tombstone")
    assert (await peer.fetch(created["id"])).status == 410


async def test_a_private_post_that_was_deleted_is_as_absent_as_before(home: RunningHub, peer: Peer, ada: Actor) -> None:
    post = await home.say(ada, "For my followers", audience=Audience.FOLLOWERS)
    before = await peer.fetch(post.uri)
    await delete_post(home.hub, post_id=post.id, by_actor_id=ada.id)
    after = await peer.fetch(post.uri)
    assert (before.status, after.status) == (404, 404)
    assert before.body == after.body


async def test_their_edits_arrive_in_any_order_and_the_newest_stays(
    home: RunningHub, peer: Peer, bridge: Actor, rosa: PeerActor
) -> None:
    """GoToSocial 0.20 sends every edit under one activity id."""
    post = await home.say(bridge, "Hello")
    reply = answer_to(peer, rosa, post, bridge, "one", published=moment(-30))
    await tell(peer, rosa, home, peer.create(reply, by=rosa))
    same_id = f"{reply['id']}/activity#Update"
    for text, minutes in (("two", -20), ("four", -5), ("three", -10)):
        changed = edited(reply, content=f"<p>{text}</p>", updated=moment(minutes))
        await tell(peer, rosa, home, peer.activity(rosa, "Update", changed, id=same_id))
    stored = await post_of(home, reply["id"])
    assert stored is not None
    assert stored.content_html == "<p>four</p>"


async def test_an_edit_cannot_change_for_whom_a_post_is(
    home: RunningHub, peer: Peer, bridge: Actor, rosa: PeerActor
) -> None:
    post = await home.say(bridge, "Hello")
    reply = answer_to(peer, rosa, post, bridge, "secret", published=moment(-30)) | {"to": [bridge.uri], "cc": []}
    await tell(peer, rosa, home, peer.create(reply, by=rosa))
    wider = edited(reply, to=["https://www.w3.org/ns/activitystreams#Public"], updated=moment(-5))
    await tell(peer, rosa, home, peer.activity(rosa, "Update", wider))
    stored = await post_of(home, reply["id"])
    assert stored is not None
    assert stored.audience == Audience.MENTIONED


async def test_what_its_author_deletes_is_gone_and_stays_gone(
    home: RunningHub, peer: Peer, bridge: Actor, rosa: PeerActor
) -> None:
    post = await home.say(bridge, "Hello")
    reply = answer_to(peer, rosa, post, bridge, "oops")
    create = peer.create(reply, by=rosa)
    await tell(peer, rosa, home, create)
    await tell(peer, rosa, home, peer.activity(rosa, "Delete", reply["id"]))  # the bare id, as GoToSocial sends it
    assert await post_of(home, reply["id"]) is None
    assert (await home.post(post.id)).replies_count == 0

    await tell(peer, rosa, home, create | {"id": f"{create['id']}-again"})
    assert await post_of(home, reply["id"]) is None


async def test_a_deletion_that_comes_first_wins(home: RunningHub, peer: Peer, bridge: Actor, rosa: PeerActor) -> None:
    await follows(peer, rosa, home, bridge)
    post = await home.say(bridge, "Hello")
    reply = answer_to(peer, rosa, post, bridge, "oops")
    await tell(peer, rosa, home, peer.activity(rosa, "Delete", {"id": reply["id"], "type": "Tombstone"}))
    await tell(peer, rosa, home, peer.create(reply, by=rosa))
    assert await post_of(home, reply["id"]) is None
