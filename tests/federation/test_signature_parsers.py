"""The parsers of signature headers meet any text and raise nothing but refusals."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import ProtocolError, SignatureRefused
from federation.requests import InboundRequest
from federation.signatures.dates import read_http_date, write_http_date
from federation.signatures.digest import check_content_digest, check_digest, write_content_digest, write_digest
from federation.signatures.verify import read_claim

NOW = datetime(2026, 11, 23, 1, 0, 21, tzinfo=UTC)
BASE = "https://hub.test"
CAVAGE_PARTS = [
    'keyId="https://a.test/k"', 'signature="QUJD"', 'headers="(request-target) host date digest"', "created=1", ",",
    " ", '"', 'algorithm="hs2019"', "=", 'headers="', "(created)", "\\", "expires=99999999999999999999", "ü", "\x00",
]  # fmt: skip
STRUCTURED_PARTS = [
    "sig1=", '("@method" "@target-uri" "content-digest")', ";created=1764000000", ';keyid="https://a.test/k"', ":QUJD:",
    ",", ';alg="ed25519"', "(", ")", '"@method"', ";req", "?1", "@1", ";expires=1", "%", "-",
]  # fmt: skip
pieces = st.lists(st.sampled_from(CAVAGE_PARTS) | st.text(max_size=10), max_size=10)
structured = st.lists(st.sampled_from(STRUCTURED_PARTS) | st.text(max_size=6), max_size=10)


def attempt(**headers: str) -> None:
    lines = [(name.replace("_", "-"), value) for name, value in headers.items()]
    request = InboundRequest.of("POST", "/inbox", headers=[("Host", "hub.test"), *lines], body=b"{}")
    with pytest.raises(ProtocolError):
        read_claim(request, base_url=BASE, now=NOW)


@given(pieces)
def test_any_cavage_header(parts: list[str]) -> None:
    attempt(Signature="".join(parts), Date=write_http_date(NOW), Digest="SHA-256=x")
    attempt(Signature=",".join(parts), Date=write_http_date(NOW), Digest="SHA-256=x")


@given(structured, structured)
def test_any_structured_headers(first: list[str], second: list[str]) -> None:
    attempt(Signature_Input="".join(first), Signature="".join(second))
    attempt(Signature_Input="sig1=" + "".join(first), Signature="sig1=:QUJD:", Content_Digest="".join(second))


@given(st.text(max_size=60))
def test_any_digest(text: str) -> None:
    for candidate in (text, f"SHA-256={text}", f"sha-256=:{text}:"):
        for check in (check_digest, check_content_digest):
            with pytest.raises(SignatureRefused):
                check(candidate.encode("latin-1", "replace").decode("latin-1"), b"body")


def test_a_digest_is_of_the_bytes() -> None:
    check_digest(write_digest(b"body"), b"body")
    check_digest(f"sha-512=xyz, {write_digest(b'body')}", b"body")
    check_content_digest(write_content_digest(b"body"), b"body")
    check_content_digest(f"sha-512=:QUJD:, {write_content_digest(b'body')}", b"body")
    for wrong in (
        f"{write_digest(b'body')}, {write_digest(b'body')}",
        write_digest(b"other"),
        None,
        write_digest(b"body") + "=",
    ):
        with pytest.raises(SignatureRefused):
            check_digest(wrong, b"body")
    good = write_content_digest(b"body")
    for wrong in (
        f"{good}, {good}",
        "sha-256=1",
        "sha-512=:QUJD:",
        None,
        "sha-256=(:QUJD:)",
        write_content_digest(b"other"),
    ):
        with pytest.raises(SignatureRefused):
            check_content_digest(wrong, b"body")


@given(st.datetimes(timezones=st.just(UTC)))
def test_dates_are_written_and_read(instant: datetime) -> None:
    assert read_http_date(write_http_date(instant)) == instant.replace(microsecond=0)


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert read_http_date(text) is None
    assert read_http_date(f"Mon, {text} GMT") is None
