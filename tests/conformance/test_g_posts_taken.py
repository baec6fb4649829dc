"""Posts: which are taken. Rows G1 to G10 and G12; G11 and G13 are in test_g11_threads.py."""

from typing import Any

import pytest

from storage.notifications import NotificationKind
from storage.paging import Window
from storage.posts import Audience
from storage.received import ReceivedState
from storage.views.timelines import list_home
from tests.conformance.conftest import Scene
from tests.support.peer import PUBLIC
from tests.support.speech import at, sees, spoken_to, status_of
from tests.support.stories import actor_of, answer_to, post_of, told, verdict


async def test_g1_a_post_of_somebody_followed_is_stored_and_in_the_home_timeline(scene: Scene) -> None:
    await scene.ada_follows_rosa()
    stored = await scene.hears_note("<p>News</p>")
    assert stored is not None
    home = await scene.home.hub.database.read(lambda session: list_home(session, scene.ada.id, window=Window()))
    assert stored.id in [each.id for each in home]


async def test_g2_a_strangers_answer_is_stored_in_its_thread_and_told(scene: Scene) -> None:
    answer = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "fine")
    await scene.hears(scene.peer.create(answer, by=scene.rosa))
    stored = await post_of(scene.home, answer["id"])
    assert stored is not None
    assert (stored.in_reply_to_id, stored.conversation_id) == (scene.post.id, scene.post.conversation_id)
    assert await told(scene.home, scene.ada) == [NotificationKind.MENTION]


async def test_g2_an_answer_that_addresses_nobody_here_is_stored_as_well(scene: Scene) -> None:
    stored = await scene.hears_note(inReplyTo=scene.post.uri)
    assert stored is not None
    assert stored.in_reply_to_id == scene.post.id
    assert await told(scene.home, scene.ada) == [NotificationKind.MENTION]


@pytest.mark.parametrize("field", ["to", "cc"])
async def test_g3_a_post_addressed_to_somebody_here_is_stored(scene: Scene, field: str) -> None:
    addressing: dict[str, Any] = {"to": [PUBLIC], "cc": [scene.rosa.followers]}
    addressing[field] = [*addressing[field], scene.ada.uri]
    assert await scene.hears_note(**addressing) is not None


@pytest.mark.parametrize("type_", ["Note", "Article", "Video"])
async def test_g4_a_strangers_post_that_concerns_nobody_here_is_dropped(scene: Scene, type_: str) -> None:
    before = await scene.rows()
    assert await scene.hears_note("<p>Buy this</p>", type=type_) is None
    after = await scene.rows()
    assert {**after, "actors": 0} == {**before, "actors": 0}


async def test_g5_a_post_whose_id_lies_on_another_host_is_dropped(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, id="http://elsewhere.test/notes/1", **spoken_to(scene.ada, scene.rosa))
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is None
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "object_elsewhere")


async def test_g5_a_post_whose_id_lies_here_is_dropped(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, "<p>Forged</p>", **spoken_to(scene.ada, scene.rosa)) | {"id": scene.post.uri}
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    assert (await scene.home.post(scene.post.id)).content_html == scene.post.content_html


async def test_g6_a_known_id_is_not_stored_twice(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, "<p>One</p>", **spoken_to(scene.ada, scene.rosa))
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    before = await scene.rows()
    await scene.hears(scene.peer.create(note | {"content": "<p>Two</p>"}, by=scene.rosa))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.content_html == "<p>One</p>"
    assert await scene.rows() == before


async def test_g6_a_known_id_gets_no_other_author(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, "<p>One</p>", **spoken_to(scene.ada, scene.rosa))
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    eve = scene.peer.add_actor("eve")
    stolen = note | {"attributedTo": eve.uri, "content": "<p>Mine</p>"}
    await scene.hears(scene.peer.create(stolen, by=eve), by=eve)
    stored, rosa = await post_of(scene.home, note["id"]), await actor_of(scene.home, scene.rosa)
    assert stored is not None
    assert rosa is not None
    assert (stored.author_id, stored.content_html) == (rosa.id, "<p>One</p>")


async def test_g7_an_id_that_its_author_deleted_never_comes_back(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, **spoken_to(scene.ada, scene.rosa))
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    await scene.hears(scene.peer.activity(scene.rosa, "Delete", note["id"]))
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is None
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "deleted_before")


async def test_g8_a_post_given_by_its_address_is_fetched_from_its_host(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, "<p>Fetched</p>", **spoken_to(scene.ada, scene.rosa))
    await scene.hears(scene.peer.activity(scene.rosa, "Create", note["id"], to=note["to"], cc=note["cc"]))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.content_html == "<p>Fetched</p>"


async def test_g8_a_post_for_few_that_is_given_by_its_address_is_fetched_in_their_name(scene: Scene) -> None:
    """activitypub-bot 0.51 embeds nothing, and shows what is for few to nobody else, our server's actor included."""
    note = scene.peer.note(scene.rosa, "<p>For you</p>", to=[scene.ada.uri], cc=[])
    scene.peer.show_only(note["id"], scene.ada.uri)
    await scene.hears(scene.peer.activity(scene.rosa, "Create", note["id"], to=note["to"]))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.audience is Audience.MENTIONED
    assert not await sees(scene.home, stored, None)


async def test_g8_a_post_on_another_host_than_its_sender_is_not_fetched(scene: Scene) -> None:
    uri = "http://elsewhere.test/notes/1"
    await scene.hears(scene.peer.activity(scene.rosa, "Create", uri, to=[PUBLIC], cc=[scene.ada.uri]))
    assert await post_of(scene.home, uri) is None
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "object_elsewhere")


async def test_g9_of_several_authors_the_first_counts(scene: Scene) -> None:
    eve = scene.peer.add_actor("eve")
    for authors, is_taken in (([scene.rosa.uri, eve.uri], True), ([eve.uri, scene.rosa.uri], False)):
        stored = await scene.hears_note(attributedTo=authors, **spoken_to(scene.ada, scene.rosa))
        assert (stored is not None) is is_taken


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ({}, None),
        ({"id": "http://peer.test/notes/other"}, "origin_mismatch"),
        ({"attributedTo": "http://elsewhere.test/users/rosa"}, "author_elsewhere"),
    ],
)
async def test_g9_a_fetched_post_that_lies_about_id_or_author_is_refused(
    scene: Scene, lie: dict[str, Any], reason: str | None
) -> None:
    """Somebody who is followed here boosts it, or nobody would look; without a lie it is taken."""
    await scene.ada_follows_rosa()
    note = scene.peer.note(scene.rosa, id="http://peer.test/notes/1")
    scene.peer.objects[note["id"]] = note | lie
    scene.peer.serve("/notes/other", note | {"id": "http://peer.test/notes/third"})
    before = await scene.rows()
    await scene.hears(scene.peer.activity(scene.rosa, "Announce", note["id"], to=[PUBLIC], cc=[scene.ada.uri]))
    assert scene.peer.seen("/notes/1")
    assert (await verdict(scene.home))[1] == reason
    assert (await scene.rows())["posts"] - before["posts"] == (0 if lie else 1)


async def test_g10_a_post_that_is_fetched_again_is_read_as_an_update(scene: Scene) -> None:
    """Somebody forwards what Rosa did; not believed, it makes us look at Rosa's server once more."""
    note = scene.peer.note(scene.rosa, "<p>One</p>", **at(-60), **spoken_to(scene.ada, scene.rosa))
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    eve = scene.peer.add_actor("eve")
    for text, minutes in (("Three", -10), ("Two", -30)):
        scene.peer.objects[note["id"]] = note | {"content": f"<p>{text}</p>"} | at(minutes, "updated")
        forwarded = scene.peer.activity(scene.rosa, "Update", note | {"content": "<p>Forged</p>"})
        await scene.hears(forwarded, by=eve)
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.content_html == "<p>Three</p>", "the newer one, which came first"


TITLED = {"name": "A bridge is built", "summary": "<p>Five <em>years</em> of work</p>", "content": "<p>The text.</p>"}


@pytest.mark.parametrize("type_", ["Video", "Audio", "Event", "Article", "Page", "Image"])
async def test_g12_what_is_no_note_shows_title_summary_and_link(scene: Scene, type_: str) -> None:
    stored = await scene.hears_note(type=type_, **TITLED, **spoken_to(scene.ada, scene.rosa))
    assert stored is not None
    status = await status_of(scene.home, stored)
    for part in ("<strong>A bridge is built</strong>", "Five <em>years</em> of work", f'href="{stored.url}"'):
        assert part in status["content"]
    assert (status["spoiler_text"], status["sensitive"]) == ("", False)
    assert stored.title == "A bridge is built"


async def test_g12_peertubes_video_has_its_file_and_its_page(scene: Scene) -> None:
    """PeerTube 6 (`shared/models/activitypub`): Markdown, an author beside a channel, and a Link for each size."""
    files = [
        {"type": "Link", "mediaType": "text/html", "href": "http://peer.test/w/1"},
        {"type": "Link", "mediaType": "application/x-mpegURL", "href": "http://peer.test/1.m3u8", "tag": [
            {"type": "Link", "mediaType": "video/mp4", "href": f"http://peer.test/1-{height}.mp4", "height": height}
            for height in (1080, 720, 240)
        ]},
        {"type": "Link", "mediaType": "application/x-bittorrent;x-scheme-handler/magnet", "href": "magnet:?xt=1"},
    ]  # fmt: skip
    stored = await scene.hears_note(
        "We **built** it.\n\n<script>x</script>",
        type="Video",
        name="The film",
        mediaType="text/markdown",
        language={"identifier": "fr", "name": "French"},
        url=files,
        icon=[{"type": "Image", "url": "http://peer.test/1.jpg", "mediaType": "image/jpeg"}],
        attributedTo=[
            {"type": "Person", "id": scene.rosa.uri},
            {"type": "Group", "id": "http://peer.test/video-channels/films"},
        ],
        **spoken_to(scene.ada, scene.rosa),
    )
    assert stored is not None
    status = await status_of(scene.home, stored)
    assert "<strong>built</strong>" in status["content"]
    assert "<script>" not in status["content"]
    assert (status["url"], status["language"]) == ("http://peer.test/w/1", "fr")
    (film,) = status["media_attachments"]
    assert (film["type"], film["url"], film["preview_url"]) == (
        "video",
        "http://peer.test/1-720.mp4",
        "http://peer.test/1.jpg",
    )


async def test_g12_mobilizons_event_has_time_and_place(scene: Scene) -> None:
    stored = await scene.hears_note(
        "<p>Come all</p>",
        type="Event",
        name="Opening",
        startTime="2027-02-12T14:08:20+01:00",
        endTime="2027-02-12T16:00:00+01:00",
        location={
            "type": "Place",
            "name": "Town hall",
            "address": {"type": "PostalAddress", "streetAddress": "Main street 1", "addressLocality": "Bridges"},
        },
        **spoken_to(scene.ada, scene.rosa),
    )
    assert stored is not None
    assert "12 February 2027, 14:08 (UTC+01:00) – 16:00" in stored.content_html
    assert "Town hall, Main street 1, Bridges" in stored.content_html
    assert "Come all" in stored.content_html


@pytest.mark.parametrize("odd", [{"startTime": 7, "location": [None, 3]}, {"location": "Online"}, {"endTime": "x"}])
async def test_g12_an_odd_event_is_shown_as_far_as_it_can_be(scene: Scene, odd: dict[str, Any]) -> None:
    assert await scene.hears_note(type="Event", name="Odd", **odd, **spoken_to(scene.ada, scene.rosa)) is not None


async def test_g12_an_image_is_its_own_attachment(scene: Scene) -> None:
    stored = await scene.hears_note(
        "",
        type="Image",
        name="A bridge",
        url=[
            {"type": "Link", "mediaType": "text/html", "href": "http://peer.test/p/1"},
            {"type": "Link", "mediaType": "image/png", "href": "http://peer.test/1.png"},
        ],
        **spoken_to(scene.ada, scene.rosa),
    )
    assert stored is not None
    (picture,) = (await status_of(scene.home, stored))["media_attachments"]
    assert (picture["type"], picture["url"], picture["description"]) == (
        "image",
        "http://peer.test/1.png",
        "A bridge",
    )


async def test_g12_lemmys_page_leads_to_what_it_is_about(scene: Scene) -> None:
    """Lemmy 0.19: the link is an attachment, the preview picture an `image`."""
    stored = await scene.hears_note(
        "<p>Worth reading</p>",
        type="Page",
        name="On bridges",
        mediaType="text/html",
        attachment=[{"type": "Link", "href": "https://news.example/bridges"}],
        image={"type": "Image", "url": "http://peer.test/thumb.png"},
        language={"identifier": "de", "name": "Deutsch"},
        **spoken_to(scene.ada, scene.rosa),
    )
    assert stored is not None
    status = await status_of(scene.home, stored)
    assert 'href="https://news.example/bridges"' in status["content"]
    assert [each["url"] for each in status["media_attachments"]] == ["http://peer.test/thumb.png"]
    assert status["language"] == "de"


async def test_g12_a_long_article_shows_its_short_form(scene: Scene) -> None:
    """WordPress and Ghost 6: the whole article, and a Note for who shows no articles (FEP-b2b8)."""
    stored = await scene.hears_note(
        "<p>" + "The whole story. " * 500 + "</p>",
        type="Article",
        name="On bridges",
        preview={"type": "Note", "content": "<p>The short story.</p>"},
        image="http://peer.test/head.jpg",
        **spoken_to(scene.ada, scene.rosa),
    )
    assert stored is not None
    assert "The short story." in stored.content_html
    assert "The whole story." not in stored.content_html
    assert f'href="{stored.url}"' in stored.content_html


async def test_g12_a_note_with_a_title_has_no_content_warning(scene: Scene) -> None:
    stored = await scene.hears_note("<p>The text</p>", name="A title", **spoken_to(scene.ada, scene.rosa))
    assert stored is not None
    assert (stored.content_warning, stored.sensitive) == ("", False)
    assert stored.content_html == "<p><strong>A title</strong></p><p>The text</p>"
