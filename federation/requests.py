"""An incoming request as a signature sees it: the bytes that arrived, before any framework made sense of them.

Signatures are made over raw things: the request target as it stood on the wire (a decoded path is another text),
header lines as they came (a framework shows the first of two), the body before any decompression.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from federation.errors import BadRequest

SECURITY_HEADERS = ("signature", "signature-input", "digest", "content-digest", "date", "host")
"""Two of one of these would let the verifier look at one and somebody else at the other."""


class Headers:
    """Header lines by lower-case name, in the order in which they came."""

    def __init__(self, pairs: Iterable[tuple[str | bytes, str | bytes]]) -> None:
        self._lines: dict[str, list[str]] = {}
        for name, value in pairs:
            self._lines.setdefault(_text(name).lower(), []).append(_text(value).strip(" \t"))

    def get(self, name: str) -> str | None:
        """The value under a lower-case name, lines joined by a comma as HTTP allows; None if there is none."""
        lines = self._lines.get(name)
        return ", ".join(lines) if lines is not None else None

    def demand_single(self, *names: str) -> None:
        """Raises `BadRequest` if a header that must not be repeated is there twice."""
        for name in names:
            if len(self._lines.get(name, ())) > 1:
                raise BadRequest(f"the header {name} is there twice", reason="duplicate_header")


@dataclass(frozen=True, slots=True)
class InboundRequest:
    """`target` is the raw request target (path and query), `inbox` the key of the addressed actor, None for the shared
    inbox.
    """

    method: str
    target: str
    headers: Headers
    body: bytes = b""
    inbox: str | None = None

    @classmethod
    def of(
        cls,
        method: str,
        target: str,
        *,
        headers: Iterable[tuple[str | bytes, str | bytes]],
        body: bytes = b"",
        inbox: str | None = None,
    ) -> Self:
        """From a server's raw parts; with aiohttp `request.raw_path` and `request.raw_headers`."""
        return cls(method=method.upper(), target=target, headers=Headers(headers), body=body, inbox=inbox)


def _text(part: str | bytes) -> str:
    return part.decode("latin-1") if isinstance(part, bytes) else part
