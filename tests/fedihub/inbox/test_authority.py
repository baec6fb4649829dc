"""Nobody does anything in somebody else's name. Each refusal is told by its lack of effect, not by its status."""

from typing import Any

import pytest

from storage.actors import find_actor_by_uri
from storage.received import ReceivedState
from tests.fedihub.inbox.conftest import Scene
from tests.support.peer import PUBLIC, Activity
from tests.support.stories import actor_of, answer_to, post_of, tell, verdict


async def rosas_reply(scene: Scene) -> Activity:
    """Something honest that is known here."""
    reply = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "honest")
    await scene.rosa_sends(scene.peer.create(reply, by=scene.rosa))
    return reply


FORGED_AUTHORS: list[Any] = [
    1,
    "1",
    "",
    "ada",
    ["http://evil.test/users/eve", "http://hub.test/ap/actors/1"],
    ["http://evil.test/users/neighbour", "http://evil.test/users/eve"],
    {},
    [{}],
]
NO_AUTHORS: list[Activity] = [{}, {"attributedTo": None}, {"attributedTo": []}, {"actor": "EVE"}]
"""What names nobody: it is its sender's, and needs no more than what names them."""


@pytest.mark.parametrize("author", FORGED_AUTHORS)
async def test_a_post_must_be_by_its_sender(scene: Scene, author: Any) -> None:
    """NodeBB once took `attributedTo: 1` for its own first account."""
    note = scene.evil.note(scene.eve, "forged", attributedTo=scene.ada.uri if author == "ada" else author)
    note |= {"to": [PUBLIC], "cc": [scene.ada.uri]}
    before = await scene.rows()
    await scene.eve_sends(scene.evil.create(note, by=scene.eve))
    assert (await verdict(scene.home))[0] is ReceivedState.REFUSED
    assert await post_of(scene.home, note["id"]) is None
    assert (await scene.rows())["posts"] == before["posts"]


def unattributed(scene: Scene, note: Activity, **more: Any) -> Activity:
    """The same post without an author."""
    real = {name: scene.eve.uri if value == "EVE" else value for name, value in more.items()}
    return {name: value for name, value in note.items() if name != "attributedTo"} | real


@pytest.mark.parametrize("instead", NO_AUTHORS)
async def test_a_post_that_names_no_author_is_its_senders(scene: Scene, instead: Activity) -> None:
    """Old Mobilizon, Friendica and Pleroma; Mastodon never looks at `attributedTo` in a Create."""
    note = scene.evil.note(scene.eve, "<p>mine</p>", to=[PUBLIC], cc=[scene.ada.uri])
    await scene.eve_sends(scene.evil.create(unattributed(scene, note, **instead), by=scene.eve))
    stored = await post_of(scene.home, note["id"])
    eve = await actor_of(scene.home, scene.eve)
    assert stored is not None
    assert eve is not None
    assert stored.author_id == eve.id


@pytest.mark.parametrize("actor", ["http://evil.test/users/neighbour", "http://hub.test/ap/actors/1", {}, 7])
async def test_an_actor_in_place_of_the_author_must_be_the_sender(scene: Scene, actor: Any) -> None:
    note = scene.evil.note(scene.eve, "forged", to=[PUBLIC], cc=[scene.ada.uri])
    await scene.eve_sends(scene.evil.create(unattributed(scene, note, actor=actor), by=scene.eve))
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "author_is_not_sender")
    assert await post_of(scene.home, note["id"]) is None


@pytest.mark.parametrize("kind", ["Create", "Update"])
async def test_what_names_no_author_is_believed_of_nobody_elses_post(scene: Scene, kind: str) -> None:
    """Not of another host's, and not of a neighbour's."""
    reply = await rosas_reply(scene)
    stored = await post_of(scene.home, reply["id"])
    forged = unattributed(scene, reply, content="forged", updated="2099-01-01T00:00:00Z")
    await scene.eve_sends(scene.evil.activity(scene.eve, kind, forged, to=[PUBLIC], cc=[scene.ada.uri]))
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "object_elsewhere")
    mallory = scene.peer.add_actor("mallory")
    await tell(scene.peer, mallory, scene.home, scene.peer.activity(mallory, kind, forged))
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "author_changed")
    assert await post_of(scene.home, reply["id"]) == stored


@pytest.mark.parametrize("instead", NO_AUTHORS)
async def test_what_is_fetched_must_name_its_author(scene: Scene, instead: Activity) -> None:
    note = scene.evil.note(scene.eve, to=[PUBLIC], cc=[scene.ada.uri])
    scene.evil.objects[note["id"]] = unattributed(scene, note, **instead)
    await scene.eve_sends(scene.evil.activity(scene.eve, "Create", note["id"]))
    assert (await verdict(scene.home))[0] is ReceivedState.REFUSED
    assert await post_of(scene.home, note["id"]) is None


@pytest.mark.parametrize("place", ["peer", "hub"])
async def test_a_post_must_have_an_id_on_its_senders_host(scene: Scene, place: str) -> None:
    uri = f"{scene.peer.base}/notes/77" if place == "peer" else scene.post.uri
    note = scene.evil.note(scene.eve, "forged") | {"id": uri, "to": [PUBLIC], "cc": [scene.ada.uri]}
    before = await scene.rows()
    await scene.eve_sends(scene.evil.create(note, by=scene.eve))
    assert (await verdict(scene.home))[0] is ReceivedState.REFUSED
    assert (await scene.rows())["posts"] == before["posts"]
    assert (await scene.home.post(scene.post.id)).content_html == scene.post.content_html


async def test_a_neighbour_on_the_same_server_is_somebody_else(scene: Scene) -> None:
    reply = await rosas_reply(scene)
    mallory = scene.peer.add_actor("mallory")
    stolen = reply | {"attributedTo": mallory.uri, "content": "stolen", "updated": "2099-01-01T00:00:00Z"}
    for activity in (
        scene.peer.create(stolen, by=mallory),
        scene.peer.activity(mallory, "Update", stolen),
        scene.peer.activity(mallory, "Delete", reply["id"]),
    ):
        await tell(scene.peer, mallory, scene.home, activity)
        assert (await verdict(scene.home))[0] is ReceivedState.REFUSED
    stored = await post_of(scene.home, reply["id"])
    rosa = await scene.home.hub.database.read(lambda session: find_actor_by_uri(session, scene.rosa.uri))
    assert stored is not None
    assert rosa is not None
    assert (stored.author_id, "stolen" in stored.content_html) == (rosa.id, False)


async def test_a_post_that_is_only_named_must_be_by_its_sender_too(scene: Scene) -> None:
    """It is fetched, and says there whose it is."""
    neighbour = scene.evil.add_actor("neighbour")
    note = scene.evil.note(neighbour, to=[PUBLIC], cc=[scene.ada.uri])
    await scene.eve_sends(scene.evil.activity(scene.eve, "Create", note["id"]))
    assert (await verdict(scene.home))[0] is ReceivedState.REFUSED
    assert await post_of(scene.home, note["id"]) is None
    await tell(scene.evil, neighbour, scene.home, scene.evil.activity(neighbour, "Create", note["id"]))
    assert await post_of(scene.home, note["id"]) is not None


async def test_only_its_author_changes_or_deletes(scene: Scene) -> None:
    reply = await rosas_reply(scene)
    await scene.eve_sends(scene.evil.activity(scene.eve, "Follow", scene.ada.uri))  # the hub knows her
    before = await scene.rows()
    newer = {"content": "forged", "updated": "2099-01-01T00:00:00Z"}
    for kind, victim in (
        ("Delete", reply["id"]),
        ("Delete", {"id": reply["id"], "type": "Tombstone"}),
        ("Delete", scene.post.uri),
        ("Delete", scene.rosa.uri),
        ("Delete", scene.ada.uri),
        ("Update", reply | newer),
        ("Update", reply | newer | {"attributedTo": scene.eve.uri}),
        ("Update", {"id": scene.post.uri, "type": "Note", "attributedTo": scene.eve.uri} | newer),
        ("Update", scene.rosa.document() | {"name": "Forged"}),
    ):
        await scene.eve_sends(scene.evil.activity(scene.eve, kind, victim))
        assert (await verdict(scene.home))[0] is ReceivedState.REFUSED
    assert await scene.rows() == before
    stored = await post_of(scene.home, reply["id"])
    assert stored is not None
    assert "honest" in stored.content_html
    assert (await scene.home.post(scene.post.id)).content_html == scene.post.content_html
    rosa = await scene.home.hub.database.read(lambda session: find_actor_by_uri(session, scene.rosa.uri))
    assert rosa is not None
    assert (rosa.display_name, rosa.gone_at) == ("Rosa", None)


@pytest.mark.parametrize("form", ["embedded", "bare id", "without actor"])
@pytest.mark.parametrize("kind", ["Follow", "Like", "Announce", "Block"])
async def test_nobody_undoes_what_somebody_else_did(scene: Scene, kind: str, form: str) -> None:
    target = scene.post.uri if kind in ("Like", "Announce") else scene.ada.uri
    done = scene.peer.activity(scene.rosa, kind, target, to=[PUBLIC], cc=[])
    await scene.rosa_sends(done)
    inner = {"embedded": done, "bare id": done["id"], "without actor": done | {"actor": None}}[form]
    before = await scene.rows()
    await scene.eve_sends(scene.evil.activity(scene.eve, "Undo", inner))
    after = await scene.rows()
    assert {name: after[name] for name in ("follows", "likes", "boosts", "blocks")} == {
        name: before[name] for name in ("follows", "likes", "boosts", "blocks")
    }


async def test_an_update_of_something_unknown_is_taken_from_its_origin(scene: Scene) -> None:
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "as it is there")
    sent = note | {"content": "as it was sent", "updated": note["published"]}
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Update", sent))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert "as it is there" in stored.content_html


async def test_what_an_announce_wraps_has_no_effect_of_its_own(scene: Scene) -> None:
    reply = await rosas_reply(scene)
    inner = scene.peer.activity(scene.rosa, "Delete", reply["id"])
    await scene.eve_sends(scene.evil.activity(scene.eve, "Announce", inner, to=[PUBLIC]))
    assert await post_of(scene.home, reply["id"]) is not None


@pytest.mark.parametrize("value", [{}, [], "javascript:alert(1)", "http://[", 7, None, "x" * 5000])
async def test_junk_in_a_profile_is_as_nothing(scene: Scene, value: Any) -> None:
    names = (
        "url",
        "followers",
        "outbox",
        "featured",
        "icon",
        "image",
        "summary",
        "name",
        "attachment",
        "tag",
        "published",
    )
    scene.rosa.extra = dict.fromkeys(names, value)
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Follow", scene.ada.uri))
    assert (await scene.home.actor(scene.ada)).followers_count == 1
    rosa = await scene.home.hub.database.read(lambda session: find_actor_by_uri(session, scene.rosa.uri))
    assert rosa is not None
    assert (rosa.url, rosa.avatar_url, rosa.followers_url) == (scene.rosa.uri, None, None)


async def test_no_inbox_of_a_third_party_is_written_to(scene: Scene) -> None:
    """An actor whose shared inbox is the victim's would aim our deliveries."""
    scene.eve.extra = {"endpoints": {"sharedInbox": f"{scene.peer.base}/inbox"}}
    await scene.eve_sends(scene.evil.activity(scene.eve, "Follow", scene.ada.uri))
    await scene.home.say(scene.ada, "For my followers")
    await scene.home.drain()
    assert [request for request in scene.peer.requests if request.method == "POST"] == []
    assert [activity["type"] for activity in scene.evil.received] == ["Accept", "Create"]


async def test_a_handle_belongs_to_whom_its_host_names(scene: Scene) -> None:
    scene.eve.extra = {"webfinger": f"rosa@{scene.peer.host}"}
    await scene.eve_sends(scene.evil.activity(scene.eve, "Follow", scene.ada.uri))
    assert (await verdict(scene.home))[0] is ReceivedState.REFUSED
    assert (await scene.home.actor(scene.ada)).followers_count == 0
