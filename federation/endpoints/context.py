"""What the routes need to know of the program around them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from federation.ports import Directory, InboxLog
from federation.receive import Gate


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`gate` proves senders, `log` keeps what they say, `directory` has our documents; with `authorized_fetch` they are
    only for readers who sign. The rest is for NodeInfo.
    """

    gate: Gate
    log: InboxLog
    directory: Directory
    now: Callable[[], datetime]
    name: str
    description: str
    software_version: str
    authorized_fetch: bool = False


ENDPOINTS: web.AppKey[Endpoints] = web.AppKey("endpoints", Endpoints)
