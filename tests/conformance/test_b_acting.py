"""A request that was let in before its actor was suspended, or ended, and is carried out after it: nothing comes of it
but what takes something back.
"""

from collections.abc import Awaitable, Callable

import pytest

from fedihub.errors import HubError, Missing, NotAllowed
from fedihub.services.following import accept_request, block, unfollow
from fedihub.services.lives import end_actor, suspend_actor
from fedihub.services.moves import add_alias
from fedihub.services.pins import pin
from fedihub.services.polls import vote
from fedihub.services.profiles import ProfileChanges, update_profile
from fedihub.services.reactions import boost, like, unlike
from fedihub.services.reports import file_report
from storage.actors import Actor
from storage.posts import Post
from tests.conformance.conftest import Scene
from tests.support.stories import actor_of

Act = Callable[[Scene, Actor, Post], Awaitable[object]]
ACTS: dict[str, Act] = {
    "say": lambda at, _, post: at.home.say(at.ada, "Xyzzy", in_reply_to_id=post.id),
    "like": lambda at, _, post: like(at.home.hub, actor_id=at.ada.id, post_id=post.id),
    "boost": lambda at, _, post: boost(at.home.hub, actor_id=at.ada.id, post_id=post.id),
    "vote": lambda at, _, post: vote(at.home.hub, actor_id=at.ada.id, post_id=post.id, choices=[0]),
    "follow": lambda at, rosa, _: at.home.follow(at.ada, rosa),
    "accept": lambda at, rosa, _: accept_request(at.home.hub, actor_id=at.ada.id, follower_id=rosa.id),
    "block": lambda at, rosa, _: block(at.home.hub, actor_id=at.ada.id, target_id=rosa.id),
    "pin": lambda at, _rosa, _post: pin(at.home.hub, actor_id=at.ada.id, post_id=at.post.id),
    "alias": lambda at, _rosa, _post: add_alias(at.home.hub, actor_id=at.ada.id, handle=at.rosa.handle),
    "report": lambda at, rosa, _: file_report(
        at.home.hub, reporter_id=at.ada.id, target_id=rosa.id, comment="Xyzzy", forward=True
    ),
}


@pytest.fixture
async def among_others(scene: Scene) -> tuple[Scene, Actor, Post]:
    """Ada approves her followers; Rosa has asked to follow her, and asks everybody something."""
    await update_profile(
        scene.home.hub,
        actor_id=scene.ada.id,
        by_member_id=scene.ada.id,
        changes=ProfileChanges(approves_followers=True),
    )
    await scene.hears(scene.peer.activity(scene.rosa, "Follow", scene.ada.uri))
    asked = await scene.hears_note("Which?", type="Question", oneOf=OPTIONS, cc=[scene.ada.uri])
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    assert asked is not None
    return scene, rosa, asked


OPTIONS = [{"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 0}} for name in ("A", "B")]


@pytest.mark.parametrize("end", [suspend_actor, end_actor])
@pytest.mark.parametrize("act", ACTS)
async def test_b14_who_is_suspended_or_gone_does_nothing_any_more(
    among_others: tuple[Scene, Actor, Post], act: str, end: Callable[..., Awaitable[object]]
) -> None:
    scene, rosa, post = among_others
    await end(scene.home.hub, actor_id=scene.ada.id)
    await scene.home.drain()
    scene.peer.received.clear()
    before = await scene.rows()
    with pytest.raises(NotAllowed if end is suspend_actor else Missing):
        await ACTS[act](scene, rosa, post)
    await scene.home.drain()
    assert await scene.rows() == before
    assert not scene.peer.received


async def test_b14_who_is_not_suspended_may(among_others: tuple[Scene, Actor, Post]) -> None:
    """What is refused above is refused for that reason alone."""
    scene, rosa, post = among_others
    for name, act in ACTS.items():
        try:
            await act(scene, rosa, post)
        except HubError as error:
            pytest.fail(f"{name}: {error}")


async def test_b14_a_suspended_actor_may_take_back_what_it_did(among_others: tuple[Scene, Actor, Post]) -> None:
    scene, rosa, post = among_others
    await scene.home.follow(scene.ada, rosa)
    await like(scene.home.hub, actor_id=scene.ada.id, post_id=post.id)
    await scene.home.drain()
    await suspend_actor(scene.home.hub, actor_id=scene.ada.id)
    scene.peer.received.clear()
    await unlike(scene.home.hub, actor_id=scene.ada.id, post_id=post.id)
    await unfollow(scene.home.hub, actor_id=scene.ada.id, target_id=rosa.id)
    await scene.home.drain()
    assert [activity["type"] for activity in scene.peer.received].count("Undo") == 2
