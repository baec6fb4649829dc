"""Uploads: what is taken, what becomes of it, what is refused, and which statuses it can become part of."""

import asyncio
import json
import os
import resource
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData

from fedihub.api.v1 import media
from fedihub.clock import ManualClock
from fedihub.media import workshop
from fedihub.media.workshop import PROGRAM
from fedihub.services import media as service
from fedihub.services.lives import end_actor, suspend_actor, unsuspend_actor
from fedihub.workers.housekeeping import tidy
from storage.media import attach_media, drop_loose_media
from tests.support.client import ApiClient, client_for
from tests.support.entities import check
from tests.support.hub import Answer, RunningHub, running_hub
from tests.support.pictures import (
    FLAC,
    M4A,
    MP3,
    MP4,
    OGG,
    SECRET,
    WAV,
    WEBM,
    animation,
    form,
    photograph,
    picture,
    pixel,
    promised,
    seen,
    send,
    upload,
)
from tests.support.resolver import TestResolver


@pytest.fixture
async def ada(home: RunningHub) -> ApiClient:
    return await client_for(home, await home.member("ada"))


def on_disk(home: RunningHub) -> list[Path]:
    """All files that the hub keeps."""
    return [place for place in home.hub.settings.media_folder.rglob("*") if place.is_file()]


async def test_a_picture_is_made_anew_and_served(home: RunningHub, ada: ApiClient) -> None:
    answer = await send(ada, picture(size=(1600, 900)), description="Red and blue", focus="0.5,-0.25")
    assert answer.status == 200
    shown = answer.json()
    check(shown, "MediaAttachment")
    assert (shown["type"], shown["description"], shown["remote_url"]) == ("image", "Red and blue", None)
    assert shown["meta"]["original"] == {"width": 1600, "height": 900, "size": "1600x900", "aspect": 1600 / 900}
    assert (shown["meta"]["small"]["width"], shown["meta"]["focus"]) == (640, {"x": 0.5, "y": -0.25})
    assert shown["blurhash"]
    original, preview = await home.get(shown["url"]), await home.get(shown["preview_url"])
    assert seen(original.body).size == (1600, 900)
    assert seen(preview.body).size == (640, 360)
    assert len(on_disk(home)) == 2


async def test_a_file_can_do_nothing_where_it_is_opened(home: RunningHub, ada: ApiClient) -> None:
    attachment = await upload(ada)
    answer = await home.get(attachment["url"], accept="application/activity+json, text/html;q=0.9")
    name = attachment["url"].rpartition("/")[2]
    wanted = {
        "Content-Type": "image/jpeg",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f'inline; filename="{name}"',
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "private, max-age=31536000, immutable",
    }
    assert {header: answer.headers[header] for header in wanted} == wanted


async def test_parts_and_repeated_requests(home: RunningHub, ada: ApiClient) -> None:
    url = (await upload(ada, MP4))["url"]
    whole = await home.get(url)
    assert (whole.status, whole.body, whole.headers["Content-Type"]) == (200, MP4, "video/mp4")
    part = await home.get(url, headers={"Range": "bytes=4-11"})
    assert (part.status, part.body) == (206, b"ftypisom")
    assert part.headers["Content-Range"] == f"bytes 4-11/{len(MP4)}"
    assert (await home.get(url, headers={"If-None-Match": whole.headers["ETag"]})).status == 304
    assert (await home.request("HEAD", url)).headers["Content-Length"] == str(len(MP4))
    assert (await home.request("OPTIONS", url)).status == 204


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"Range": "bytes=999999-"}, 416),
        ({"Range": "garbage"}, 416),
        ({"If-Match": '"x"'}, 412),
        ({"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 412),
    ],
)
async def test_no_cache_keeps_what_is_not_the_file(
    home: RunningHub, ada: ApiClient, asked: dict[str, str], status: int
) -> None:
    """Or one odd request would take a file away from everybody behind the same cache."""
    attachment = await upload(ada, MP4)
    await ada.say("Look", media_ids=[attachment["id"]])
    answer = await home.get(attachment["url"], headers=asked)
    assert (answer.status, answer.headers["Cache-Control"]) == (status, "no-store")
    assert (await home.get(attachment["url"])).headers["Cache-Control"].startswith("public")


@pytest.mark.parametrize(
    ("content", "kind", "media_type"),
    [
        (MP4, "video", "video/mp4"),
        (WEBM, "video", "video/webm"),
        (MP3, "audio", "audio/mpeg"),
        (OGG, "audio", "audio/ogg"),
        (FLAC, "audio", "audio/flac"),
        (WAV, "audio", "audio/wav"),
        (M4A, "audio", "audio/mp4"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_films_and_sounds_are_kept_as_they_are(
    home: RunningHub, ada: ApiClient, content: bytes, kind: str, media_type: str
) -> None:
    attachment = await upload(ada, content, name="song.html", type="text/html")
    assert (attachment["type"], attachment["preview_url"], attachment["meta"]) == (kind, None, {})
    answer = await home.get(attachment["url"])
    assert (answer.body, answer.headers["Content-Type"]) == (content, media_type)


@pytest.mark.parametrize(
    ("format", "media_type"),
    [("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/png"), ("AVIF", "image/webp")],
)
async def test_a_picture_is_what_it_is_whatever_it_is_called(
    home: RunningHub, ada: ApiClient, format: str, media_type: str
) -> None:
    attachment = await upload(ada, picture(format), name="../../etc/index.html", type="text/html")
    answer = await home.get(attachment["url"])
    assert (answer.headers["Content-Type"], seen(answer.body).size) == (media_type, (120, 80))
    assert pixel(answer.body, (0.1, 0.5))[0] > 200


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1", "LA", "CMYK"])
async def test_pictures_of_every_mode_are_taken(home: RunningHub, ada: ApiClient, mode: str) -> None:
    from PIL import Image

    source = seen(picture("PNG")).convert(mode)
    place = home.hub.settings.data_dir / "source"
    source.save(place, format="JPEG" if mode == "CMYK" else "PNG")
    assert isinstance(source, Image.Image)
    assert (await home.get((await upload(ada, place.read_bytes()))["preview_url"])).status == 200


async def test_nothing_remains_of_where_a_photograph_was_taken(home: RunningHub, ada: ApiClient) -> None:
    source = photograph()
    assert SECRET in source
    attachment = await upload(ada, source + b"<html><script>alert(1)</script>")
    for url in (attachment["url"], attachment["preview_url"]):
        content = (await home.get(url)).body
        assert not {SECRET, b"Exif", b"script"} & {each for each in (SECRET, b"Exif", b"script") if each in content}
        assert dict(seen(content).getexif()) == {}
    assert all(SECRET not in place.read_bytes() for place in on_disk(home))


async def test_a_photograph_stands_the_right_way_up(home: RunningHub, ada: ApiClient) -> None:
    attachment = await upload(ada, photograph(orientation=6))
    assert (attachment["meta"]["original"]["width"], attachment["meta"]["original"]["height"]) == (80, 120)
    content = (await home.get(attachment["url"])).body
    assert pixel(content, (0.5, 0.1))[0] > 200  # what was on the left is above
    assert pixel(content, (0.5, 0.9))[2] > 200


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
async def test_what_moves_goes_on_moving(home: RunningHub, ada: ApiClient, format: str) -> None:
    options: dict[str, Any] = {"comment": SECRET} if format == "GIF" else {}
    attachment = await upload(ada, animation(format, **options))
    content = (await home.get(attachment["url"])).body
    shown = seen(content)
    assert (shown.format, getattr(shown, "n_frames", 1)) == (format, 3)
    assert SECRET not in content
    assert seen((await home.get(attachment["preview_url"])).body).format == "JPEG"


async def test_a_huge_picture_becomes_smaller(ada: ApiClient) -> None:
    original = (await upload(ada, picture("PNG", size=(4000, 3000))))["meta"]["original"]
    assert original["width"] * original["height"] <= 3840 * 2160
    assert original["aspect"] == pytest.approx(4 / 3, rel=0.01)


REFUSED = {
    "too many pixels": (promised(60_000, 60_000), 422),
    "a side that is too long": (promised(20_000, 10), 422),
    "more frames than are taken": (animation(frames=501, size=(2, 2)), 422),
    "too many pixels in motion": (animation(frames=20, size=(2000, 2000)), 422),
    "half of a picture": (picture(size=(800, 600))[:2000], 422),
    "a page that begins like a GIF": (b"GIF89a/*<html><script>alert(1)</script>*/=0", 422),
    "a page that begins like a JPEG": (b"\xff\xd8\xff<html><script>alert(1)</script>", 422),
    "a page": (b"<!doctype html><html><script>alert(1)</script></html>", 415),
    "a drawing with scripts": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 415),
    "a document": (b"%PDF-1.7\n", 415),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n", 415),
    "an object": (b'{"@context": "https://www.w3.org/ns/activitystreams", "type": "Person"}', 415),
    "TIFF": (picture("TIFF"), 415),
    "a bitmap": (picture("BMP"), 415),
    "nothing": (b"", 422),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(home: RunningHub, ada: ApiClient, case: str) -> None:
    content, status = REFUSED[case]
    answer = await send(ada, content)
    assert (answer.status, set(answer.json())) == (status, {"error"}), answer.text
    assert answer.json()["error"].startswith("Validation failed: ")
    assert on_disk(home) == []
    assert await home.hub.database.read(count_media) == 0


async def count_media(session: Any) -> int:
    from tests.support.counting import count_rows

    return (await count_rows(session))["media"]


@pytest.fixture
async def strict(database_url: str, resolver: TestResolver) -> AsyncIterator[RunningHub]:
    """A hub that takes but a megabyte."""
    sizes: dict[str, Any] = {"image_max_megabytes": 1, "video_max_megabytes": 1}
    async with running_hub(database_url, resolver, rate_limit=1_000_000, **sizes) as running:
        yield running


async def test_a_file_that_is_too_large_is_refused(strict: RunningHub) -> None:
    ada = await client_for(strict, await strict.member("ada"))
    answer = await send(ada, MP4 + bytes(1024 * 1024))
    assert (answer.status, answer.json()["error"]) == (413, "Validation failed: File size must be at most 1 MB")
    refused = await send(ada, MP4 + bytes(7 * 1024 * 1024))
    assert refused.status == 413
    assert on_disk(strict) == []
    limits = (await ada.get("/api/v2/instance"))["configuration"]["media_attachments"]
    assert (limits["image_size_limit"], limits["video_size_limit"]) == (1024 * 1024, 1024 * 1024)


async def test_a_picture_may_be_less_large_than_a_film(database_url: str, resolver: TestResolver) -> None:
    async with running_hub(database_url, resolver, image_max_megabytes=1, video_max_megabytes=2) as home:
        ada = await client_for(home, await home.member("ada"))
        more = bytes(1024 * 1024)
        assert [(await send(ada, content + more)).status for content in (MP4, picture())] == [200, 413]


@pytest.fixture
def no_room() -> Iterator[None]:
    """No file of this process may become larger than a megabyte."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * 1024, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("no_room")
async def test_a_disk_that_takes_no_more_asks_for_patience(home: RunningHub, ada: ApiClient) -> None:
    await has_no_room(home, await send(ada, MP4 + bytes(2 * 1024 * 1024)))
    assert (await send(ada, MP4)).status == 200


async def test_a_disk_that_takes_nothing_asks_for_patience(home: RunningHub, ada: ApiClient) -> None:
    """There is a file where the folder for what arrives should be."""
    home.hub.settings.media_folder.mkdir(parents=True)
    arriving = home.hub.settings.media_folder / "arriving"
    arriving.write_text("")
    answer = await send(ada, MP4)
    arriving.unlink()
    await has_no_room(home, answer)


async def has_no_room(home: RunningHub, answer: Answer) -> None:
    """The member is told to come again, and nothing is left."""
    assert answer.status == 503
    assert answer.json() == {"error": "Files can't be taken just now: please try again later"}
    assert int(answer.headers["Retry-After"]) > 0
    assert (on_disk(home), await home.hub.database.read(count_media)) == ([], 0)


@pytest.mark.parametrize("file", ["original.jpg", "preview.jpg", "result.json"])
async def test_a_picture_for_which_there_is_no_room_is_not_called_damaged(
    home: RunningHub, ada: ApiClient, tmp_path: Path, file: str
) -> None:
    program, run = tmp_path / "program.py", f"runpy.run_path({str(PROGRAM)!r}, run_name='__main__')"
    program.write_text(f"import os, runpy\nos.symlink('/dev/full', {file!r})\n{run}\n")
    home.hub.workshop.program = program
    await has_no_room(home, await send(ada, picture()))


async def test_forms_without_a_file_are_refused(ada: ApiClient) -> None:
    for body in ({"json": {"file": "x"}}, {"data": {"description": "x"}}, {}):
        answer = await ada.call("POST", "/api/v2/media", **body)
        assert (answer.status, answer.json()) == (422, {"error": "Validation failed: File can't be blank"})
    broken = {"Content-Type": "multipart/form-data; boundary=xyz"}
    assert (await ada.call("POST", "/api/v2/media", data=b"nonsense", headers=broken)).status in (400, 422)
    head = b'--xyz\r\nContent-Disposition: form-data; name="file"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    encoded = head + b"eA==\r\n--xyz--\r\n"
    assert (await ada.call("POST", "/api/v2/media", data=encoded, headers=broken)).status == 400


@pytest.mark.parametrize(
    "fields",
    [{"focus": "left"}, {"focus": "nan,0"}, {"focus[x]": "1"}, {"a": "1", "a[b]": "2"}, {"description[x]": "2"}],
)
async def test_a_form_that_is_refused_leaves_no_file_behind(
    home: RunningHub, ada: ApiClient, fields: dict[str, str]
) -> None:
    answer = await ada.call("POST", "/api/v2/media", data=form(MP4, "film.mp4", **fields))
    assert answer.status in (400, 422)
    assert on_disk(home) == []


async def test_who_may_upload(home: RunningHub) -> None:
    member = await home.member("ada")
    nobody, reader = ApiClient(home, None), await client_for(home, member, scopes=("read",))
    assert (await send(nobody, picture())).status == 401
    assert (await send(reader, picture())).status == 403
    uploader = await client_for(home, member, scopes=("write:media",))
    assert (await send(uploader, picture())).status == 200


async def test_nobody_uploads_without_end(database_url: str, resolver: TestResolver) -> None:
    async with running_hub(database_url, resolver, rate_limit=50, clock=ManualClock()) as home:
        ada = await client_for(home, await home.member("ada"))
        answers = [await send(ada, MP3) for _ in range(6)]
        assert [answer.status for answer in answers] == [200] * 5 + [429]
        assert answers[0].headers["X-RateLimit-Limit"] == "5"


async def test_what_is_said_of_a_file_can_change_until_it_is_used(ada: ApiClient) -> None:
    path = f"/api/v1/media/{(await upload(ada))['id']}"
    answer = await ada.call("PUT", path, data={"description": "A flag", "focus": "-1,7"})
    assert (answer.json()["description"], answer.json()["meta"]["focus"]) == ("A flag", {"x": -1.0, "y": 1.0})
    assert (await ada.get(path))["description"] == "A flag"
    cleared = await ada.call("PUT", path, json={"description": ""})
    assert (cleared.json()["description"], cleared.json()["meta"]["focus"]["y"]) == (None, 1.0)
    for wrong in ({"description": "x" * 1501}, {"focus": "left"}, {"focus": "nan,0"}):
        assert (await ada.call("PUT", path, json=wrong)).status == 422
    assert (await ada.get(path))["description"] is None


async def test_a_file_that_nobody_needs_is_deleted(home: RunningHub, ada: ApiClient) -> None:
    attachment = await upload(ada)
    assert await ada.delete(f"/api/v1/media/{attachment['id']}") == {}
    assert (await ada.call("GET", f"/api/v1/media/{attachment['id']}")).status == 404
    assert (await home.get(attachment["url"])).status == 404
    assert on_disk(home) == []


async def test_somebody_elses_file_is_not_there(home: RunningHub, ada: ApiClient) -> None:
    attachment = await upload(ada)
    eve = await client_for(home, await home.member("eve"))
    for method in ("GET", "PUT", "DELETE"):
        assert (await eve.call(method, f"/api/v1/media/{attachment['id']}", json={})).status == 404
    answer = await eve.call("POST", "/api/v1/statuses", json={"status": "Mine", "media_ids": [attachment["id"]]})
    refusal = f"Media {attachment['id']} not found or already attached to another post"
    assert (answer.status, answer.json()) == (422, {"error": refusal})
    assert (await ada.get(f"/api/v1/media/{attachment['id']}"))["url"] == attachment["url"]


async def test_a_status_with_files(home: RunningHub, ada: ApiClient) -> None:
    first, second = await upload(ada, description="One"), await upload(ada, picture("PNG"))
    status = await ada.say("", media_ids=[second["id"], first["id"]], sensitive=True)
    assert (status["content"], status["sensitive"]) == ("", True)
    assert status["media_attachments"] == [second, first]
    shared = (await home.get(first["url"])).headers["Cache-Control"]
    assert shared == "public, s-maxage=600, max-age=31536000, immutable"  # it may be deleted
    assert (await home.get("/@ada")).status == 200
    answer = await ada.call("DELETE", f"/api/v1/media/{first['id']}")
    assert (answer.status, answer.json()) == (422, {"error": "Media attachment is currently used by a status"})
    assert (await ada.call("PUT", f"/api/v1/media/{first['id']}", json={"description": "Two"})).status == 404


async def test_files_that_a_status_can_not_have(ada: ApiClient) -> None:
    files = [(await upload(ada, MP3))["id"], *[(await upload(ada))["id"] for _ in range(5)]]
    used = (await ada.say("Used", media_ids=[files[5]]))["media_attachments"][0]["id"]
    poll = {"options": ["a", "b"], "expires_in": 3600}
    cases: list[tuple[list[str], dict[str, Any], str]] = [
        ([*files[1:5], "9"], {}, "Cannot attach more than 4 files"),
        ([used], {}, f"Media {used} not found or already attached to another post"),
        (["77"], {}, "Media 77 not found or already attached to another post"),
        (files[:2], {}, "Cannot attach a video to a post that already contains images"),
        (files[1:2], {"poll": poll}, "Cannot attach files to a post that asks people to choose"),
    ]
    for ids, more, refusal in cases:
        answer = await ada.call("POST", "/api/v1/statuses", json={"status": "x", "media_ids": ids} | more)
        assert (answer.status, answer.json()) == (422, {"error": refusal})
    assert len(await ada.get("/api/v1/timelines/home")) == 1


async def test_the_same_request_again_is_the_same_status(ada: ApiClient) -> None:
    body, key = {"status": "x", "media_ids": [(await upload(ada))["id"]]}, {"Idempotency-Key": "one"}
    first, again = [await ada.call("POST", "/api/v1/statuses", json=body, headers=key) for _ in range(2)]
    assert (again.status, again.json()) == (200, first.json())


async def test_an_edit_changes_files_and_what_is_said_of_them(home: RunningHub, ada: ApiClient) -> None:
    first, second, third = [await upload(ada) for _ in range(3)]
    status = await ada.say("Look", media_ids=[first["id"], second["id"]])
    path = f"/api/v1/statuses/{status['id']}"
    attributes = [{"id": second["id"], "description": "New words", "focus": "0.1,0.2"}]
    edit = {"status": "Look", "media_ids": [second["id"], third["id"]], "media_attributes": attributes}
    edited = (await ada.call("PUT", path, json=edit)).json()
    assert [each["id"] for each in edited["media_attachments"]] == [second["id"], third["id"]]
    assert edited["media_attachments"][0]["description"] == "New words"
    assert edited["media_attachments"][0]["meta"]["focus"] == {"x": 0.1, "y": 0.2}
    history = await ada.get(f"{path}/history")
    assert [len(version["media_attachments"]) for version in history] == [2, 2]
    assert (await home.get(first["url"])).status == 200  # the first version shows it
    bare = (await ada.call("PUT", path, json={"status": "Look"})).json()
    assert bare["media_attachments"] == []
    back = (await ada.call("PUT", path, json={"status": "Look", "media_ids": [first["id"]]})).json()
    assert [each["id"] for each in back["media_attachments"]] == [first["id"]]


@pytest.mark.parametrize("said", [{}, {"description": None, "focus": None}, {"thumbnail": "x"}])
async def test_an_edit_may_say_nothing_of_a_file(ada: ApiClient, said: dict[str, Any]) -> None:
    """Ice Cubes names each file, also those of which there is nothing to say."""
    file = await upload(ada, description="A flag")
    status = await ada.say("Look", media_ids=[file["id"]])
    edit = {"status": "Look again", "media_ids": [file["id"]], "media_attributes": [{"id": file["id"]} | said]}
    answer = await ada.call("PUT", f"/api/v1/statuses/{status['id']}", json=edit)
    assert answer.status == 200, answer.text
    assert answer.json()["media_attachments"][0]["description"] == "A flag"


async def test_a_thumbnail_is_passed_over_though_it_is_large(ada: ApiClient) -> None:
    """As Mastodon.py sends one: in a form, or written out in JSON."""
    file, thumbnail = await upload(ada, MP4), bytes(2 * 1024 * 1024)
    body = FormData({"description": "A film"}, default_to_multipart=True)
    body.add_field("thumbnail", BytesIO(thumbnail), filename="x.png", content_type="image/png")
    answer = await ada.call("PUT", f"/api/v1/media/{file['id']}", data=body)
    assert (answer.status, answer.json()["description"]) == (200, "A film")
    path = f"/api/v1/statuses/{(await ada.say('Look', media_ids=[file['id']]))['id']}"
    for times, status, description in ((1, 200, "A short film"), (3, 413, "A long film")):
        said = {"id": file["id"], "description": description, "thumbnail": b64encode(thumbnail * times).decode()}
        edit = json.dumps({"status": "Look again", "media_ids": [file["id"]], "media_attributes": [said]}).encode()
        head = {"Content-Type": "application/json"}
        assert (await ada.call("PUT", path, data=BytesIO(edit), headers=head)).status == status
    assert (await ada.get(path))["media_attachments"][0]["description"] == "A short film"


async def test_an_edit_takes_nobody_elses_files(home: RunningHub, ada: ApiClient) -> None:
    eve = await client_for(home, await home.member("eve"))
    theirs, used = await upload(eve), await upload(ada)
    await ada.say("Used", media_ids=[used["id"]])
    path = f"/api/v1/statuses/{(await ada.say('Look'))['id']}"
    for each in (theirs, used):
        attributes = [{"id": each["id"], "description": "Changed"}]
        body = {"status": "Look", "media_ids": [each["id"]], "media_attributes": attributes}
        assert (await ada.call("PUT", path, json=body)).status == 422
    assert (await ada.get(path))["media_attachments"] == []
    assert (await ada.get(f"/api/v1/media/{used['id']}"))["description"] is None
    assert (await eve.get(f"/api/v1/media/{theirs['id']}"))["description"] is None


async def test_what_is_deleted_is_not_shown_and_can_be_written_anew(home: RunningHub, ada: ApiClient) -> None:
    attachment = await upload(ada)
    status = await ada.say("Look", media_ids=[attachment["id"]])
    deleted = await ada.delete(f"/api/v1/statuses/{status['id']}")
    assert deleted["media_attachments"] == [attachment]
    assert (await home.get(attachment["url"])).status == 404
    again = await ada.say("Look!", media_ids=[attachment["id"]])
    assert again["media_attachments"] == [attachment]
    assert (await home.get(attachment["url"])).status == 200


async def test_what_is_deleted_with_its_files_is_off_the_disk(home: RunningHub, ada: ApiClient) -> None:
    attachment = await upload(ada)
    status = await ada.say("Look", media_ids=[attachment["id"]])
    await ada.delete(f"/api/v1/statuses/{status['id']}?delete_media=true")
    assert (await home.get(attachment["url"])).status == 404
    assert (await home.get(attachment["preview_url"])).status == 404
    assert on_disk(home) == []


async def test_a_file_that_cannot_be_removed_holds_up_nothing(
    home: RunningHub, ada: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder restored with another owner, say. Here a folder has the place of a file: not even root removes it so."""
    monkeypatch.setattr(service, "_AT_A_TIME", 1)
    stuck, other = await upload(ada, MP3), await upload(ada, MP4)
    place = home.hub.workshop.files.find(stuck["url"].rpartition("/")[2])
    assert place is not None
    place.unlink()
    place.mkdir()
    status = await ada.say("Listen", media_ids=[stuck["id"]])
    async with asyncio.timeout(20):
        assert (await ada.call("DELETE", f"/api/v1/statuses/{status['id']}?delete_media=true")).status == 200
        assert (await ada.call("DELETE", f"/api/v1/media/{other['id']}")).status == 200
        await tidy(home.hub)
    assert on_disk(home) == []
    assert await home.hub.database.read(count_media) == 1  # it is not forgotten
    place.rmdir()
    await tidy(home.hub)
    assert await home.hub.database.read(count_media) == 0


async def test_the_files_of_who_is_silenced_are_not_shown(home: RunningHub) -> None:
    member = await home.member("ada")
    ada = await client_for(home, member)
    attachment = await upload(ada)
    await ada.say("Look", media_ids=[attachment["id"]])
    await suspend_actor(home.hub, actor_id=member.id)
    assert (await home.get(attachment["url"])).status == 404
    await unsuspend_actor(home.hub, actor_id=member.id)
    assert (await home.get(attachment["url"])).status == 200


async def test_nothing_is_left_of_who_has_gone(home: RunningHub) -> None:
    from fedihub.services.lives import end_actor

    member = await home.member("ada")
    ada = await client_for(home, member)
    used, loose = await upload(ada), await upload(ada)
    await ada.say("Look", media_ids=[used["id"]])
    await end_actor(home.hub, actor_id=member.id)
    assert [(await home.get(each["url"])).status for each in (used, loose)] == [404, 404]
    assert on_disk(home) == []


async def test_a_file_waits_a_day_for_its_status(database_url: str, resolver: TestResolver) -> None:
    clock = ManualClock()
    async with running_hub(database_url, resolver, clock=clock) as home:
        ada = await client_for(home, await home.member("ada"))
        loose, used = await upload(ada), await upload(ada)
        await ada.say("Look", media_ids=[used["id"]])
        clock.advance(timedelta(hours=23))
        await tidy(home.hub)
        assert len(on_disk(home)) == 4
        clock.advance(timedelta(hours=2))
        assert (await ada.call("GET", f"/api/v1/media/{loose['id']}")).status == 404
        await tidy(home.hub)
        assert (await home.get(loose["url"])).status == 404
        assert (await home.get(used["url"])).status == 200
        assert len(on_disk(home)) == 2


async def test_files_are_found_under_every_name_that_the_hub_had(home: RunningHub, resolver: TestResolver) -> None:
    """Posts here and elsewhere keep the addresses that they have when FEDIHUB_MEDIA_URL changes or goes."""
    ada = await client_for(home, await home.member("ada"))
    attachment = await upload(ada)
    resolver.add("earlier.test", home.port)
    assert (await home.get(attachment["url"].replace("hub.test", "earlier.test"))).status == 200
    assert (await home.get("http://earlier.test/media/nothing")).status == 404
    for path in ("/@ada", "/media", "/media/../@ada", "/media/%2e%2e/@ada", "/media/../api/v2/instance"):
        assert (await home.get(f"http://earlier.test{path}")).status == 421


async def test_files_have_an_origin_of_their_own(database_url: str, resolver: TestResolver) -> None:
    async with running_hub(database_url, resolver, media_url="http://media.test") as home:
        resolver.add("media.test", home.port)
        ada = await client_for(home, await home.member("ada"))
        attachment = await upload(ada)
        assert attachment["url"].startswith("http://media.test/media/")
        assert (await home.get(attachment["url"])).status == 200
        assert (await home.get(attachment["url"].replace("media.test", "hub.test"))).status == 200
        assert (await home.get("http://media.test/@ada")).status == 421
        assert (await home.get("http://media.test/media/nothing.html")).headers["Content-Type"].startswith("text/plain")


class Gate:
    """What pictures wait at before they are made."""

    def __init__(self, pipe: Path) -> None:
        self._pipe = pipe
        self._descriptors: list[int] = []
        os.mkfifo(pipe)

    def open(self) -> None:
        """Whoever waits, and whoever comes, goes through. (Opened for both, a pipe waits for nobody.)"""
        self._descriptors.append(os.open(self._pipe, os.O_RDWR))

    def close(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)


@pytest.fixture
def gate(home: RunningHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Pictures are not made before this is opened, and nobody waits for them."""
    monkeypatch.setattr(media, "PATIENCE_SECONDS", 0.0)
    pipe, program = tmp_path / "gate", tmp_path / "program.py"
    made = Gate(pipe)
    program.write_text(
        f"import runpy\nopen({str(pipe)!r}).close()\nrunpy.run_path({str(PROGRAM)!r}, run_name='__main__')\n"
    )
    home.hub.workshop.program = program
    yield made
    made.close()


async def test_what_takes_a_while_is_told_of_before_it_is_ready(home: RunningHub, ada: ApiClient, gate: Gate) -> None:
    answer = await send(ada, picture(), description="A flag")
    assert answer.status == 202
    waiting = answer.json()
    assert (waiting["url"], waiting["preview_url"], waiting["type"]) == (None, None, "image")
    path = f"/api/v1/media/{waiting['id']}"
    assert (await ada.call("GET", path)).status == 206
    assert (await ada.call("PUT", path, json={"focus": "0,1"})).status == 206
    refused = await ada.call("POST", "/api/v1/statuses", json={"status": "x", "media_ids": [waiting["id"]]})
    reason = "Cannot attach files that have not finished processing. Try again in a moment!"
    assert (refused.status, refused.json()) == (422, {"error": reason})
    gate.open()
    await home.hub.workshop.settle()
    ready = await ada.get(path)
    assert (await home.get(ready["url"])).status == 200
    assert (ready["description"], ready["meta"]["focus"]["y"]) == ("A flag", 1.0)


async def test_what_fails_later_says_so(home: RunningHub, ada: ApiClient, gate: Gate) -> None:
    answer = await send(ada, picture()[:600])
    assert answer.status == 202
    gate.open()
    await home.hub.workshop.settle()
    failed = await ada.call("GET", f"/api/v1/media/{answer.json()['id']}")
    assert (failed.status, failed.json()) == (422, {"error": "Error processing thumbnail for uploaded media"})
    assert on_disk(home) == []


@pytest.mark.parametrize("all_goes", [False, True])
async def test_a_file_that_is_deleted_while_it_is_in_work_is_not_kept(
    home: RunningHub, gate: Gate, *, all_goes: bool
) -> None:
    member = await home.member("ada")
    ada = await client_for(home, member)
    answer = await send(ada, picture())
    assert answer.status == 202
    if all_goes:
        await end_actor(home.hub, actor_id=member.id)
        await tidy(home.hub)
    else:
        assert (await ada.call("DELETE", f"/api/v1/media/{answer.json()['id']}")).status == 200
    gate.open()
    await home.hub.workshop.settle()
    assert on_disk(home) == []


async def test_what_was_dropped_when_the_hub_stopped_has_failed(home: RunningHub, ada: ApiClient, gate: Gate) -> None:
    media_id = (await send(ada, picture())).json()["id"]
    await home.hub.workshop.close()
    assert on_disk(home) == []
    home.hub.workshop.program = PROGRAM
    await home.hub.database.write(lambda session: make_older(session, int(media_id), service.GIVEN_UP))
    assert (await ada.call("GET", f"/api/v1/media/{media_id}")).status == 422
    assert (await send(ada, picture())).status in (200, 202)


async def make_older(session: Any, media_id: int, age: timedelta) -> None:
    from datetime import UTC, datetime

    from storage.media import update_media

    await update_media(session, media_id, {"created_at": datetime.now(UTC) - age})


async def test_a_picture_may_wait_long_for_its_turn(home: RunningHub, ada: ApiClient, gate: Gate) -> None:
    """As long as it takes when all that may wait at once is as slow as it may be."""
    media_id = (await send(ada, picture())).json()["id"]
    wait = timedelta(seconds=workshop.SECONDS * workshop.MOST_WAITING / workshop.AT_ONCE)
    await home.hub.database.write(lambda session: make_older(session, int(media_id), wait))
    assert (await ada.call("GET", f"/api/v1/media/{media_id}")).status == 206
    gate.open()
    await home.hub.workshop.settle()
    assert (await ada.call("GET", f"/api/v1/media/{media_id}")).status == 200


async def test_nobodys_pictures_keep_those_of_others_waiting(
    home: RunningHub, ada: ApiClient, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = workshop.MOST_OF_ONE
    answers = await asyncio.gather(*[send(ada, picture()) for _ in range(most + 4)])
    assert sorted(answer.status for answer in answers) == [202] * most + [429] * 4
    assert len(on_disk(home)) == most
    eve = await client_for(home, await home.member("eve"))
    assert (await send(eve, picture())).status == 202
    monkeypatch.setattr(workshop, "MOST_WAITING", most + 1)
    assert (await send(eve, picture())).status == 429
    sounds = [await send(each, MP3, version=1) for each in (ada, eve)]
    assert [answer.status for answer in sounds] == [200, 200]  # nothing is made of a sound
    home.hub.workshop.program = PROGRAM
    gate.open()
    await home.hub.workshop.settle()
    assert {(await send(each, picture(), version=1)).status for each in (ada, eve)} == {200}


async def test_the_same_request_at_the_same_time_gives_the_same_post(ada: ApiClient) -> None:
    """The twin finds its file taken: by the very post that it wanted to write."""
    for number in range(5):
        body = {"status": "x", "media_ids": [(await upload(ada, MP3))["id"]]}
        key = {"Idempotency-Key": f"key {number}"}
        answers = await asyncio.gather(
            *[ada.call("POST", "/api/v1/statuses", json=body, headers=key) for _ in range(3)]
        )
        assert [answer.status for answer in answers] == [200] * 3
        assert len({answer.json()["id"] for answer in answers}) == 1


async def test_what_was_part_of_a_post_does_not_wait_for_one(
    ada: ApiClient, monkeypatch: pytest.MonkeyPatch, gate: Gate
) -> None:
    """Who clears away old posts can go on uploading; nor does that count of which nothing became."""
    monkeypatch.setattr(service, "MOST_LOOSE", 2)
    for _ in range(3):
        status = await ada.say("Look", media_ids=[(await upload(ada, MP3))["id"]])
        await ada.delete(f"/api/v1/statuses/{status['id']}")
    for _ in range(2):
        assert (await send(ada, picture()[:600])).status == 202
        gate.open()
        await ada.home.hub.workshop.settle()
    assert [(await send(ada, MP3, version=1)).status for _ in range(3)] == [200, 200, 422]


async def test_nobody_has_more_files_waiting_than_may_wait(
    home: RunningHub, ada: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_LOOSE", 3)
    answers = await asyncio.gather(*[send(ada, MP3) for _ in range(12)])
    assert sorted(answer.status for answer in answers) == [200] * 3 + [422] * 9
    assert len(on_disk(home)) == 3


async def test_a_file_that_is_being_removed_is_not_attached(home: RunningHub, ada: ApiClient) -> None:
    """Whoever writes the post has read the clock a moment before whoever deletes the file, but comes later."""
    file, post = int((await upload(ada, MP3))["id"]), int((await ada.say("Look"))["id"])
    writing = home.hub.clock.now()
    deleting = writing + timedelta(milliseconds=2)
    assert await home.hub.database.write(lambda session: drop_loose_media(session, file, now=deleting))
    assert not await home.hub.database.write(lambda session: attach_media(session, [file], post_id=post, now=writing))


async def test_a_file_can_be_used_but_once_at_the_same_time(home: RunningHub, ada: ApiClient) -> None:
    media_id = (await upload(ada))["id"]
    body = {"status": "x", "media_ids": [media_id]}
    answers = await asyncio.gather(*[ada.call("POST", "/api/v1/statuses", json=body) for _ in range(4)])
    assert sorted(answer.status for answer in answers) == [200, 422, 422, 422]
    assert len(await ada.get("/api/v1/timelines/home")) == 1


async def test_what_stays_here_is_for_nobodys_cache(home: RunningHub, ada: ApiClient) -> None:
    for more in ({"local_only": True}, {"visibility": "private"}):
        attachment = await upload(ada)
        await ada.say("Look", media_ids=[attachment["id"]], **more)
        assert (await home.get(attachment["url"])).headers["Cache-Control"].startswith("private")


async def test_a_project_has_files_of_its_own(home: RunningHub) -> None:
    member = await home.member("ada")
    bridge = await home.project("bridge", founder=member)
    ada, project = await client_for(home, member), await client_for(home, member, act_as=bridge)
    attachment = await upload(project)
    assert (await ada.call("GET", f"/api/v1/media/{attachment['id']}")).status == 404
    assert (await project.say("Look", media_ids=[attachment["id"]]))["media_attachments"] == [attachment]


async def test_who_goes_away_in_the_middle_leaves_nothing(home: RunningHub, ada: ApiClient) -> None:
    head = (
        f"POST /api/v2/media HTTP/1.1\r\nHost: hub.test\r\nAuthorization: Bearer {ada.token}\r\n"
        "Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: 100000\r\n\r\n"
        '--xyz\r\nContent-Disposition: form-data; name="file"; filename="x.jpg"\r\n\r\n'
    )
    _, writer = await asyncio.open_connection("127.0.0.1", home.port)
    writer.write(head.encode() + picture())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await send(ada, picture())).status == 200  # the hub goes on
    arriving = home.hub.settings.media_folder / "arriving"
    async with asyncio.timeout(10):
        while [each for each in arriving.iterdir() if each.is_dir()]:  # noqa: ASYNC110 - it is noticed soon
            await asyncio.sleep(0)
    assert len(on_disk(home)) == 2
