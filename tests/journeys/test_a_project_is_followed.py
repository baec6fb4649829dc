"""The product's story: a project is followed from elsewhere, says something, gets an answer, and the answer stays."""

from storage.actors import Actor
from storage.notifications import NotificationKind
from storage.posts import PostKind
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.stories import answer_to, follows, post_of, tell, told


async def test_an_update_goes_out_and_the_answer_comes_home(
    home: RunningHub, peer: Peer, ada: Actor, bridge: Actor, rosa: PeerActor
) -> None:
    # Rosa's server finds the project by its handle.
    found = (await peer.fetch(f"{home.url}/.well-known/webfinger?resource=acct:bridge@hub.test")).json()
    assert {"rel": "self", "type": "application/activity+json", "href": bridge.uri} in found["links"]
    profile = (await peer.fetch(bridge.uri)).json()
    assert profile["type"] == "Organization"

    # Rosa follows it; the answer embeds her own Follow.
    follow = await follows(peer, rosa, home, bridge)
    accept = await peer.wait_for(lambda activity: activity["type"] == "Accept")
    assert accept["object"]["id"] == follow["id"]
    assert (await home.actor(bridge)).followers_count == 1

    # The project posts an update, written by Ada, and it arrives at Rosa's server, once.
    update = await home.say(bridge, "The first pillar stands! #bridge", writer_id=ada.id, kind=PostKind.UPDATE)
    await home.drain()
    created = await peer.wait_for(lambda activity: activity["type"] == "Create")
    assert created["object"]["id"] == update.uri
    assert created["object"]["hub:writer"] == ada.uri
    assert len(peer.received) == 2

    # Rosa answers, and the answer stands in the project's conversation.
    reply = answer_to(peer, rosa, update, bridge, "Congratulations!")
    await tell(peer, rosa, home, peer.create(reply, by=rosa))
    stored = await post_of(home, reply["id"])
    assert stored is not None
    assert stored.in_reply_to_id == update.id
    assert stored.conversation_id == update.conversation_id
    assert (await home.post(update.id)).replies_count == 1

    # The project is told, other servers find the answer in the conversation, and visitors see it on the page.
    assert await told(home, bridge) == [NotificationKind.MENTION, NotificationKind.FOLLOW]
    thread = await home.document(created["object"]["context"])
    assert thread["totalItems"] == 2
    page = await home.document(thread["first"])
    assert page["items"] == [update.uri, reply["id"]]
    replies = await home.document(f"{update.uri}/replies?page=0")
    assert replies["items"] == [reply["id"]]
    shown = await home.get(f"/@bridge/{update.id}", accept="text/html")
    assert "Congratulations!" in shown.text


async def test_answering_back_reaches_the_stranger(
    home: RunningHub, peer: Peer, bridge: Actor, rosa: PeerActor
) -> None:
    await follows(peer, rosa, home, bridge)
    update = await home.say(bridge, "Hello")
    reply = answer_to(peer, rosa, update, bridge, "Hi")
    await tell(peer, rosa, home, peer.create(reply, by=rosa))
    stored = await post_of(home, reply["id"])
    assert stored is not None

    thanks = await home.say(bridge, "Thank you", in_reply_to_id=stored.id)
    await home.drain()
    heard = await peer.wait_for(
        lambda activity: activity["type"] == "Create" and activity["object"]["id"] == thanks.uri
    )
    assert heard["object"]["inReplyTo"] == reply["id"]
    assert rosa.uri in heard["object"]["cc"]
    assert {"type": "Mention", "href": rosa.uri, "name": "@rosa@peer.test"} in heard["object"]["tag"]


async def test_a_follower_leaves(home: RunningHub, peer: Peer, bridge: Actor, rosa: PeerActor) -> None:
    follow = await follows(peer, rosa, home, bridge)
    await tell(peer, rosa, home, peer.activity(rosa, "Undo", follow))
    assert (await home.actor(bridge)).followers_count == 0

    await home.say(bridge, "Anybody there?")
    await home.drain()
    assert [activity["type"] for activity in peer.received] == ["Accept"]
