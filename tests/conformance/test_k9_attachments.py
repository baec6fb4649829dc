"""The files of our posts, as they reach other servers and as these find them: row K9."""

from typing import Any

import pytest

from storage.posts import Audience
from tests.conformance.conftest import Scene
from tests.support.client import ApiClient, client_for
from tests.support.pictures import MP4, photograph, picture, seen, upload
from tests.support.stories import follows


async def as_ada(scene: Scene) -> ApiClient:
    """Ada's app; Rosa follows her."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    return await client_for(scene.home, scene.ada)


async def sent(scene: Scene, type: str = "Create") -> dict[str, Any]:
    """The post that Rosa's server is sent."""
    await scene.home.drain()
    activity = await scene.peer.wait_for(lambda each: each["type"] == type and isinstance(each["object"], dict))
    note: dict[str, Any] = activity["object"]
    return note


async def test_k9_an_attachment_says_what_it_is_and_what_it_shows(scene: Scene) -> None:
    client = await as_ada(scene)
    media = await upload(client, photograph(size=(640, 480)), description="A flag", focus="0.5,-0.25")
    status = await client.say("Look", media_ids=[media["id"]], sensitive=True)
    note = await sent(scene)
    assert note["attachment"] == [
        {
            "type": "Document",
            "mediaType": "image/jpeg",
            "url": media["url"],
            "name": "A flag",
            "blurhash": media["blurhash"],
            "width": 640,
            "height": 480,
            "focalPoint": [0.5, -0.25],
        }
    ]
    assert note["sensitive"] is True
    assert (await scene.home.document(status["uri"]))["attachment"] == note["attachment"]


async def test_k9_the_address_leads_to_the_file(scene: Scene) -> None:
    client = await as_ada(scene)
    await client.say("Look", media_ids=[(await upload(client, picture("PNG", size=(64, 48))))["id"]])
    (attachment,) = (await sent(scene))["attachment"]
    assert attachment["url"].startswith("http://hub.test/media/")
    for accept in ("*/*", "application/activity+json", "text/html"):
        answer = await scene.home.get(attachment["url"], accept=accept)
        assert (answer.status, answer.headers["Content-Type"]) == (200, attachment["mediaType"])
        assert seen(answer.body).size == (attachment["width"], attachment["height"])
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_k9_films_have_their_type_and_no_measures(scene: Scene) -> None:
    client = await as_ada(scene)
    media = await upload(client, MP4)
    await client.say("Look", media_ids=[media["id"]])
    film = {"type": "Document", "mediaType": "video/mp4", "url": media["url"], "name": None}
    assert (await sent(scene))["attachment"] == [film]


async def test_k9_at_most_four(scene: Scene) -> None:
    client = await as_ada(scene)
    ids = [(await upload(client))["id"] for _ in range(5)]
    refused = await client.call("POST", "/api/v1/statuses", json={"status": "Five", "media_ids": ids})
    assert (refused.status, refused.json()) == (422, {"error": "Cannot attach more than 4 files"})
    await client.say("Four", media_ids=ids[:4])
    note = await sent(scene)
    assert (note["content"], len(note["attachment"])) == ("<p>Four</p>", 4)


async def test_k9_an_edit_tells_of_other_files(scene: Scene) -> None:
    client = await as_ada(scene)
    first, second = await upload(client), await upload(client, description="Better")
    status = await client.say("Look", media_ids=[first["id"]])
    edit = {"status": "Look", "media_ids": [second["id"]]}
    assert (await client.call("PUT", f"/api/v1/statuses/{status['id']}", json=edit)).status == 200
    (attachment,) = (await sent(scene, "Update"))["attachment"]
    assert (attachment["url"], attachment["name"]) == (second["url"], "Better")


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.FOLLOWERS])
async def test_k9_a_post_without_files_has_an_empty_list(scene: Scene, audience: Audience) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await scene.home.say(scene.ada, "Bare", audience=audience)
    assert (await sent(scene))["attachment"] == []


async def test_k9_nothing_is_left_of_the_files_of_a_deleted_post(scene: Scene) -> None:
    client = await as_ada(scene)
    media = await upload(client)
    status = await client.say("Look", media_ids=[media["id"]])
    assert (await scene.home.get(media["url"])).status == 200
    await client.delete(f"/api/v1/statuses/{status['id']}")
    assert (await scene.home.get(media["url"])).status == 404
    assert (await scene.home.get(media["preview_url"])).status == 404
