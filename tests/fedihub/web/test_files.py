"""Files of our own posts on pages: pictures are seen, with what is said of them."""

import pytest

from storage.actors import Actor
from tests.support.client import ApiClient, client_for
from tests.support.hub import RunningHub, running_hub
from tests.support.pictures import MP3, upload
from tests.support.resolver import TestResolver


@pytest.fixture
async def ada(home: RunningHub) -> Actor:
    return await home.member("ada")


async def page_with(home: RunningHub, client: ApiClient, *, content: bytes | None = None, **more: object) -> str:
    """The page of a post with a file."""
    media = await upload(client, content, description='A "flag" & <more>')
    status = await client.say("Look", media_ids=[media["id"]], **more)
    text = (await home.get(f"/@ada/{status['id']}")).text
    assert "A &#34;flag&#34; &amp; &lt;more&gt;" in text
    assert media["url"] in text
    assert ("<img" in text and media["preview_url"] in text) is (f'src="{media["preview_url"]}"' in text)
    return text


async def test_a_picture_is_seen(home: RunningHub, ada: Actor) -> None:
    text = await page_with(home, await client_for(home, ada))
    assert text.count("/media/") == 2


async def test_what_is_sensitive_is_seen_by_who_asks_for_it(home: RunningHub, ada: Actor) -> None:
    client = await client_for(home, ada)
    assert "Picture on hub.test" in await page_with(home, client, sensitive=True)
    warned = await page_with(home, client, spoiler_text="Bright colours")
    assert "<details" in warned
    assert "Picture on hub.test" not in warned


async def test_a_sound_is_a_link(home: RunningHub, ada: Actor) -> None:
    text = await page_with(home, await client_for(home, ada), content=MP3)
    assert "on hub.test</b>" in text


async def test_pages_may_show_pictures_of_their_own_origin(database_url: str, resolver: TestResolver) -> None:
    async with running_hub(database_url, resolver, media_url="http://media.test") as home:
        policy = (await home.get("/")).headers["Content-Security-Policy"]
        assert "img-src 'self' http://media.test;" in policy
