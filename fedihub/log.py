"""How the hub speaks to its operator: one line an event on standard error, as text or as JSON.

Two things can make a log harmful, and both are bounded here. Nobody reads the other end of the pipe (a full disk, a
stopped journal): lines go through a queue to a thread of its own, and what does not fit is dropped, so a request
never waits for a reader. One fault repeats a thousand times a second: after a few, the same message is only
counted.
"""

import logging
import queue
import sys
import threading
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from logging.handlers import QueueHandler
from typing import Any, TextIO

import structlog
from aiohttp.http import HttpProcessingError

from fedihub.terminal import escape_controls

WAITING_LINES = 10_000
FAREWELL_SECONDS = 1.0
REPEATS = 20
REPEATS_SECONDS = 10.0
TEMPLATES_REMEMBERED = 1_000

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


@contextmanager
def logging_to(stream: TextIO | None = None, *, log_format: str = "text", level: int = logging.INFO) -> Iterator[None]:
    """Send every line, ours and the libraries', to a stream (standard error if none is given) until the block
    ends.
    """
    lines: queue.Queue[Any] = queue.Queue(WAITING_LINES)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(log_format))
    door = _Door(lines)
    door.addFilter(_is_ours_to_know)
    door.addFilter(_Flood())
    writer = threading.Thread(target=_write, args=(lines, handler), name="log", daemon=True)
    root = logging.getLogger()
    before = root.level
    root.addHandler(door)
    root.setLevel(level)
    structlog_before = structlog.get_config()
    _configure_structlog(level)
    writer.start()
    try:
        yield
    finally:
        root.removeHandler(door)
        root.setLevel(before)
        structlog.configure(**structlog_before)
        with suppress(queue.Full):
            lines.put(None, timeout=FAREWELL_SECONDS)
        writer.join(timeout=FAREWELL_SECONDS)


def _write(lines: "queue.Queue[logging.LogRecord | None]", handler: logging.Handler) -> None:
    while (record := lines.get()) is not None:
        handler.handle(record)


def _configure_structlog(level: int) -> None:
    structlog.configure(
        processors=[
            *_SHARED,
            structlog.processors.format_exc_info,  # now: the thread that writes has no exception at hand
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )


def _formatter(log_format: str) -> logging.Formatter:
    renderer: list[Any] = [structlog.processors.JSONRenderer()]
    if log_format == "text":
        plain = structlog.dev.plain_traceback
        console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain, pad_event_to=0)
        renderer = [_escape, console]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            *renderer,
        ],
    )


def _escape(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What a stranger sent can't fake a line, move the cursor or turn the direction of the text (the renderer itself
    escapes only values with spaces).
    """
    exception = event.pop("exception", None)
    event.update({name: escape_controls(value) for name, value in event.items() if isinstance(value, str)})
    event["event"] = escape_controls(str(event.get("event", "")))
    if exception is not None:
        event["exception"] = "\n".join(escape_controls(line) for line in exception.split("\n"))
    return event


class _Door(QueueHandler):
    """Puts a record into the queue as it is; when the queue is full, drops it rather than wait."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            return


def _is_ours_to_know(record: logging.LogRecord) -> bool:
    """Not what aiohttp's own parser refuses: anybody can send bytes that are no HTTP, and it answers them with 400."""
    error = record.exc_info[1] if record.exc_info else None
    return not (record.name == "aiohttp.server" and isinstance(error, HttpProcessingError))


class _Flood(logging.Filter):
    """Lets a message through a few times in a while; the next one after that says how many were left out."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        key = (record.name, _template(record))
        now = time.monotonic()
        since, count = self._seen.get(key, (now, 0))
        if now - since > REPEATS_SECONDS:
            _say_left_out(record, count - REPEATS)
            since, count = now, 0
        if len(self._seen) >= TEMPLATES_REMEMBERED:
            self._seen.clear()
        self._seen[key] = (since, count + 1)
        return count < REPEATS


def _template(record: logging.LogRecord) -> str:
    """What is the same in each repetition: the event of our own lines, the unfilled text of a library's."""
    return str(record.msg.get("event")) if isinstance(record.msg, dict) else str(record.msg)


def _say_left_out(record: logging.LogRecord, left_out: int) -> None:
    if left_out <= 0:
        return
    if isinstance(record.msg, dict):
        record.msg = {**record.msg, "left_out": left_out}
    else:
        record.msg = f"{record.msg} [{left_out} like this were left out]"
