"""Why a post is on another server, or is not: a hub, a server that answers as it likes, and the operator's question."""

import pytest

from fedihub.errors import Invalid, Missing
from fedihub.services.explain import Explanation, Why, explain, find_id_of
from fedihub.services.openings import remove_opening
from fedihub.services.posting import delete_post
from storage.actors import Actor
from storage.deliveries import retry_deliveries
from storage.host_policies import HostLevel, HostPolicy, put_policy
from storage.posts import Audience, Post
from tests.support.chapters import approve, chapter, mention, opening
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.resolver import TestResolver
from tests.support.source import ROOT
from tests.support.stories import follows, post_of, tell


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
    assert told.text.startswith("given up: tried once: ")
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
        await why(home, gone, "other.test")
    never = gone.model_copy(update={"id": 42})
    with pytest.raises(Missing, match="no such post"):
        await why(home, never)


async def test_what_was_deleted_was_taken_back_there_when_they_know(home: RunningHub, peer: Peer, ada: Actor) -> None:
    await follows(peer, peer.add_actor("rosa"), home, ada)
    post = await home.say(ada, "Oops")
    await home.drain()
    peer.answer_inbox(403)
    await delete_post(home.hub, post_id=post.id, by_actor_id=ada.id)
    waiting = await why(home, post)
    assert (waiting.why, waiting.audience, waiting.post) == (Why.WAITING, "", post.uri)
    assert "has not heard" in waiting.text
    await home.drain()
    lost = await why(home, post)
    assert (lost.why, [each.activity_type for each in lost.deliveries]) == (Why.GAVE_UP, ["Delete", "Create"])
    ids, now = [lost.deliveries[0].id], home.hub.clock.now()
    await home.hub.database.write(lambda session: retry_deliveries(session, now=now, ids=ids))
    await home.drain()
    told = await why(home, post)
    assert (told.why, told.text) == (Why.TAKEN_BACK, "it was taken back, and peer.test was told so (status 202)")


async def test_what_a_chapter_passes_on_and_takes_out_again(home: RunningHub, peer: Peer, ada: Actor) -> None:
    """A post from elsewhere, too: of that our chapter is the one who tells."""
    pune = await chapter(home, "pune", founder=ada)
    rosa, ben = peer.add_actor("rosa"), await home.member("ben")
    await follows(peer, rosa, home, pune)
    note = mention(peer, rosa, pune, "We need a welder")
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    theirs = await post_of(home, note["id"])
    assert theirs is not None
    for post in (theirs, await home.say(ben, "@pune So do we")):
        await approve(home, pune, post, by=ada)
        assert (await why(home, post)).why is Why.DELIVERED
        found = await opening(home, pune, post)
        assert found is not None
        await remove_opening(home.hub, opening_id=found.id, by_member_id=ada.id)
        await home.drain()
        told = await why(home, post)
        assert (told.why, told.deliveries[0].activity_type) == (Why.TAKEN_BACK, "Undo")


async def test_what_the_author_says_counts_more_than_what_a_chapter_does(
    home: RunningHub, peer: Peer, ada: Actor
) -> None:
    """Rosa follows both: the chapter's boost is gone, Ada's post is still there."""
    pune, rosa = await chapter(home, "pune", founder=ada), peer.add_actor("rosa")
    await follows(peer, rosa, home, pune)
    await follows(peer, rosa, home, ada)
    post = await home.say(ada, "@pune We need a welder")
    await approve(home, pune, post, by=ada)
    found = await opening(home, pune, post)
    assert found is not None
    await remove_opening(home.hub, opening_id=found.id, by_member_id=ada.id)
    await home.drain()
    told = await why(home, post)
    assert (told.why, told.deliveries[0].activity_type) == (Why.DELIVERED, "Undo")


async def test_a_community_hears_of_the_end_in_its_own_way(
    home: RunningHub, resolver: TestResolver, ada: Actor
) -> None:
    async with Peer.running("lemmy.test", resolver=resolver, software="lemmy") as lemmy:
        pune, liv = await chapter(home, "pune", founder=ada), lemmy.add_actor("liv")
        await follows(lemmy, liv, home, pune)
        post = await home.say(ada, "@pune We need a welder")
        await approve(home, pune, post, by=ada)
        assert (await why(home, post, "lemmy.test")).why is Why.DELIVERED
        found = await opening(home, pune, post)
        assert found is not None
        await remove_opening(home.hub, opening_id=found.id, by_member_id=ada.id)
        await home.drain()
        assert (await why(home, post, "lemmy.test")).why is Why.TAKEN_BACK


async def test_a_post_of_others_is_known_by_its_address(home: RunningHub, peer: Peer, ada: Actor) -> None:
    rosa = peer.add_actor("rosa")
    note = peer.note(rosa, cc=[rosa.followers, ada.uri])
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    post = await post_of(home, note["id"])
    assert post is not None
    assert await find_id_of(home.hub, note["id"]) == post.id
    assert (await why(home, post)).why is Why.NOT_OURS
    with pytest.raises(Missing, match="fed lookup"):
        await find_id_of(home.hub, f"{peer.base}/users/rosa/statuses/404")


@pytest.mark.parametrize(("host", "text"), [("hub.test", "this hub itself"), ("", "missing"), ("a b", "no host name")])
async def test_the_host_must_be_another_server(home: RunningHub, ada: Actor, host: str, text: str) -> None:
    post = await home.say(ada, "Hello")
    with pytest.raises(Invalid, match=text):
        await why(home, post, host)
