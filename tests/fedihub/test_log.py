"""The log: one line an event, whatever is in it, and never a reason to wait."""

import asyncio
import io
import json
import logging
import threading
from typing import Any

import pytest
import structlog
from aiohttp import web

from fedihub import log as log_module
from fedihub.log import REPEATS, logging_to


def lines(log_format: str, *, write: Any) -> list[str]:
    """What is written while `write` gets a logger of ours and one of a library."""
    stream = io.StringIO()
    with logging_to(stream, log_format=log_format):
        write(structlog.get_logger("fedihub"), logging.getLogger("library"))
    return stream.getvalue().splitlines()


def test_ours_and_a_librarys_lines_look_alike_as_json() -> None:
    def write(ours: Any, library: logging.Logger) -> None:
        ours.info("delivered", host="peer.example", attempts=2)
        library.warning("lost %s", "a packet")

    first, second = map(json.loads, lines("json", write=write))
    assert (first["event"], first["level"], first["host"], first["attempts"]) == (
        "delivered",
        "info",
        "peer.example",
        2,
    )
    assert (second["event"], second["level"], second["logger"]) == ("lost a packet", "warning", "library")


def test_a_stranger_cannot_fake_a_line_or_move_the_cursor() -> None:
    def write(ours: Any, library: logging.Logger) -> None:
        ours.info("refused", key_id="x\nevil \x1b[2J", inbox="\x1b[31mred", actor="https://peer.test/\u202egpj.exe")
        library.info("got %s", "y\nevil \x1b[2J\x9b1m")

    written = lines("text", write=write)
    assert len(written) == 2
    assert not any("\x1b" in line or "\x9b" in line or "\u202e" in line for line in written)


async def test_bytes_that_are_no_http_leave_no_trace_in_the_log() -> None:
    stream = io.StringIO()
    with logging_to(stream):
        runner = web.AppRunner(web.Application())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0])
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert b" 400 " in await reader.readline()
        writer.close()
        await runner.cleanup()
        logging.getLogger("aiohttp.server").error("a real fault")
    assert "a real fault" in stream.getvalue()
    assert "Traceback" not in stream.getvalue()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_exception_is_shown_with_its_place(log_format: str) -> None:
    def write(ours: Any, library: logging.Logger) -> None:
        try:
            raise ValueError("ours")
        except ValueError:
            ours.exception("failed")
        try:
            raise ValueError("theirs")
        except ValueError:
            library.exception("failed as well")

    text = "\n".join(lines(log_format, write=write))
    assert text.count("Traceback") == 2
    assert "ValueError: ours" in text
    assert "ValueError: theirs" in text


def test_one_fault_that_repeats_does_not_fill_the_disk() -> None:
    def write(ours: Any, library: logging.Logger) -> None:
        for number in range(1_000):
            library.error("no descriptor for connection %d", number)
            ours.warning("no room", number=number)
        ours.info("something else")

    written = lines("text", write=write)
    assert len(written) == 2 * REPEATS + 1


def test_what_was_left_out_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("fedihub.log.time.monotonic", lambda: clock[0])

    def write(ours: Any, _library: logging.Logger) -> None:
        for _ in range(REPEATS + 5):
            ours.warning("no room")
        clock[0] += log_module.REPEATS_SECONDS + 1
        ours.warning("no room")

    assert json.loads(lines("json", write=write)[-1])["left_out"] == 5


class _Stuck(io.StringIO):
    """A stream whose reader has gone to lunch."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def write(self, text: str) -> int:
        self.released.wait()
        return super().write(text)


def test_a_reader_that_does_not_read_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "WAITING_LINES", 10)
    stream = _Stuck()
    with logging_to(stream, log_format="json"):
        ours = structlog.get_logger("fedihub")
        for number in range(100):
            ours.info(f"event {number}")  # would never return if it waited
        stream.released.set()
    assert 0 < len(stream.getvalue().splitlines()) <= 11
