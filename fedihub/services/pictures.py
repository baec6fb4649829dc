"""Small pictures of other servers, shown on our pages as if they were ours.

A page of the hub speaks to no third party, so a custom emoji is fetched by the hub and not by the reader's browser:
its server does not learn who reads what. Only addresses that a stored post or actor names are fetched, only a few at a
time from one host, and only what is small and really a picture is passed on. What was fetched stays in memory for a
while, and so does that there was nothing.
"""

from dataclasses import dataclass
from datetime import timedelta

from federation.bounded import BoundedMap
from federation.errors import DereferenceFailed, ProtocolError, Unreachable
from federation.identifiers import host_of
from federation.patience import Patience
from federation.transport import Response, Transport

LARGEST = 256 * 1024
"""Mastodon 4.6 takes emoji of that size (`CustomEmoji::LIMIT`)."""
REMEMBERED = 200
KEPT = timedelta(hours=12)
MISSED = timedelta(minutes=10)
TYPES = frozenset({"image/png", "image/apng", "image/gif", "image/webp", "image/avif", "image/jpeg"})
"""No SVG: it is a document, and may hold scripts."""
_ACCEPT = "image/png, image/gif, image/webp, image/avif, image/jpeg"


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a picture, and what they are."""

    content: bytes
    media_type: str


class Pictures:
    """One per process."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._patience = Patience()
        self._kept: BoundedMap[str, Picture] = BoundedMap(REMEMBERED, KEPT)
        self._missed: BoundedMap[str, bool] = BoundedMap(50 * REMEMBERED, MISSED)

    async def find(self, url: str) -> Picture | None:
        """The picture behind a URL; None if there is none that may be shown."""
        picture = self._kept.get(url)
        if picture is not None or self._missed.get(url):
            return picture
        try:
            picture = _read(await self._fetch(url))
        except ProtocolError:
            picture = None
        if picture is not None:
            self._kept.put(url, picture)
        else:
            self._missed.put(url, value=True)
        return picture

    async def _fetch(self, url: str) -> Response:
        async with self._patience.turn(host_of(url)):
            try:
                return await self._transport.get(url, _ACCEPT, limit=LARGEST)
            except Unreachable as error:
                raise DereferenceFailed(error.public, temporary=True, reason=error.reason) from error


def _read(response: Response) -> Picture | None:
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if response.status != 200 or media_type not in TYPES or not response.body:
        return None
    return Picture(response.body, media_type)
