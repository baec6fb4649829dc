"""The inbox: what is taken, in all dialects, and who may say it.

A refusal is judged by its lack of effect: no `Received`, and no key fetched, unless that is the point of the test.
"""

import base64
import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from federation import limits
from federation.errors import (
    KeyUnavailable,
    SignatureRefused,
)
from federation.identifiers import ActorUri, KeyId
from federation.ports import Received
from federation.receive import NothingToDo, Receipt, reopen
from federation.vocabulary.activities import Activity
from tests.federation.conftest import FRIEND, HUB, HUB_INBOX, PeerMaker, World, refused
from tests.support.forge import Plan, digest_of, http_date
from tests.support.keys import STRANGERS_KEY, ed25519_key, public_pem, rsa_key
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.source import modules

# What is taken.


async def test_a_signed_activity_is_received(world: World, ada: PeerActor, follow: dict[str, Any]) -> None:
    request = ada.plan().sign(HUB_INBOX, follow)
    received = await world.receive(request)
    assert isinstance(received, Received)
    assert received.actor == ada.uri
    assert received.key_id == ada.key_id
    assert received.activity.type == "Follow"
    assert received.activity.object_id == FRIEND
    assert received.body == request.body
    assert received.inbox is None
    signature = request.header("Signature").rpartition('signature="')[2].partition('"')[0]
    assert received.signature_hash == hashlib.sha256(base64.b64decode(signature)).hexdigest()


DIALECTS: dict[str, dict[str, Any]] = {
    "Mastodon": {"covered": ("host", "date", "digest", "content-type", "(request-target)")},
    "GoToSocial": {
        "covered": ("(request-target)", "host", "date", "digest"),
        "algorithm": "hs2019",
        "content_type": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    },
    "Takahē": {"covered": ("(request-target)", "host", "date", "digest", "content-type")},
    "without a name for the algorithm": {"algorithm": None},
    "as Takahē before 0.11 names it": {"content_type": "application/json"},
    "with a charset": {"content_type": "application/activity+json; charset=utf-8"},
    "with a lower-case digest name and another digest": {"digest": "MD5=abc, sha-256={digest}"},
    "RFC 9421": {"kind": "rfc9421"},
    "Fedify": {"kind": "rfc9421", "covered": ("@method", "@target-uri", "@authority", "host", "date")},
}


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_all_dialects_of_signing_are_read(
    world: World, ada: PeerActor, follow: dict[str, Any], dialect: str
) -> None:
    changes: dict[str, Any] = dict(DIALECTS[dialect])
    if "digest" in changes:
        changes["digest"] = changes["digest"].format(digest=digest_of(json.dumps(follow).encode())[8:])
    assert isinstance(await world.receive(ada.plan(**changes).sign(HUB_INBOX, follow)), Received)


@pytest.mark.parametrize("key_style", ["fragment", "path", "document"])
async def test_keys_are_found_wherever_peers_keep_them(world: World, peer: Peer, key_style: str) -> None:
    """Mastodon: in the actor. GoToSocial: a stub at the key's own path, the actor only for signed GETs. Others: a key
    document.
    """
    peer.needs_signed_gets = key_style == "path"
    ada = peer.add_actor("ada", key_style=key_style)
    received = await world.receive(ada.plan().sign(HUB_INBOX, peer.activity(ada, "Like", f"{HUB}/ap/posts/1")))
    assert isinstance(received, Received)
    assert received.actor == ada.uri


async def test_an_ed25519_key_signs_rfc_9421(world: World, ada: PeerActor, follow: dict[str, Any]) -> None:
    plan = ada.plan(kind="rfc9421", key=ed25519_key(ada.key_number), key_id=ada.ed25519_key_id)
    received = await world.receive(plan.sign(HUB_INBOX, follow))
    assert isinstance(received, Received)
    assert received.key_id == ada.ed25519_key_id


async def test_created_and_expires_stand_in_for_a_date(world: World, ada: PeerActor, follow: dict[str, Any]) -> None:
    now = int(time.time())
    plan = ada.plan(
        covered=("(request-target)", "(created)", "(expires)", "host", "digest"),
        algorithm="hs2019",
        created=now,
        expires=now + 300,
    )
    assert isinstance(await world.receive(plan.sign(HUB_INBOX, follow)), Received)


async def test_an_activity_without_an_id_is_received(world: World, peer: Peer, ada: PeerActor) -> None:
    """Mastodon's Add and Remove have none."""
    activity = peer.activity(ada, "Add", f"{ada.uri}/statuses/1", id=None, target=f"{ada.uri}/featured")
    received = await world.receive(ada.plan().sign(HUB_INBOX, activity))
    assert isinstance(received, Received)
    assert received.activity.id is None


async def test_the_addressed_inbox_is_kept(world: World, ada: PeerActor, follow: dict[str, Any]) -> None:
    received = await world.receive(ada.plan().sign(f"{FRIEND}/inbox", follow), inbox="7")
    assert isinstance(received, Received)
    assert received.inbox == "7"


@pytest.mark.parametrize("minutes", [-59, 59])
async def test_a_clock_may_differ_by_an_hour(
    world: World, ada: PeerActor, follow: dict[str, Any], minutes: int
) -> None:
    plan = ada.plan(date=datetime.now(UTC) + timedelta(minutes=minutes))
    assert isinstance(await world.receive(plan.sign(HUB_INBOX, follow)), Received)


def test_nobody_else_holds_the_proof() -> None:
    """Otherwise a handler could be given what nobody has proved."""
    holders = {module.name for module in modules() if "PROOF" in module.text}
    assert holders == {"federation/ports.py", "federation/receive.py"}


async def test_a_receipt_can_be_reopened(world: World, ada: PeerActor, follow: dict[str, Any]) -> None:
    """The worker applies what the inbox log kept."""
    first = await world.receive(ada.plan().sign(HUB_INBOX, follow))
    assert isinstance(first, Received)
    receipt = Receipt(first.body, first.actor, first.key_id, first.signature_hash, first.received_at, first.inbox)
    assert reopen(receipt) == first


def test_proof_cannot_be_made_by_hand() -> None:
    with pytest.raises(TypeError, match=r"only federation\.receive"):
        Received(
            activity=None,
            actor=ActorUri("https://peer.test/users/ada"),
            key_id=KeyId("https://peer.test/users/ada#main-key"),
            body=b"",
            signature_hash="",
            received_at=datetime.now(UTC),
            inbox=None,
            proof=object(),
        )


# 4. Who.


@pytest.mark.parametrize(
    "key_id",
    [
        "acct:ada@peer.test",
        "data:,x",
        "file:///etc/passwd",
        "ftp://peer.test/key",
        "javascript:alert(1)",
        "key",
        "//peer.test/key",
        "https://",
        "https://user@peer.test/key",
        "https://peer.test:99999/key",
    ],
)
async def test_a_key_id_must_be_a_web_address(
    world: World, ada: PeerActor, follow: dict[str, Any], key_id: str
) -> None:
    request = ada.plan(key_id=key_id).sign(HUB_INBOX, follow)
    await refused(world, request, SignatureRefused, "key_id_unreadable")


async def test_somebody_elses_key_proves_nothing(world: World, make_peer: PeerMaker, peer: Peer) -> None:
    """The right key of the wrong actor: on another host, and on the same one."""
    ada, mallory = peer.add_actor("ada"), peer.add_actor("mallory")
    stranger = (await make_peer("evil.test")).add_actor("eve")
    forged = peer.activity(ada, "Follow", FRIEND)
    await refused(world, stranger.plan().sign(HUB_INBOX, forged), SignatureRefused, "actor_is_not_signer")
    with pytest.raises(SignatureRefused, match="actor_is_not_signer"):
        await world.receive(mallory.plan().sign(HUB_INBOX, forged))


async def test_a_signature_with_another_key_is_refused(
    world: World, peer: Peer, ada: PeerActor, follow: dict[str, Any]
) -> None:
    await world.receive(ada.plan().sign(HUB_INBOX, follow))
    with pytest.raises(SignatureRefused, match="signature_wrong"):
        await world.receive(ada.plan(key=rsa_key(STRANGERS_KEY)).sign(HUB_INBOX, follow))


async def test_a_changed_key_is_fetched_once_more(
    world: World, peer: Peer, ada: PeerActor, follow: dict[str, Any]
) -> None:
    await world.receive(ada.plan().sign(HUB_INBOX, follow))
    world.clock[0] += limits.KEY_REFETCH.total_seconds() + 1
    ada.key_number += 1
    received = await world.receive(ada.plan().sign(HUB_INBOX, follow))
    assert isinstance(received, Received)
    assert len(peer.seen("/users/ada")) == 2
    assert world.store.keys[KeyId(ada.key_id)].public_pem == public_pem(rsa_key(ada.key_number))


async def test_a_storm_of_wrong_signatures_costs_two_fetches(
    world: World, peer: Peer, ada: PeerActor, follow: dict[str, Any]
) -> None:
    await world.receive(ada.plan().sign(HUB_INBOX, follow))
    world.clock[0] += limits.KEY_REFETCH.total_seconds() + 1
    wrong = ada.plan(key=rsa_key(STRANGERS_KEY)).sign(HUB_INBOX, follow)
    for _ in range(200):
        with pytest.raises(SignatureRefused):
            await world.receive(wrong)
    assert len(peer.seen("/users/ada")) == 2


async def test_a_busy_key_costs_no_query(world: World, ada: PeerActor, follow: dict[str, Any]) -> None:
    for _ in range(5):
        await world.receive(ada.plan().sign(HUB_INBOX, follow))
    assert world.store.finds == 1


async def test_a_host_that_is_down_may_try_again(
    world: World, peer: Peer, ada: PeerActor, follow: dict[str, Any]
) -> None:
    request = ada.plan().sign(HUB_INBOX, follow)
    await peer.stop()
    with pytest.raises(KeyUnavailable) as caught:
        await world.receive(request)
    assert (caught.value.http_status, caught.value.retry, caught.value.retry_after) == (503, True, 60)
    await peer.start()
    world.clock[0] += limits.HOST_DOWN.total_seconds() + 1
    assert isinstance(await world.receive(request), Received)


async def test_a_key_that_is_not_there_is_final(
    world: World, peer: Peer, ada: PeerActor, follow: dict[str, Any]
) -> None:
    for status in (404, 410):
        ada.status = status
        world.clock[0] += 3600
        with pytest.raises(KeyUnavailable) as caught:
            await world.receive(ada.plan().sign(HUB_INBOX, follow))
        assert (caught.value.http_status, caught.value.retry) == (401, False)


@pytest.mark.parametrize("type_", ["Delete", "Update"])
async def test_an_unknown_actor_who_goes_is_let_go(world: World, peer: Peer, ada: PeerActor, type_: str) -> None:
    """A large server tells everybody of every account that it deletes; by then the key is gone."""
    ada.status = 410
    activity = peer.activity(ada, type_, ada.uri, to=["https://www.w3.org/ns/activitystreams#Public"])
    for _ in range(50):
        assert isinstance(await world.receive(ada.plan().sign(HUB_INBOX, activity)), NothingToDo)
    assert world.resolver.asked == []


async def test_a_known_actor_who_goes_must_prove_it(world: World, peer: Peer, ada: PeerActor) -> None:
    await world.receive(ada.plan().sign(HUB_INBOX, peer.activity(ada, "Follow", FRIEND)))
    world.store.known.add(ada.uri)
    delete = peer.activity(ada, "Delete", ada.uri)
    with pytest.raises(SignatureRefused):
        await world.receive(ada.plan(key=rsa_key(STRANGERS_KEY)).sign(HUB_INBOX, delete))
    received = await world.receive(ada.plan().sign(HUB_INBOX, delete))
    assert isinstance(received, Received)


async def test_a_delete_of_a_post_is_no_delete_of_an_actor(world: World, peer: Peer, ada: PeerActor) -> None:
    received = await world.receive(ada.plan().sign(HUB_INBOX, peer.activity(ada, "Delete", f"{ada.uri}/statuses/1")))
    assert isinstance(received, Received)
    assert received.activity.object_id == f"{ada.uri}/statuses/1"


def test_the_activity_is_typed() -> None:
    assert Received.__dataclass_fields__["activity"].type  # Received[Activity], whatever the handler
    assert Activity.__dataclass_fields__.keys() >= {"id", "type", "actor", "object", "object_id", "target", "to", "cc"}


def test_dates_of_the_forge_are_http_dates() -> None:
    assert http_date(datetime(2026, 11, 23, 1, 0, 21, tzinfo=UTC)) == "Mon, 23 Nov 2026 01:00:21 GMT"
    assert Plan(rsa_key(0), "k", date="x").date == "x"
