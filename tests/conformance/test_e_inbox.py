"""The inbox: what is taken, what is refused, and that neither does more than it should. Rows E (E7 with moderation)."""

import json
from typing import Any

import pytest

from storage.actors import mark_gone
from storage.received import ReceivedState, RefusedRequest, list_refused
from tests.conformance.conftest import Scene
from tests.support.peer import AS_CONTEXT, PUBLIC, Activity, Answer
from tests.support.proofs import with_proof
from tests.support.stories import answer_to, follows, post_of, verdict

MIB = 1024**2


async def posts(scene: Scene, body: Activity | bytes, *, inbox: str | None = None) -> Answer:
    """Rosa's server posts this, well signed; gives the answer, after everything was done."""
    answer = await scene.peer.send(inbox or scene.home.shared_inbox, body, by=scene.rosa)
    await scene.home.drain()
    return answer


async def has_no_effect(scene: Scene, body: Activity | bytes) -> Answer:
    """It is answered with 202, or refused with a reason in a problem document and in the log; nothing changes."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    before, refused = await scene.rows(), len(await refusals(scene))
    answer = await posts(scene, body)
    if answer.status != 202:
        assert answer.status == 400
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        logged = await refusals(scene)
        assert len(logged) == refused + 1
        assert logged[0].reason == answer.json()["reason"]
    after = await scene.rows()
    assert after | {"refused_requests": 0} == before | {"refused_requests": 0}
    return answer


async def refusals(scene: Scene) -> list[RefusedRequest]:
    """What the operator can look up of refused requests, newest first."""
    await scene.home.hub.inbox_log.close()  # what was refused is written a moment later
    return await scene.home.hub.database.read(lambda session: list_refused(session, limit=10))


async def test_e1_each_inbox_takes_a_valid_activity_and_acts_later(scene: Scene) -> None:
    server = scene.home.hub.uris.inbox(str(await scene.home.hub.signers.server_id()))
    for number, inbox in enumerate((scene.home.shared_inbox, scene.ada.inbox_url, server)):
        rosa = scene.peer.add_actor(f"rosa{number}")
        activity = scene.peer.activity(rosa, "Follow", scene.ada.uri)
        assert (await scene.peer.send(inbox, activity, by=rosa)).status == 202
        assert (await scene.home.actor(scene.ada)).followers_count == number
        await scene.home.drain()
        assert (await scene.home.actor(scene.ada)).followers_count == number + 1


async def test_e2_a_body_over_the_limit_is_refused(scene: Scene) -> None:
    before = await scene.rows()
    answer = await posts(scene, scene.peer.activity(scene.rosa, "Follow", scene.ada.uri, padding="x" * MIB))
    assert (answer.status, answer.json()["reason"]) == (413, "too_large")
    assert await scene.rows() | {"refused_requests": 0} == before
    assert scene.peer.requests == []


@pytest.mark.parametrize("type_", ["Delete", "Update"])
async def test_e3_the_end_of_somebody_unknown_costs_nothing(scene: Scene, type_: str) -> None:
    scene.rosa.status = 410
    before = await scene.rows()
    for _ in range(3):
        assert (await posts(scene, scene.peer.activity(scene.rosa, type_, scene.rosa.uri))).status == 202
    assert scene.peer.requests == []
    assert await scene.home.log() == []
    assert await scene.rows() == before


async def test_e4_the_inbox_of_who_is_here_no_more_is_gone(scene: Scene) -> None:
    hub = scene.home.hub
    await hub.database.write(lambda session: mark_gone(session, scene.ada.id, now=hub.clock.now()))
    activity = scene.peer.activity(scene.rosa, "Follow", scene.ada.uri)
    answer = await posts(scene, activity, inbox=scene.ada.inbox_url)
    assert (answer.status, answer.json()["reason"]) == (410, "gone")
    assert scene.peer.requests == []


@pytest.mark.parametrize("type_", ["Follow", "Like", "Announce", "Undo", "Block", "Accept", "Move"])
async def test_e5_nobody_acts_under_anothers_name(scene: Scene, type_: str) -> None:
    eve = scene.peer.add_actor("eve")
    before = await scene.rows()
    activity = scene.peer.activity(scene.rosa, type_, scene.post.uri if type_ == "Like" else scene.ada.uri)
    answer = await scene.peer.send(scene.home.shared_inbox, activity, by=eve)
    assert (answer.status, answer.json()["reason"]) == (401, "actor_is_not_signer")
    await scene.home.drain()
    assert await scene.rows() | {"refused_requests": 0} == before


async def test_e5_what_somebody_else_sends_is_taken_from_its_origin(scene: Scene) -> None:
    eve = scene.peer.add_actor("eve")
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "as it is there")
    await scene.hears(scene.peer.create(note | {"content": "forged"}, by=scene.rosa), by=eve)
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert "as it is there" in stored.content_html


async def test_e5_an_embedded_proof_is_honoured_only_if_it_is_valid(scene: Scene) -> None:
    scene.rosa.with_ed25519, eve = True, scene.peer.add_actor("eve")
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "proved")
    del scene.peer.objects[note["id"]]
    proved = with_proof(scene.peer.create(note, by=scene.rosa), scene.rosa)
    forged = proved | {"object": note | {"content": "forged"}}
    await scene.hears(forged, by=eve)
    assert await post_of(scene.home, note["id"]) is None
    await scene.hears(proved, by=eve)
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert "proved" in stored.content_html


async def test_e5_a_linked_data_signature_is_not_read(scene: Scene) -> None:
    eve = scene.peer.add_actor("eve")
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "forged")
    del scene.peer.objects[note["id"]]
    signature = {"type": "RsaSignature2017", "creator": scene.rosa.key_id, "signatureValue": "abcd"}
    await scene.hears(scene.peer.create(note, by=scene.rosa, signature=signature), by=eve)
    assert await post_of(scene.home, note["id"]) is None


async def test_e6_a_post_put_into_somebody_elses_mouth_is_ignored(scene: Scene) -> None:
    eve = scene.peer.add_actor("eve")
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "forged")
    before = await scene.rows()
    for type_ in ("Create", "Update"):
        await scene.hears(scene.peer.activity(eve, type_, note, to=note["to"]), by=eve)
        assert await verdict(scene.home) == (ReceivedState.REFUSED, "author_is_not_sender")
    after = await scene.rows()
    assert (after["posts"], after["notifications"]) == (before["posts"], before["notifications"])


@pytest.mark.parametrize(
    "context", [None, "http://[::1]/x", ["https://nowhere.test/ns", {"actor": "as:object"}], {}, 7]
)
async def test_e8_the_context_is_not_looked_at(scene: Scene, context: Any) -> None:
    activity = scene.peer.activity(scene.rosa, "Follow", scene.ada.uri)
    activity = {name: value for name, value in activity.items() if name != "@context"}
    activity |= {"@context": context} if context is not None else {}
    assert (await posts(scene, activity)).status == 202
    assert (await scene.home.actor(scene.ada)).followers_count == 1
    assert all(request.path.startswith(("/users/", "/inbox", "/.well-known")) for request in scene.peer.requests)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"Follow"',
        b"null",
        b"7",
        b"\xff\xfe{}",
        b'{"type": "Follow", "type": "Like"}',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\u0000"}',
        b"[" * 100_000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b'{"a": 99999999999999999999999}',
    ],
)
async def test_e8_what_is_no_json_object_has_no_effect(scene: Scene, body: bytes) -> None:
    assert (await has_no_effect(scene, body)).status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"type": None},
        {"type": 7},
        {"type": {}},
        {"type": []},
        {"actor": None},
        {"actor": 7},
        {"actor": {}},
        {"actor": ["http://peer.test/users/rosa", "http://peer.test/users/eve"]},
        {"actor": "rosa"},
        {"id": 7},
        {"id": {}},
        {"id": "no uri"},
        {"object": None},
        {"object": 7},
        {"object": {}},
        {"object": []},
        {"object": [[]]},
        {"object": {"id": {"id": {}}}},
        {"to": 7, "object": 7},
        {"to": {"a": [{}]}, "object": [7]},
    ],
)
async def test_e8_wrong_types_of_values_have_no_effect(scene: Scene, change: dict[str, Any]) -> None:
    for type_ in ("Follow", "Create", "Update", "Delete", "Like", "Announce", "Undo", "Accept", "Add", "Flag"):
        activity = {"type": type_, "@context": AS_CONTEXT, "actor": scene.rosa.uri, "object": scene.rosa.uri} | change
        answer = await posts(scene, activity)
        assert answer.status in (202, 400, 401), (type_, answer.body)
    received = [(row.state, row.reason) for row in await scene.home.log()]
    assert not {state for state, _ in received} & {ReceivedState.WAITING, ReceivedState.GAVE_UP}, received
    assert (await scene.home.post(scene.post.id)).likes_count == 0


async def test_e9_an_activity_without_an_id_is_processed(scene: Scene) -> None:
    """Mastodon's Add and Remove have none."""
    assert (await posts(scene, scene.peer.activity(scene.rosa, "Follow", scene.ada.uri, id=None))).status == 202
    assert (await scene.home.actor(scene.ada)).followers_count == 1
    await posts(scene, scene.peer.activity(scene.rosa, "Like", scene.post.uri, id=None))
    assert (await scene.home.post(scene.post.id)).likes_count == 1


async def test_e10_two_activities_with_one_id_are_two(scene: Scene) -> None:
    """Mastodon's Accepts of one actor share an id, GoToSocial's edits of one post do."""
    other = await scene.home.say(scene.ada, "Another")
    for post in (scene.post, other):
        activity = scene.peer.activity(scene.rosa, "Like", post.uri, id=f"{scene.rosa.uri}#likes/")
        assert (await posts(scene, activity)).status == 202
    assert [(await scene.home.post(post.id)).likes_count for post in (scene.post, other)] == [1, 1]


async def test_e11_who_is_addressed_makes_no_difference_to_a_follow_or_a_like(scene: Scene) -> None:
    follow = scene.peer.activity(scene.rosa, "Follow", scene.ada.uri)
    like = scene.peer.activity(scene.rosa, "Like", scene.post.uri)
    assert not {"to", "cc"} & (follow.keys() | like.keys())
    for activity in (follow, like):
        await posts(scene, activity)
    assert (await scene.home.actor(scene.ada)).followers_count == 1
    assert (await scene.home.post(scene.post.id)).likes_count == 1
    for done in (follow, like):
        await posts(scene, scene.peer.activity(scene.rosa, "Undo", done))
    assert (await scene.home.actor(scene.ada)).followers_count == 0
    assert (await scene.home.post(scene.post.id)).likes_count == 0


@pytest.mark.parametrize(
    "shape",
    [
        lambda uri: uri,
        lambda uri: {"id": uri},
        lambda uri: [uri],
        lambda uri: [{"id": uri, "type": "Person"}],
        lambda uri: {"type": "Person", "id": uri, "name": None},
    ],
)
async def test_e12_names_come_in_many_shapes(scene: Scene, shape: Any) -> None:
    activity = scene.peer.activity(scene.rosa, "Follow", shape(scene.ada.uri), actor=shape(scene.rosa.uri))
    await posts(scene, activity)
    assert (await scene.home.actor(scene.ada)).followers_count == 1
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "hello")
    odd = note | {"attributedTo": shape(scene.rosa.uri), "inReplyTo": shape(scene.post.uri), "to": PUBLIC, "tag": None}
    odd |= {"cc": scene.ada.uri, "attachment": None, "summary": None, "type": ["Note"]}
    await posts(scene, scene.peer.activity(scene.rosa, "Create", odd, to=PUBLIC, cc=None))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.in_reply_to_id == scene.post.id


@pytest.mark.parametrize("type_", ["EmojiReact", "View", "Listen", "Join", "https://example.org/ns#Dance"])
async def test_e13_an_unknown_activity_is_quietly_ignored(scene: Scene, type_: str) -> None:
    answer = await has_no_effect(scene, scene.peer.activity(scene.rosa, type_, scene.post.uri))
    assert answer.status == 202
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "unknown_type")


@pytest.mark.parametrize("type_", ["Create", "Update"])
async def test_e13_an_unknown_object_is_quietly_ignored(scene: Scene, type_: str) -> None:
    dance = {"id": f"{scene.rosa.uri}/dances/1", "type": "Dance", "attributedTo": scene.rosa.uri}
    answer = await has_no_effect(scene, scene.peer.activity(scene.rosa, type_, dance, to=[PUBLIC, scene.ada.uri]))
    assert answer.status == 202
    assert (await verdict(scene.home))[0] is ReceivedState.IGNORED


async def test_e14_the_same_activity_in_two_inboxes_has_one_effect(scene: Scene) -> None:
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "hello")
    body = json.dumps(scene.peer.create(note, by=scene.rosa)).encode()
    for inbox in (scene.home.shared_inbox, scene.ada.inbox_url, scene.home.shared_inbox):
        assert (await posts(scene, body, inbox=inbox)).status == 202
    assert len(await scene.home.log()) == 1
    rows = await scene.rows()
    assert (rows["posts"], rows["notifications"]) == (2, 1)


async def test_e14_a_replayed_request_has_no_second_effect(scene: Scene) -> None:
    like = scene.peer.activity(scene.rosa, "Like", scene.post.uri, id=None)
    signed = scene.rosa.plan().sign(scene.home.shared_inbox, like)
    for _ in range(3):
        assert (await scene.peer.send_raw(signed)).status == 202
    await scene.home.drain()
    assert len(await scene.home.log()) == 1


async def test_e15_what_was_undone_before_it_came_has_no_effect(scene: Scene) -> None:
    for type_, thing in (("Follow", scene.ada.uri), ("Like", scene.post.uri)):
        activity = scene.peer.activity(scene.rosa, type_, thing)
        await posts(scene, scene.peer.activity(scene.rosa, "Undo", activity))
        await posts(scene, activity)
    assert (await scene.home.actor(scene.ada)).followers_count == 0
    assert (await scene.home.post(scene.post.id)).likes_count == 0


async def test_e15_what_was_deleted_before_it_came_has_no_effect(scene: Scene) -> None:
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "hello")
    await posts(scene, scene.peer.activity(scene.rosa, "Delete", note["id"]))
    await posts(scene, scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is None
