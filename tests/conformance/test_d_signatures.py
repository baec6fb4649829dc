"""HTTP signatures, read and written: rows D (D18 with the other rows of moderation)."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import http_sf
import pytest

from federation.identifiers import SignatureKind
from fedihub.services.resolving import resolve_handle
from storage.posts import Audience
from tests.conformance.conftest import Scene
from tests.support.forge import POST_COVERED, Forged
from tests.support.keys import STRANGERS_KEY, ed25519_key, rsa_key
from tests.support.peer import Activity, Answer
from tests.support.stories import actor_of, follows

MASTODON_POST = ("host", "date", "digest", "content-type", "collection-synchronization", "accept", "(request-target)")


def follow(scene: Scene) -> Activity:
    """Rosa's wish to follow Ada."""
    return scene.peer.activity(scene.rosa, "Follow", scene.ada.uri)


async def arrives(scene: Scene, **signing: Any) -> Answer:
    """Rosa follows Ada with a request that is signed like this; gives the answer, after everything was done."""
    answer = await scene.peer.send(scene.home.shared_inbox, follow(scene), by=scene.rosa, **signing)
    await scene.home.drain()
    return answer


async def is_followed(scene: Scene) -> bool:
    """Whether it had its effect."""
    return (await scene.home.actor(scene.ada)).followers_count == 1


async def is_refused(scene: Scene, answer: Answer, reason: str, *, status: int = 401) -> None:
    """The answer says why, and nothing has happened."""
    assert (answer.status, answer.json()["reason"]) == (status, reason)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    await scene.home.drain()
    assert not await is_followed(scene)
    assert await actor_of(scene.home, scene.rosa) is None


async def changed(scene: Scene, change: Any, **signing: Any) -> Answer:
    """Rosa's request, changed after it was signed."""
    signed: Forged = scene.rosa.plan(**signing).sign(scene.home.shared_inbox, follow(scene))
    return await scene.peer.send_raw(change(signed))


async def reads(scene: Scene, **signing: Any) -> int:
    """How a GET of what is for Ada's followers is answered, signed by Rosa, who is one."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    post = await scene.home.say(scene.ada, "For you", audience=Audience.FOLLOWERS)
    return (await scene.peer.fetch(post.uri, by=scene.rosa, **signing)).status


async def test_d1_an_unsigned_post_is_refused_with_a_reason(scene: Scene) -> None:
    answer = await changed(scene, lambda signed: signed.with_header("Signature", None))
    await is_refused(scene, answer, "signature_missing")


async def test_d2_a_valid_post_is_accepted(scene: Scene) -> None:
    assert (await arrives(scene)).status == 202
    assert await is_followed(scene)


async def test_d2_a_valid_get_is_accepted(scene: Scene) -> None:
    assert await reads(scene, covered=("(request-target)", "host", "date")) == 200


async def test_d3_headers_are_verified_in_the_order_in_which_they_are_listed(scene: Scene) -> None:
    headers = {"Accept": "*/*", "Collection-Synchronization": 'collectionId="x", url="y", digest="z"'}
    assert (await arrives(scene, covered=MASTODON_POST, headers=headers)).status == 202
    assert await is_followed(scene)


async def test_d4_a_digest_that_is_not_signed_is_none(scene: Scene) -> None:
    covered = tuple(name for name in POST_COVERED if name != "digest")
    await is_refused(scene, await arrives(scene, covered=covered), "signature_covers_too_little")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda signed: signed.with_body(signed.body.replace(b"Follow", b"follow")), "digest_mismatch"),
        (lambda signed: signed.with_header("Date", "Mon, 23 Nov 2026 01:00:21 GMT"), "signature_not_fresh"),
        (lambda signed: signed.with_header("Content-Type", "text/html"), "wrong_content_type"),
        (lambda signed: signed.sent_to(signed.url + "?page=1"), "signature_wrong"),
    ],
)
async def test_d5_what_was_changed_after_signing_is_refused(scene: Scene, change: Any, reason: str) -> None:
    status = 415 if reason == "wrong_content_type" else 401
    await is_refused(scene, await changed(scene, change), reason, status=status)


async def test_d5_a_signature_for_another_address_or_method_is_refused(scene: Scene) -> None:
    answer = await changed(scene, lambda signed: signed.sent_to(scene.ada.inbox_url))
    await is_refused(scene, answer, "signature_wrong")
    got = scene.rosa.plan(covered=("(request-target)", "host", "date")).sign(scene.home.shared_inbox)
    as_post = Forged("POST", got.url, (*got.lines, ("Content-Type", "application/activity+json")), b"{}")
    await is_refused(scene, await scene.peer.send_raw(as_post), "signature_covers_too_little")


async def test_d6_a_get_that_is_signed_without_its_query_is_accepted(scene: Scene) -> None:
    """Old Mastodon and others; the page of an outbox is for the same readers as the outbox itself."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    post = await scene.home.say(scene.ada, "For you", audience=Audience.FOLLOWERS)
    outbox = f"{scene.ada.uri}/outbox"
    signed = scene.rosa.plan(headers={"Accept": "application/activity+json"}).sign(outbox)
    page = (await scene.peer.send_raw(signed.sent_to(f"{outbox}?page=0"))).json()
    assert post.uri in [entry["object"]["id"] for entry in page["orderedItems"]]


async def test_d6_a_post_must_be_signed_with_its_query(scene: Scene) -> None:
    answer = await changed(scene, lambda signed: signed.sent_to(f"{scene.home.shared_inbox}?a=b"))
    await is_refused(scene, answer, "signature_wrong")
    answer = await scene.peer.send(f"{scene.home.shared_inbox}?a=b", follow(scene), by=scene.rosa)
    assert answer.status == 202


async def test_d7_the_raw_target_is_what_is_signed(scene: Scene) -> None:
    url = f"{scene.home.shared_inbox}?a=%26b"
    assert (await scene.peer.send(url, follow(scene), by=scene.rosa)).status == 202
    signed = scene.rosa.plan().sign(url, follow(scene))
    decoded = signed.sent_to(f"{scene.home.shared_inbox}?a=&b")
    assert (await scene.peer.send_raw(decoded)).json()["reason"] == "signature_wrong"


@pytest.mark.parametrize("date", ["", "yesterday", "2026-11-24T12:00:00Z", "Tue, 99 Nov 2026 12:00:00 GMT"])
async def test_d8_a_date_that_is_none_is_refused(scene: Scene, date: str) -> None:
    await is_refused(scene, await arrives(scene, date=date), "date_unreadable")


@pytest.mark.parametrize("hours", [-2, -1.1, 1.1, 2])
async def test_d9_a_date_more_than_an_hour_off_is_refused(scene: Scene, hours: float) -> None:
    date = datetime.now(UTC) + timedelta(hours=hours)
    await is_refused(scene, await arrives(scene, date=date), "signature_not_fresh")


@pytest.mark.parametrize("minutes", [-55, 55])
async def test_d9_a_date_within_an_hour_is_accepted(scene: Scene, minutes: int) -> None:
    assert (await arrives(scene, date=datetime.now(UTC) + timedelta(minutes=minutes))).status == 202
    assert await is_followed(scene)


@pytest.mark.parametrize("algorithm", [None, "rsa-sha256", "hs2019", "RSA-SHA256"])
async def test_d10_the_usual_names_of_the_algorithm_are_accepted(scene: Scene, algorithm: str | None) -> None:
    assert (await arrives(scene, algorithm=algorithm)).status == 202
    assert await is_followed(scene)


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "rsa-sha1", "rsa-sha512", "ed25519", "none", ""])
async def test_d10_other_algorithms_are_refused(scene: Scene, algorithm: str) -> None:
    await is_refused(scene, await arrives(scene, algorithm=algorithm), "algorithm_not_accepted")


CREATED = ("(request-target)", "(created)", "(expires)", "host", "digest")


async def test_d11_the_times_of_hs2019_are_honoured(scene: Scene) -> None:
    now = int(datetime.now(UTC).timestamp())
    signing = {"algorithm": "hs2019", "covered": CREATED, "created": now, "expires": now + 300}
    assert (await arrives(scene, **signing)).status == 202
    assert await is_followed(scene)


@pytest.mark.parametrize(
    ("created", "expires", "reason"),
    [
        (-7200, 300, "signature_not_fresh"),
        (7200, 9000, "signature_not_fresh"),
        (-300, -10, "signature_expired"),
        (0, 100_000, "signature_not_fresh"),
    ],
)
async def test_d11_and_end_a_signature(scene: Scene, created: int, expires: int, reason: str) -> None:
    now = int(datetime.now(UTC).timestamp())
    signing = {"algorithm": "hs2019", "covered": CREATED, "created": now + created, "expires": now + expires}
    await is_refused(scene, await arrives(scene, **signing), reason)


async def test_d11_rsa_sha256_has_no_times_of_its_own(scene: Scene) -> None:
    now = int(datetime.now(UTC).timestamp())
    answer = await arrives(scene, covered=CREATED, created=now, expires=now + 300)
    await is_refused(scene, answer, "algorithm_not_accepted")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Signature",
        "keyId",
        'keyId="http://peer.test/users/rosa#main-key"',
        'keyId="http://peer.test/users/rosa#main-key",signature="!"',
        'keyId="a",keyId="b",headers="(request-target) host date digest",signature="YWJj"',
        'keyId="http://peer.test/users/rosa#main-key",headers="host host",signature="YWJj"',
        'keyId="not a uri",headers="(request-target) host date digest",signature="YWJj"',
        "keyId=" + "a" * 8000,
        'keyId="http://peer.test/users/rosa#main-key",signature="YWJj",',
        "\u00fc",
    ],
)
async def test_d12_a_malformed_header_is_refused(scene: Scene, header: str) -> None:
    answer = await changed(scene, lambda signed: signed.with_header("Signature", header))
    assert answer.status in (400, 401)
    assert answer.json()["reason"]
    await scene.home.drain()
    assert not await is_followed(scene)
    assert scene.peer.requests == []


@pytest.mark.parametrize("order", [0, 1])
async def test_d12_a_parameter_that_stands_twice_is_refused(scene: Scene, order: int) -> None:
    """One of the two is good: which counts, readers do not agree about."""
    for other in ('keyId="http://peer.test/users/eve#main-key"', 'signature="YWJj"'):

        def doubled(signed: Forged, other: str = other) -> Forged:
            value = signed.header("Signature")
            return signed.with_header("Signature", f"{other},{value}" if order else f"{value},{other}")

        await is_refused(scene, await changed(scene, doubled), "signature_duplicate_parameter")


async def test_d13_a_key_that_was_changed_is_fetched_once(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    known = scene.rosa.key_number
    keys = scene.home.hub.keys
    keys._fetched.drop(scene.rosa.plan().key_id)  # type: ignore[arg-type]  # noqa: SLF001 - five minutes pass
    scene.rosa.key_number = known % 12 + 1
    scene.peer.requests.clear()
    await scene.hears(scene.peer.activity(scene.rosa, "Like", scene.post.uri))
    assert (await scene.home.post(scene.post.id)).likes_count == 1
    assert len(scene.peer.seen("/users/rosa")) == 1


async def test_d14_a_key_that_nobody_here_knew_is_fetched(scene: Scene) -> None:
    assert (await arrives(scene)).status == 202
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    assert rosa.username == "rosa"


async def test_d15_a_key_that_cannot_be_had_now_is_a_matter_of_time(scene: Scene) -> None:
    scene.peer.serve("/users/rosa", b"", status=503)
    answer = await arrives(scene)
    assert int(answer.headers["Retry-After"]) > 0
    await is_refused(scene, answer, "key_http_503", status=503)


async def test_d15_a_key_that_is_not_there_is_refused(scene: Scene) -> None:
    scene.rosa.status = 404
    await is_refused(scene, await arrives(scene), "key_http_404")


@pytest.mark.parametrize("covered", [None, ("@method", "@target-uri", "@authority", "content-type")])
async def test_d16_rfc_9421_is_accepted(scene: Scene, covered: tuple[str, ...] | None) -> None:
    more = {"covered": covered} if covered else {}
    assert (await arrives(scene, kind="rfc9421", **more)).status == 202
    assert await is_followed(scene)


async def test_d16_rfc_9421_is_accepted_for_a_get(scene: Scene) -> None:
    assert await reads(scene, kind="rfc9421") == 200


async def test_d16_ed25519_is_accepted(scene: Scene) -> None:
    scene.rosa.with_ed25519 = True
    key = ed25519_key(scene.rosa.key_number)
    answer = await arrives(scene, kind="rfc9421", key=key, key_id=scene.rosa.ed25519_key_id)
    assert answer.status == 202
    assert await is_followed(scene)


@pytest.mark.parametrize("fault", ["unsigned", "a wrong key", "too little covered"])
async def test_d16_who_is_refused_is_told_which_signature_would_do(scene: Scene, fault: str) -> None:
    """RFC 9421, section 5; and one that covers just that is taken."""
    if fault == "unsigned":
        answer = await changed(scene, lambda signed: signed.with_header("Signature", None))
    elif fault == "a wrong key":
        answer = await arrives(scene, key=rsa_key(STRANGERS_KEY))
    else:
        answer = await arrives(scene, kind="rfc9421", covered=("@method",))
    assert answer.status == 401
    wanted: Any = http_sf.parse(answer.headers["Accept-Signature"].encode(), tltype="dictionary")
    [(components, parameters)] = wanted.values()
    assert parameters == {"created": True}
    covered = [name for name, _ in components]
    assert covered == ["@method", "@target-uri"]  # the digest the peer always covers; Fedify 2.3 would name it twice
    assert (await arrives(scene, kind="rfc9421", covered=covered)).status == 202
    assert await is_followed(scene)


@pytest.mark.parametrize(
    ("digest", "reason"),
    [
        (None, "signature_incomplete"),
        ("sha-256", "digest_missing"),
        ("sha-256=:AAAA:", "digest_mismatch"),
        ("???", "digest_unreadable"),
    ],
)
async def test_d17_a_content_digest_that_is_none_is_refused(scene: Scene, digest: str | None, reason: str) -> None:
    answer = await changed(scene, lambda signed: signed.with_header("Content-Digest", digest), kind="rfc9421")
    assert (answer.status, answer.json()["reason"]) in {(401, reason), (401, "digest_missing")}
    await scene.home.drain()
    assert not await is_followed(scene)


async def test_d17_a_content_digest_must_be_signed(scene: Scene) -> None:
    def without_digest(signed: Forged) -> Forged:
        value = signed.header("Signature-Input").replace(' "content-digest"', "")
        return signed.with_header("Signature-Input", value)

    await is_refused(scene, await changed(scene, without_digest, kind="rfc9421"), "signature_covers_too_little")


async def test_d19_our_gets_and_posts_are_signed_as_everybody_reads_them(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    get = next(request for request in scene.peer.seen("/users/rosa") if request.is_signed)
    post = scene.peer.seen("/users/rosa/inbox", method="POST")[0]
    assert (get.verified, post.verified) == (True, True)
    assert 'headers="(request-target) host date",' in get.headers["Signature"]
    assert 'headers="(request-target) host date digest content-type",' in post.headers["Signature"]
    assert post.headers["Digest"].startswith("SHA-256=")
    for request in (get, post):
        assert 'algorithm="rsa-sha256"' in request.headers["Signature"]
    assert post.key_id == f"{scene.ada.uri}#main-key"
    assert get.key_id == f"{scene.home.hub.uris.actor(str(await scene.home.hub.signers.server_id()))}#main-key"


async def test_d20_our_dates_are_those_of_the_moment(scene: Scene) -> None:
    await resolve_handle(scene.home.hub, scene.rosa.handle)
    (request,) = scene.peer.seen("/users/rosa")
    assert abs(parsedate_to_datetime(request.headers["Date"]) - datetime.now(UTC)) < timedelta(minutes=5)


async def test_d21_a_peer_that_reads_only_rfc_9421_is_asked_again_in_that_way(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    scene.peer.accepts_kinds.discard(SignatureKind.CAVAGE.value)
    await scene.home.say(scene.ada, "Hello again")
    await scene.home.drain()
    assert [request.kind for request in scene.peer.seen("/inbox", method="POST")][-2:] == ["draft-cavage", "rfc9421"]
    scene.peer.requests.clear()
    await scene.home.say(scene.ada, "And again")
    await scene.home.drain()
    assert [request.kind for request in scene.peer.seen("/inbox", method="POST")] == ["rfc9421"]
