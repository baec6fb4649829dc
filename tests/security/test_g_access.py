"""What may they read, and what may they pass on? Nothing that is not theirs, whatever they sign with.

The name of each test begins with the number of the attack.
"""

import pytest

from fedihub.services.host_policies import Decision, decide
from fedihub.services.moderation import suspend_actor
from storage.host_policies import HostLevel
from tests.security.conftest import Scene
from tests.support.hub import ACTIVITY_JSON
from tests.support.peer import Activity
from tests.support.proofs import with_proof
from tests.support.stories import actor_of, answer_to, post_of


def proved(scene: Scene) -> Activity:
    """An answer of Rosa's with her own proof in it."""
    scene.rosa.with_ed25519 = True
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "hello")
    return with_proof(scene.peer.create(note, by=scene.rosa), scene.rosa)


async def test_a27_a_blocked_host_is_heard_under_no_name(scene: Scene) -> None:
    await decide(scene.home.hub, "evil.test", Decision(HostLevel.BLOCKED))
    await scene.home.drain()
    for server in (scene.peer, scene.evil):
        server.requests.clear()
    for activity in (
        scene.evil.activity(scene.eve, "Like", scene.post.uri),
        scene.peer.activity(scene.rosa, "Follow", scene.ada.uri),
        proved(scene),
    ):
        async with scene.nothing_happens():
            answer = await scene.eve_sends(activity)
            assert (answer.status, answer.json()["reason"]) == (403, "host_blocked")
    assert scene.peer.requests == []
    assert scene.evil.requests == []


async def test_a27_and_reads_nothing_under_its_own(scene: Scene) -> None:
    await decide(scene.home.hub, "evil.test", Decision(HostLevel.BLOCKED))
    await scene.home.drain()
    scene.evil.requests.clear()
    for uri in (scene.post.uri, scene.secret.uri, scene.ada.uri, f"{scene.ada.uri}/outbox"):
        answer = await scene.evil.fetch(uri, by=scene.eve)
        assert (answer.status, answer.json()["reason"]) == (403, "host_blocked")
    assert scene.evil.requests == []


async def test_a27_whom_we_suspended_is_not_heard_through_others(scene: Scene) -> None:
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    await suspend_actor(scene.home.hub, actor_id=rosa.id)
    await scene.home.drain()
    activity = proved(scene)
    await scene.eve_sends(activity)
    assert await post_of(scene.home, activity["object"]["id"]) is None
    assert (await scene.peer.fetch(scene.secret.uri, by=scene.rosa)).status == 404


async def test_a14_a_signature_opens_nothing_else(scene: Scene) -> None:
    """What Rosa signed for one address, taken by somebody who saw it."""
    seen = scene.rosa.plan(headers={"Accept": ACTIVITY_JSON}).sign(f"{scene.ada.uri}/outbox")
    for url in (scene.secret.uri, f"{scene.secret.uri}?page=0", f"{scene.ada.uri}/followers/synchronization"):
        answer = await scene.evil.send_raw(seen.sent_to(url))
        assert answer.status in (401, 404)
    posted = scene.rosa.plan().sign(scene.secret.uri, scene.peer.activity(scene.rosa, "Like", scene.post.uri))
    as_get = type(posted)("GET", posted.url, posted.lines, b"")
    assert (await scene.evil.send_raw(as_get)).status == 404


async def test_c22_an_old_proof_brings_nothing_back(scene: Scene) -> None:
    """Whoever saw what Rosa said can say it again for ever: after its end it changes nothing any more."""
    activity = proved(scene)
    await scene.rosa_sends(activity)
    note = activity["object"]
    edited = with_proof(
        scene.peer.activity(scene.rosa, "Update", note | {"content": "old", "updated": "2026-01-01T00:00:00Z"}),
        scene.rosa,
    )
    newer = scene.peer.activity(scene.rosa, "Update", note | {"content": "new", "updated": "2098-01-01T00:00:00Z"})
    await scene.rosa_sends(newer)
    async with scene.nothing_happens():
        await scene.eve_sends(edited)
        await scene.eve_sends(activity | {"signature": {"signatureValue": "made up"}})
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Delete", note["id"]))
    async with scene.nothing_happens():
        await scene.eve_sends(activity)
        await scene.eve_sends(edited)


@pytest.mark.parametrize(
    "verb", ["Follow", "Like", "Announce", "Undo", "Block", "Accept", "Reject", "Move", "Flag", "Add"]
)
async def test_c22_no_other_act_is_taken_on_the_strength_of_a_proof(scene: Scene, verb: str) -> None:
    scene.rosa.with_ed25519 = True
    target = scene.post.uri if verb in ("Like", "Announce") else scene.ada.uri
    activity = with_proof(scene.peer.activity(scene.rosa, verb, target), scene.rosa)
    async with scene.nothing_happens():
        answer = await scene.eve_sends(activity)
    assert (answer.status, answer.json()["reason"]) == (401, "actor_is_not_signer")


async def test_g3_what_is_hidden_looks_like_what_never_was(scene: Scene) -> None:
    never = scene.home.hub.uris.post("424242")
    for path in ("", "/replies", "/likes", "/shares", "/replies?page=0"):
        for by in (None, scene.eve):
            hidden = await scene.evil.fetch(scene.secret.uri + path, by=by)
            absent = await scene.evil.fetch(never + path, by=by)
            assert (hidden.status, hidden.body) == (absent.status, absent.body) == (404, absent.body)
            assert hidden.headers.get("Cache-Control") == absent.headers.get("Cache-Control") == "no-store"


async def test_g11_what_is_for_one_reader_is_kept_by_no_cache(scene: Scene) -> None:
    """In whatever order they ask (Mastodon #11331)."""
    for by, status in ((None, 404), (scene.rosa, 200), (None, 404), (scene.rosa, 200)):
        answer = await scene.peer.fetch(scene.secret.uri, by=by)
        assert answer.status == status
        assert "public" not in answer.headers["Cache-Control"]
        assert "no-store" in answer.headers["Cache-Control"]
    etag = (await scene.home.get(scene.post.uri, accept=ACTIVITY_JSON)).headers["ETag"]
    for tag in ("*", etag):
        hidden = await scene.home.get(scene.secret.uri, headers={"Accept": ACTIVITY_JSON, "If-None-Match": tag})
        assert hidden.status == 404


async def test_g18_nobody_learns_who_follows_from_another_host(scene: Scene) -> None:
    url = f"{scene.ada.uri}/followers/synchronization"
    assert (await scene.peer.fetch(url, by=scene.rosa)).json()["orderedItems"] == [scene.rosa.uri]
    assert (await scene.evil.fetch(url, by=scene.eve)).json()["orderedItems"] == []
    assert (await scene.evil.fetch(url)).status == 401
    as_rosa = scene.eve.plan(key_id=scene.rosa.key_id).sign(url)
    assert (await scene.evil.send_raw(as_rosa)).status == 401


async def test_g18_nobody_takes_followers_away_from_others(scene: Scene) -> None:
    """Eve says, well signed, that nobody here follows Rosa; and that Rosa's list is at Eve's."""
    empty = {"id": f"{scene.eve.uri}/list", "type": "OrderedCollection", "orderedItems": []}
    scene.evil.serve("/users/eve/list", empty)
    covered = ("(request-target)", "host", "date", "digest", "content-type", "collection-synchronization")
    for collection in (scene.rosa.followers, scene.eve.followers):
        value = f'collectionId="{collection}", url="{scene.eve.uri}/list", digest="{"0" * 64}"'
        async with scene.nothing_happens():
            await scene.eve_sends(
                scene.evil.activity(scene.eve, "Like", f"{scene.post.uri}/nothing{len(collection)}"),
                headers={"Collection-Synchronization": value},
                covered=covered,
            )
