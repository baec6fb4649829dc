"""Claims: what a signature is checked against, apart from the inbox."""

from datetime import UTC, datetime

import pytest

from federation.errors import BadRequest, SignatureRefused
from federation.identifiers import KeyId, SignatureKind
from federation.requests import InboundRequest
from federation.signatures.claim import Claim
from federation.signatures.keys import parse_public_key
from federation.signatures.verify import read_claim
from tests.support.forge import Forged, Plan
from tests.support.keys import ed25519_key, public_pem, rsa_key

HUB = "https://hub.test"
KEY_ID = KeyId("https://peer.test/users/ada#main-key")
DATA = b"what was signed"


def claim(*, kind: SignatureKind, signature: bytes, algorithm: str | None = None) -> Claim:
    return Claim(KEY_ID, signature, (b"other", DATA), kind, algorithm)


def read(request: Forged) -> Claim:
    inbound = InboundRequest.of(request.method, request.target, headers=request.lines, body=request.body)
    return read_claim(inbound, base_url=HUB, now=datetime.now(UTC))


def test_ed25519_counts_only_in_rfc_9421() -> None:
    """No peer means Ed25519 when it speaks draft-cavage; a name for it does not exist there."""
    public, signature = parse_public_key(public_pem(ed25519_key(1))), ed25519_key(1).sign(DATA)
    assert claim(kind=SignatureKind.RFC9421, signature=signature).is_proved_by(public)
    assert not claim(kind=SignatureKind.CAVAGE, signature=signature).is_proved_by(public)


@pytest.mark.parametrize(
    ("name", "accepted"),
    [(None, True), ("ed25519", True), ("rsa-v1_5-sha256", False), ("hmac-sha256", False), ("", False)],
)
def test_the_name_of_an_algorithm_can_only_contradict_the_key(name: str | None, *, accepted: bool) -> None:
    public, signature = parse_public_key(public_pem(ed25519_key(1))), ed25519_key(1).sign(DATA)
    assert claim(kind=SignatureKind.RFC9421, signature=signature, algorithm=name).is_proved_by(public) is accepted


def test_a_get_may_leave_out_the_query() -> None:
    """GoToSocial tries again without the query after a 401, older Mastodon signs like that."""
    public = parse_public_key(public_pem(rsa_key(1)))
    signed = Plan(rsa_key(1), KEY_ID).sign(f"{HUB}/ap/actors/7/outbox")
    for url in (signed.url, f"{signed.url}?page=true"):
        assert read(signed.sent_to(url)).is_proved_by(public)
    other = Plan(rsa_key(1), KEY_ID).sign(f"{HUB}/ap/actors/7/outbox?page=1")
    assert not read(other.sent_to(signed.url)).is_proved_by(public)


def test_a_get_must_cover_its_host() -> None:
    with pytest.raises(SignatureRefused, match="signature_covers_too_little"):
        read(Plan(rsa_key(1), KEY_ID, covered=("(request-target)", "date")).sign(f"{HUB}/ap/actors/7"))


@pytest.mark.parametrize("header", ["Signature", "Date", "Host"])
def test_also_a_get_has_each_security_header_once(header: str) -> None:
    signed = Plan(rsa_key(1), KEY_ID).sign(f"{HUB}/ap/actors/7")
    with pytest.raises(BadRequest, match="duplicate_header"):
        read(signed.with_line(header, signed.header(header)))
