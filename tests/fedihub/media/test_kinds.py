"""A file is what its bytes say."""

import pytest

from fedihub.media import picture
from fedihub.media.kinds import HEAD, KINDS, MOST_PIXELS, kind_of
from tests.support import pictures

KNOWN = {
    "image/jpeg": pictures.picture("JPEG"),
    "image/png": pictures.picture("PNG"),
    "image/gif": pictures.picture("GIF"),
    "image/webp": pictures.picture("WEBP"),
    "image/avif": pictures.picture("AVIF"),
    "video/mp4": pictures.MP4,
    "video/webm": pictures.WEBM,
    "audio/mpeg": pictures.MP3,
    "audio/ogg": pictures.OGG,
    "audio/flac": pictures.FLAC,
    "audio/wav": pictures.WAV,
    "audio/mp4": pictures.M4A,
}
UNKNOWN = {
    "nothing": b"",
    "a page": b"<!DOCTYPE html>",
    "SVG": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    "JSON": b'{"type": "Note"}',
    "PDF": b"%PDF-1.7",
    "TIFF": b"II*\x00",
    "Photoshop": b"8BPS\x00\x01",
    "an icon": b"\x00\x00\x01\x00",
    "HEIC": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "QuickTime": b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ",
    "Matroska": b"\x1a\x45\xdf\xa3\x93B\x82\x88matroska",
    "a film in Ogg": b"OggS\x00\x02" + bytes(20) + b"\x01\x2a\x80theora",
    "AVI": b"RIFF\x00\x00\x00\x00AVI LIST",
    "MPEG layer II": b"\xff\xfd\x90\x64" + bytes(100),
    "bits that are all set": b"\xff" * 100,
    "text in UTF-16": "<html>".encode("utf-16"),
}


@pytest.mark.parametrize("media_type", KNOWN)
def test_known(media_type: str) -> None:
    kind = kind_of(KNOWN[media_type][:HEAD])
    assert kind is not None
    assert kind.media_type == media_type


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown(name: str) -> None:
    assert kind_of(UNKNOWN[name]) is None


def test_a_sound_without_a_tag_is_known_by_its_frame() -> None:
    kind = kind_of(b"\xff\xfb\x90\x64" + bytes(413))
    assert kind is not None
    assert kind.media_type == "audio/mpeg"


def test_no_beginning_of_a_file_is_too_short_to_look_at() -> None:
    for content in (*KNOWN.values(), *UNKNOWN.values()):
        for length in range(48):
            kind_of(content[:length])


def test_all_kinds_are_tried() -> None:
    assert {kind.media_type for kind in KINDS} == set(KNOWN)


def test_both_programs_know_the_same_limit() -> None:
    assert picture.MOST_PIXELS == MOST_PIXELS
