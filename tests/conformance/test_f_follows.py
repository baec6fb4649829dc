"""Follows, requests, blocks and moves, as peers send them and as we do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedihub.services.following import (
    accept_request,
    block,
    follow,
    reject_request,
    remove_follower,
    unblock,
    unfollow,
)
from fedihub.services.moves import add_alias, move_away
from fedihub.services.profiles import ProfileChanges, update_profile
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.blocks import find_block
from storage.database import Session
from storage.follows import Follow, FollowState, find_follow
from storage.notifications import NotificationKind
from storage.posts import Audience
from storage.standing import set_limited
from tests.conformance.conftest import Scene
from tests.support.client import client_for
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.speech import sees, spoken_to
from tests.support.stories import actor_of, follows, tell, told, verdict


async def between(scene: Scene, follower_id: int, followed_id: int) -> Follow | None:
    """The follow of one by the other, as it is now."""

    async def unit(session: Session) -> Follow | None:
        return await find_follow(session, follower_id=follower_id, followed_id=followed_id)

    return await scene.home.hub.database.read(unit)


async def rosa_row(scene: Scene) -> Actor:
    """Our row of Rosa."""
    row = await actor_of(scene.home, scene.rosa)
    assert row is not None
    return row


async def rosas_follow(scene: Scene) -> Follow | None:
    """How Rosa follows Ada."""
    row = await actor_of(scene.home, scene.rosa)
    return await between(scene, row.id, scene.ada.id) if row is not None else None


async def adas_follow(scene: Scene) -> Follow | None:
    """How Ada follows Rosa."""
    return await between(scene, scene.ada.id, (await rosa_row(scene)).id)


async def ada_approves_followers(scene: Scene) -> None:
    changes = ProfileChanges(approves_followers=True)
    await update_profile(scene.home.hub, actor_id=scene.ada.id, by_member_id=scene.ada.id, changes=changes)


async def ada_asks(scene: Scene) -> Activity:
    """Ada follows Rosa; gives the Follow as Rosa's server got it."""
    rosa = await resolve_handle(scene.home.hub, scene.rosa.handle)
    await scene.home.follow(scene.ada, rosa)
    await scene.home.drain()
    return await scene.peer.wait_for(lambda each: each["type"] == "Follow")


def _pair(scene: Scene) -> dict[str, str]:
    return {"actor": scene.rosa.uri, "object": scene.ada.uri}


def sent(scene: Scene, type_: str) -> list[Activity]:
    """What Rosa's server got of a type."""
    return [each for each in scene.peer.received if each["type"] == type_]


async def test_f1_a_follow_of_an_open_actor_is_stored_and_accepted_at_the_followers_own_inbox(scene: Scene) -> None:
    activity = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    known = await rosas_follow(scene)
    assert known is not None
    assert (known.state, known.uri) == (FollowState.ACCEPTED, activity["id"])
    assert len(sent(scene, "Accept")) == 1
    assert scene.peer.seen("/users/rosa/inbox", method="POST")
    assert (await scene.home.actor(scene.ada)).followers_count == 1


async def test_f2_an_accept_embeds_the_follow_with_its_own_id(scene: Scene) -> None:
    activity = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    (accept,) = sent(scene, "Accept")
    assert accept["actor"] == scene.ada.uri
    assert accept["object"] == {"id": activity["id"], "type": "Follow", **_pair(scene)}


async def test_f3_a_follow_of_who_approves_followers_waits(scene: Scene) -> None:
    await ada_approves_followers(scene)
    activity = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    known = await rosas_follow(scene)
    assert known is not None
    assert known.state is FollowState.REQUESTED
    assert sent(scene, "Accept") == []
    assert (await scene.home.actor(scene.ada)).followers_count == 0
    await accept_request(scene.home.hub, actor_id=scene.ada.id, follower_id=known.follower_id)
    await scene.home.drain()
    (accept,) = sent(scene, "Accept")
    assert accept["object"]["id"] == activity["id"]


@pytest.mark.parametrize("audience", [Audience.FOLLOWERS, Audience.QUIET, Audience.PUBLIC])
async def test_f3_who_waits_is_sent_nothing_that_followers_are_sent(scene: Scene, audience: Audience) -> None:
    await ada_approves_followers(scene)
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    known = await rosas_follow(scene)
    assert known is not None
    await scene.home.say(scene.ada, "Among us", audience=audience)
    await scene.home.drain()
    assert sent(scene, "Create") == []
    await accept_request(scene.home.hub, actor_id=scene.ada.id, follower_id=known.follower_id)
    await scene.home.say(scene.ada, "Now with you", audience=audience)
    await scene.home.drain()
    assert [each["object"]["content"] for each in sent(scene, "Create")] == ["<p>Now with you</p>"]


@pytest.mark.parametrize("is_open", [True, False])
async def test_f4_a_repeated_follow_is_one_relation_under_its_new_id(scene: Scene, *, is_open: bool) -> None:
    if not is_open:
        await ada_approves_followers(scene)
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    again = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    known = await rosas_follow(scene)
    assert known is not None
    assert (known.uri, known.state) == (again["id"], FollowState.ACCEPTED if is_open else FollowState.REQUESTED)
    accepted = [each["object"]["id"] for each in sent(scene, "Accept")]
    assert accepted[1:] == ([again["id"]] if is_open else [])
    assert (await scene.home.actor(scene.ada)).followers_count == int(is_open)
    assert len(await told(scene.home, scene.ada)) == 1


async def ends_the_follow(scene: Scene, way: str) -> None:
    """By Ada's doing."""
    hub, rosa = scene.home.hub, await rosa_row(scene)
    if way == "removed":
        await remove_follower(hub, actor_id=scene.ada.id, follower_id=rosa.id)
    elif way == "rejected":
        await reject_request(hub, actor_id=scene.ada.id, follower_id=rosa.id)
    else:
        await block(hub, actor_id=scene.ada.id, target_id=rosa.id)
    await scene.home.drain()


@pytest.mark.parametrize("way", ["removed", "rejected", "blocked"])
async def test_f4_the_very_same_follow_counts_again_after_we_ended_it(scene: Scene, way: str) -> None:
    """Misskey has one Follow for each pair: whoever follows again sends the bytes of the first time."""
    if way == "rejected":
        await ada_approves_followers(scene)
    activity = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await ends_the_follow(scene, way)
    assert await rosas_follow(scene) is None
    if way == "blocked":  # and Rosa's server answers the block by taking the follow back
        await scene.hears(scene.peer.activity(scene.rosa, "Undo", activity))
        await unblock(scene.home.hub, actor_id=scene.ada.id, target_id=(await rosa_row(scene)).id)
    await scene.hears(activity, date=datetime.now(UTC) + timedelta(seconds=2))
    known = await rosas_follow(scene)
    assert known is not None
    assert known.state is (FollowState.REQUESTED if way == "rejected" else FollowState.ACCEPTED)


async def test_f5_a_follow_by_somebody_blocked_is_rejected(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await block(scene.home.hub, actor_id=scene.ada.id, target_id=(await rosa_row(scene)).id)
    again = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    assert await rosas_follow(scene) is None
    assert sent(scene, "Reject")[-1]["object"]["id"] == again["id"]


async def test_f5_a_follow_of_the_server_is_rejected(scene: Scene) -> None:
    server_id = await scene.home.hub.signers.server_id()
    server = scene.home.hub.uris.actor(str(server_id))
    activity = scene.peer.activity(scene.rosa, "Follow", server)
    await scene.hears(activity)
    assert await between(scene, (await rosa_row(scene)).id, server_id) is None
    assert sent(scene, "Reject")[-1]["object"]["id"] == activity["id"]


async def test_f6_an_undo_with_an_embedded_follow_counts_by_who_and_whom(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    inner = {"id": f"{scene.rosa.uri}#made-up", "type": "Follow", **_pair(scene)}
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", inner))
    assert await rosas_follow(scene) is None
    assert (await scene.home.actor(scene.ada)).followers_count == 0


@pytest.mark.parametrize("is_open", [True, False])
async def test_f7_an_undo_with_the_bare_id_of_a_follow_or_request_removes_it(scene: Scene, *, is_open: bool) -> None:
    if not is_open:
        await ada_approves_followers(scene)
    activity = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", activity["id"]))
    assert await rosas_follow(scene) is None


async def test_f7_an_undo_by_an_id_that_a_neighbour_has_used_as_well(scene: Scene) -> None:
    eve = scene.peer.add_actor("eve")
    activity = scene.peer.activity(scene.rosa, "Follow", scene.ada.uri)
    await scene.hears(activity | {"actor": eve.uri}, by=eve)
    await scene.hears(activity)
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", activity["id"]))
    other = await actor_of(scene.home, eve)
    assert other is not None
    assert await rosas_follow(scene) is None
    assert await between(scene, other.id, scene.ada.id) is not None


async def test_f6_the_undo_of_an_earlier_follow_does_not_end_a_later_one(scene: Scene) -> None:
    """Unfollow, follow again; the first half is overtaken, since Mastodon delivers in parallel."""
    first = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    second = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", first))
    known = await rosas_follow(scene)
    assert known is not None
    assert known.uri == second["id"]
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", second))
    assert await rosas_follow(scene) is None


async def test_f6_the_undo_of_the_last_follow_ends_it_though_another_came_after_its_undo(scene: Scene) -> None:
    """The follow that is held was undone, too, before it came: what is named last ends whatever there is."""
    second = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    first = scene.peer.activity(scene.rosa, "Follow", scene.ada.uri)
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", first))
    await scene.hears(first)
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", second))
    assert await rosas_follow(scene) is None


async def test_f3_who_waits_because_they_are_limited_goes_on_waiting_when_all_others_may_follow(scene: Scene) -> None:
    await ada_approves_followers(scene)
    otto = scene.peer.add_actor("otto")
    for who in (scene.rosa, otto):
        await follows(scene.peer, who, scene.home, scene.ada)
    rosa, now = await rosa_row(scene), scene.home.hub.clock.now()
    await scene.home.hub.database.write(lambda session: set_limited(session, rosa.id, at=now))
    changes = ProfileChanges(approves_followers=False)
    await update_profile(scene.home.hub, actor_id=scene.ada.id, by_member_id=scene.ada.id, changes=changes)
    other = await actor_of(scene.home, otto)
    assert other is not None
    waiting, accepted = await rosas_follow(scene), await between(scene, other.id, scene.ada.id)
    assert waiting is not None
    assert accepted is not None
    assert (waiting.state, accepted.state) == (FollowState.REQUESTED, FollowState.ACCEPTED)


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("how", ["Undo", "Block", "remove", "block"])
async def test_f6_who_follows_no_longer_is_no_longer_told_of(scene: Scene, how: str, *, is_open: bool) -> None:
    if not is_open:
        await ada_approves_followers(scene)
    asked = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    kind = NotificationKind.FOLLOW if is_open else NotificationKind.FOLLOW_REQUEST
    assert await told(scene.home, scene.ada) == [kind]
    await ends(scene, asked, how)
    assert await told(scene.home, scene.ada) == []


async def ends(scene: Scene, asked: Activity, how: str) -> None:
    """Rosa's follow, or her request, by her own doing or by Ada's."""
    hub, ada, rosa = scene.home.hub, scene.ada, await rosa_row(scene)
    if how in ("Undo", "Block"):
        await scene.hears(scene.peer.activity(scene.rosa, how, asked if how == "Undo" else ada.uri))
    elif how == "remove":
        await remove_follower(hub, actor_id=ada.id, follower_id=rosa.id)
    else:
        await block(hub, actor_id=ada.id, target_id=rosa.id)


async def test_f10_the_reject_of_an_earlier_follow_does_not_end_a_later_one(scene: Scene) -> None:
    """Ada leaves and comes back; Rosa's server answers to the first when the second is accepted already."""
    first = await ada_asks(scene)
    rosa = await rosa_row(scene)
    await unfollow(scene.home.hub, actor_id=scene.ada.id, target_id=rosa.id)
    await scene.home.follow(scene.ada, rosa)
    await scene.home.drain()
    second = sent(scene, "Follow")[-1]
    await scene.hears(scene.peer.activity(scene.rosa, "Accept", second))
    await scene.hears(scene.peer.activity(scene.rosa, "Reject", first))
    known = await adas_follow(scene)
    assert known is not None
    assert known.state is FollowState.ACCEPTED
    await scene.hears(scene.peer.activity(scene.rosa, "Reject", second["id"]))
    assert await adas_follow(scene) is None


async def test_f14_the_undo_of_an_earlier_block_does_not_lift_a_later_one(scene: Scene) -> None:
    first, second = (scene.peer.activity(scene.rosa, "Block", scene.ada.uri) for _ in range(2))
    await scene.hears(first)
    await scene.hears(second)
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", first))
    blocker_id, blocked_id = (await rosa_row(scene)).id, scene.ada.id

    async def find(session: Session) -> bool:
        return await find_block(session, blocker_id=blocker_id, blocked_id=blocked_id) is not None

    assert await scene.home.hub.database.read(find)
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", second))
    assert not await scene.home.hub.database.read(find)


def _as_id(asked: Activity) -> object:
    return asked["id"]


def _as_value(asked: Activity) -> object:
    return {name: asked[name] for name in ("id", "type", "actor", "object")}


def _as_pair(asked: Activity) -> object:
    return {"id": "http://peer.test/follows/made-up", **_without_id(asked)}


def _without_id(asked: Activity) -> Activity:
    return {"type": "Follow", "actor": asked["actor"], "object": asked["object"]}


EVERY_FORM = pytest.mark.parametrize("form", [_as_id, _as_value, _as_pair, _without_id])


@EVERY_FORM
async def test_f8_an_accept_names_our_follow_in_any_form(scene: Scene, form: Any) -> None:
    asked = await ada_asks(scene)
    await scene.hears(scene.peer.activity(scene.rosa, "Accept", form(asked)))
    known = await adas_follow(scene)
    assert known is not None
    assert known.state is FollowState.ACCEPTED


async def test_f9_an_accept_by_somebody_who_was_not_asked_is_ignored(scene: Scene) -> None:
    asked = await ada_asks(scene)
    other = scene.peer.add_actor("otto")
    for form in (_as_id, _as_value, _as_pair, _without_id):
        await scene.hears(scene.peer.activity(other, "Accept", form(asked)), by=other)
    known = await adas_follow(scene)
    assert known is not None
    assert known.state is FollowState.REQUESTED


@EVERY_FORM
@pytest.mark.parametrize("was_accepted", [True, False])
async def test_f10_a_reject_ends_a_follow_that_waits_or_was_accepted(
    scene: Scene, *, form: Any, was_accepted: bool
) -> None:
    asked = await ada_asks(scene)
    if was_accepted:
        await scene.hears(scene.peer.activity(scene.rosa, "Accept", asked["id"]))
    await scene.hears(scene.peer.activity(scene.rosa, "Reject", form(asked)))
    assert await adas_follow(scene) is None
    assert (await scene.home.actor(scene.ada)).following_count == 0


async def test_f11_who_takes_away_a_follower_sends_a_reject_with_the_original_follow(scene: Scene) -> None:
    activity = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await remove_follower(scene.home.hub, actor_id=scene.ada.id, follower_id=(await rosa_row(scene)).id)
    await scene.home.drain()
    (reject,) = sent(scene, "Reject")
    assert reject["object"] == {"id": activity["id"], "type": "Follow", **_pair(scene)}
    assert await rosas_follow(scene) is None


async def test_f12_our_undo_embeds_the_whole_follow(scene: Scene) -> None:
    asked = await ada_asks(scene)
    await unfollow(scene.home.hub, actor_id=scene.ada.id, target_id=(await rosa_row(scene)).id)
    await scene.home.drain()
    (undo,) = sent(scene, "Undo")
    assert undo["object"] == _as_value(asked)


async def test_f12_a_block_of_ours_first_ends_both_follows_in_so_many_words(scene: Scene) -> None:
    theirs = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await scene.ada_follows_rosa()
    ours = sent(scene, "Follow")[-1]
    await block(scene.home.hub, actor_id=scene.ada.id, target_id=(await rosa_row(scene)).id)
    await scene.home.drain()
    undo, reject, told_last = scene.peer.received[-3:]
    assert (undo["type"], undo["object"]["id"]) == ("Undo", ours["id"])
    assert (reject["type"], reject["object"]["id"]) == ("Reject", theirs["id"])
    assert (told_last["type"], told_last["object"]) == ("Block", scene.rosa.uri)
    assert await rosas_follow(scene) is None
    assert await adas_follow(scene) is None


async def test_f13_a_block_ends_follows_both_ways_hides_and_is_told_to_nobody(scene: Scene) -> None:
    asked = await ada_asks(scene)
    await scene.hears(scene.peer.activity(scene.rosa, "Accept", asked["id"]))
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    told_before = await told(scene.home, scene.ada)
    await scene.hears(scene.peer.activity(scene.rosa, "Block", scene.ada.uri))
    assert await rosas_follow(scene) is None
    assert await adas_follow(scene) is None
    assert set(await told(scene.home, scene.ada)) <= set(told_before)
    scene.peer.received.clear()
    await scene.home.say(scene.ada, f"Is @{scene.rosa.handle} there?")
    await scene.home.drain()
    assert scene.peer.received == []


async def test_f13_what_a_blocker_said_and_says_is_hidden(scene: Scene) -> None:
    """From the one who is blocked alone: among the answers, on the profile, and in the home timeline."""
    await scene.ada_follows_rosa()
    said = await scene.hears_note(inReplyTo=scene.post.uri)
    assert said is not None
    ada, bob = await client_for(scene.home, scene.ada), await client_for(scene.home, await scene.home.member("bob"))
    places = (f"accounts/{said.author_id}/statuses", f"statuses/{scene.post.id}/context", "timelines/home")
    assert [str(said.id) in _ids(await ada.get(f"/api/v1/{place}")) for place in places] == [True, True, True]
    await scene.hears(scene.peer.activity(scene.rosa, "Block", scene.ada.uri))
    assert [str(said.id) in _ids(await ada.get(f"/api/v1/{place}")) for place in places] == [False, False, False]
    assert [str(said.id) in _ids(await bob.get(f"/api/v1/{place}")) for place in places] == [True, True, False]
    assert not await sees(scene.home, said, scene.ada)
    told_before = await told(scene.home, scene.ada)
    await scene.hears_note("<p>Again</p>", **spoken_to(scene.ada, scene.rosa))
    assert await told(scene.home, scene.ada) == told_before


def _ids(found: Any) -> set[str]:
    """Which posts are in a list or around a post."""
    return {each["id"] for each in (found["descendants"] if isinstance(found, dict) else found)}


@pytest.mark.parametrize("form", ["embedded", "id"])
async def test_f14_an_undo_of_a_block_lifts_it(scene: Scene, form: str) -> None:
    activity = scene.peer.activity(scene.rosa, "Block", scene.ada.uri)
    await scene.hears(activity)
    assert await is_blocked_by_rosa(scene)
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", activity if form == "embedded" else activity["id"]))
    assert not await is_blocked_by_rosa(scene)


@pytest.mark.parametrize("form", ["embedded", "id"])
async def test_f14_a_block_that_comes_after_its_undo_leaves_none(scene: Scene, form: str) -> None:
    activity = scene.peer.activity(scene.rosa, "Block", scene.ada.uri)
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", activity if form == "embedded" else activity["id"]))
    await scene.hears(activity)
    assert not await is_blocked_by_rosa(scene)


async def is_blocked_by_rosa(scene: Scene) -> bool:
    rosa_id = (await rosa_row(scene)).id

    async def unit(session: Session) -> bool:
        return await find_block(session, blocker_id=rosa_id, blocked_id=scene.ada.id) is not None

    return await scene.home.hub.database.read(unit)


async def followed_by_ada(scene: Scene, *, host: Peer | None = None, name: str = "rosa") -> Actor:
    """Our row of an account elsewhere that Ada follows, and that agreed."""
    server = host or scene.peer
    who = server.actors[name]
    row = await resolve_handle(scene.home.hub, who.handle)
    await scene.home.follow(scene.ada, row)
    await scene.home.drain()
    asked = await server.wait_for(lambda each: each["type"] == "Follow" and each["object"] == who.uri)
    await tell(server, who, scene.home, server.activity(who, "Accept", asked["id"]))
    return row


def house(scene: Scene, name: str = "rosa2", **extra: Any) -> PeerActor:
    """Where Rosa moves to: an account that names the old one."""
    return scene.peer.add_actor(name, extra={"alsoKnownAs": [scene.rosa.uri]} | extra)


async def rosa_moves(scene: Scene, target: str, **changes: Any) -> None:
    await scene.hears(scene.peer.activity(scene.rosa, "Move", scene.rosa.uri, target=target, **changes))


async def follow_state(scene: Scene, who: PeerActor) -> FollowState | None:
    """How Ada stands to an account elsewhere."""
    row = await actor_of(scene.home, who)
    known = await between(scene, scene.ada.id, row.id) if row is not None else None
    return known.state if known is not None else None


@pytest.mark.parametrize("alias", ["list", "text"])
async def test_f15_a_move_that_the_new_actor_confirms_brings_our_followers_over(scene: Scene, alias: str) -> None:
    await followed_by_ada(scene)
    new = house(scene, **({"alsoKnownAs": scene.rosa.uri} if alias == "text" else {}))
    await rosa_moves(scene, new.uri)
    assert await follow_state(scene, new) is FollowState.REQUESTED
    assert await follow_state(scene, scene.rosa) is None
    assert [each["object"] for each in sent(scene, "Follow")] == [scene.rosa.uri, new.uri]
    assert [each["object"]["object"] for each in sent(scene, "Undo")] == [scene.rosa.uri]
    assert (await told(scene.home, scene.ada))[0] is NotificationKind.MOVE
    assert (await rosa_row(scene)).moved_to_uri == new.uri


async def test_f15_the_alias_is_read_from_the_new_home_this_moment(scene: Scene) -> None:
    await followed_by_ada(scene)
    new = scene.peer.add_actor("rosa2")
    await resolve_handle(scene.home.hub, new.handle)
    new.extra = {"alsoKnownAs": [scene.rosa.uri]}
    await rosa_moves(scene, new.uri)
    assert await follow_state(scene, new) is FollowState.REQUESTED


async def test_f15_who_moves_to_us_brings_our_followers_over(scene: Scene) -> None:
    ben = await scene.home.member("ben")
    await add_alias(scene.home.hub, actor_id=ben.id, handle=scene.rosa.handle)
    await followed_by_ada(scene)
    await rosa_moves(scene, ben.uri)
    known = await between(scene, scene.ada.id, ben.id)
    assert known is not None
    assert known.state is FollowState.ACCEPTED


async def test_f15_wishes_move_along_and_blocks_are_kept(scene: Scene) -> None:
    row = await followed_by_ada(scene)
    ben = await scene.home.member("ben")
    new = house(scene)
    target = await resolve_handle(scene.home.hub, new.handle)
    await follow(scene.home.hub, actor_id=scene.ada.id, target_id=row.id, show_boosts=False, notify=True)
    await scene.home.follow(ben, row)
    await scene.home.drain()
    asked = sent(scene, "Follow")[-1]
    await scene.hears(scene.peer.activity(scene.rosa, "Accept", asked["id"]))
    await block(scene.home.hub, actor_id=ben.id, target_id=target.id)
    await rosa_moves(scene, new.uri)
    known = await between(scene, scene.ada.id, target.id)
    assert known is not None
    assert (known.show_boosts, known.notify) == (False, True)
    assert await between(scene, ben.id, target.id) is None


async def _nowhere(scene: Scene) -> None:
    await rosa_moves(scene, "http://peer.test/users/nobody")


async def _without_target(scene: Scene) -> None:
    await scene.hears(scene.peer.activity(scene.rosa, "Move", scene.rosa.uri))


async def _without_alias(scene: Scene) -> None:
    await rosa_moves(scene, scene.peer.add_actor("rosa2").uri)


async def _to_itself(scene: Scene) -> None:
    scene.rosa.extra = {"alsoKnownAs": [scene.rosa.uri]}
    await rosa_moves(scene, scene.rosa.uri)


async def _of_somebody_else(scene: Scene) -> None:
    mallory = scene.peer.add_actor("mallory")
    new = house(scene, alsoKnownAs=[scene.rosa.uri, mallory.uri])
    move = scene.peer.activity(mallory, "Move", scene.rosa.uri, target=new.uri)
    await scene.hears(move, by=mallory)


async def _to_who_moved_on(scene: Scene) -> None:
    await rosa_moves(scene, house(scene, movedTo=scene.rosa.uri).uri)


async def _to_one_of_ours_who_was_not_asked(scene: Scene) -> None:
    await rosa_moves(scene, (await scene.home.member("ben")).uri)


async def _to_our_server(scene: Scene) -> None:
    await rosa_moves(scene, scene.home.hub.uris.actor(str(await scene.home.hub.signers.server_id())))


BAD_MOVES = [
    _nowhere,
    _without_target,
    _without_alias,
    _to_itself,
    _of_somebody_else,
    _to_who_moved_on,
    _to_one_of_ours_who_was_not_asked,
    _to_our_server,
]


@pytest.mark.parametrize("move", BAD_MOVES, ids=lambda move: move.__name__.strip("_"))
async def test_f16_a_move_that_is_not_confirmed_has_no_effect(scene: Scene, move: Any) -> None:
    await followed_by_ada(scene)
    scene.peer.received.clear()
    await move(scene)
    assert await follow_state(scene, scene.rosa) is FollowState.ACCEPTED
    assert scene.peer.received == []
    rows = [await actor_of(scene.home, who) for who in scene.peer.actors.values()]
    assert [row.username for row in rows if row is not None and row.moved_at is not None] == []
    assert await told(scene.home, scene.ada) == []


async def test_f16_a_second_move_within_a_week_has_no_effect(scene: Scene) -> None:
    await followed_by_ada(scene)
    first, second = house(scene), house(scene, "rosa3")
    await rosa_moves(scene, first.uri)
    await rosa_moves(scene, second.uri)
    assert (await verdict(scene.home))[1] == "moved_lately"
    assert await follow_state(scene, first) is FollowState.REQUESTED
    assert await follow_state(scene, second) is None


async def test_f16_who_has_just_been_moved_to_sends_nobody_on(scene: Scene) -> None:
    """Accounts that are made for it could lead followers on, step by step, and have them told each time."""
    await followed_by_ada(scene)
    first = house(scene)
    second = scene.peer.add_actor("rosa3", extra={"alsoKnownAs": [first.uri]})
    await rosa_moves(scene, first.uri)
    await scene.hears(scene.peer.activity(first, "Move", first.uri, target=second.uri), by=first)
    assert (await verdict(scene.home))[1] == "moved_lately"
    assert await follow_state(scene, first) is FollowState.REQUESTED
    assert await follow_state(scene, second) is None


async def test_f5_a_follow_of_who_has_moved_away_is_rejected(scene: Scene) -> None:
    new = scene.peer.add_actor("ada2", extra={"alsoKnownAs": [scene.ada.uri]})
    await move_away(scene.home.hub, actor_id=scene.ada.id, handle=new.handle)
    activity = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    assert await rosas_follow(scene) is None
    assert sent(scene, "Reject")[-1]["object"]["id"] == activity["id"]
