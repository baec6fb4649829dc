"""Everything that can go wrong in the protocol, as one tree.

    ProtocolError
    ├── BadUri                 a text that is no URI we would ever use
    ├── BadDocument            JSON, or its shape, that cannot be what it should be
    ├── BadRequest             an inbox request that is malformed before any signature is looked at
    │   ├── WrongHost          it was meant for somebody else
    │   └── UnsupportedBody    content type or content encoding that we do not read
    ├── TooLarge               more bytes than the limit of that kind of body
    ├── SignatureRefused       no signature, a wrong one, or the right one of somebody else
    ├── KeyUnavailable         the key that should prove a signature could not be had
    ├── OriginMismatch         somebody speaks for a host that is not theirs
    ├── BlockedAddress         an address that we do not connect to
    ├── HostBlocked            a host that the operator has blocked
    ├── Unreachable            the network did not carry an answer to us; another time it may
    ├── DereferenceFailed      an answer came, but not the document
    └── ResolveFailed          a handle that leads to no actor

Each error has three faces: `reason`, a short snake_case code for logs, problem documents and the inbox log; `public`, a
sentence that may be shown to anyone; `private`, details for the operator (it may quote what a stranger sent).
"""

from typing import ClassVar


class ProtocolError(Exception):
    """Base of all; `http_status` is the HTTP status with which an endpoint answers when the error reaches it."""

    http_status: int = 400
    default_reason: ClassVar[str] = "protocol_error"

    def __init__(self, public: str, *, reason: str | None = None, private: str = "") -> None:
        super().__init__(public)
        self.public = public
        self.private = private
        self.reason = reason or self.default_reason

    @property
    def details(self) -> str:
        """What `public` does not say, for the operator."""
        return f"{self.reason}: {self.private}" if self.private else self.reason

    def __str__(self) -> str:
        return f"{self.reason}: {self.public}" + (f" ({self.private})" if self.private else "")


class BadUri(ProtocolError):
    """A text that is no URI we would ever use."""

    default_reason = "bad_uri"


class BadDocument(ProtocolError):
    """JSON, or a shape of it, that cannot be what it should be."""

    default_reason = "bad_document"


class BadRequest(ProtocolError):
    """An inbox request that is malformed before any signature is looked at."""

    default_reason = "bad_request"


class WrongHost(BadRequest):
    """A request that was meant for another host."""

    default_reason = "wrong_host"


class UnsupportedBody(BadRequest):
    """A content type or content encoding that we do not read."""

    http_status = 415
    default_reason = "unsupported_body"


class TooLarge(ProtocolError):
    """More bytes than the limit of that kind of body."""

    http_status = 413
    default_reason = "too_large"


class SignatureRefused(ProtocolError):
    """No signature, a wrong one, or the right one of somebody else."""

    http_status = 401
    default_reason = "signature_refused"


class KeyUnavailable(ProtocolError):
    """The key could not be fetched. `retry` tells a temporary failure (503, try again) from a final one; `gone`: its
    document was there and will never be again (410).
    """

    http_status = 401
    default_reason = "key_unavailable"

    def __init__(
        self, public: str, *, retry: bool, gone: bool = False, reason: str | None = None, private: str = ""
    ) -> None:
        super().__init__(public, reason=reason, private=private)
        self.retry = retry
        self.gone = gone
        self.http_status = 503 if retry else 401
        self.retry_after = 60 if retry else None


class OriginMismatch(ProtocolError):
    """Somebody speaks for a host that is not theirs."""

    default_reason = "origin_mismatch"


class BlockedAddress(ProtocolError):
    """A host whose address we do not connect to."""

    default_reason = "blocked_address"


class HostBlocked(ProtocolError):
    """A host that the operator has blocked: nothing is taken from it, and nothing asked of it."""

    http_status = 403
    default_reason = "host_blocked"


class Unreachable(ProtocolError):
    """`reason` is one of dns_failed, connect_failed, tls_failed, timed_out, connection_lost, bad_answer; or
    elsewhere_unreachable: another host, to which the one that was asked redirects; or we_are_busy: nobody was asked.
    """

    http_status = 502
    default_reason = "unreachable"


class DereferenceFailed(ProtocolError):
    """`temporary`: worth another try later. `gone`: the origin says 410, which is for ever. `status`: its answer, if
    any.
    """

    http_status = 502
    default_reason = "dereference_failed"

    def __init__(
        self,
        public: str,
        *,
        temporary: bool = False,
        status: int | None = None,
        reason: str | None = None,
        private: str = "",
    ) -> None:
        super().__init__(public, reason=reason, private=private)
        self.temporary = temporary
        self.status = status

    @property
    def gone(self) -> bool:
        """Whether the origin says that it was there and will never be again."""
        return self.status == 410


class ResolveFailed(ProtocolError):
    """A handle that could not be resolved; `temporary` as in `DereferenceFailed`."""

    http_status = 404
    default_reason = "resolve_failed"

    def __init__(self, public: str, *, temporary: bool = False, reason: str | None = None, private: str = "") -> None:
        super().__init__(public, reason=reason, private=private)
        self.temporary = temporary
