"""Signed requests for tests: right in everything, but for what a test asks to be wrong.

The signatures are made by other people's code (`referee.py`), so a request that is right proves our verifier, and one
with a single fault proves the check for that fault.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tests.support.keys import PrivateKey
from tests.support.referee import Message, sign_cavage, sign_rfc9421

ACTIVITY_JSON = "application/activity+json"
POST_COVERED = ("(request-target)", "host", "date", "digest", "content-type")
GET_COVERED = ("(request-target)", "host", "date")


def http_date(instant: datetime) -> str:
    return format_datetime(instant.astimezone(UTC), usegmt=True)


def digest_of(body: bytes) -> str:
    return f"SHA-256={base64.b64encode(hashlib.sha256(body).digest()).decode()}"


@dataclass(frozen=True)
class Forged:
    """A request as it goes over the wire: header lines in order, repeated ones too."""

    method: str
    url: str
    lines: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def target(self) -> str:
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def header(self, name: str) -> str:
        return next(value for key, value in self.lines if key.lower() == name.lower())

    def with_line(self, name: str, value: str, *, first: bool = False) -> Self:
        """One more line, beside any of the same name."""
        line = ((name, value),)
        return replace(self, lines=line + self.lines if first else self.lines + line)

    def with_header(self, name: str, value: str | None) -> Self:
        """Another value for a header (None takes it away), after signing."""
        kept = tuple(line for line in self.lines if line[0].lower() != name.lower())
        return replace(self, lines=kept if value is None else (*kept, (name, value)))

    def with_body(self, body: bytes) -> Self:
        """Another body, after signing."""
        return replace(self, body=body)

    def sent_to(self, url: str) -> Self:
        """The same signed request, to another address."""
        return replace(self, url=url)


@dataclass(frozen=True)
class Plan:
    """How to sign. Defaults are what Mastodon does; each field can be made wrong."""

    key: PrivateKey
    key_id: str
    kind: str = "draft-cavage"
    covered: Sequence[str] | None = None
    date: datetime | str | None = None
    algorithm: str | None = "rsa-sha256"
    digest: str | None = None
    host: str | None = None
    content_type: str = ACTIVITY_JSON
    created: int | str | None = None
    expires: int | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def sign(self, url: str, body: bytes | Mapping[str, Any] | None = None) -> Forged:
        """A signed POST with this body (a mapping is written as JSON), or a signed GET without one."""
        content = json.dumps(body).encode() if isinstance(body, Mapping) else body
        return self._rfc9421(url, content) if self.kind == "rfc9421" else self._cavage(url, content)

    def _date(self) -> str:
        instant = self.date if self.date is not None else datetime.now(UTC)
        return instant if isinstance(instant, str) else http_date(instant)

    def _head(self, url: str, body: bytes | None) -> dict[str, str]:
        head = {"Host": self.host or urlsplit(url).netloc, "Date": self._date()}
        if body is not None:
            head["Content-Type"] = self.content_type
        return head | dict(self.headers)

    def _cavage(self, url: str, body: bytes | None) -> Forged:
        head = self._head(url, body)
        if body is not None:
            head["Digest"] = self.digest if self.digest is not None else digest_of(body)
        method = "GET" if body is None else "POST"
        request = Forged(method, url, tuple(head.items()), body or b"")
        covered = self.covered if self.covered is not None else (GET_COVERED if body is None else POST_COVERED)
        pseudo = {"(created)": str(self.created), "(expires)": str(self.expires)}
        assert isinstance(self.key, RSAPrivateKey)
        signature = sign_cavage(
            self.key, self.key_id, headers=head | pseudo, covered=covered, method=method, target=request.target
        )
        return request.with_line("Signature", self._dressed(signature))

    def _dressed(self, signature: str) -> str:
        """Httpsig knows only rsa-sha256 and no times; both can be said otherwise without changing what is signed."""
        name = f'algorithm="{self.algorithm}"' if self.algorithm is not None else ""
        signature = signature.replace('algorithm="rsa-sha256"', name).replace(",,", ",").removeprefix("Signature ")
        for parameter, value in (("created", self.created), ("expires", self.expires)):
            if value is not None:
                signature += f",{parameter}={value}"
        return signature

    def _rfc9421(self, url: str, body: bytes | None) -> Forged:
        message = Message("GET" if body is None else "POST", url, self._head(url, body))
        created = datetime.fromtimestamp(self.created, UTC) if isinstance(self.created, int) else None
        if created is None and isinstance(self.date, datetime):
            created = self.date
        expires = datetime.fromtimestamp(self.expires, UTC) if isinstance(self.expires, int) else None
        sign_rfc9421(
            self.key,
            self.key_id,
            message=message,
            covered=self.covered or ("@method", "@target-uri"),
            body=body,
            created=created or datetime.now(UTC) - timedelta(seconds=1),
            expires=expires,
        )
        return Forged(message.method, url, tuple(message.headers.items()), body or b"")
