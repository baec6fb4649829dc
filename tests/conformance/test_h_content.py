"""Posts: what they say. Rows H7 to H13, H19, H20 and H21."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conformance.conftest import Scene
from tests.support.speech import at, spoken_to, status_of
from tests.support.stories import actor_of


async def said(scene: Scene, content: Any = "<p>Hello</p>", *, tag: Any = (), **extra: Any) -> dict[str, Any]:
    """What apps show of a post of Rosa's, which must have been stored."""
    stored = await scene.hears_note(content, **spoken_to(scene.ada, scene.rosa, tag=tag), **extra)
    assert stored is not None
    return await status_of(scene.home, stored)


async def test_h7_the_first_of_a_map_stands_for_missing_content(scene: Scene) -> None:
    status = await said(scene, None, contentMap={"fr": "<p>Bonjour</p>", "en": "<p>Hello</p>"})
    assert (status["content"], status["language"]) == ("<p>Bonjour</p>", "fr")


async def test_h7_the_language_is_that_of_the_text_that_is_shown(scene: Scene) -> None:
    status = await said(scene, "<p>Hello</p>", contentMap={"fr": "<p>Bonjour</p>", "en": "<p>Hello</p>"})
    assert (status["content"], status["language"]) == ("<p>Hello</p>", "en")


@pytest.mark.parametrize("odd", [{}, [], "en", {"en": None, "de": "<p>Hallo</p>"}, {"1": "x"}, {"en": ["x"]}])
async def test_h7_an_odd_map_does_not_cost_the_post(scene: Scene, odd: Any) -> None:
    assert (await said(scene, "<p>Hello</p>", contentMap=odd))["content"] == "<p>Hello</p>"


async def test_h8_a_summary_on_a_note_is_a_content_warning(scene: Scene) -> None:
    status = await said(scene, summary="a broken bridge")
    assert (status["spoiler_text"], status["sensitive"]) == ("a broken bridge", True)


async def test_h8_pages_fold_the_text_behind_the_warning(scene: Scene) -> None:
    await scene.hears_note("<p>It fell</p>", summary="a broken bridge", inReplyTo=scene.post.uri)
    page = (await scene.home.get(f"/@ada/{scene.post.id}")).text
    assert page.index("<summary") < page.index("a broken bridge") < page.index("It fell") < page.index("</details>")


@pytest.mark.parametrize(
    "published", [None, "nonsense", "-0400-01-01T00:00:00Z", "10000-01-01T00:00:00Z", 7, "9999-12-31T23:59:59Z"]
)
async def test_h9_an_absurd_or_missing_date_is_now(scene: Scene, published: Any) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    status = await said(scene, published=published)
    assert before <= datetime.fromisoformat(status["created_at"]) <= datetime.now(UTC)


async def test_h10_edited_is_what_was_updated_later_than_published(scene: Scene) -> None:
    published = at(-60)["published"]
    status = await said(scene, published=published, updated=published)
    assert status["edited_at"] is None
    status = await said(scene, published=published, **at(-50, "updated"))
    assert status["edited_at"] is not None


async def test_h11_attachments_come_with_address_description_and_order(scene: Scene) -> None:
    files = [
        {"type": "Document", "mediaType": "image/png", "url": "http://peer.test/1.png", "name": "One"},
        {"type": "Image", "mediaType": "image/jpeg", "url": "http://peer.test/2.jpg", "summary": "Two", "name": "no"},
        {"type": "Video", "mediaType": "video/mp4", "url": [{"type": "Link", "href": "http://peer.test/3.mp4"}]},
        {"type": "Audio", "mediaType": "audio/ogg", "url": "http://peer.test/4.ogg", "icon": {"url": "http://peer.test/4.png"}},
    ]  # fmt: skip
    found = (await said(scene, attachment=files))["media_attachments"]
    assert [(each["type"], each["url"], each["description"]) for each in found] == [
        ("image", "http://peer.test/1.png", "One"),
        ("image", "http://peer.test/2.jpg", "Two"),
        ("video", "http://peer.test/3.mp4", None),
        ("audio", "http://peer.test/4.ogg", None),
    ]
    assert found[3]["preview_url"] == "http://peer.test/4.png"


async def test_h11_focal_point_measures_and_blurhash_are_told(scene: Scene) -> None:
    blurhash = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"
    picture = {"type": "Image", "mediaType": "image/png", "url": "http://peer.test/1.png", "blurhash": blurhash}
    (found,) = (await said(scene, attachment=picture | {"width": 4, "height": 2, "focalPoint": [0.5, -1]}))[
        "media_attachments"
    ]
    assert (found["blurhash"], found["meta"]["focus"]) == (blurhash, {"x": 0.5, "y": -1.0})
    assert found["meta"]["original"]["aspect"] == 2


@pytest.mark.parametrize(
    "odd",
    [
        {"focalPoint": [5, 0]},
        {"focalPoint": "left"},
        {"focalPoint": [None, None]},
        {"blurhash": "<script>"},
        {"blurhash": "L"},
        {"blurhash": 7},
        {"icon": 7},
        {"icon": [{"url": "javascript:x"}]},
        {"width": -1, "height": "x"},
        {"mediaType": None},
    ],
)
async def test_h12_odd_properties_of_an_attachment_are_ignored(scene: Scene, odd: dict[str, Any]) -> None:
    picture = {"type": "Image", "mediaType": "image/png", "url": "http://peer.test/1.png"} | odd
    (found,) = (await said(scene, attachment=[picture]))["media_attachments"]
    assert (found["url"], found["type"], found["blurhash"], found["meta"]) == (
        "http://peer.test/1.png",
        "image",
        None,
        {},
    )


async def test_h12_attachments_without_an_address_are_skipped_and_too_many_cut(scene: Scene) -> None:
    broken = [{"type": "Image"}, {"type": "Image", "url": "javascript:x"}, "x", None, {"type": "Image", "url": 7}]
    good = [{"type": "Image", "url": f"http://peer.test/{number}.png"} for number in range(40)]
    good[0]["name"] = "x" * 20_000
    found = (await said(scene, attachment=[*broken, *good]))["media_attachments"]
    assert [each["url"] for each in found] == [f"http://peer.test/{number}.png" for number in range(8)]
    assert len(found[0]["description"]) == 10_000


BLOB = {"type": "Emoji", "name": ":blob:", "icon": {"type": "Image", "url": "http://peer.test/blob.png"}}


async def test_h13_hashtags_are_shown_and_lead_to_our_pages(scene: Scene) -> None:
    status = await said(scene, tag=[{"type": "Hashtag", "name": "#Bridge", "href": "http://peer.test/tags/bridge"}])
    assert [(each["name"], each["url"]) for each in status["tags"]] == [("bridge", "http://hub.test/tags/bridge")]


async def test_h13_emoji_are_told_with_shortcode_and_address(scene: Scene) -> None:
    status = await said(scene, "<p>Hi :blob:</p>", tag=[BLOB])
    (emoji,) = status["emojis"]
    assert emoji == {
        "shortcode": "blob",
        "url": "http://peer.test/blob.png",
        "static_url": "http://peer.test/blob.png",
        "visible_in_picker": False,
        "category": None,
    }


async def test_h13_emoji_in_the_name_of_an_actor_are_told(scene: Scene) -> None:
    scene.rosa.extra |= {"name": "Rosa :blob:", "tag": [BLOB]}
    account = (await said(scene))["account"]
    assert [(each["shortcode"], each["url"]) for each in account["emojis"]] == [("blob", "http://peer.test/blob.png")]


async def test_h13_pages_show_emoji_as_pictures_of_our_own(scene: Scene) -> None:
    """A page speaks to no third party: the picture is fetched by the hub."""
    scene.peer.serve("/blob.png", b"\x89PNG...", content_type="image/png")
    scene.rosa.extra |= {"name": "Rosa :blob:", "tag": [BLOB]}
    stored = await scene.hears_note('<p>Hi :blob: <a href="http://x.test/:blob:">x</a></p>', inReplyTo=scene.post.uri,
                                    summary="about :blob:", tag=[BLOB])  # fmt: skip
    rosa = await actor_of(scene.home, scene.rosa)
    assert stored is not None
    assert rosa is not None
    page = (await scene.home.get(f"/@ada/{scene.post.id}")).text
    of_post, of_actor = f"/emoji/posts/{stored.id}/blob", f"/emoji/actors/{rosa.id}/blob"
    assert page.count(f'<img class="emoji" src="{of_post}" alt=":blob:"') == 2
    assert f'<img class="emoji" src="{of_actor}" alt=":blob:"' in page
    assert 'href="http://x.test/:blob:"' in page
    for path in (of_post, of_actor):
        picture = await scene.home.get(path)
        assert (picture.status, picture.body) == (200, b"\x89PNG...")
        assert picture.headers["Content-Type"] == "image/png"
    assert len(scene.peer.seen("/blob.png")) == 1, "fetched once for everybody"


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ({"content_type": "image/svg+xml"}, "/blob.png"),
        ({"content_type": "text/html"}, "/blob.png"),
        ({"content_type": "image/png", "status": 404}, "/blob.png"),
        ({"content_type": "image/png"}, "/other.png"),
    ],
)
async def test_h13_what_is_no_picture_is_not_passed_on(scene: Scene, answer: dict[str, Any], path: str) -> None:
    scene.peer.serve(path, b"<svg onload='x'>", **answer)
    stored = await scene.hears_note("<p>:blob:</p>", inReplyTo=scene.post.uri, tag=[BLOB])
    assert stored is not None
    assert (await scene.home.get(f"/emoji/posts/{stored.id}/blob")).status == 404
    assert (await scene.home.get(f"/emoji/posts/{stored.id}/blub")).status == 404


@pytest.mark.parametrize(
    "tag",
    [
        {"type": "Hashtag"},
        {"type": "Hashtag", "name": "#"},
        {"type": "Hashtag", "name": 7},
        {"type": "Hashtag", "name": "#two words"},
        {"type": "Emoji", "name": ":blob:"},
        {"type": "Emoji", "icon": {"url": "http://peer.test/1.png"}},
        {"type": "Emoji", "name": ':"><script>:', "icon": {"url": "http://peer.test/1.png"}},
        {"type": "Emoji", "name": ":blob:", "icon": {"url": "javascript:x"}},
        {"type": "Emoji", "name": ":blob:", "icon": 7},
    ],
)
async def test_h13_a_broken_tag_does_not_cost_the_post(scene: Scene, tag: dict[str, Any]) -> None:
    status = await said(scene, tag=[tag, {"type": "Hashtag", "name": "#good"}])
    assert [each["name"] for each in status["tags"]] == ["good"]
    assert status["emojis"] == []


async def test_h19_inlined_counts_are_shown_where_they_are_larger_than_ours(scene: Scene) -> None:
    totals = {
        "likes": {"id": "http://peer.test/l", "type": "Collection", "totalItems": 12},
        "shares": {"type": "OrderedCollection", "totalItems": 3},
    }
    status = await said(scene, **totals)
    assert (status["favourites_count"], status["reblogs_count"]) == (12, 3)


@pytest.mark.parametrize(
    "odd", ["http://peer.test/likes", None, 7, [], {"totalItems": -5}, {"totalItems": "many"}, {"totalItems": None}]
)
async def test_h19_other_forms_of_counts_are_ignored(scene: Scene, odd: Any) -> None:
    status = await said(scene, likes=odd, shares=odd)
    assert (status["favourites_count"], status["reblogs_count"]) == (0, 0)


async def test_h20_html_is_cleaned_to_a_list(scene: Scene) -> None:
    status = await said(
        scene,
        '<p style="x" onclick="x" id="x">Hi <script>alert(1)</script><img src="http://x.test/1.png">'
        '<a href="javascript:alert(1)">js</a> <a href="http://x.test/" class="mention hashtag evil">ok</a>'
        '<span class="invisible ellipsis evil">s</span><iframe src="http://x.test"></iframe></p>',
    )
    content = status["content"]
    for bad in ("script", "alert", "img", "style", "onclick", "id=", "javascript", "evil", "iframe"):
        assert bad not in content
    assert 'class="mention hashtag"' in content
    assert 'class="invisible ellipsis"' in content


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<a>bare</a>", "bare"),
        ('<a href="unknown:x">u</a>', "u"),
        ('<a href="/about">relative</a>', "relative"),
        ('<a href=" javascript:alert(1)">b</a>', "b"),
    ],
)
async def test_h21_strange_links_become_text(scene: Scene, html: str, expected: str) -> None:
    content = (await said(scene, f"<p>{html}</p>"))["content"]
    assert expected in content
    assert "href" not in content


async def test_h21_headings_lists_and_ruby_become_what_can_be_shown(scene: Scene) -> None:
    content = (
        await said(
            scene,
            '<h1>One</h1><h6>Six</h6><ol start="3"><li value="4">a</li></ol><ruby>漢<rp>(</rp><rt>kan</rt></ruby>'
            "<table><tr><td>cell</td></tr></table>",
        )
    )["content"]
    assert content.startswith("<p><strong>One</strong></p><p><strong>Six</strong></p>")
    for part in ('<ol start="3"><li value="4">a</li></ol>', "<rt>kan</rt>", "cell"):
        assert part in content
    assert "table" not in content


MATH = (
    '<math xmlns="http://www.w3.org/1998/Math/MathML"{}><semantics><mrow><mi>x</mi><mo>=</mo><mn>1</mn></mrow>'
    '<annotation encoding="{}">{}</annotation></semantics></math>'
)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (MATH.format("", "application/x-tex", "x = 1"), "$x = 1$"),
        (MATH.format(' display="block"', "application/x-tex", "x = 1"), "$$x = 1$$"),
        (MATH.format("", "text/plain", "x equals 1"), "x equals 1"),
        ("<math><mi>x</mi></math>", ""),
    ],
)
async def test_h21_formulas_become_their_source(scene: Scene, formula: str, expected: str) -> None:
    assert (await said(scene, f"<p>So {formula} it is</p>"))["content"] == f"<p>So {expected} it is</p>"


async def test_h13_object_links_are_kept_and_those_of_ours_are_told(scene: Scene) -> None:
    """FEP-e232: which object a link in the text means."""
    media_type = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
    link = {"type": "Link", "mediaType": media_type, "href": scene.post.uri, "name": "hub.test/1"}
    odd = [{"type": "Link", "href": "http://x.test/1", "mediaType": "text/html"}, link | {"href": "javascript:x"}]
    stored = await scene.hears_note(**spoken_to(scene.ada, scene.rosa, tag=[link, link, *odd]))
    assert stored is not None
    assert stored.links == [{"url": scene.post.uri, "name": "hub.test/1"}]
    ours = await scene.home.say(scene.ada, f"See {stored.uri} and {scene.post.url} and http://x.test/1")
    told = [each for each in (await scene.home.document(ours.uri))["tag"] if each["type"] == "Link"]
    assert told == [
        {"type": "Link", "mediaType": media_type, "href": stored.uri, "name": stored.uri},
        {"type": "Link", "mediaType": media_type, "href": scene.post.uri, "name": scene.post.url},
    ]
