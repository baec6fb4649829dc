"""Whom a member blocks, or who blocks a member, reaches them in no way."""

import pytest

from fedihub.services.following import block, follow
from storage.actors import Actor
from storage.follows import find_follow
from storage.posts import Post
from tests.support.client import client_for
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC, Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.stories import actor_of, answer_to, follows, post_of, tell, told

WORD = "Morgenstern"


@pytest.fixture
async def ada(home: RunningHub) -> Actor:
    """A member."""
    return await home.member("ada")


@pytest.fixture(params=["ada blocks", "rosa blocks"])
async def rosa(request: pytest.FixtureRequest, home: RunningHub, peer: Peer, ada: Actor) -> PeerActor:
    """Somebody elsewhere with whom she once was in touch; now one of the two blocks the other."""
    rosa = peer.add_actor("rosa")
    await follows(peer, rosa, home, ada)
    known = await actor_of(home, rosa)
    assert known is not None
    await follow(home.hub, actor_id=ada.id, target_id=known.id)
    if request.param == "ada blocks":
        await block(home.hub, actor_id=ada.id, target_id=known.id)
    else:
        await tell(peer, rosa, home, peer.activity(rosa, "Block", ada.uri))
    await home.drain()
    peer.received.clear()
    return rosa


def acts(peer: Peer, rosa: PeerActor, ada: Actor, post: Post) -> list[Activity]:
    """Everything that would reach her."""
    mention = {"tag": [{"type": "Mention", "href": ada.uri, "name": "@ada@hub.test"}]}
    notes = [
        answer_to(peer, rosa, post, ada, WORD),
        peer.note(rosa, f"<p>{WORD}</p>", to=[PUBLIC], cc=[ada.uri], **mention),
        peer.note(rosa, f"<p>{WORD}</p>", to=[ada.uri], cc=[], **mention),
    ]
    return [
        *(peer.create(note, by=rosa) for note in notes),
        peer.activity(rosa, "Follow", ada.uri),
        peer.activity(rosa, "Like", post.uri),
        peer.activity(rosa, "Announce", post.uri, to=[PUBLIC]),
    ]


async def test_nothing_of_theirs_reaches_her_or_her_post(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor
) -> None:
    post = await home.say(ada, "Hello")
    for activity in acts(peer, rosa, ada, post):
        await tell(peer, rosa, home, activity)
    assert await told(home, ada) == []
    now = await home.post(post.id)
    assert (now.likes_count, now.boosts_count, now.replies_count) == (0, 0, 0)
    client = await client_for(home, ada)
    ways = ("timelines/home", "timelines/public", "notifications", f"statuses/{post.id}/context")
    for way in ways:
        assert WORD not in (await client.call("GET", f"/api/v1/{way}")).text, way


async def test_a_follow_is_rejected(home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor) -> None:
    await tell(peer, rosa, home, peer.activity(rosa, "Follow", ada.uri))
    known = await actor_of(home, rosa)
    assert known is not None
    follow = await home.hub.database.read(
        lambda session: find_follow(session, follower_id=known.id, followed_id=ada.id)
    )
    assert follow is None
    assert [activity["type"] for activity in peer.received] == ["Reject"]


async def test_an_answer_of_theirs_does_not_stand_under_her_post(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor
) -> None:
    post = await home.say(ada, "Hello")
    note = answer_to(peer, rosa, post, ada, WORD)
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    stored = await post_of(home, note["id"])
    assert stored is None or stored.in_reply_to_id is None
    assert WORD not in (await home.get(f"/@ada/{post.id}")).text
