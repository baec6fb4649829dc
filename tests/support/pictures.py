"""Files as members have them: real ones, made when they are asked for."""

import struct
import zlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from aiohttp import FormData
from PIL import Image

from tests.support.client import ApiClient
from tests.support.hub import Answer

SECRET = b"secret place"
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x64" + bytes(413)
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\x00\x00\x00\x08free" + bytes(2000)
OGG = b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead" + bytes(200)
FLAC = b"fLaC" + bytes(500)
WAV = b"RIFF\x24\x08\x00\x00WAVEfmt " + bytes(500)
M4A = b"\x00\x00\x00\x18ftypM4A \x00\x00\x02\x00isomiso2" + bytes(500)
WEBM = b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + bytes(500)


def picture(format: str = "JPEG", *, size: tuple[int, int] = (120, 80), mode: str = "RGB", **options: Any) -> bytes:
    """A picture: red on the left, blue on the right."""
    shown = Image.new(mode, size, "red")
    shown.paste(Image.new(mode, (size[0] // 2, size[1]), "blue"), (size[0] // 2, 0))
    return _saved(shown, format, **options)


def photograph(*, orientation: int = 1, size: tuple[int, int] = (120, 80)) -> bytes:
    """A JPEG as a telephone makes it: it says where it was taken, and which side is up."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return picture(size=size, exif=exif, comment=SECRET, quality=95)


def animation(format: str = "GIF", *, frames: int = 3, size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """Frames that differ, each for a tenth of a second."""
    shown = [Image.new("RGB", size, (index * 80 % 256, 255 - index * 50 % 256, 128)) for index in range(frames)]
    options = {"duration": 100, "loop": 0} | options
    return _saved(shown[0], format, save_all=True, append_images=shown[1:], **options)


def growing(corner: int) -> bytes:
    """A GIF of 2 by 2 pixels, whose second frame lies beyond them."""
    dot = b"\x02\x02\x44\x01\x00"
    frames = [b"\x2c" + struct.pack("<HHHHB", at, at, 1, 1, 0) + dot for at in (0, corner)]
    return b"GIF89a" + struct.pack("<HHBBB", 2, 2, 0x80, 0, 0) + b"\x00\x00\x00\xff\x00\x00" + b"".join(frames) + b";"


def of_many_scans(scans: int, *, size: tuple[int, int] = (64, 64)) -> bytes:
    """A progressive JPEG that says its last lines again and again: each time costs as much as the whole picture."""
    content = picture(size=size, progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * scans + content[-2:]


def promised(width: int, height: int) -> bytes:
    """A tiny PNG that says it is so large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(bytes(1000))) + _chunk(b"IEND")


def seen(content: bytes) -> Image.Image:
    """The picture in these bytes, decoded."""
    shown = Image.open(BytesIO(content))
    shown.load()
    return shown


def form(content: bytes, name: str = "picture.jpg", *, type: str = "image/jpeg", **fields: str) -> FormData:
    """An upload, as clients send it."""
    data = FormData(list(fields.items()), default_to_multipart=True)
    data.add_field("file", BytesIO(content), filename=name, content_type=type)
    return data


async def send(
    client: ApiClient, content: bytes, name: str = "picture.jpg", *, version: int = 2, **more: str
) -> Answer:
    """Upload a file; gives whatever the hub answers."""
    return await client.call("POST", f"/api/v{version}/media", data=form(content, name, **more))


async def upload(client: ApiClient, content: bytes | None = None, **more: str) -> dict[str, Any]:
    """Upload a file that is taken; gives the attachment."""
    answer = await send(client, content if content is not None else picture(), version=1, **more)
    assert answer.status == 200, (answer.status, answer.text)
    attachment: dict[str, Any] = answer.json()
    return attachment


def pixel(content: bytes, at: tuple[float, float]) -> Sequence[int]:
    """The colour at a place, given as parts of width and height."""
    shown = seen(content).convert("RGB")
    found = shown.getpixel((int(at[0] * shown.width), int(at[1] * shown.height)))
    assert isinstance(found, tuple)
    return found


def _saved(shown: Image.Image, format: str, **options: Any) -> bytes:
    made = BytesIO()
    shown.save(made, format=format, **options)
    return made.getvalue()


def _chunk(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
