"""URIs: one spelling each, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import BadUri
from federation.identifiers import (
    MAX_URI_LENGTH,
    Origin,
    host_of,
    origin_of,
    origin_text,
    parse_host,
    parse_uri,
    same_origin,
    without_fragment,
)

VIC = "https://vic.example/users/bob"

SAME = [
    "https://VIC.example/users/bob",
    "HTTPS://vic.EXAMPLE/users/bob",
    "https://vic.example./users/bob",
    "https://vic.example:443/users/bob",
    "https://ⓥic.example/users/bob",
    "https://ｖｉｃ．ｅｘａｍｐｌｅ/users/bob",
    "https://vic。example/users/bob",
]
OTHER = [
    "https://vic.example:8443/users/bob",
    "https://vic.example/users/Bob",
    "https://vic.example/users/bob/",
    "https://vic.example/users/%62ob",
    "https://sub.vic.example/users/bob",
    "https://víc.example/users/bob",
    "https://vic.example//users/bob",
]
REFUSED = [
    "", " ", "vic.example", "//vic.example/x", "/users/bob", "https:", "https://", "https:///x", "https:vic.example/x",
    "http://vic.example/x", "ftp://vic.example/x", "javascript:alert(1)", "data:text/html,x", "acct:bob@vic.example",
    "did:key:z6Mk", "ap://did:key:z6Mk/actor", "urn:x", "https://user@vic.example/", "https://user:pw@vic.example/",
    "https://@vic.example/", "https://vic.example:/x", "https://vic.example:0/", "https://vic.example:65536/",
    "https://vic.example:port/", "https://vic.example:+443/", "https://vic.example:４４３/", "https://vic .example/",
    "https://vic\u00ad.example:x/", "https://vic.example\\@evil.example/", "https://vic.example\\x", " https://vic.example/",
    "https://vic.example/ ", "https://vic.example/\n", "https://vic.ex\tample/", "https://vic.example/\x00",
    "https://vic.example/\x7f", "https://vic.example/a b", 'https://vic.example/"', "https://vic.example/<x>",
    "https://-vic.example/", "https://vic-.example/", "https://vic..example/", "https://.vic.example/",
    "https://vic.example../", "https://vic_tim.example/", "https://%76ic.example/", "https://vic.example%2f@evil.example/",
    "https://[vic.example]/", "https://[::1/", "https://::1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.0.0.1/",
    "https://0177.0.0.1/", "https://1.2.3.4.5/", "https://①②⑦.⓪.⓪.①/", "https://localhost/", "https://intranet/x",
    f"https://{'a' * 64}.example/", f"https://{'a.' * 130}example/", f"https://vic.example/{'a' * MAX_URI_LENGTH}",
    "https://vic.example/\ud800", "https://vic.example/\u2028", "https://xn--a.\ud800example/", "https://ex\u0338ample\u202e.com:x/",
]  # fmt: skip


@pytest.mark.parametrize("text", SAME)
def test_spellings_of_one_uri(text: str) -> None:
    assert parse_uri(text) == VIC
    assert same_origin(text, VIC)


@pytest.mark.parametrize("text", OTHER)
def test_other_uris_stay_others(text: str) -> None:
    assert parse_uri(text) != VIC


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_public_uri(text: str) -> None:
    with pytest.raises(BadUri):
        parse_uri(text)


@pytest.mark.parametrize("value", [None, 7, True, b"https://vic.example/", [VIC], {"id": VIC}])
def test_only_a_text_is_a_uri(value: object) -> None:
    with pytest.raises(BadUri):
        parse_uri(value)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("http://localhost:8080/x", "http://localhost:8080/x"),
        ("http://127.0.0.1:80/x", "http://127.0.0.1/x"),
        ("http://[::0001]:81/", "http://[::1]:81/"),
        ("http://peer.test", "http://peer.test"),
    ],
)
def test_development_admits_more(text: str, parsed: str) -> None:
    assert parse_uri(text, http_allowed=True) == parsed
    with pytest.raises(BadUri):
        parse_uri(text)


@pytest.mark.parametrize("text", ["http://127.1/", "http://0x7f.0.0.1/", "http://user@localhost/", "ftp://localhost/"])
def test_but_not_everything(text: str) -> None:
    with pytest.raises(BadUri):
        parse_uri(text, http_allowed=True)


@given(st.text(max_size=60))
def test_any_text_is_a_uri_or_none(text: str) -> None:
    for candidate in (text, f"https://{text}", f"https://vic.example/{text}"):
        try:
            parsed = parse_uri(candidate, http_allowed=True)
        except BadUri:
            continue
        assert parse_uri(parsed, http_allowed=True) == parsed, "one spelling is its own"
        assert parsed.startswith(origin_text(parsed))
        assert host_of(parsed) == parse_host(origin_text(parsed).partition("://")[2], scheme=origin_of(parsed).scheme)


def test_origins_are_compared_whole() -> None:
    assert origin_of("https://Vic.example/x") == Origin("https", "vic.example", 443)
    assert not same_origin("https://vic.example/x", "http://vic.example/x")
    assert not same_origin("https://vic.example/x", "https://vic.example:8443/x")
    assert not same_origin("https://vic.example/x", "https://vic.example.evil.example/x")
    assert not same_origin("https://vic.example/x", "no uri")


def test_hosts_show_a_port_only_where_it_is_unusual() -> None:
    assert host_of("https://Vic.example:443/x") == "vic.example"
    assert host_of("http://vic.example:80/x") == "vic.example"
    assert host_of("http://localhost:8080/x") == "localhost:8080"
    assert parse_host("BÜCHER.example") == "xn--bcher-kva.example"
    for text in ("", "a b", "user@vic.example", "vic.example/x", "vic.example:x", "[::1", "vic..example"):
        with pytest.raises(BadUri):
            parse_host(text)


def test_a_fragment_is_not_requested() -> None:
    assert without_fragment(f"{VIC}?a#main-key") == f"{VIC}?a"
