"""Makes a picture anew. A program of its own: `python -I picture.py FORMAT SOURCE`, run by `fedihub.media.workshop`.

Decoders are where pictures bite, so all of them work here, in a process that has little memory and little time, and is
the first to go when the machine has none. What comes out has the pixels of what went in and nothing else: no place, no
camera, no comment, no second file hidden behind the picture. Colours are those of sRGB, and what was to be turned is
turned.

It writes `original.…`, `preview.…` and `result.json` into the working directory, and ends with EX_TEMPFAIL where there
is no room for them. It can import nothing of the hub.
"""

import errno
import json
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from blurhash_rs import blurhash_encode
from PIL import Image, ImageCms, ImageOps, ImageSequence

MEMORY = 1024**3
CPU_SECONDS = 45
LARGEST_RESULT = 128 * 1024**2
OPEN_FILES = 64

MOST_PIXELS = 7680 * 4320
"""Of a picture that is taken."""
LONGEST_SIDE = 16_383
"""As WebP has it."""
MOST_FRAMES = 500
MOST_PIXELS_IN_MOTION = 48_000_000
"""Of all frames of an animation together: each is decoded, and they are in memory at once."""
MOST_SCANS = 1_000
"""Of a JPEG: each may go over the whole picture, and a camera writes a dozen. Some more are found by chance, where
something else stands behind the picture.
"""
KEPT_PIXELS = 3840 * 2160
"""A picture with more is made smaller, as Mastodon does; one with more `KEPT_BYTES` is written in less: many peers take
no larger file.
"""
KEPT_BYTES = 16 * 1024**2
PREVIEW_PIXELS = 640 * 360

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
_STILL = {"JPEG": "JPEG", "PNG": "PNG", "GIF": "PNG", "WEBP": "WEBP", "AVIF": "WEBP"}
"""What a picture that stands still becomes: few peers show AVIF, and GIF has but 256 colours."""
_MOVING = {"GIF": "GIF", "WEBP": "WEBP", "PNG": "PNG", "AVIF": "WEBP"}
_QUICKLY: dict[str, dict[str, Any]] = {"GIF": {}, "PNG": {"compress_level": 2}, "WEBP": {"quality": 80, "method": 0}}
"""How frames are written: there are many of them."""
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 88, "progressive": True},
    "PNG": {},
    "WEBP": {"quality": 88, "method": 3},
}

Facts = dict[str, Any]


class RefusedError(Exception):
    """The picture is not taken; the text is a word that `fedihub.services.media` explains."""


def restrict() -> None:
    """Give up what is not needed, before the first byte of the picture is read."""
    limits = (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, LARGEST_RESULT),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    )
    for what, most in limits:
        resource.setrlimit(what, (most, most))
    os.nice(10)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def make_anew(format: str, source: Path) -> Facts:
    """Write the picture and its preview; gives what is known of both. Raises RefusedError, and whatever a decoder
    raises.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # refused is twice that: also what only grows so large
    if format == "JPEG" and source.read_bytes().count(b"\xff\xda") > MOST_SCANS:
        raise RefusedError("slow")
    with Image.open(source, formats=[format]) as picture:
        width, height = picture.size
        if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
            raise RefusedError("pixels")
        frames = getattr(picture, "n_frames", 1)
        if frames > 1 and format in _MOVING:
            original, first = _in_motion(picture, _MOVING[format], frames=frames)
        else:
            first = _shrunk(_plain(picture), KEPT_PIXELS)
            original = _save(first, "original", _STILL[format])
            if Path(original["file"]).stat().st_size > KEPT_BYTES:
                original = _save(first, "original", "WEBP")
    preview = _shrunk(first, PREVIEW_PIXELS)
    small = _save(preview, "preview", "PNG" if preview.mode == "RGBA" else "JPEG")
    return {"original": original, "preview": small, "blurhash": _blurhash(preview)}


def _in_motion(picture: Image.Image, format: str, *, frames: int) -> tuple[Facts, Image.Image]:
    width, height = picture.size
    if frames > MOST_FRAMES or frames * width * height > MOST_PIXELS_IN_MOTION:
        raise RefusedError("frames")
    lengths: list[int] = []
    shown = list(_frames(picture, lengths))
    options = _QUICKLY[format] | {"save_all": True, "append_images": shown[1:], "duration": lengths}
    if "loop" in picture.info:
        options["loop"] = picture.info["loop"]
    if format == "GIF" and shown[0].mode == "RGBA":
        options["disposal"] = 2  # or what was there would be seen through each frame
    return _save(shown[0], "original", format, **options), shown[0]


def _frames(picture: Image.Image, lengths: list[int]) -> Iterator[Image.Image]:
    """Each frame as it is seen, whole; `lengths` is told how many milliseconds it stays."""
    mode, size = None, picture.size
    for frame in ImageSequence.Iterator(picture):
        frame.load()  # some formats say only then how long it stays
        lengths.append(max(20, int(frame.info.get("duration", 100) or 100)))
        mode = mode or ("RGBA" if _has_alpha(frame) else "RGB")
        seen = frame if frame.size == size else frame.crop((0, 0, *size))  # a GIF may draw beyond its screen
        yield _bare(seen.convert("RGBA") if mode == "RGBA" or _has_alpha(seen) else seen.convert("RGB"))


def _plain(picture: Image.Image) -> Image.Image:
    """The pixels alone, the right way up, in sRGB: grey, coloured, or coloured with transparency."""
    turned = _turned(picture)
    if turned.mode.startswith("I"):  # 16 bits of grey
        turned = turned.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")
    if turned.mode in {"P", "PA", "LA", "1", "La", "RGBa"}:
        turned = turned.convert("RGBA" if _has_alpha(turned) else "RGB")
    turned = _in_srgb(turned)
    wanted = "RGBA" if _has_alpha(turned) else "L" if turned.mode == "L" else "RGB"
    return _bare(turned.convert(wanted))


def _turned(picture: Image.Image) -> Image.Image:
    """The right way up, as far as what is noted of that can be read."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001 - if it is the pixels that can't be read, that shows again
        return picture


def _in_srgb(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in {"RGB", "RGBA", "CMYK"}:
        return picture
    with suppress(ImageCms.PyCMSError, OSError, ValueError):  # a profile that can't be read is none
        known = ImageCms.ImageCmsProfile(BytesIO(profile))
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        turned = ImageCms.profileToProfile(picture, known, ImageCms.createProfile("sRGB"), outputMode=mode)
        return turned or picture
    return picture


def _has_alpha(picture: Image.Image) -> bool:
    return picture.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in picture.info


def _bare(picture: Image.Image) -> Image.Image:
    """Pillow hands on what it knows of a picture to what is made of it, and writes some of that into files."""
    picture.info.clear()
    return picture


def _shrunk(picture: Image.Image, most: int) -> Image.Image:
    width, height = picture.size
    if width * height <= most:
        return picture
    scale = (most / (width * height)) ** 0.5
    size = max(1, int(width * scale)), max(1, int(height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _save(picture: Image.Image, name: str, format: str, **options: Any) -> Facts:
    file = f"{name}.{_EXTENSIONS[format]}"
    picture.save(file, format=format, **(options or _OPTIONS[format]))
    return {"file": file, "width": picture.width, "height": picture.height}


def _blurhash(picture: Image.Image) -> str:
    """Of a few pixels: more would show nothing else. What is seen through is white."""
    tiny = _shrunk(picture, 64 * 64)
    if tiny.mode == "RGBA":
        tiny = Image.alpha_composite(Image.new("RGBA", tiny.size, "white"), tiny)
    return blurhash_encode(tiny.convert("RGB"), x_components=4, y_components=3)


def result_of(format: str, source: Path) -> Facts:
    """What is known of the picture, or what is wrong with it. Raises OSError where the disk takes nothing."""
    try:
        return make_anew(format, source)
    except RefusedError as refused:
        return {"refused": str(refused)}
    except Image.DecompressionBombError:
        return {"refused": "pixels"}
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise
        return {"refused": "unreadable"}  # decoders raise what they like


def main() -> None:
    """Ends well, with a result that says so or that names what is wrong; who crashes here leaves none."""
    restrict()
    try:
        result = result_of(sys.argv[1], Path(sys.argv[2]))
        Path("result.json").write_text(json.dumps(result))
    except OSError:
        sys.exit(os.EX_TEMPFAIL)


if __name__ == "__main__":
    main()
