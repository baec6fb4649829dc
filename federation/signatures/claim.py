"""What a request claims about its sender, and the time window that both kinds of signatures share."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from federation.errors import SignatureRefused
from federation.identifiers import KeyId, SignatureKind
from federation.signatures.keys import PublicKey, is_signed_by


@dataclass(frozen=True, slots=True)
class Claim:
    """What `key_id` is said to have signed: complete, fresh and tied to the body, but not proved yet.

    `bases` are the texts that may have been signed: one, or two where peers disagree about the query of a GET.
    `covered` are the names of what was signed, headers in lower case.
    `algorithm` is what an RFC 9421 signature says of itself; it can only contradict the key, never choose.
    """

    key_id: KeyId
    signature: bytes
    bases: tuple[bytes, ...]
    kind: SignatureKind
    algorithm: str | None = None
    covered: frozenset[str] = frozenset()

    def is_proved_by(self, key: PublicKey) -> bool:
        """Whether the private half of this key made the signature."""
        if self.kind is SignatureKind.CAVAGE and not isinstance(key, RSAPublicKey):
            return False
        wanted = "rsa-v1_5-sha256" if isinstance(key, RSAPublicKey) else "ed25519"
        if self.algorithm is not None and self.algorithm != wanted:
            return False
        return any(is_signed_by(key, self.signature, base) for base in self.bases)


def check_time(instant: datetime, *, now: datetime, window: timedelta) -> None:
    """The time of a signature lies within the window around ours. Raises `SignatureRefused`."""
    if not -window <= instant - now <= window:
        raise SignatureRefused(
            "the signature is not from now", reason="signature_not_fresh", private=instant.isoformat()
        )


def check_expiry(expires: int, *, now: datetime) -> None:
    """The signature has not expired. Raises `SignatureRefused`."""
    if expires < now.timestamp():
        raise SignatureRefused("the signature has expired", reason="signature_expired")


def instant_of(seconds: int) -> datetime:
    """A Unix time. Raises `SignatureRefused` for those that no calendar knows."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise SignatureRefused("the time of the signature does not exist", reason="signature_not_fresh") from error
