"""The inbox: requests that are wrong by themselves, whoever sent them.

Each is right but for one fault, and is refused before anybody is asked for a key.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from federation import limits
from federation.errors import (
    BadDocument,
    BadRequest,
    OriginMismatch,
    SignatureRefused,
    TooLarge,
    UnsupportedBody,
    WrongHost,
)
from federation.ports import Received
from tests.federation.conftest import FRIEND, HUB, HUB_INBOX, World, refused
from tests.support.forge import POST_COVERED, Forged, digest_of
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor

# 1. The head.


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "text/json",
        "text/plain",
        "application/octet-stream",
        "application/activity+json-seq",
        "",
    ],
)
async def test_other_content_types_are_refused(
    world: World, ada: PeerActor, follow: dict[str, Any], content_type: str
) -> None:
    error = await refused(
        world, ada.plan(content_type=content_type).sign(HUB_INBOX, follow), UnsupportedBody, "wrong_content_type"
    )
    assert error.http_status == 415


async def test_a_compressed_body_is_refused(world: World, ada: PeerActor, follow: dict[str, Any]) -> None:
    for encoding in ("gzip", "deflate", "br"):
        request = ada.plan().sign(HUB_INBOX, follow).with_line("Content-Encoding", encoding)
        await refused(world, request, UnsupportedBody, "body_encoded")


async def test_a_body_has_a_limit(world: World, peer: Peer, ada: PeerActor) -> None:
    activity = peer.activity(ada, "Create", "x" * limits.INBOX_BODY)
    error = await refused(world, ada.plan().sign(HUB_INBOX, activity), TooLarge, "too_large")
    assert error.http_status == 413


@pytest.mark.parametrize("header", ["Digest", "Date", "Signature", "Host", "Content-Type"])
@pytest.mark.parametrize("first", [True, False])
async def test_a_security_header_may_not_come_twice(
    world: World, ada: PeerActor, follow: dict[str, Any], header: str, *, first: bool
) -> None:
    request = ada.plan().sign(HUB_INBOX, follow)
    doubled = request.with_line(header, request.header(header), first=first)
    await refused(world, doubled, BadRequest, "duplicate_header")
    await refused(world, request.with_line(header.lower(), "other", first=first), BadRequest, "duplicate_header")


async def test_a_request_for_another_host_is_refused(world: World, ada: PeerActor, follow: dict[str, Any]) -> None:
    """A request that was really signed for somebody else must not work here (Misskey GHSA-3f39-6537-3cgc)."""
    elsewhere = ada.plan().sign("https://victim.test/ap/inbox", follow)
    await refused(world, elsewhere, WrongHost, "wrong_host")
    await refused(world, elsewhere.with_header("Host", None), WrongHost, "wrong_host")
    await refused(world, ada.plan(host="hub.test:8443").sign(HUB_INBOX, follow), WrongHost, "wrong_host")
    with pytest.raises(SignatureRefused, match="signature_wrong"):
        await world.receive(elsewhere.with_header("Host", "hub.test"))


async def test_our_host_has_several_spellings(world: World, ada: PeerActor, follow: dict[str, Any]) -> None:
    for host in ("hub.test", "HUB.test", "hub.test:443"):
        assert isinstance(await world.receive(ada.plan(host=host).sign(HUB_INBOX, follow)), Received)


async def test_only_a_post_to_a_path_is_taken(world: World, ada: PeerActor, follow: dict[str, Any]) -> None:
    await refused(world, ada.plan().sign(HUB_INBOX), BadRequest, "bad_target")

    class Absolute(Forged):
        target = "http://evil.test/ap/inbox"

    request = ada.plan().sign(HUB_INBOX, follow)
    absolute = Absolute(request.method, request.url, request.lines, request.body)
    await refused(world, absolute, BadRequest, "bad_target")


# 2. The claim.


async def test_an_unsigned_activity_is_refused(world: World, ada: PeerActor, follow: dict[str, Any]) -> None:
    request = ada.plan().sign(HUB_INBOX, follow).with_header("Signature", None)
    error = await refused(world, request, SignatureRefused, "signature_missing")
    assert error.http_status == 401


@pytest.mark.parametrize("dropped", ["(request-target)", "host", "date", "digest"])
async def test_every_part_must_be_covered(world: World, ada: PeerActor, follow: dict[str, Any], dropped: str) -> None:
    covered = tuple(name for name in POST_COVERED if name != dropped)
    request = ada.plan(covered=covered).sign(HUB_INBOX, follow)
    await refused(world, request, SignatureRefused, "signature_covers_too_little")


@pytest.mark.parametrize(
    "date",
    [
        datetime.now(UTC) - timedelta(hours=2),
        datetime.now(UTC) + timedelta(hours=2),
        datetime(2001, 1, 1, tzinfo=UTC),
        datetime(2099, 1, 1, tzinfo=UTC),
    ],
)
async def test_a_stale_date_is_refused(world: World, ada: PeerActor, follow: dict[str, Any], date: datetime) -> None:
    await refused(world, ada.plan(date=date).sign(HUB_INBOX, follow), SignatureRefused, "signature_not_fresh")


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 01 Jan 2099 00:00:00 +9999",
        "99 Foo 2001",
        "",
        "now",
        "2026-11-23T01:00:21Z",
        "Mon, 99 Jan 2026 00:00:00 GMT",
        "Monday, 01-Jan-26 00:00:00 GMT",
        "Mon Jan  1 00:00:00 2026",
    ],
)
async def test_an_unreadable_date_is_refused(world: World, ada: PeerActor, follow: dict[str, Any], date: str) -> None:
    plan = ada.plan(headers={"Date": date} if date == "" else {}, date=date or None)
    await refused(world, plan.sign(HUB_INBOX, follow), SignatureRefused, "date_unreadable")


NOW = int(time.time())
HS2019 = ("(request-target)", "(created)", "host", "digest")
WRONG_TIMES: dict[str, dict[str, Any]] = {
    "created two hours ago": {"created": NOW - 7200},
    "created in two hours": {"created": NOW + 7200},
    "created before there were computers": {"created": 10},
    "created after the end of the calendar": {"created": 99999999999999},
    "created as a text": {"created": f'"{NOW}"'},
    "created with a minus": {"created": -NOW},
    "created as a float": {"created": "1e30"},
    "created without a value": {"created": ""},
    "not created": {},
    "expired": {"created": NOW - 600, "expires": NOW - 300, "covered": (*HS2019, "(expires)")},
    "expired, though not covered": {"created": NOW - 600, "expires": NOW - 300},
    "for a week": {"created": NOW, "expires": NOW + 7 * 86400, "covered": (*HS2019, "(expires)")},
    "expires before it was created": {"created": NOW + 600, "expires": NOW + 300, "covered": (*HS2019, "(expires)")},
    "covers expires without one": {"created": NOW, "covered": (*HS2019, "(expires)")},
    "times with rsa-sha256": {"created": NOW, "algorithm": "rsa-sha256"},
}


@pytest.mark.parametrize("case", WRONG_TIMES)
async def test_wrong_times_of_hs2019_are_refused(
    world: World, ada: PeerActor, follow: dict[str, Any], case: str
) -> None:
    plan = ada.plan(**({"covered": HS2019, "algorithm": "hs2019"} | WRONG_TIMES[case]))
    request = plan.sign(HUB_INBOX, follow)
    asked = len(world.resolver.asked)
    with pytest.raises(SignatureRefused):
        await world.receive(request)
    assert len(world.resolver.asked) == asked


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "rsa-sha1", "ed25519", "none", "", "rsa-sha512"])
async def test_the_sender_does_not_choose_the_algorithm(
    world: World, ada: PeerActor, follow: dict[str, Any], algorithm: str
) -> None:
    request = ada.plan(algorithm=algorithm).sign(HUB_INBOX, follow)
    await refused(world, request, SignatureRefused, "algorithm_not_accepted")


Change = Callable[[str], str]
MANGLED: dict[str, tuple[Change, str]] = {
    "two key ids, ours first": (lambda s: 'keyId="https://peer.test/x",' + s, "signature_duplicate_parameter"),
    "two key ids, ours last": (lambda s: s + ',keyId="https://peer.test/x"', "signature_duplicate_parameter"),
    "two signatures": (lambda s: s + ',signature="QUJD"', "signature_duplicate_parameter"),
    "no key id": (lambda s: s.replace("keyId", "keyIt"), "signature_incomplete"),
    "no signature": (lambda s: s.replace(",signature=", ",segnature="), "signature_incomplete"),
    "an open quote": (lambda s: s[:-1], "signature_unreadable"),
    "no quotes": (lambda s: s.replace('"', ""), "signature_unreadable"),
    "a comma at the end": (lambda s: s + ",", "signature_missing"),
    "eight kilobytes": (lambda s: s + f',x="{"y" * 9000}"', "signature_unreadable"),
    "not ASCII": (lambda s: s + ',x="ü"', "signature_unreadable"),
    "not base64": (lambda s: s.replace('signature="', 'signature="!!!'), "signature_unreadable"),
    "base64 with an escape in it": (lambda s: s.replace('signature="', 'signature="\\n'), "signature_unreadable"),
    "nothing": (lambda _: "", "signature_missing"),
    "a header twice": (lambda s: s.replace('headers="', 'headers="host '), "signature_unreadable"),
    "an unknown pseudo header": (lambda s: s.replace('headers="', 'headers="(foo) '), "signature_incomplete"),
    "a header that is not there": (lambda s: s.replace('headers="', 'headers="x-none '), "signature_incomplete"),
    "an escaped quote": (lambda s: s.replace("main-key", 'main\\"key'), "key_id_unreadable"),
}


@pytest.mark.parametrize("case", MANGLED)
async def test_a_mangled_signature_header_is_refused(
    world: World, ada: PeerActor, follow: dict[str, Any], case: str
) -> None:
    change, reason = MANGLED[case]
    request = ada.plan().sign(HUB_INBOX, follow)
    mangled = request.with_header("Signature", change(request.header("Signature")))
    with pytest.raises(SignatureRefused) as caught:
        await world.receive(mangled)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "SHA-256=",
        "SHA-256=QUJD",
        "SHA-256=QUJ!!!D=",
        "SHA-512=QUJD",
        "MD5=QUJD",
        digest_of(b"other"),
        f"{digest_of(b'other')},{digest_of(b'more')}",
    ],
)
async def test_a_wrong_digest_is_refused(world: World, ada: PeerActor, follow: dict[str, Any], digest: str) -> None:
    request = ada.plan(digest=digest).sign(HUB_INBOX, follow)
    with pytest.raises(SignatureRefused) as caught:
        await world.receive(request)
    assert caught.value.reason.startswith("digest_")


async def test_another_body_is_refused(world: World, peer: Peer, ada: PeerActor, follow: dict[str, Any]) -> None:
    for plan in (ada.plan(), ada.plan(kind="rfc9421")):
        body = json.dumps(peer.activity(ada, "Delete", FRIEND)).encode()
        request = plan.sign(HUB_INBOX, follow).with_body(body)
        await refused(world, request, SignatureRefused, "digest_mismatch")


@pytest.mark.parametrize("kind", ["draft-cavage", "rfc9421"])
async def test_a_signature_is_for_one_address(world: World, ada: PeerActor, follow: dict[str, Any], kind: str) -> None:
    """Also an encoded path is another address: the signature is over the raw target."""
    request = ada.plan(kind=kind).sign(f"{HUB}/ap/actors/7%2Fx/inbox?a=1", follow)
    assert isinstance(await world.receive(request), Received)
    for url in (HUB_INBOX, f"{HUB}/ap/actors/7/x/inbox?a=1", f"{HUB}/ap/actors/7%2Fx/inbox", f"{request.url}&b=2"):
        with pytest.raises(SignatureRefused, match="signature_wrong"):
            await world.receive(request.sent_to(url))


@pytest.mark.parametrize("kind", ["draft-cavage", "rfc9421"])
async def test_a_query_cannot_be_added(world: World, ada: PeerActor, follow: dict[str, Any], kind: str) -> None:
    request = ada.plan(kind=kind).sign(HUB_INBOX, follow)
    with pytest.raises(SignatureRefused, match="signature_wrong"):
        await world.receive(request.sent_to(f"{HUB_INBOX}?page=2"))


async def test_there_is_one_signature(world: World, ada: PeerActor, follow: dict[str, Any]) -> None:
    """Two good ones are one too many: somebody else may look at the other."""
    request = ada.plan(kind="rfc9421").sign(HUB_INBOX, follow)
    for name in ("Signature-Input", "Signature"):
        value = request.header(name)
        request = request.with_header(name, f"{value}, {value.replace('sig1=', 'sig2=')}")
    await refused(world, request, SignatureRefused, "signature_not_single")


RFC9421_FAULTS: dict[str, tuple[Change, str]] = {
    "no method": (lambda s: s.replace('"@method" ', ""), "signature_covers_too_little"),
    "no target": (lambda s: s.replace('"@target-uri" ', ""), "signature_covers_too_little"),
    "no digest": (lambda s: s.replace(' "content-digest"', ""), "signature_covers_too_little"),
    "nothing covered": (lambda s: "sig1=()" + s.partition(")")[2], "signature_covers_too_little"),
    "no created": (lambda s: s.replace("created=", "nonce="), "signature_incomplete"),
    "created as a text": (
        lambda s: s.replace("created=", 'created="').replace(";keyid", '";keyid'),
        "signature_incomplete",
    ),
    "no keyid": (lambda s: s.replace("keyid=", "tag="), "signature_incomplete"),
    "another label": (lambda s: s.replace("sig1=", "sig2="), "signature_not_single"),
    "two labels": (lambda s: f"{s}, {s.replace('sig1=', 'sig2=')}", "signature_not_single"),
    "the same label twice": (lambda s: f"{s}, {s}", "signature_duplicate_parameter"),
    "a component twice": (lambda s: s.replace('("@method"', '("@method" "@method"'), "signature_unreadable"),
    "a component parameter": (lambda s: s.replace('"@method"', '"@method";req'), "component_not_accepted"),
    "an unknown component": (lambda s: s.replace('("@method"', '("@method" "@status"'), "signature_incomplete"),
    "an absent header": (lambda s: s.replace('("@method"', '("@method" "x-none"'), "signature_incomplete"),
    "unreadable": (lambda s: s[:20], "signature_unreadable"),
    "empty": (lambda _: "", "signature_not_single"),
    "an expiry that is no number": (lambda s: s + ';expires="soon"', "signature_unreadable"),
    "expired": (lambda s: s + ";expires=1700000000", "signature_expired"),
    "another algorithm": (lambda s: s.replace("rsa-v1_5-sha256", "hmac-sha256"), "signature_wrong"),
}


@pytest.mark.parametrize("case", RFC9421_FAULTS)
async def test_faults_in_rfc_9421_are_refused(world: World, ada: PeerActor, follow: dict[str, Any], case: str) -> None:
    change, reason = RFC9421_FAULTS[case]
    request = ada.plan(kind="rfc9421").sign(HUB_INBOX, follow)
    changed = request.with_header("Signature-Input", change(request.header("Signature-Input")))
    assert changed != request
    with pytest.raises(SignatureRefused) as caught:
        await world.receive(changed)
    assert caught.value.reason == reason


@pytest.mark.parametrize("hours", [-2, 2])
async def test_rfc_9421_must_be_fresh(world: World, ada: PeerActor, follow: dict[str, Any], hours: int) -> None:
    plan = ada.plan(kind="rfc9421", created=int(time.time()) + hours * 3600)
    await refused(world, plan.sign(HUB_INBOX, follow), SignatureRefused, "signature_not_fresh")


async def test_one_kind_never_stands_in_for_the_other(world: World, ada: PeerActor, follow: dict[str, Any]) -> None:
    """With Signature-Input it is RFC 9421 or nothing, even if the Signature header would be good draft-cavage."""
    request = ada.plan().sign(HUB_INBOX, follow).with_line("Signature-Input", 'sig1=("@method")')
    await refused(world, request, SignatureRefused, "signature_unreadable")


# 3. The activity.


BAD_BODIES: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"Follow me", "not_json"),
    "an array": (b"[]", "not_an_object"),
    "two actors": (b'{"type":"Follow","actor":"https://peer.test/a","actor":"https://peer.test/b"}', "duplicate_key"),
    "two ids": (
        b'{"id":"https://peer.test/1","@id":"https://victim.test/1","type":"Like","actor":"x"}',
        "duplicate_key",
    ),
    "no type": (b'{"actor":"https://peer.test/users/ada"}', "type_unclear"),
    "two types": (b'{"type":["Create","Delete"],"actor":"https://peer.test/users/ada"}', "type_unclear"),
    "no actor": (b'{"type":"Follow"}', "actor_missing"),
    "an actor of two": (b'{"type":"Like","actor":["https://peer.test/a","https://peer.test/b"]}', "actor_missing"),
    "an actor who is a number": (b'{"type":"Like","actor":1}', "actor_missing"),
    "an id that is no URI": (b'{"type":"Like","actor":"https://peer.test/a","id":"x"}', "id_unreadable"),
    "deep": (b'{"type":"Like","actor":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "json_too_deep"),
    "NaN": (b'{"type":"Like","actor":NaN}', "not_a_number"),
    "half a character": (b'{"type":"Like","actor":"\\ud800"}', "lone_surrogate"),
    "NUL": (b'{"type":"Like","actor":"\\u0000"}', "nul_character"),
    "latin-1": ('{"type":"Like","actor":"ü"}'.encode("latin-1"), "not_utf8"),
}


@pytest.mark.parametrize("case", BAD_BODIES)
async def test_what_is_no_activity_is_refused(world: World, ada: PeerActor, case: str) -> None:
    body, reason = BAD_BODIES[case]
    error = await refused(world, ada.plan().sign(HUB_INBOX, body), BadDocument, reason)
    assert error.http_status == 400


async def test_an_id_on_another_host_is_refused(world: World, peer: Peer, ada: PeerActor) -> None:
    activity = peer.activity(ada, "Follow", FRIEND, id="https://victim.test/follows/1")
    await refused(world, ada.plan().sign(HUB_INBOX, activity), OriginMismatch, "origin_mismatch")
    local = peer.activity(ada, "Follow", FRIEND, id=f"{HUB}/ap/activities/1")
    await refused(world, ada.plan().sign(HUB_INBOX, local), OriginMismatch, "origin_mismatch")


async def test_our_own_actors_do_not_write_from_outside(world: World, peer: Peer, ada: PeerActor) -> None:
    activity = peer.activity(ada, "Follow", FRIEND, actor=f"{HUB}/ap/actors/7", id=None)
    await refused(world, ada.plan().sign(HUB_INBOX, activity), SignatureRefused, "actor_is_local")
    ours = ada.plan(key_id=f"{HUB}/ap/actors/7#main-key")
    await refused(world, ours.sign(HUB_INBOX, activity), SignatureRefused, "actor_is_local")
