"""A picture is shown on one hub and seen on another, with what is said of it; and it goes when its post goes."""

from storage.actors import Actor
from tests.journeys.conftest import both
from tests.support.chapters import ChapterScene, announced, approve
from tests.support.client import client_for
from tests.support.hub import RunningHub
from tests.support.pictures import SECRET, photograph, seen, upload


async def test_a_picture_is_seen_from_another_hub(home: RunningHub, away: RunningHub, ada: Actor) -> None:
    here, there = await client_for(home, ada), await client_for(away, await away.member("bea"))
    (found,) = (await there.get("/api/v2/search?resolve=true&q=@ada@hub.test"))["accounts"]
    await there.post(f"/api/v1/accounts/{found['id']}/follow")
    await both(home, away)

    media = await upload(here, photograph(orientation=6, size=(640, 480)), description="The bridge", focus="0.1,0.9")
    status = await here.say("It stands!", media_ids=[media["id"]])
    await both(home, away)
    (seen_there,) = await there.get("/api/v1/timelines/home")
    (arrived,) = seen_there["media_attachments"]
    assert (arrived["type"], arrived["url"], arrived["description"]) == ("image", media["url"], "The bridge")
    assert (arrived["blurhash"], arrived["meta"]["focus"]) == (media["blurhash"], {"x": 0.1, "y": 0.9})
    assert (arrived["meta"]["original"]["width"], arrived["meta"]["original"]["height"]) == (480, 640)
    content = (await home.get(arrived["url"])).body
    assert seen(content).size == (480, 640)
    assert SECRET not in content
    assert "The bridge" in (await home.get(f"/@ada/{status['id']}")).text

    attributes = [{"id": media["id"], "description": "The bridge, at last"}]
    edit = {"status": "It stands!", "media_ids": [media["id"]], "media_attributes": attributes}
    await here.call("PUT", f"/api/v1/statuses/{status['id']}", json=edit)
    await both(home, away)
    (edited,) = await there.get("/api/v1/timelines/home")
    assert edited["edited_at"] is not None
    assert edited["media_attachments"][0]["description"] == "The bridge, at last"

    await here.delete(f"/api/v1/statuses/{status['id']}?delete_media=true")
    await both(home, away)
    assert await there.get("/api/v1/timelines/home") == []
    assert (await home.get(media["url"])).status == 404


async def test_a_picture_stands_in_a_chapters_thread(at: ChapterScene) -> None:
    client = await client_for(at.home, at.ada)
    media = await upload(client, description="Our bench")
    status = await client.say("A bench to give away @pune@hub.test", media_ids=[media["id"]])
    await at.home.drain()
    post = await at.home.post(int(status["id"]))
    await approve(at.home, at.pune, post, by=at.ada)
    (attachment,) = announced(at.lemmy, "Create")["object"]["attachment"]
    assert (attachment["type"], attachment["url"], attachment["name"]) == ("Document", media["url"], "Our bench")
