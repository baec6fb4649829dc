"""A slow or dead host costs whoever fetches because of it, and nobody else."""

import asyncio

import pytest

from federation import limits
from federation.dereference import Budget
from federation.errors import DereferenceFailed
from federation.vocabulary.parse import Json
from tests.federation.conftest import PeerMaker, World
from tests.support.peer import Peer


async def refusal(world: World, uri: str) -> str:
    """The reason for which a document was not to be had, for now."""
    with pytest.raises(DereferenceFailed) as caught:
        await world.dereferencer.document(uri, budget=Budget())
    assert caught.value.temporary
    return caught.value.reason


async def test_a_host_that_is_down_is_left_alone_for_a_while(world: World) -> None:
    connections = 0

    def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        world.resolver.add("down.test", server.sockets[0].getsockname()[1])
        assert await refusal(world, "http://down.test/first") == "connection_lost"
        tried = connections
        for number in range(50):
            assert await refusal(world, f"http://down.test/{number}") == "host_down"
        assert connections == tried
        world.clock[0] += limits.HOST_DOWN.total_seconds() + 1
        assert await refusal(world, "http://down.test/first") == "connection_lost"


async def test_a_host_is_not_down_because_it_leads_to_one_that_is(world: World, peer: Peer) -> None:
    """Many hosts redirect wherever somebody wants."""
    world.resolver.add("down.test", 9)
    away = peer.serve("/away", b"", status=302, headers={"Location": "http://down.test/x"})
    assert await refusal(world, away) == "elsewhere_unreachable"
    ada = peer.add_actor("ada")
    assert (await world.dereferencer.document(ada.uri, budget=Budget()))["id"] == ada.uri


@pytest.mark.parametrize("status", [401, 404, 500, 503])
async def test_a_bad_answer_is_an_answer(world: World, peer: Peer, status: int) -> None:
    bad = peer.serve("/bad", b"", status=status)
    with pytest.raises(DereferenceFailed):
        await world.dereferencer.document(bad, budget=Budget())
    ada = peer.add_actor("ada")
    assert (await world.dereferencer.document(ada.uri, budget=Budget()))["id"] == ada.uri


async def test_a_slow_host_holds_a_few_and_lets_the_others_go(world: World, peer: Peer, make_peer: PeerMaker) -> None:
    elsewhere = (await make_peer("quick.test")).add_actor("bob")
    ada = peer.add_actor("ada")
    peer.hold()
    asked: list[asyncio.Task[Json]] = [
        asyncio.create_task(world.dereferencer.document(ada.uri, budget=Budget())) for _ in range(30)
    ]
    assert (await world.dereferencer.document(elsewhere.uri, budget=Budget()))["id"] == elsewhere.uri
    done, held = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        error = task.exception()
        assert isinstance(error, DereferenceFailed)
        assert error.reason == "host_busy"
    peer.release()
    await asyncio.wait(held)
    got_it = [task for task in asked if task.exception() is None]
    assert len(got_it) == limits.FETCHES_PER_HOST == len(peer.requests)


async def test_nobody_waits_for_whoever_asks_on_their_own(world: World) -> None:
    """A member who looks something up has no budget, and may ask again at once."""
    world.resolver.add("down.test", 9)
    await refusal(world, "http://down.test/x")
    with pytest.raises(DereferenceFailed, match="connect_failed"):
        await world.dereferencer.document("http://down.test/x")
