"""Our members follow others: asking, being accepted, being refused, and only then seeing."""

from datetime import UTC, datetime, timedelta

import pytest

from fedihub.errors import Missing, NotAllowed, Unreachable
from fedihub.services.following import accept_request, block, follow, reject_request, unfollow
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.follows import FollowState, find_follow
from storage.notifications import NotificationKind
from storage.paging import Window
from storage.received import ReceivedState
from storage.views.timelines import list_home
from tests.support.hub import RunningHub
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.stories import follows, post_of, tell, told, verdict


async def asked(home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor) -> tuple[Actor, Activity]:
    """Ada looks Rosa up and asks to follow her; gives Rosa's row and the Follow that arrived."""
    found = await resolve_handle(home.hub, f"@{rosa.handle}")
    await home.follow(ada, found)
    await home.drain()
    return found, await peer.wait_for(lambda activity: activity["type"] == "Follow")


async def reads(home: RunningHub, ada: Actor) -> list[str]:
    views = await home.hub.database.read(lambda session: list_home(session, ada.id, window=Window()))
    return [view.uri for view in views]


async def state_of(home: RunningHub, ada: Actor, rosa: Actor) -> FollowState | None:
    found = await home.hub.database.read(lambda session: find_follow(session, follower_id=ada.id, followed_id=rosa.id))
    return found.state if found is not None else None


@pytest.mark.parametrize("form", ["embedded", "bare id", "other id"])
async def test_an_accepted_follow_brings_posts_home(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor, form: str
) -> None:
    rosas_row, sent = await asked(home, peer, ada, rosa)
    assert await state_of(home, ada, rosas_row) == FollowState.REQUESTED
    answered = {"embedded": sent, "bare id": sent["id"], "other id": sent | {"id": f"{rosa.uri}/f/1"}}[form]
    await tell(peer, rosa, home, peer.activity(rosa, "Accept", answered))
    assert await state_of(home, ada, rosas_row) == FollowState.ACCEPTED

    note = peer.note(rosa, "<p>For you</p>", to=[rosa.followers], cc=[])
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    assert await reads(home, ada) == [note["id"]]


@pytest.mark.parametrize("answer", ["Accept", "Reject"])
async def test_nobody_else_can_answer(home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor, answer: str) -> None:
    rosas_row, sent = await asked(home, peer, ada, rosa)
    eve = peer.add_actor("eve")
    for named in (sent, sent["id"], sent | {"object": eve.uri}):
        await tell(peer, eve, home, peer.activity(eve, answer, named))
        assert await verdict(home) == (ReceivedState.IGNORED, "nothing_was_asked")
    assert await state_of(home, ada, rosas_row) == FollowState.REQUESTED


async def test_an_accept_that_nobody_asked_for_does_nothing(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor
) -> None:
    made_up = {"id": f"{home.url}/ap/activities/1", "type": "Follow", "actor": ada.uri, "object": rosa.uri}
    await tell(peer, rosa, home, peer.activity(rosa, "Accept", made_up))
    assert (await home.actor(ada)).following_count == 0


async def test_what_is_for_followers_is_not_shown_before_the_accept(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor
) -> None:
    """Pixelfed once took a request for an accepted follow (CVE-2025-30741)."""
    bob = await home.member("bob")
    rosas_row, sent = await asked(home, peer, ada, rosa)
    await tell(peer, rosa, home, peer.activity(rosa, "Accept", sent))
    await home.follow(bob, rosas_row)
    note = peer.note(rosa, "<p>For followers</p>", to=[rosa.followers], cc=[])
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    assert await reads(home, ada) == [note["id"]]
    assert await reads(home, bob) == []


async def test_a_follow_that_is_ended_there_hides_what_was_for_followers(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor
) -> None:
    rosas_row, sent = await asked(home, peer, ada, rosa)
    await tell(peer, rosa, home, peer.activity(rosa, "Accept", sent))
    note = peer.note(rosa, "<p>For you</p>", to=[rosa.followers], cc=[])
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    await tell(peer, rosa, home, peer.activity(rosa, "Reject", sent))
    assert await state_of(home, ada, rosas_row) is None
    assert await reads(home, ada) == []


async def test_unfollowing_tells_the_other_server(home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor) -> None:
    rosas_row, sent = await asked(home, peer, ada, rosa)
    await unfollow(home.hub, actor_id=ada.id, target_id=rosas_row.id)
    await home.drain()
    undone = await peer.wait_for(lambda activity: activity["type"] == "Undo")
    assert undone["object"] == {name: sent[name] for name in ("id", "type", "actor", "object")}


async def test_a_member_who_approves_followers(home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor) -> None:
    from fedihub.services.profiles import ProfileChanges, update_profile

    await update_profile(
        home.hub, actor_id=ada.id, by_member_id=ada.id, changes=ProfileChanges(approves_followers=True)
    )
    sent = await follows(peer, rosa, home, ada)
    assert await told(home, ada) == [NotificationKind.FOLLOW_REQUEST]
    assert peer.received == []
    rosas_row = await resolve_handle(home.hub, rosa.handle)

    await accept_request(home.hub, actor_id=ada.id, follower_id=rosas_row.id)
    await home.drain()
    accepted = await peer.wait_for(lambda activity: activity["type"] == "Accept")
    assert accepted["object"]["id"] == sent["id"]
    assert (await home.actor(ada)).followers_count == 1
    with pytest.raises(Missing):
        await reject_request(home.hub, actor_id=ada.id, follower_id=rosas_row.id)


async def test_a_repeated_follow_is_answered_again(home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor) -> None:
    await follows(peer, rosa, home, ada)
    second = await follows(peer, rosa, home, ada)
    accepts = [activity for activity in peer.received if activity["type"] == "Accept"]
    assert accepts[-1]["object"]["id"] == second["id"]
    assert len(accepts) == 2
    assert (await home.actor(ada)).followers_count == 1


async def test_a_follow_undone_and_done_again_under_the_same_id(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor
) -> None:
    """Older Misskey does that."""
    first = await follows(peer, rosa, home, ada)
    undo = peer.activity(rosa, "Undo", first)
    now = datetime.now(UTC)
    await tell(peer, rosa, home, undo, date=now)
    await tell(peer, rosa, home, first, date=now + timedelta(seconds=1))
    assert (await home.actor(ada)).followers_count == 1
    await tell(peer, rosa, home, undo, date=now + timedelta(seconds=2))
    assert (await home.actor(ada)).followers_count == 0


async def test_an_undo_that_comes_before_its_follow(home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor) -> None:
    follow_ = peer.activity(rosa, "Follow", ada.uri)
    await tell(peer, rosa, home, peer.activity(rosa, "Undo", follow_))
    await tell(peer, rosa, home, follow_)
    assert (await home.actor(ada)).followers_count == 0


async def test_whoever_blocks_us_is_not_bothered(home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor) -> None:
    await follows(peer, rosa, home, ada)
    rosas_row, sent = await asked(home, peer, ada, rosa)
    await tell(peer, rosa, home, peer.activity(rosa, "Accept", sent))
    await tell(peer, rosa, home, peer.activity(rosa, "Block", ada.uri))
    assert (await home.actor(ada)).followers_count == 0
    assert (await home.actor(ada)).following_count == 0
    with pytest.raises(NotAllowed):
        await follow(home.hub, actor_id=ada.id, target_id=rosas_row.id)


async def test_whom_we_block_cannot_follow_like_or_be_heard(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor
) -> None:
    await follows(peer, rosa, home, ada)
    rosas_row = await resolve_handle(home.hub, rosa.handle)
    post = await home.say(ada, "Hello")
    await block(home.hub, actor_id=ada.id, target_id=rosas_row.id)
    await home.drain()
    blocked = await peer.wait_for(lambda activity: activity["type"] == "Block")
    assert blocked["object"] == rosa.uri
    assert (await home.actor(ada)).followers_count == 0

    before = await told(home, ada)
    await tell(peer, rosa, home, peer.activity(rosa, "Follow", ada.uri))
    await tell(peer, rosa, home, peer.activity(rosa, "Like", post.uri))
    assert (await home.actor(ada)).followers_count == 0
    assert (await home.post(post.id)).likes_count == 0
    assert await told(home, ada) == before
    assert peer.received[-1]["type"] == "Reject"


async def test_a_handle_that_leads_nowhere(home: RunningHub, peer: Peer) -> None:
    with pytest.raises(Missing):
        await resolve_handle(home.hub, "@nobody@peer.test")
    with pytest.raises(Unreachable):
        await resolve_handle(home.hub, "@ana@dead.test")
    with pytest.raises(Missing):
        await resolve_handle(home.hub, "@nobody@hub.test")


async def test_a_post_that_reached_us_can_be_found(home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor) -> None:
    from fedihub.services.resolving import resolve_url

    note = peer.note(rosa, "<p>Look me up</p>")
    found = await resolve_url(home.hub, note["id"])
    stored = await post_of(home, note["id"])
    assert stored is not None
    assert found.id == stored.id
