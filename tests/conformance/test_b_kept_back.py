"""What a suspended actor had said, and what had not arrived: when the suspension ends, only what is true by then goes
out, and only to whoever may read it by then.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from fedihub.clock import ManualClock
from fedihub.services import moderation
from fedihub.services.following import unfollow
from fedihub.services.host_policies import Decision, decide
from fedihub.services.lives import change_keys, end_actor, suspend_actor, unsuspend_actor
from fedihub.services.moves import come_back, move_away
from fedihub.services.pins import pin, unpin
from fedihub.services.poll_results import tell_polls
from fedihub.services.polls import NewPoll
from fedihub.services.posting import delete_post, edit_post
from fedihub.services.profiles import ProfileChanges, update_profile
from fedihub.services.reactions import boost, unboost
from fedihub.services.resolving import resolve_handle
from fedihub.workers.housekeeping import tidy
from storage.database import Session
from storage.deliveries import OutgoingActivity, retry_deliveries
from storage.follows import FollowState, find_follow
from storage.host_policies import HostLevel
from storage.posts import Audience, find_post_by_uri
from tests.conformance.conftest import Scene
from tests.support.chapters import approve, chapter
from tests.support.hub import ACTIVITY_JSON
from tests.support.peer import PUBLIC, Activity, Peer
from tests.support.resolver import TestResolver
from tests.support.stories import actor_of, follows

WHILE = timedelta(hours=6)
"""After so long everything that failed is tried again."""
FORGOTTEN = timedelta(days=31)
"""After so long nobody knows what was delivered."""


def heard(scene: Scene, type_: str) -> list[Activity]:
    return [each for each in scene.peer.received if each["type"] == type_]


async def suspend(scene: Scene, clock: ManualClock, *, lasts: timedelta = WHILE) -> None:
    """Ada is suspended, and what may go out meanwhile arrives."""
    await suspend_actor(scene.home.hub, actor_id=scene.ada.id)
    clock.advance(WHILE)
    await scene.home.drain()
    clock.advance(lasts)
    await tidy(scene.home.hub)


async def release(scene: Scene, clock: ManualClock) -> None:
    """She is suspended no longer, and all that waits goes out."""
    await unsuspend_actor(scene.home.hub, actor_id=scene.ada.id)
    await scene.home.drain()
    clock.advance(WHILE)
    await scene.home.drain()


async def test_b14_what_was_deleted_is_not_told_after_a_long_suspension(later: Scene, clock: ManualClock) -> None:
    await follows(later.peer, later.rosa, later.home, later.ada)
    later.peer.answer_inbox(503)
    post = await later.home.say(later.ada, "Said before")
    await later.home.drain()
    await delete_post(later.home.hub, post_id=post.id, by_actor_id=later.ada.id)
    await suspend(later, clock, lasts=FORGOTTEN)
    assert heard(later, "Delete")
    await release(later, clock)
    assert not heard(later, "Create")


async def test_b14_a_boost_that_was_taken_back_is_not_told_after_a_long_suspension(
    later: Scene, clock: ManualClock
) -> None:
    await follows(later.peer, later.rosa, later.home, later.ada)
    later.peer.answer_inbox(503)
    await boost(later.home.hub, actor_id=later.ada.id, post_id=later.post.id)
    await later.home.drain()
    await unboost(later.home.hub, actor_id=later.ada.id, post_id=later.post.id)
    await suspend(later, clock, lasts=FORGOTTEN)
    assert heard(later, "Undo")
    await release(later, clock)
    assert not heard(later, "Announce")


async def test_b14_what_is_for_followers_does_not_go_where_nobody_follows_any_more(
    later: Scene, clock: ManualClock
) -> None:
    follow = await follows(later.peer, later.rosa, later.home, later.ada)
    later.peer.answer_inbox(503, times=2)
    await later.home.say(later.ada, "For followers", audience=Audience.FOLLOWERS)
    open_one = await later.home.say(later.ada, "For all")
    await later.home.drain()
    await suspend(later, clock)
    await later.hears(later.peer.activity(later.rosa, "Undo", follow), date=clock.now())
    await release(later, clock)
    assert [each["object"]["id"] for each in heard(later, "Create")] == [open_one.uri]


async def test_b14_what_is_for_followers_and_who_is_named_arrives_late(later: Scene, clock: ManualClock) -> None:
    await follows(later.peer, later.rosa, later.home, later.ada)
    later.peer.answer_inbox(503, times=2)
    first = await later.home.say(later.ada, "For followers", audience=Audience.FOLLOWERS)
    second = await later.home.say(later.ada, f"For @{later.rosa.handle}", audience=Audience.MENTIONED)
    await later.home.drain()
    await suspend(later, clock)
    await release(later, clock)
    assert [each["object"]["id"] for each in heard(later, "Create")] == [first.uri, second.uri]


async def test_b14_who_is_named_and_blocks_the_author_by_then_hears_nothing(
    later: Scene, clock: ManualClock, resolver: TestResolver
) -> None:
    async with Peer.running("far.test", resolver=resolver) as far:
        otto = far.add_actor("otto")
        for who in (later.rosa, otto):
            await resolve_handle(later.home.hub, who.handle)
        later.peer.answer_inbox(503)
        far.answer_inbox(503)
        text = f"For @{later.rosa.handle} and @{otto.handle}"
        await later.home.say(later.ada, text, audience=Audience.MENTIONED)
        await later.home.drain()
        await suspend(later, clock)
        await later.hears(later.peer.activity(later.rosa, "Block", later.ada.uri), date=clock.now())
        await release(later, clock)
        assert [each["type"] for each in far.received] == ["Create"]
        assert not heard(later, "Create")


async def test_b14_nothing_is_kept_back_for_a_host_that_is_blocked(later: Scene, clock: ManualClock) -> None:
    await follows(later.peer, later.rosa, later.home, later.ada)
    later.peer.answer_inbox(503, times=2)
    await later.home.say(later.ada, "For followers", audience=Audience.FOLLOWERS)
    await later.home.say(later.ada, "For all")
    await later.home.drain()
    await suspend(later, clock)
    reach = await decide(later.home.hub, later.peer.host, Decision(HostLevel.BLOCKED))
    assert reach.deliveries == 2
    await decide(later.home.hub, later.peer.host, Decision(HostLevel.OPEN))
    await release(later, clock)
    assert not heard(later, "Create")


async def test_b14_a_move_is_told_after_a_suspension(later: Scene, clock: ManualClock) -> None:
    await _moves_in_vain(later)
    await suspend(later, clock)
    assert heard(later, "Update")
    await release(later, clock)
    assert heard(later, "Move")


async def test_b14_a_move_that_was_called_off_is_not_told(later: Scene, clock: ManualClock) -> None:
    await _moves_in_vain(later)
    await suspend(later, clock)
    await come_back(later.home.hub, actor_id=later.ada.id)
    await release(later, clock)
    assert not heard(later, "Move")


async def _moves_in_vain(scene: Scene) -> None:
    """Ada has a follower and moves away, while their server fails."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    new = scene.peer.add_actor("ada_now", extra={"alsoKnownAs": [scene.ada.uri]})
    scene.peer.answer_inbox(503)
    await move_away(scene.home.hub, actor_id=scene.ada.id, handle=new.handle)
    await scene.home.drain()


async def test_b14_what_is_pinned_no_longer_is_told_all_the_same(later: Scene, clock: ManualClock) -> None:
    """The end of a pin, which goes out meanwhile, is not the end of the post."""
    await follows(later.peer, later.rosa, later.home, later.ada)
    later.peer.answer_inbox(503)
    post = await later.home.say(later.ada, "Said before")
    await later.home.drain()
    await pin(later.home.hub, actor_id=later.ada.id, post_id=post.id)
    await unpin(later.home.hub, actor_id=later.ada.id, post_id=post.id)
    await suspend(later, clock)
    assert heard(later, "Remove")
    await release(later, clock)
    assert [each["object"]["id"] for each in heard(later, "Create")] == [post.uri]
    assert not heard(later, "Add")


async def test_b14_what_others_took_back_is_not_boosted_late(later: Scene, clock: ManualClock) -> None:
    await follows(later.peer, later.rosa, later.home, later.ada)
    note = later.peer.note(later.rosa, to=[PUBLIC], cc=[later.ada.uri])
    await later.hears(later.peer.create(note, by=later.rosa), date=clock.now())
    ours = await later.home.hub.database.read(lambda session: find_post_by_uri(session, note["id"]))
    assert ours is not None
    later.peer.answer_inbox(503)
    await boost(later.home.hub, actor_id=later.ada.id, post_id=ours.id)
    await later.home.drain()
    await suspend(later, clock)
    await later.hears(later.peer.activity(later.rosa, "Delete", note["id"]), date=clock.now())
    await release(later, clock)
    assert not heard(later, "Announce")


async def test_f1_a_follow_that_nobody_wants_any_more_is_not_asked_for_after_a_suspension(
    later: Scene, clock: ManualClock
) -> None:
    rosa = await resolve_handle(later.home.hub, later.rosa.handle)
    later.peer.answer_inbox(503)
    await later.home.follow(later.ada, rosa)
    await later.home.drain()
    await unfollow(later.home.hub, actor_id=later.ada.id, target_id=rosa.id)
    await suspend(later, clock, lasts=FORGOTTEN)
    assert heard(later, "Undo")
    await release(later, clock)
    assert not heard(later, "Follow")


async def follow_of(scene: Scene) -> FollowState | None:
    """How Rosa's follow of Ada stands here."""
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    ids = {"follower_id": rosa.id, "followed_id": scene.ada.id}
    known = await scene.home.hub.database.read(lambda session: find_follow(session, **ids))
    return known.state if known is not None else None


async def test_f2_a_repeated_follow_of_who_is_suspended_is_accepted_again(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await suspend_actor(scene.home.hub, actor_id=scene.ada.id)
    again = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    assert heard(scene, "Accept")[-1]["object"]["id"] == again["id"]
    assert not heard(scene, "Reject")
    assert await follow_of(scene) is FollowState.ACCEPTED


async def test_f2_a_repeated_follow_of_who_has_moved_is_accepted_again(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    new = scene.peer.add_actor("ada_now", extra={"alsoKnownAs": [scene.ada.uri]})
    await move_away(scene.home.hub, actor_id=scene.ada.id, handle=new.handle)
    again = await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    assert heard(scene, "Accept")[-1]["object"]["id"] == again["id"]
    assert await follow_of(scene) is FollowState.ACCEPTED


async def test_f2_a_repeated_request_to_who_is_suspended_waits_on(scene: Scene) -> None:
    changes = ProfileChanges(approves_followers=True)
    await update_profile(scene.home.hub, actor_id=scene.ada.id, by_member_id=scene.ada.id, changes=changes)
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await suspend_actor(scene.home.hub, actor_id=scene.ada.id)
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    assert not heard(scene, "Accept") + heard(scene, "Reject")
    assert await follow_of(scene) is FollowState.REQUESTED


async def test_f2_a_new_follow_of_who_is_suspended_is_rejected(scene: Scene) -> None:
    await resolve_handle(scene.home.hub, scene.rosa.handle)
    await suspend_actor(scene.home.hub, actor_id=scene.ada.id)
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    assert heard(scene, "Reject")
    assert await follow_of(scene) is None


# What others have to say of who is suspended, or has ended.


async def test_b14_a_chapter_does_not_pass_on_who_was_suspended_meanwhile(
    later: Scene, clock: ManualClock, resolver: TestResolver
) -> None:
    bob = await later.home.member("bob")
    lund = await chapter(later.home, "lund", founder=bob)
    async with Peer.running("lemmy.test", resolver=resolver, software="lemmy") as lemmy:
        await follows(lemmy, lemmy.add_actor("liv"), later.home, lund)
        lemmy.answer_inbox(503)
        post = await later.home.say(later.ada, "Said before @lund")
        await later.home.drain()
        await approve(later.home, lund, post, by=bob)
        await suspend(later, clock)
        assert not [each for each in lemmy.received if "Said before" in str(each)]
        await release(later, clock)
        assert [each["object"]["type"] for each in lemmy.received if "Said before" in str(each)] == ["Create"]


async def test_h15_a_poll_that_ends_during_a_suspension_is_told_after_it(later: Scene, clock: ManualClock) -> None:
    await follows(later.peer, later.rosa, later.home, later.ada)
    poll = await later.home.say(later.ada, "Which?", poll=NewPoll(["a", "b"], lasts=WHILE))
    await later.home.drain()
    await suspend(later, clock)
    await tell_polls(later.home.hub)
    await unsuspend_actor(later.home.hub, actor_id=later.ada.id)
    await tell_polls(later.home.hub)
    await later.home.drain()
    told = [each["object"] for each in heard(later, "Update") if each["object"]["type"] == "Question"]
    assert [(each["id"], "closed" in each) for each in told] == [(poll.uri, True)]


async def test_i15_who_knows_only_the_old_key_can_believe_the_end(later: Scene, clock: ManualClock) -> None:
    await follows(later.peer, later.rosa, later.home, later.ada)
    later.peer.answer_inbox(503)
    await change_keys(later.home.hub, actor_id=later.ada.id)
    await later.home.drain()
    await end_actor(later.home.hub, actor_id=later.ada.id)
    clock.advance(WHILE)
    await later.home.drain()
    (news,) = heard(later, "Update")
    later.peer.known_keys[f"{later.ada.uri}#main-key"] = news["object"]["publicKey"]["publicKeyPem"]
    clock.advance(WHILE)
    await later.home.drain()
    assert heard(later, "Delete")


async def kept(scene: Scene, word: str) -> list[str]:
    """The types of what we have said and still have with this word in it."""

    async def unit(session: Session) -> list[str]:
        rows = await session.scalars(select(OutgoingActivity).order_by(col(OutgoingActivity.id)))
        return [each.activity_type for each in rows if word in each.body.decode()]

    return await scene.home.hub.database.read(unit)


async def test_i9_the_words_of_what_is_deleted_are_not_kept(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    post = await scene.home.say(scene.ada, "Xyzzy", audience=Audience.FOLLOWERS)
    await edit_post(scene.home.hub, post_id=post.id, by_actor_id=scene.ada.id, text="Xyzzy again")
    await scene.home.drain()
    assert await kept(scene, "Xyzzy") == ["Create", "Update"]
    await delete_post(scene.home.hub, post_id=post.id, by_actor_id=scene.ada.id)
    await scene.home.drain()
    assert await kept(scene, "Xyzzy") == []
    assert heard(scene, "Delete")


async def test_i9_what_is_deleted_before_it_arrived_is_never_sent(later: Scene, clock: ManualClock) -> None:
    await follows(later.peer, later.rosa, later.home, later.ada)
    later.peer.answer_inbox(503)
    post = await later.home.say(later.ada, "Xyzzy")
    await later.home.drain()
    await delete_post(later.home.hub, post_id=post.id, by_actor_id=later.ada.id)
    now = clock.now()
    await later.home.hub.database.write(lambda session: retry_deliveries(session, now=now, host=later.peer.host))
    clock.advance(WHILE)
    await later.home.drain()
    assert not heard(later, "Create")
    assert heard(later, "Delete")


async def test_i15_the_words_of_who_has_ended_are_not_kept(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    changes = ProfileChanges(bio="Xyzzy")
    await update_profile(scene.home.hub, actor_id=scene.ada.id, by_member_id=scene.ada.id, changes=changes)
    await scene.home.say(scene.ada, "Xyzzy")
    await scene.home.drain()
    assert await kept(scene, "Xyzzy") == ["Update", "Create"]
    await end_actor(scene.home.hub, actor_id=scene.ada.id)
    await scene.home.drain()
    assert await kept(scene, "Xyzzy") == []
    said = {each["id"] for each in scene.peer.received if each["type"] in ("Create", "Update")}
    assert {(await scene.home.get(uri, accept=ACTIVITY_JSON)).status for uri in said} == {410}


async def test_f2_answers_to_strangers_are_not_kept_for_ever(later: Scene, clock: ManualClock) -> None:
    before = await later.rows()
    follow = await follows(later.peer, later.rosa, later.home, later.ada)
    await later.hears(later.peer.activity(later.rosa, "Undo", follow), date=clock.now())
    clock.advance(FORGOTTEN)
    await tidy(later.home.hub)
    assert (await later.rows())["outgoing_activities"] == before["outgoing_activities"]


async def test_i15_the_end_is_told_where_only_hidden_people_are_known(scene: Scene) -> None:
    rosa = await resolve_handle(scene.home.hub, scene.rosa.handle)
    await moderation.suspend_actor(scene.home.hub, actor_id=rosa.id)
    await end_actor(scene.home.hub, actor_id=scene.ada.id)
    await scene.home.drain()
    assert [each["object"] for each in heard(scene, "Delete")] == [scene.ada.uri]


async def test_l7_boosts_and_their_ends_arrive_in_order(later: Scene, clock: ManualClock) -> None:
    await follows(later.peer, later.rosa, later.home, later.ada)
    later.peer.answer_inbox(503)
    for act in (boost, unboost, boost):
        await act(later.home.hub, actor_id=later.ada.id, post_id=later.post.id)
    for _ in range(3):
        await later.home.drain()
        clock.advance(WHILE)
    assert [each["type"] for each in later.peer.received[-3:]] == ["Announce", "Undo", "Announce"]


async def test_b14_a_consent_to_quote_is_withheld_and_not_taken_back(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, to=[PUBLIC], quote=scene.post.uri)
    await scene.hears(scene.peer.activity(scene.rosa, "QuoteRequest", scene.post.uri, instrument=note))
    stamp = heard(scene, "Accept")[-1]["result"]
    await suspend_actor(scene.home.hub, actor_id=scene.ada.id)
    assert (await scene.home.get(stamp, accept=ACTIVITY_JSON)).status == 403
    await unsuspend_actor(scene.home.hub, actor_id=scene.ada.id)
    assert (await scene.home.get(stamp, accept=ACTIVITY_JSON)).status == 200


async def test_b14_what_a_suspended_chapter_has_passed_on_is_not_told(scene: Scene) -> None:
    bob = await scene.home.member("bob")
    lund = await chapter(scene.home, "lund", founder=bob)
    await follows(scene.peer, scene.rosa, scene.home, lund)
    post = await scene.home.say(scene.ada, "Hello @lund")
    await approve(scene.home, lund, post, by=bob)
    (announce,) = heard(scene, "Announce")
    assert (await scene.home.get(announce["id"], accept=ACTIVITY_JSON)).status == 200
    await suspend_actor(scene.home.hub, actor_id=lund.id)
    assert (await scene.home.get(announce["id"], accept=ACTIVITY_JSON)).status == 403


async def test_j12_a_suspended_moderator_is_not_named(scene: Scene) -> None:
    bob = await scene.home.member("bob")
    lund = await chapter(scene.home, "lund", founder=bob)
    assert (await scene.home.document(f"{lund.uri}/moderators"))["orderedItems"] == [bob.uri]
    await suspend_actor(scene.home.hub, actor_id=bob.id)
    assert (await scene.home.document(f"{lund.uri}/moderators")).get("orderedItems", []) == []
