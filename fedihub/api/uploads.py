"""Reading an upload: a multipart form whose file goes straight to the disk, and is never whole in memory.

Every other body is small; this one has limits of its own: the largest file that the settings admit, and time enough for
a slow line, as long as something arrives.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from aiohttp import BodyPartReader, hdrs, web

from fedihub.api.endpoint import Call
from fedihub.api.errors import Malformed, invalid
from fedihub.api.parameters import UNREADABLE, Nested, check_text, nest
from fedihub.errors import TooLarge
from fedihub.services.media import MEGABYTE, Arrived, most_bytes, no_room

FIELD = "file"
LONGEST_FIELD = 64 * 1024
MOST_PARTS = 50
AROUND_IT = 4 * 1024 * 1024
"""What a form may hold beside the file: its other fields, and a thumbnail, which is passed over."""
SECONDS = 900.0
SILENCE_SECONDS = 30.0
_CHUNK = 256 * 1024
_AS_IT_IS = ("binary", "8bit", "7bit")
T = TypeVar("T")


async def receive_upload(call: Call, read: Callable[[Nested], T]) -> tuple[Arrived, T]:
    """The file of a form, on a desk of its own that whoever takes it clears away, and what `read` makes of the other
    fields. When it refuses them nothing is left behind.

    Raises TooLarge, Malformed, ApiError where there is no file, HTTPRequestTimeout, OutOfOrder where the disk takes
    nothing, and what `read` raises.
    """
    most = most_bytes(call.hub.settings)
    if call.request.content_type != "multipart/form-data":
        raise invalid("File can't be blank")
    if (call.request.content_length or 0) > most + AROUND_IT:
        raise _too_large(most)
    try:
        return await _receive(call, read, most=most)
    except OSError as error:  # those of the line became others: this one is of our disk
        raise no_room(call.hub, error) from None


async def _receive(call: Call, read: Callable[[Nested], T], *, most: int) -> tuple[Arrived, T]:
    desk = await asyncio.to_thread(call.hub.workshop.files.new_desk)
    try:
        async with _in_time():
            size, fields = await _read(call.request, desk / FIELD, most=most)
        return Arrived(desk, desk / FIELD, size), read(nest(fields))
    except BaseException:
        await asyncio.to_thread(call.hub.workshop.files.clear, desk)
        raise


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(SECONDS):
            yield
    except TimeoutError:
        raise web.HTTPRequestTimeout(reason="The file did not arrive in time") from None
    except (ConnectionError, web.RequestPayloadError):  # nobody hears it; but nothing of ours has failed
        raise Malformed("the file did not arrive whole") from None
    except UNREADABLE:
        raise Malformed("the multipart body can't be read") from None


async def _read(request: web.Request, file: Path, *, most: int) -> tuple[int, list[tuple[str, str]]]:
    """The size of the file, and the text fields."""
    size: int | None = None
    fields: list[tuple[str, str]] = []
    async for part in _parts(request):
        if part.name == FIELD and size is None:
            size = await _save(part, file, most=most)
        elif part.filename is None and part.name:
            fields.append((part.name, await _text(part)))
        else:
            await _pass_over(part)
    if not size:
        raise invalid("File can't be blank")
    return size, fields


async def _parts(request: web.Request) -> AsyncIterator[BodyPartReader]:
    reader = await request.multipart()
    for _ in range(MOST_PARTS):
        part = await _soon(reader.next())
        if part is None:
            return
        encoding = part.headers.get(hdrs.CONTENT_TRANSFER_ENCODING, "binary").lower()
        if not isinstance(part, BodyPartReader) or encoding not in _AS_IT_IS:
            raise Malformed("send the file as it is, without another encoding")
        yield part
    raise Malformed(f"at most {MOST_PARTS} parts")


async def _save(part: BodyPartReader, file: Path, *, most: int) -> int:
    size = 0
    opened = await asyncio.to_thread(file.open, "wb")
    try:
        async for chunk in _chunks(part):
            size += len(chunk)
            if size > most:
                raise _too_large(most)
            await asyncio.to_thread(opened.write, chunk)
    finally:
        await asyncio.to_thread(opened.close)
    return size


async def _text(part: BodyPartReader) -> str:
    text = b"".join([chunk async for chunk in _bounded(part, LONGEST_FIELD)]).decode("utf-8", "replace")
    check_text(text)
    return text


async def _pass_over(part: BodyPartReader) -> None:
    async for _ in _bounded(part, AROUND_IT):
        pass


async def _bounded(part: BodyPartReader, most: int) -> AsyncIterator[bytes]:
    left = most
    async for chunk in _chunks(part):
        left -= len(chunk)
        if left < 0:
            raise Malformed("a field beside the file is too long", status=413)
        yield chunk


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while not part.at_eof():
        yield await _soon(part.read_chunk(_CHUNK))


async def _soon(reading: Awaitable[T]) -> T:
    """Whoever sends nothing for so long has gone away."""
    return await asyncio.wait_for(reading, SILENCE_SECONDS)


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"file size must be at most {most // MEGABYTE} MB")
