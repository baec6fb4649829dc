"""The door: who may come in, and what those hear who may not."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from fedihub.listening import Door, ListenError, open_door
from fedihub.settings import Settings

GET = b"GET / HTTP/1.1\r\nHost: hub.test\r\n\r\n"


@pytest.fixture
async def server() -> AsyncIterator[web.Server]:
    """A web server without a door."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="come in")

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    assert runner.server
    yield runner.server
    await runner.cleanup()


async def first_line(reader: asyncio.StreamReader) -> bytes:
    """The status line of an answer."""
    return (await reader.readline()).strip()


async def noticed(server: web.Server, *, connections: int) -> None:
    """Wait until the server knows that some have gone."""
    while len(server.connections) > connections:  # noqa: ASYNC110 - nobody rings a bell
        await asyncio.sleep(0)


async def test_who_comes_when_the_house_is_full_is_told_so_at_once(server: web.Server) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    door = Door(server, [listener], limit=2)
    host, port = door.address.split(":")
    inside = [await asyncio.open_connection(host, port) for _ in range(2)]
    for reader, writer in inside:
        writer.write(GET)
        assert await first_line(reader) == b"HTTP/1.1 200 OK"
    turned_away, outside = await asyncio.open_connection(host, port)
    assert await first_line(turned_away) == b"HTTP/1.1 503 Service Unavailable"
    inside[0][1].close()
    await inside[0][1].wait_closed()
    await noticed(server, connections=1)
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(GET)
    assert await first_line(reader) == b"HTTP/1.1 200 OK"
    for each in (outside, writer, inside[1][1]):
        each.close()
    door.close()


async def test_a_closed_door_lets_nobody_in_and_throws_nobody_out(server: web.Server) -> None:
    door = open_door(Settings(listen="127.0.0.1:0"), server)
    host, port = door.address.split(":")
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(GET)
    assert await first_line(reader) == b"HTTP/1.1 200 OK"
    door.close()
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await asyncio.open_connection(host, port)
    writer.write(GET)
    assert b"200 OK" in await reader.readuntil(b"200 OK")
    writer.close()


@pytest.mark.parametrize("said", [b"", GET[:20]])
async def test_who_says_nothing_is_shown_out(server: web.Server, monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr("fedihub.listening.FIRST_REQUEST_SECONDS", 0.2)
    door = open_door(Settings(listen="127.0.0.1:0"), server)
    host, port = door.address.split(":")
    talker, theirs = await asyncio.open_connection(host, port)
    theirs.write(GET)
    assert await first_line(talker) == b"HTTP/1.1 200 OK"
    silent, writer = await asyncio.open_connection(host, port)
    writer.write(said)
    assert await asyncio.wait_for(silent.read(), 20) == b""
    theirs.write(GET)
    assert b"200 OK" in await talker.readuntil(b"200 OK")
    for each in (writer, theirs):
        each.close()
    door.close()


async def test_an_address_that_is_taken_is_refused_with_what_to_do(server: web.Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ListenError) as refused:
            open_door(Settings(listen=address), server)
    assert refused.value.public == (
        f"cannot listen on {address}: Address already in use; "
        "stop what listens there, or choose another address with FEDIHUB_LISTEN"
    )


async def test_a_name_that_leads_nowhere_is_refused_in_words(server: web.Server) -> None:
    with pytest.raises(ListenError, match=r"cannot listen on nowhere\.invalid:80: [A-Z][a-z ]+; stop") as refused:
        open_door(Settings(listen="nowhere.invalid:80"), server)
    assert "Unknown error" not in refused.value.public
