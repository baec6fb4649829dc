"""Why a post is on another server, or is not: a hub, a server that answers as it likes, and the operator's question."""

import pytest

from fedihub.errors import Missing
from fedihub.services.explain import Explanation, Why, explain
from fedihub.services.posting import delete_post
from storage.actors import Actor
from storage.host_policies import HostLevel, HostPolicy, put_policy
from storage.posts import Audience, Post
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.source import ROOT
from tests.support.stories import follows, post_of


@pytest.fixture
async def ada(home: RunningHub) -> Actor:
    return await home.member("ada")


async def why(home: RunningHub, post: Post, host: str = "peer.test") -> Explanation:
    return await explain(home.hub, post.id, host)


def test_every_answer_is_in_the_manual() -> None:
    manual = (ROOT / "docs/howto/missing-posts.md").read_text()
    assert [why.value for why in Why if f"| `{why.value}` |" not in manual] == []


async def test_it_was_delivered(home: RunningHub, peer: Peer, ada: Actor) -> None:
    await follows(peer, peer.add_actor("rosa"), home, ada)
    post = await home.say(ada, "Hello")
    assert (await why(home, post)).why is Why.WAITING
    await home.drain()
    told = await why(home, post)
    assert (told.why, told.followers, told.followers_there) == (Why.DELIVERED, ("@rosa@peer.test",), 1)
    assert told.deliveries[0].last_status == 202
    assert (await why(home, post, "PEER.test")).why is Why.DELIVERED
    assert (await why(home, post, "other.test")).why is Why.NOBODY_THERE


async def test_it_waits_or_was_given_up(home: RunningHub, peer: Peer, ada: Actor) -> None:
    await follows(peer, peer.add_actor("rosa"), home, ada)
    peer.answer_inbox(403, times=None)
    post = await home.say(ada, "Hello")
    await home.drain()
    told = await why(home, post)
    assert (told.why, told.deliveries[0].last_status) == (Why.GAVE_UP, 403)
    assert f"fedihub delivery retry {told.deliveries[0].id}" in told.text
    peer.answer_inbox(500, times=None)
    other = await home.say(ada, "Anybody?")
    await home.drain()
    assert (await why(home, other)).why in {Why.WAITING, Why.HELD}


async def test_who_is_mentioned_there_is_named(home: RunningHub, peer: Peer, ada: Actor) -> None:
    peer.add_actor("rosa")
    post = await home.say(ada, "Only for @rosa@peer.test", audience=Audience.MENTIONED)
    told = await why(home, post)
    assert (told.why, told.mentioned_there, told.audience) == (Why.WAITING, ("@rosa@peer.test",), "mentioned")


async def test_followers_who_came_later_get_no_old_posts(home: RunningHub, peer: Peer, ada: Actor) -> None:
    post = await home.say(ada, "Hello")
    await follows(peer, peer.add_actor("rosa"), home, ada)
    assert (await why(home, post)).why is Why.FOLLOWED_LATER


async def test_what_never_leaves_and_whom_we_have_nothing_to_do_with(home: RunningHub, peer: Peer, ada: Actor) -> None:
    await follows(peer, peer.add_actor("rosa"), home, ada)
    inside = await home.say(ada, "Among us", local_only=True)
    assert (await why(home, inside)).why is Why.LOCAL_ONLY
    now = home.hub.clock.now()
    policy = HostPolicy(host="peer.test", level=HostLevel.BLOCKED, created_at=now, updated_at=now)
    await home.hub.database.write(lambda session: put_policy(session, policy, version=home.hub.ids.next()))
    home.hub.host_gate.forget()
    told = await why(home, await home.say(ada, "Hello"))
    assert (told.why, told.host_level) == (Why.BLOCKED, "blocked")


async def test_what_is_not_ours_or_not_there(home: RunningHub, peer: Peer, ada: Actor) -> None:
    rosa = peer.add_actor("rosa")
    await follows(peer, rosa, home, ada)
    note = peer.note(rosa, cc=[ada.uri])
    await peer.send(home.shared_inbox, peer.create(note, by=rosa), by=rosa)
    await home.drain()
    stored = await post_of(home, note["id"])
    assert stored is not None
    assert (await why(home, stored)).why is Why.NOT_OURS
    gone = await home.say(ada, "Oops")
    await delete_post(home.hub, post_id=gone.id, by_actor_id=ada.id)
    with pytest.raises(Missing, match="was deleted"):
        await why(home, gone)
