"""Who sent this? Forged, borrowed, replayed and mangled signatures change nothing here.

The name of each test begins with the number of the attack; where it has one, its origin is named.
"""

import asyncio
import base64
import gzip
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedihub.services.resolving import resolve_url
from storage.posts import Post
from storage.received import ReceivedState
from tests.security.conftest import Scene
from tests.support.forge import POST_COVERED, Forged, digest_of, http_date
from tests.support.keys import public_pem, rsa_key
from tests.support.peer import Activity
from tests.support.stories import post_of


def like_by(scene: Scene, who: str) -> Activity:
    """What would have an effect, were it true: somebody likes Ada's second post."""
    actor = scene.rosa if who == "rosa" else scene.eve
    server = scene.peer if who == "rosa" else scene.evil
    return server.activity(actor, "Like", scene.secret.uri if who == "rosa" else scene.post.uri)


def signed(scene: Scene, activity: Activity, **changes: Any) -> Forged:
    """Rosa's request, good in everything but the changes."""
    return scene.rosa.plan(**changes).sign(scene.home.shared_inbox, activity)


async def refused(scene: Scene, request: Forged, *statuses: int) -> None:
    """It is refused, and nothing happens."""
    async with scene.nothing_happens():
        answer = await scene.sends(request)
        assert answer.status in (statuses or (400, 401)), answer.body


async def test_the_same_request_without_a_fault_does_something(scene: Scene) -> None:
    """Without this, every other test here could pass for a wrong reason."""
    before = await scene.state()
    answer = await scene.sends(signed(scene, like_by(scene, "rosa")))
    assert answer.status == 202
    assert await scene.state() != before


@pytest.mark.parametrize("form", ["pem", "pem without its last newline", "der"])
async def test_a1_a_public_key_is_no_shared_secret(scene: Scene, form: str) -> None:
    """node-http-signature: hmac-sha256 with the public key as the secret."""
    pem = public_pem(rsa_key(scene.rosa.key_number))
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    secret = {"pem": pem.encode(), "der": der}.get(form, pem.rstrip("\n").encode())
    activity = json.dumps(like_by(scene, "rosa")).encode()
    date, digest = http_date(datetime.now(UTC)), digest_of(activity)
    text = f"(request-target): post /ap/inbox\nhost: hub.test\ndate: {date}\ndigest: {digest}"
    proof = base64.b64encode(hmac.new(secret, text.encode(), hashlib.sha256).digest()).decode()
    signature = f'keyId="{scene.rosa.key_id}",algorithm="hmac-sha256",'
    signature += f'headers="(request-target) host date digest",signature="{proof}"'
    lines = [("Host", "hub.test"), ("Date", date), ("Digest", digest), ("Signature", signature)]
    lines.append(("Content-Type", "application/activity+json"))
    await refused(scene, Forged("POST", scene.home.shared_inbox, tuple(lines), activity))


@pytest.mark.parametrize("kind", ["draft-cavage", "rfc9421"])
async def test_a2_a3_nobody_acts_under_anothers_name(scene: Scene, kind: str) -> None:
    """Fedify CVE-2025-54888, Misskey #2546: a good signature, but of somebody else."""
    request = scene.eve.plan(kind=kind).sign(scene.home.shared_inbox, like_by(scene, "rosa"))
    await refused(scene, request)


async def test_a4_a_key_document_names_no_owner_of_another_host(scene: Scene) -> None:
    """discourse-activity-pub #325, CVE-2024-23832."""
    stolen = {
        "@context": "https://w3id.org/security/v1",
        "id": scene.rosa.key_id,
        "type": "Key",
        "owner": scene.rosa.uri,
        "publicKeyPem": public_pem(rsa_key(scene.eve.key_number)),
    }
    url = scene.evil.serve("/keys/1", stolen)
    for key_id, document in ((url, stolen), (url, stolen | {"id": url})):
        scene.evil.serve("/keys/1", document)
        request = scene.eve.plan(key_id=key_id).sign(scene.home.shared_inbox, like_by(scene, "rosa"))
        await refused(scene, request)
    # Nor has Rosa lost anything by it: her own key still counts.
    assert (await scene.sends(signed(scene, like_by(scene, "rosa")))).status == 202


async def test_a5_all_that_matters_must_be_signed(scene: Scene) -> None:
    """Misskey GHSA-3f39-6537-3cgc."""
    for dropped in ["(request-target)", "host", "date", "digest"]:
        covered = tuple(name for name in POST_COVERED if name != dropped)
        await refused(scene, signed(scene, like_by(scene, "rosa"), covered=covered))


@pytest.mark.parametrize("inbox", ["shared", "own"])
async def test_a6_each_inbox_reads_the_body_that_was_signed(scene: Scene, inbox: str) -> None:
    """Found in vutuv (#1945)."""
    url = scene.home.shared_inbox if inbox == "shared" else scene.ada.inbox_url
    request = scene.rosa.plan().sign(url, like_by(scene, "rosa"))
    other = json.dumps(like_by(scene, "rosa") | {"type": "Announce"}).encode()
    await refused(scene, request.with_body(other))
    await refused(scene, request.with_body(other).with_header("Digest", digest_of(other)))


@pytest.mark.parametrize("host", ["peer.test", "hub.test"])
async def test_a7_a_request_for_another_server_is_not_ours(scene: Scene, host: str) -> None:
    """What was really signed for one server, replayed to another."""
    request = scene.rosa.plan().sign("http://other.test/ap/inbox", like_by(scene, "rosa"))
    await refused(scene, request.sent_to(scene.home.shared_inbox).with_header("Host", host), 400, 401, 421)


async def test_a8_the_same_request_again_has_no_effect(scene: Scene) -> None:
    request = signed(scene, like_by(scene, "rosa"))
    assert (await scene.sends(request)).status == 202
    async with scene.nothing_happens():
        answers = await asyncio.gather(*(scene.peer.send_raw(request) for _ in range(10)))
        assert {answer.status for answer in answers} == {202}
        await scene.home.drain()


async def test_a8_an_old_undo_does_not_undo_what_was_done_again(scene: Scene) -> None:
    """Forgejo's threat analysis: the same words, out of their order."""
    first = scene.peer.activity(scene.rosa, "Like", scene.secret.uri)
    undo = scene.rosa.plan().sign(scene.home.shared_inbox, scene.peer.activity(scene.rosa, "Undo", first))
    await scene.sends(signed(scene, first))
    await scene.sends(undo)
    await scene.sends(signed(scene, scene.peer.activity(scene.rosa, "Like", scene.secret.uri)))
    async with scene.nothing_happens():
        await scene.sends(undo)


async def test_a9_only_fresh_requests_count(scene: Scene) -> None:
    for date in [
        datetime.now(UTC) - timedelta(hours=2),
        datetime.now(UTC) + timedelta(hours=2),
        "Thu, 01 Jan 2099 00:00:00 +9999",
        "99 Foo 2001",
        "",
    ]:
        await refused(scene, signed(scene, like_by(scene, "rosa"), date=date))


@pytest.mark.parametrize("minutes", [-50, 50])
async def test_a9_clocks_may_differ(scene: Scene, minutes: int) -> None:
    date = datetime.now(UTC) + timedelta(minutes=minutes)
    assert (await scene.sends(signed(scene, like_by(scene, "rosa"), date=date))).status == 202


async def test_a10_odd_times_of_hs2019(scene: Scene) -> None:
    for created in ["x", "-5", "1e30", "99999999999999999999", "", '"1"', "1.5", "NaN"]:
        covered = ("(request-target)", "host", "(created)", "digest")
        await refused(
            scene, signed(scene, like_by(scene, "rosa"), covered=covered, algorithm="hs2019", created=created)
        )


async def test_a10_times_belong_to_hs2019(scene: Scene) -> None:
    now = int(datetime.now(UTC).timestamp())
    covered = ("(request-target)", "host", "(created)", "digest")
    await refused(scene, signed(scene, like_by(scene, "rosa"), covered=covered, algorithm="rsa-sha256", created=now))


@pytest.mark.parametrize("order", [0, 1])
async def test_a11_a_parameter_stands_once(scene: Scene, order: int) -> None:
    """Mastodon #37375. It is Rosa's own good request, whichever of the two a reader takes."""
    request = signed(scene, like_by(scene, "rosa"))
    for other in (f'keyId="{scene.eve.key_id}"', 'signature="YWJj"', 'headers="host"', 'algorithm="hs2019"'):
        value = request.header("Signature")
        doubled = request.with_header("Signature", f"{other},{value}" if order else f"{value},{other}")
        async with scene.nothing_happens():
            answer = await scene.sends(doubled)
            assert answer.json()["reason"] == "signature_duplicate_parameter"


async def test_a12_a_mangled_header_is_only_refused(scene: Scene) -> None:
    for value in [
        'keyId="a,b",signature="c=,d=",headers="date,host"',
        'keyId="\\"",signature="\\\\"',
        'keyId="' + "k" * 8192 + '",signature="AAAA"',
        'keyId="ü",signature="ß"',
        "=,=,=",
        ",",
        "keyId",
        '"',
        'signature=""',
        "Signature " * 50,
    ]:
        request = signed(scene, like_by(scene, "rosa")).with_header("Signature", value)
        await refused(scene, request)


@pytest.mark.parametrize("header", ["Digest", "Date", "Signature"])
@pytest.mark.parametrize("first", [True, False])
async def test_a13_a_security_header_stands_once(scene: Scene, header: str, *, first: bool) -> None:
    request = signed(scene, like_by(scene, "rosa"))
    await refused(scene, request.with_line(header, request.header(header), first=first))


async def test_a14_a_query_is_part_of_what_is_signed(scene: Scene) -> None:
    request = signed(scene, like_by(scene, "rosa"))
    await refused(scene, request.sent_to(f"{scene.home.shared_inbox}?as=ada"))


async def test_a15_an_encoded_path_is_another_path(scene: Scene) -> None:
    plain = scene.ada.inbox_url
    encoded = plain.replace("/ap/", "/%61p/")
    request = scene.rosa.plan().sign(encoded, like_by(scene, "rosa")).sent_to(plain)
    await refused(scene, request)


async def test_a16_a_whole_address_is_no_target(scene: Scene) -> None:
    request = signed(scene, like_by(scene, "rosa"))
    head = "".join(f"{name}: {value}\r\n" for name, value in request.lines)
    raw = f"POST http://evil.test/ap/inbox HTTP/1.1\r\n{head}Content-Length: {len(request.body)}\r\n"
    async with scene.nothing_happens():
        reader, writer = await asyncio.open_connection("127.0.0.1", scene.home.port)
        writer.write(raw.encode() + b"Connection: close\r\n\r\n" + request.body)
        status = int((await reader.readline()).split()[1])
        writer.close()
        assert 400 <= status < 500
        await scene.home.drain()


async def test_a17_a_digest_that_proves_nothing(scene: Scene) -> None:
    for digest in [
        "MD5=AAAAAAAAAAAAAAAAAAAAAA==",
        "SHA-512=" + base64.b64encode(hashlib.sha512(b"x").digest()).decode(),
        "SHA-256=",
        "SHA-256=!!!!",
        "SHA-256=" + base64.b64encode(b"short").decode(),
        "",
    ]:
        await refused(scene, signed(scene, like_by(scene, "rosa"), digest=digest))


async def test_a17_a_good_digest_among_others_counts(scene: Scene) -> None:
    for style in ["sha-256={}", "SHA-256={},MD5=AAAA", "MD5=AAAA,SHA-256={}"]:
        activity = like_by(scene, "rosa")
        value = digest_of(json.dumps(activity).encode()).partition("=")[2]
        assert (await scene.sends(signed(scene, activity, digest=style.format(value)))).status in (202, 401)


@pytest.mark.parametrize("digested", ["plain", "wire"])
async def test_a18_a_body_may_not_be_packed(scene: Scene, digested: str) -> None:
    plain = json.dumps(like_by(scene, "rosa")).encode()
    packed = gzip.compress(plain)
    request = scene.rosa.plan(digest=digest_of(plain if digested == "plain" else packed))
    sent = request.sign(scene.home.shared_inbox, packed).with_header("Content-Encoding", "gzip")
    await refused(scene, sent, 415)


async def test_a19_rfc_9421_must_cover_all_that_matters(scene: Scene) -> None:
    for covered in [("@method",), ("@target-uri",), ("@method", "@authority"), ()]:
        plan = scene.rosa.plan(kind="rfc9421", covered=covered or ("@path",))
        await refused(scene, plan.sign(scene.home.shared_inbox, like_by(scene, "rosa")))


async def test_a19_a_broken_rfc_9421_signature_is_not_saved_by_nothing(scene: Scene) -> None:
    request = scene.rosa.plan(kind="rfc9421").sign(scene.home.shared_inbox, like_by(scene, "rosa"))
    await refused(scene, request.with_header("Content-Digest", None))
    await refused(scene, request.with_header("Signature-Input", "sig1=()"))
    await refused(scene, request.with_header("Signature", "sig1=:AAAA:"))


@pytest.mark.parametrize("pem", ["rsa 1024", "private", "empty", "long", "two"])
async def test_a20_weak_and_monstrous_keys_prove_nothing(scene: Scene, pem: str) -> None:
    good = public_pem(rsa_key(scene.eve.key_number))
    weak = rsa_key(bits=1024)
    pems = {"rsa 1024": public_pem(weak), "empty": "", "long": good + "\n" * 20_000, "two": good + good}
    mallory = scene.evil.add_actor("mallory")
    text = pems.get(pem, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")
    mallory.extra["publicKey"] = {"id": mallory.key_id, "owner": mallory.uri, "publicKeyPem": text}
    key = weak if pem == "rsa 1024" else rsa_key(scene.eve.key_number)
    activity = scene.evil.activity(mallory, "Like", scene.secret.uri)
    await refused(scene, mallory.plan(key=key).sign(scene.home.shared_inbox, activity), 400, 401)


async def test_a21_a_thousand_wrong_signatures_cost_two_fetches(scene: Scene) -> None:
    wrong = rsa_key(scene.rosa.key_number + 1)
    before = len(scene.peer.requests)
    async with scene.nothing_happens():
        for _ in range(60):
            request = scene.rosa.plan(key=wrong).sign(scene.home.shared_inbox, like_by(scene, "rosa"))
            assert (await scene.evil.send_raw(request)).status in (401, 503)
    assert len(scene.peer.requests) - before <= 2


async def test_a22_the_ends_of_strangers_cost_nothing(scene: Scene) -> None:
    before = len(scene.evil.requests)
    async with scene.nothing_happens():
        for number in range(20):
            uri = f"{scene.evil.base}/users/nobody{number}"
            delete = scene.evil.activity(scene.eve, "Delete", uri, actor=uri)
            plan = scene.eve.plan(key_id=f"{uri}#main-key")
            assert (await scene.evil.send_raw(plan.sign(scene.home.shared_inbox, delete))).status == 202
    assert len(scene.evil.requests) == before


@pytest.mark.parametrize(("status", "is_gone"), [(410, True), (404, False), (500, False)])
async def test_a23_only_gone_is_gone(scene: Scene, status: int, *, is_gone: bool) -> None:
    """Noor is known here, but nothing that she signed was ever seen, and her key is there no more."""
    noor = scene.peer.add_actor("noor")
    post = await resolve_url(scene.home.hub, scene.peer.note(noor)["id"])
    assert isinstance(post, Post)
    noor.status = status
    delete = scene.peer.activity(noor, "Delete", noor.uri)
    answer = await scene.peer.send(scene.home.shared_inbox, delete, by=noor)
    await scene.home.drain()
    assert answer.status == {410: 202, 404: 401, 500: 503}[status]
    assert (await post_of(scene.home, post.uri) is None) == is_gone


async def test_a24_odd_key_ids_lead_nowhere(scene: Scene) -> None:
    for key_id in [
        "http://hub.test/ap/actors/1#main-key",
        "acct:rosa@peer.test",
        "data:text/plain,key",
        "javascript:1",
        "http://127.0.0.1/key",
        "http://[::1]/key",
        "http://169.254.169.254/latest",
        "ftp://evil.test/key",
        "http://user:pw@evil.test/key",
        "//evil.test/key",
        "",
        "key",
    ]:
        before = len(scene.evil.requests)
        activity = like_by(scene, "eve")
        await refused(scene, scene.eve.plan(key_id=key_id).sign(scene.home.shared_inbox, activity), 400, 401)
        assert len(scene.evil.requests) == before


async def test_a25_our_servers_own_actor_is_shown_to_everybody(scene: Scene) -> None:
    """Two servers that both want signed requests must be able to begin."""
    scene.peer.needs_signed_gets = True
    noor = scene.peer.add_actor("noor")
    await scene.peer.send(scene.home.shared_inbox, scene.peer.activity(noor, "Like", scene.post.uri), by=noor)
    await scene.home.drain()
    newest = (await scene.home.log())[0]
    assert newest.state is ReceivedState.APPLIED
