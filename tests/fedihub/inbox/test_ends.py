"""Accounts that end elsewhere: announced to everybody, when their key is gone already."""

import pytest

from fedihub.services.resolving import resolve_handle
from storage.received import ReceivedState
from tests.fedihub.inbox.conftest import Scene
from tests.support.stories import actor_of, post_of


async def rosa_is_known(scene: Scene) -> None:
    """The hub has met Rosa, but never had anything signed by her."""
    await resolve_handle(scene.home.hub, scene.rosa.handle)
    scene.peer.requests.clear()


async def send_end(scene: Scene, *, status: int) -> int:
    """Rosa's server says that she is no more; gives the hub's answer."""
    scene.rosa.status = status
    end = scene.peer.activity(scene.rosa, "Delete", scene.rosa.uri)
    answer = await scene.peer.send(scene.home.shared_inbox, end, by=scene.rosa)
    await scene.home.drain()
    return answer.status


@pytest.mark.parametrize("key_style", ["fragment", "path"])
async def test_an_actor_whose_origin_says_gone_is_gone(scene: Scene, key_style: str) -> None:
    scene.rosa.key_style = key_style
    await rosa_is_known(scene)
    assert await send_end(scene, status=410) == 202
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    assert rosa.gone_at is not None
    assert (await scene.home.log())[0].state is ReceivedState.APPLIED


async def test_an_actor_who_is_not_found_is_not_gone(scene: Scene) -> None:
    """404 is also what a server answers that was set up anew or hides somebody."""
    await rosa_is_known(scene)
    assert await send_end(scene, status=404) == 401
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    assert rosa.gone_at is None


async def test_an_end_does_not_come_from_a_neighbour(scene: Scene) -> None:
    """Another account of the same server ended, and its server says so; Rosa lives on."""
    await rosa_is_known(scene)
    mallory = scene.peer.add_actor("mallory", status=410)
    end = scene.peer.activity(scene.rosa, "Delete", scene.rosa.uri)
    answer = await scene.peer.send(scene.home.shared_inbox, end, by=mallory)
    assert answer.status == 401
    await scene.home.drain()
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    assert rosa.gone_at is None


async def test_with_her_key_an_end_needs_no_other_proof(scene: Scene) -> None:
    reply = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri, cc=[scene.ada.uri])
    await scene.rosa_sends(scene.peer.create(reply, by=scene.rosa))
    scene.peer.requests.clear()
    assert await send_end(scene, status=404) == 202
    assert scene.peer.requests == []
    assert await post_of(scene.home, reply["id"]) is None


async def test_of_who_is_unknown_or_gone_nothing_is_asked(scene: Scene) -> None:
    """A large server once killed others with such a storm."""
    assert await send_end(scene, status=410) == 202
    assert scene.peer.requests == []
    assert await scene.home.log() == []
    scene.rosa.status = 200
    await rosa_is_known(scene)
    await send_end(scene, status=410)
    asked = len(scene.peer.requests)
    for _ in range(20):
        assert await send_end(scene, status=410) == 202
    assert len(scene.peer.requests) == asked
