"""What our posts look like on the wire: rows K1 to K8."""

from typing import Any

import pytest

from fedihub.services.resolving import resolve_handle
from storage.posts import Audience, PostKind
from tests.conformance.conftest import Scene
from tests.support.peer import PUBLIC
from tests.support.stories import answer_to, follows, post_of


async def sent(scene: Scene, text: str, **more: Any) -> dict[str, Any]:
    """Ada says something; gives the Create that reaches Rosa, who follows her."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    post = await scene.home.say(scene.ada, text, **more)
    await scene.home.drain()
    return await scene.peer.wait_for(
        lambda activity: activity["type"] == "Create" and activity["object"]["id"] == post.uri
    )


async def test_k1_a_projects_update_is_a_note_with_all_of_its_text(scene: Scene) -> None:
    bench = await scene.home.project("bench", founder=scene.ada)
    await follows(scene.peer, scene.rosa, scene.home, bench)
    post = await scene.home.say(
        bench, "The bench stands\n\nIt took a week.", kind=PostKind.UPDATE, writer_id=scene.ada.id
    )
    await scene.home.drain()
    note = (await scene.peer.wait_for(lambda activity: activity["type"] == "Create"))["object"]
    assert (note["id"], note["type"], note["attributedTo"]) == (post.uri, "Note", bench.uri)
    assert note["content"] == "<p>The bench stands</p><p>It took a week.</p>"
    assert not {"name", "summary"} & set(note)


async def test_k2_every_object_is_served_at_its_id(scene: Scene) -> None:
    note = (await sent(scene, "Hello"))["object"]
    assert note["id"].startswith("http://hub.test/")
    assert "#" not in note["id"]
    assert note["attributedTo"] == scene.ada.uri
    served = await scene.home.document(note["id"])
    words = ("id", "type", "attributedTo", "published", "to", "cc", "url", "content")
    assert {word: served[word] for word in words} == {word: note[word] for word in words}
    assert (await scene.home.get(note["url"], accept="text/html")).status == 200


async def test_k3_for_everybody(scene: Scene) -> None:
    create = await sent(scene, "Hello")
    for document in (create, create["object"]):
        assert (document["to"], document["cc"]) == ([PUBLIC], [scene.ada.followers_url])


async def test_k3_quietly(scene: Scene) -> None:
    note = (await sent(scene, "Hello", audience=Audience.QUIET))["object"]
    assert (note["to"], note["cc"]) == ([scene.ada.followers_url], [PUBLIC])


async def test_k4_for_followers(scene: Scene) -> None:
    create = await sent(scene, "Hello", audience=Audience.FOLLOWERS)
    for document in (create, create["object"]):
        assert (document["to"], document["cc"]) == ([scene.ada.followers_url], [])


async def test_k5_who_is_mentioned_is_addressed_and_tagged(scene: Scene) -> None:
    note = (await sent(scene, "Look, @rosa@peer.test"))["object"]
    assert scene.rosa.uri in note["to"] + note["cc"]
    assert {"type": "Mention", "href": scene.rosa.uri, "name": "@rosa@peer.test"} in note["tag"]


async def test_k5_who_is_answered_is_addressed_and_tagged(scene: Scene) -> None:
    reply = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "Hi")
    await scene.hears(scene.peer.create(reply, by=scene.rosa))
    parent = await post_of(scene.home, reply["id"])
    assert parent is not None
    note = (await sent(scene, "Thank you", in_reply_to_id=parent.id))["object"]
    assert note["inReplyTo"] == reply["id"]
    assert scene.rosa.uri in note["to"] + note["cc"]
    assert {"type": "Mention", "href": scene.rosa.uri, "name": "@rosa@peer.test"} in note["tag"]


async def test_k6_a_mention_leads_to_the_page(scene: Scene) -> None:
    rosa = await resolve_handle(scene.home.hub, "@rosa@peer.test")
    note = (await sent(scene, "Look, @rosa@peer.test"))["object"]
    assert rosa.url == "http://peer.test/@rosa"
    assert (
        f'<span class="h-card" translate="no"><a href="{rosa.url}" class="u-url mention">@<span>rosa</span></a></span>'
        in note["content"]
    )


async def test_k7_a_hashtag(scene: Scene) -> None:
    note = (await sent(scene, "About #Oak and #oak"))["object"]
    assert (
        '<a href="http://hub.test/tags/oak" class="mention hashtag" rel="tag">#<span>Oak</span></a>' in note["content"]
    )
    assert note["tag"] == [{"type": "Hashtag", "href": "http://hub.test/tags/oak", "name": "#Oak"}]


@pytest.mark.parametrize("language", ["de", "pt-BR"])
async def test_k8_a_language_that_is_known(scene: Scene, language: str) -> None:
    note = (await sent(scene, "Hallo", language=language))["object"]
    assert note["contentMap"] == {language: note["content"]}


async def test_k8_a_language_that_is_not_known(scene: Scene) -> None:
    assert "contentMap" not in (await sent(scene, "Hallo"))["object"]


async def test_k2_no_attachments_are_an_empty_list(scene: Scene) -> None:
    assert (await sent(scene, "Hello"))["object"]["attachment"] == []
