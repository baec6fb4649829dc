"""An embedded object counts only for its own sender."""

from datetime import UTC, datetime
from typing import Any

import pytest

from federation.dispatch import Dispatcher
from federation.errors import BadDocument, OriginMismatch
from federation.ports import Received
from federation.trust import check_fetched, own_object, speaks_for
from federation.vocabulary.activities import Activity
from federation.vocabulary.objects import read_object
from tests.federation.conftest import HUB, HUB_INBOX, World
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def ada(peer: Peer) -> PeerActor:
    return peer.add_actor("ada")


async def received(world: World, peer: Peer, ada: PeerActor, obj: Any) -> Received[Activity]:
    found = await world.receive(ada.plan().sign(HUB_INBOX, peer.activity(ada, "Create", obj)))
    assert isinstance(found, Received)
    return found


async def test_a_post_of_the_sender(world: World, peer: Peer, ada: PeerActor) -> None:
    note = peer.note(ada)
    found = own_object(await received(world, peer, ada, note), world.uris, now=NOW)
    assert found is not None
    assert found.uri == note["id"]
    assert own_object(await received(world, peer, ada, note["id"]), world.uris, now=NOW) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "http://victim.test/notes/1"}, "object_elsewhere"),
        ({"id": f"{HUB}/ap/posts/1"}, "object_elsewhere"),
        ({"id": "https://peer.test/notes/1"}, "object_elsewhere"),
        ({"attributedTo": "http://peer.test/users/bob"}, "author_is_not_sender"),
        ({"attributedTo": "http://victim.test/users/bob"}, "author_is_not_sender"),
        ({"attributedTo": f"{HUB}/ap/actors/7"}, "author_is_not_sender"),
        ({"attributedTo": ["http://peer.test/users/bob", "http://peer.test/users/ada"]}, "author_is_not_sender"),
        ({"attributedTo": ["http://peer.test/users/ada", f"{HUB}/ap/actors/7"]}, "author_is_not_sender"),
        ({"attributedTo": 1}, "author_is_not_sender"),
        ({"attributedTo": {}}, "author_is_not_sender"),
    ],
)
async def test_a_post_of_somebody_else(
    world: World, peer: Peer, ada: PeerActor, *, changes: dict[str, Any], reason: str
) -> None:
    forged = await received(world, peer, ada, peer.note(ada) | changes)
    with pytest.raises(OriginMismatch) as caught:
        own_object(forged, world.uris, now=NOW)
    assert caught.value.reason == reason


async def test_a_post_without_an_author_is_its_senders(world: World, peer: Peer, ada: PeerActor) -> None:
    found = own_object(await received(world, peer, ada, peer.note(ada) | {"attributedTo": None}), world.uris, now=NOW)
    assert found is not None
    assert found.author == ada.uri


async def test_what_is_no_post(world: World, peer: Peer, ada: PeerActor) -> None:
    with pytest.raises(BadDocument):
        own_object(await received(world, peer, ada, ada.document()), world.uris, now=NOW)


def test_a_fetched_post_is_by_somebody_of_its_host() -> None:
    note = {"id": "https://a.test/1", "type": "Note", "attributedTo": "https://a.test/users/ada"}
    assert check_fetched(read_object(note, now=NOW)).uri == "https://a.test/1"
    for author in ("https://b.test/users/ada", None, ["https://b.test/users/ada", "https://a.test/users/ada"]):
        with pytest.raises(OriginMismatch):
            check_fetched(read_object(note | {"attributedTo": author}, now=NOW))
    assert not speaks_for("https://a.test/x", "https://sub.a.test/x")


async def test_each_type_has_one_handler(world: World, peer: Peer, ada: PeerActor) -> None:
    async def on_create(context: str, found: Received[Activity]) -> str:
        return f"{context} {found.activity.type}"

    dispatcher: Dispatcher[str, str] = Dispatcher[str, str]().on("Create", on_create)
    assert dispatcher.types == {"Create"}
    create = await received(world, peer, ada, "http://peer.test/notes/1")
    assert await dispatcher.dispatch("applied", create) == "applied Create"
    like = await world.receive(ada.plan().sign(HUB_INBOX, peer.activity(ada, "Like", f"{HUB}/ap/posts/1")))
    assert isinstance(like, Received)
    assert await dispatcher.dispatch("applied", like) is None
    with pytest.raises(ValueError, match="already"):
        dispatcher.on("Create", on_create)
