"""Answers of strangers go on to where our author is followed: as they came, once, and only what proves itself."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from fedihub.services.following import block
from fedihub.services.lives import change_keys
from fedihub.services.resolving import resolve_handle
from storage.database import Session
from storage.deliveries import OutgoingActivity, retry_deliveries
from storage.posts import Audience
from storage.standing import set_limited
from tests.fedihub.inbox.conftest import Scene
from tests.support.judge import Seen
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.proofs import with_proof
from tests.support.resolver import TestResolver
from tests.support.stories import answer_to, follows, post_of

LD_SIGNATURE = {"type": "RsaSignature2017", "creator": "http://peer.test/users/rosa#main-key", "signatureValue": "abc="}
LATER = "2099-01-01T00:00:00Z"


@pytest.fixture
async def omar(scene: Scene, resolver: TestResolver) -> AsyncIterator[PeerActor]:
    """Somebody on a third server who follows Ada."""
    async with Peer.running("other.test", resolver=resolver) as other:
        omar = other.add_actor("omar")
        await follows(other, omar, scene.home, scene.ada)
        other.requests.clear()
        yield omar


def heard(omar: PeerActor) -> list[Seen]:
    """What Omar's server was sent."""
    server = omar.server
    assert isinstance(server, Peer)
    return [request for request in server.requests if request.method == "POST"]


def answer(scene: Scene, **more: Any) -> Activity:
    """An answer of Rosa's to Ada's post."""
    return answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "well said", **more)


def signed(scene: Scene, type_: str, thing: Any, **more: Any) -> bytes:
    """What Rosa's server sends, with the signature that Mastodon puts into it, in a spelling of its own."""
    activity = scene.peer.activity(scene.rosa, type_, thing, signature=LD_SIGNATURE, **more)
    return json.dumps(activity, indent=3).encode()


async def test_an_answer_goes_on_byte_for_byte(scene: Scene, omar: PeerActor) -> None:
    body = signed(scene, "Create", answer(scene))
    await scene.rosa_sends(body)
    (request,) = heard(omar)
    assert request.body == body
    assert (request.verified, request.key_id) == (True, f"{scene.ada.uri}#main-key")
    assert request.path == "/inbox"


async def test_what_proves_itself_in_the_new_way_goes_on_too(scene: Scene, omar: PeerActor) -> None:
    scene.rosa.with_ed25519 = True
    activity = with_proof(scene.peer.create(answer(scene), by=scene.rosa), scene.rosa)
    await scene.rosa_sends(activity)
    assert [json.loads(request.body) for request in heard(omar)] == [activity]


async def test_a_proof_of_others_goes_on_when_the_keys_of_ours_have_changed(scene: Scene, omar: PeerActor) -> None:
    """It is not by those keys, and without it nobody would believe what is passed on."""
    scene.rosa.with_ed25519 = True
    activity = with_proof(scene.peer.create(answer(scene), by=scene.rosa), scene.rosa)
    assert isinstance(omar.server, Peer)
    omar.server.answer_inbox(503)
    await scene.rosa_sends(activity)
    await change_keys(scene.home.hub, actor_id=scene.ada.id)
    omar.server.known_keys.clear()
    now = scene.home.hub.clock.now()
    await scene.home.hub.database.write(lambda session: retry_deliveries(session, now=now, host="other.test"))
    await scene.home.drain()
    assert activity in omar.server.received


async def test_a_proof_that_is_wrong_is_none(scene: Scene, omar: PeerActor) -> None:
    scene.rosa.with_ed25519 = True
    proved = with_proof(scene.peer.create(answer(scene), by=scene.rosa), scene.rosa)
    for activity in (
        proved | {"summary": "changed afterwards"},
        scene.peer.create(answer(scene), by=scene.rosa) | {"proof": {"proofValue": "z1"}},
    ):
        await scene.rosa_sends(activity)
        assert await post_of(scene.home, activity["object"]["id"]) is not None
    assert heard(omar) == []


async def test_of_many_edits_a_few_go_on(scene: Scene, omar: PeerActor) -> None:
    note = answer(scene)
    await scene.rosa_sends(signed(scene, "Create", note))
    for number in range(8):
        edit = {"content": f"version {number}", "updated": LATER.replace("00Z", f"{number:02}Z")}
        await scene.rosa_sends(signed(scene, "Update", note | edit))
    await scene.rosa_sends(signed(scene, "Delete", note["id"]))
    types = [json.loads(request.body)["type"] for request in heard(omar)]
    assert types == ["Create", *["Update"] * 5, "Delete"]


async def test_its_edits_and_its_end_go_on_in_their_order(scene: Scene, omar: PeerActor) -> None:
    note = answer(scene)
    for type_, thing in (
        ("Create", note),
        ("Update", note | {"content": "better said", "updated": LATER}),
        ("Delete", {"id": note["id"], "type": "Tombstone"}),
    ):
        await scene.rosa_sends(signed(scene, type_, thing))
    assert [json.loads(request.body)["type"] for request in heard(omar)] == ["Create", "Update", "Delete"]


async def test_it_goes_on_once(scene: Scene, omar: PeerActor) -> None:
    body = signed(scene, "Create", answer(scene))
    for inbox in (scene.home.shared_inbox, scene.ada.inbox_url, scene.home.shared_inbox):
        await scene.rosa_sends(body, inbox=inbox)
    assert len(heard(omar)) == 1


async def test_a_circle_of_servers_that_pass_it_on_ends_here(scene: Scene, omar: PeerActor) -> None:
    """Omar's server sends it back to us, who sent it there."""
    scene.rosa.with_ed25519 = True
    activity = with_proof(scene.peer.create(answer(scene), by=scene.rosa), scene.rosa)
    await scene.rosa_sends(activity)
    server = omar.server
    assert isinstance(server, Peer)
    assert (await server.send(scene.home.shared_inbox, activity, by=omar)).status == 202
    await scene.home.drain()
    assert len(heard(omar)) == 1


async def test_it_does_not_go_back_to_where_it_came_from(scene: Scene) -> None:
    await follows(scene.peer, scene.peer.add_actor("rita"), scene.home, scene.ada)
    scene.peer.requests.clear()
    await scene.rosa_sends(signed(scene, "Create", answer(scene)))
    assert not [request for request in scene.peer.requests if request.method == "POST"]


async def test_what_nobody_could_prove_stays_here(scene: Scene, omar: PeerActor) -> None:
    note = answer(scene)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is not None
    assert heard(omar) == []


async def test_what_is_not_for_everybody_stays_here(scene: Scene, omar: PeerActor) -> None:
    for to in ([scene.ada.uri], [scene.rosa.followers, scene.ada.uri]):
        note = answer(scene) | {"to": to, "cc": []}
        await scene.rosa_sends(signed(scene, "Create", note))
        assert await post_of(scene.home, note["id"]) is not None
    assert heard(omar) == []


async def test_answers_to_what_is_not_for_everybody_stay_here(scene: Scene, omar: PeerActor) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    scene.post = await scene.home.say(scene.ada, "For you", audience=Audience.FOLLOWERS)
    await scene.home.drain()
    before = len(heard(omar))
    note = answer(scene)
    await scene.rosa_sends(signed(scene, "Create", note))
    assert await post_of(scene.home, note["id"]) is not None
    assert len(heard(omar)) == before


async def test_answers_to_others_stay_here(scene: Scene, omar: PeerActor) -> None:
    note = scene.peer.note(scene.rosa, cc=[scene.ada.uri], inReplyTo=scene.peer.note(scene.rosa)["id"])
    await scene.rosa_sends(signed(scene, "Create", note))
    assert await post_of(scene.home, note["id"]) is not None
    assert heard(omar) == []


async def test_what_was_refused_stays_here(scene: Scene, omar: PeerActor) -> None:
    note = answer(scene) | {"attributedTo": scene.eve.uri}
    await scene.rosa_sends(signed(scene, "Create", note))
    assert await post_of(scene.home, note["id"]) is None
    assert heard(omar) == []


async def test_whoever_is_blocked_is_not_passed_on(scene: Scene, omar: PeerActor) -> None:
    rosa = await resolve_handle(scene.home.hub, scene.rosa.handle)
    await block(scene.home.hub, actor_id=scene.ada.id, target_id=rosa.id)
    await scene.rosa_sends(signed(scene, "Create", answer(scene)))
    assert heard(omar) == []


async def test_whoever_is_limited_or_very_long_is_not_passed_on(scene: Scene, omar: PeerActor) -> None:
    long = answer(scene) | {"content": "x" * 70_000}
    await scene.rosa_sends(signed(scene, "Create", long))
    rosa = await resolve_handle(scene.home.hub, scene.rosa.handle)
    now = scene.home.hub.clock.now()
    await scene.home.hub.database.write(lambda session: set_limited(session, rosa.id, at=now))
    await scene.rosa_sends(signed(scene, "Create", answer(scene)))
    assert heard(omar) == []


async def test_what_was_passed_on_is_no_document_of_ours(scene: Scene, omar: PeerActor) -> None:
    await scene.rosa_sends(signed(scene, "Create", answer(scene)))
    activity = await scene.home.hub.database.read(_newest_said)
    assert (await scene.home.get(activity, accept="application/activity+json")).status == 404
    assert len(heard(omar)) == 1


async def _newest_said(session: Session) -> str:
    newest = select(col(OutgoingActivity.uri)).order_by(col(OutgoingActivity.id).desc()).limit(1)
    return str(await session.scalar(newest))
