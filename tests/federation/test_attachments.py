"""Files beside a post, and files that the post itself is."""

from typing import Any

import pytest

from federation.vocabulary.attachments import Attachment, read_attachments, read_linked_pages

BASE = "https://v.example"


def read(type_: str = "Note", **document: Any) -> tuple[Attachment, ...]:
    return read_attachments(document, type_=type_)


def link(name: str, media_type: str, **more: Any) -> dict[str, Any]:
    return {"type": "Link", "mediaType": media_type, "href": f"{BASE}/{name}"} | more


def test_each_file_once_in_its_order() -> None:
    urls = [f"{BASE}/{name}" for name in "abab"]
    assert [each.url for each in read(attachment=[{"type": "Image", "url": url} for url in urls])] == urls[:2]


@pytest.mark.parametrize(
    ("heights", "chosen"), [((1080, 720, 240), 720), ((2160, 1080), 1080), ((360, 240), 360), ((480,), 480)]
)
def test_of_a_film_in_many_sizes_one_is_chosen(heights: tuple[int, ...], chosen: int) -> None:
    files = [link(f"{height}.mp4", "video/mp4", height=height) for height in heights]
    (film,) = read("Video", url=[link("page", "text/html"), *files], name="Film")
    assert (film.url, film.alt, film.type) == (f"{BASE}/{chosen}.mp4", "Film", "Video")


def test_films_below_a_playlist_are_found() -> None:
    playlist = link(
        "1.m3u8", "application/x-mpegURL", tag=[link("1.mp4", "video/mp4", height=480), {"type": "Infohash"}]
    )
    assert [each.url for each in read("Video", url=[playlist])] == [f"{BASE}/1.mp4"]


def test_a_film_without_a_file_has_none() -> None:
    assert read("Video", url=[link("page", "text/html"), link("x", "application/x-bittorrent")]) == ()


@pytest.mark.parametrize("type_", ["Audio", "Image"])
def test_a_file_by_its_plain_address(type_: str) -> None:
    (file,) = read(type_, url=f"{BASE}/1", mediaType=f"{type_.lower()}/x")
    assert file.url == f"{BASE}/1"


@pytest.mark.parametrize("image", [f"{BASE}/1.jpg", {"type": "Image", "url": f"{BASE}/1.jpg"}, [f"{BASE}/1.jpg"]])
def test_an_article_without_files_has_its_picture(image: Any) -> None:
    assert [each.url for each in read("Article", image=image)] == [f"{BASE}/1.jpg"]
    assert [each.url for each in read("Article", image=image, attachment={"url": f"{BASE}/2"})] == [f"{BASE}/2"]
    assert read("Note", image=image) == ()


@pytest.mark.parametrize("image", [None, 7, [], {}, {"url": 7}, "javascript:x", [None]])
def test_an_odd_picture_is_none(image: Any) -> None:
    assert read("Article", image=image) == ()


def test_links_and_fields_are_no_files() -> None:
    listed = [{"type": "Link", "href": f"{BASE}/a"}, {"type": "PropertyValue", "name": "x", "url": f"{BASE}/b"}]
    assert read(attachment=listed) == ()
    assert read_linked_pages({"attachment": [*listed, None, {"type": "Link", "href": "javascript:x"}]}) == (
        f"{BASE}/a",
    )


@pytest.mark.parametrize(
    ("said", "read_as"),
    [
        ("image/png", "image/png"),
        ("image/svg+xml; charset=utf-8", "image/svg+xml"),
        ("image/\u0001png", None),
        ("image/png\uffff", None),
        ("image/\u0660", None),
        ("image", None),
        ("<b>", None),
        (7, None),
    ],
)
def test_what_is_no_media_type_is_none(said: Any, read_as: str | None) -> None:
    (file,) = read(attachment=[{"type": "Document", "url": f"{BASE}/a", "mediaType": said}])
    assert file.media_type == read_as


@pytest.mark.parametrize(
    ("blurhash", "is_taken"),
    [
        ("LEHV6nWB2yk8pyo0adR*.7kCMdnj", True),
        ("LEHV6nWB2yk8pyo0adR*.7kCMdn", False),
        ("00TSUA", True),
        ("~" * 54, False),
        ("", False),
        (7, False),
    ],
)
def test_a_blurhash_is_as_long_as_it_says(blurhash: Any, is_taken: bool) -> None:  # noqa: FBT001
    (file,) = read(attachment={"url": f"{BASE}/1", "blurhash": blurhash})
    assert file.blurhash == (blurhash if is_taken else None)
