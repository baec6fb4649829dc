"""Keys of others: where they may come from, and what strangers cannot make us do to find them."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from federation import limits
from federation.errors import KeyUnavailable
from federation.identifiers import KeyId
from tests.federation.conftest import HUB, PeerMaker, World
from tests.support.keys import ed25519_key, public_pem, rsa_key
from tests.support.peer import Peer

SECURITY = "https://w3id.org/security/v1"


async def unavailable(world: World, key_id: str, *, retry: bool = False) -> str:
    """The key is not available, nothing is remembered as a key; gives back the reason."""
    with pytest.raises(KeyUnavailable) as caught:
        await world.keys.get(KeyId(key_id))
    assert caught.value.retry is retry
    assert world.store.keys == {}
    return caught.value.reason


def key_document(key_id: str, owner: str, *, number: int = 1) -> dict[str, Any]:
    return {"@context": SECURITY, "id": key_id, "owner": owner, "publicKeyPem": public_pem(rsa_key(number))}


async def test_the_key_in_an_actor_is_remembered(world: World, peer: Peer) -> None:
    ada = peer.add_actor("ada")
    known = await world.keys.get(KeyId(ada.key_id))
    assert known.remote.owner == ada.uri
    assert world.store.keys[KeyId(ada.key_id)] == known.remote
    fetch = peer.seen("/users/ada")[0]
    assert fetch.verified, "we fetch as our server actor"
    assert await world.keys.get(KeyId(ada.key_id)) is known
    assert len(peer.requests) == 1


@pytest.mark.parametrize("type_", [["Person"], [["Person"]], {"Person": 1}, 5, None])
async def test_the_type_of_a_document_may_be_anything(world: World, peer: Peer, type_: Any) -> None:
    """A list of one is the type that it holds (JSON-LD); what is none makes the document no actor, and no error."""
    ada = peer.add_actor("ada", extra={"type": type_})
    if type_ == ["Person"]:
        assert (await world.keys.get(KeyId(ada.key_id))).remote.owner == ada.uri
    else:
        assert await unavailable(world, ada.key_id) == "key_not_a_key"


async def test_a_stored_key_needs_no_fetch(world: World, peer: Peer) -> None:
    ada = peer.add_actor("ada")
    await world.keys.get(KeyId(ada.key_id))
    world.keys.forget(KeyId(ada.key_id))
    await peer.stop()
    assert (await world.keys.get(KeyId(ada.key_id))).remote.owner == ada.uri


async def test_gotosocial_shows_a_stub_at_the_path_of_the_key(world: World, peer: Peer) -> None:
    """The stub names the actor; what counts is the actor's own document, which GoToSocial shows only to signed GETs."""
    ada = peer.add_actor("ada", key_style="path")
    known = await world.keys.get(KeyId(ada.key_id))
    assert known.remote.owner == ada.uri
    assert [request.path for request in peer.requests] == ["/users/ada/main-key", "/users/ada"]


async def test_a_key_document_must_be_listed_by_its_owner(world: World, peer: Peer) -> None:
    ada = peer.add_actor("ada")
    key_id = peer.serve("/keys/1", key_document(f"{peer.base}/keys/1", ada.uri))
    assert await unavailable(world, key_id) == "key_not_listed"


@pytest.mark.parametrize("listed", [True, False])
async def test_an_ed25519_multikey(world: World, peer: Peer, *, listed: bool) -> None:
    ada = peer.add_actor("ada", with_ed25519=listed)
    if not listed:
        assert await unavailable(world, ada.ed25519_key_id) == "key_not_listed"
        return
    known = await world.keys.get(KeyId(ada.ed25519_key_id))
    assert known.remote.public_pem == public_pem(ed25519_key(ada.key_number))


@pytest.mark.parametrize(
    "change",
    [
        {"expires": "2020-01-01T00:00:00Z"},
        {"controller": "http://peer.test/users/other"},
        {"publicKeyMultibase": "z6Mk"},
        {"publicKeyMultibase": "zQm0OIl"},
        {"publicKeyMultibase": 7},
    ],
)
async def test_a_multikey_that_is_no_good(world: World, peer: Peer, change: dict[str, Any]) -> None:
    ada = peer.add_actor("ada", with_ed25519=True)
    ada.extra = {"assertionMethod": [ada.multikey() | change]}
    assert await unavailable(world, ada.ed25519_key_id) in ("key_not_listed", "key_unusable")


async def test_a_key_document_cannot_name_somebody_of_another_host(world: World, make_peer: PeerMaker) -> None:
    """CVE-2024-23832 and its family, in all the ways to say it."""
    victim, evil = await make_peer("victim.test"), await make_peer("evil.test")
    bob = victim.add_actor("bob")
    theirs = key_document(bob.key_id, bob.uri)
    urls = [
        evil.serve("/k1", theirs),
        evil.serve("/k2", key_document("http://evil.test/k2", bob.uri)),
        evil.serve("/k3", bob.document() | {"publicKey": theirs}),
        evil.serve("/k4", bob.document() | {"id": "http://evil.test/k4"}),
        evil.serve("/k5", {"id": "http://evil.test/k5", "type": "Person", "publicKey": theirs}),
    ]
    for url in urls:
        await unavailable(world, url)
        await unavailable(world, f"{url}#main-key")
    assert victim.requests == [], "nobody makes us ask a third party"
    redirect = evil.serve("/k6", b"", status=302, headers={"Location": bob.uri})
    await unavailable(world, redirect)


@pytest.mark.parametrize(
    "key_id",
    [
        f"{HUB}/ap/actors/7#main-key",
        "http://hub.test/ap/actors/7#main-key",
        "https://HUB.test./ap/actors/7#main-key",
    ],
)
async def test_our_own_keys_are_never_fetched(world: World, key_id: str) -> None:
    assert await unavailable(world, key_id) == "key_is_local"
    assert world.resolver.asked == []


async def test_private_addresses_are_not_asked_for_keys(world: World) -> None:
    world.resolver.add("inside.test", 80, address="10.0.0.1")
    assert await unavailable(world, "http://inside.test/key") == "key_blocked_address"
    assert await unavailable(world, "http://10.0.0.1/key") == "key_blocked_address"
    assert await unavailable(world, "http://169.254.169.254/latest/meta-data") == "key_blocked_address"


@pytest.mark.parametrize("status", [404, 410, 403, 400])
async def test_a_missing_key_is_remembered_as_missing(world: World, peer: Peer, status: int) -> None:
    ada = peer.add_actor("ada", status=status)
    for _ in range(20):
        assert await unavailable(world, ada.key_id) == f"key_http_{status}"
    assert len(peer.requests) == (2 if status == 400 else 1), "400 may mean the kind of our signature"
    ada.status = 200
    world.clock[0] += limits.KEY_MISSING.total_seconds() + 1
    assert (await world.keys.get(KeyId(ada.key_id))).remote.owner == ada.uri


@pytest.mark.parametrize("status", [401, 429, 500, 503])
async def test_a_host_in_trouble_may_be_asked_again(world: World, peer: Peer, status: int) -> None:
    ada = peer.add_actor("ada", status=status)
    assert await unavailable(world, ada.key_id, retry=True) == f"key_http_{status}"
    ada.status = 200
    assert (await world.keys.get(KeyId(ada.key_id))).remote.owner == ada.uri


async def test_a_host_that_does_not_answer_is_left_alone_for_a_while(world: World) -> None:
    """Also for its other keys: each would cost another connection attempt."""
    connections = 0

    def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        world.resolver.add("down.test", server.sockets[0].getsockname()[1])
        assert await unavailable(world, "http://down.test/first#main-key", retry=True) == "key_connection_lost"
        tried = connections
        for number in range(50):
            await unavailable(world, f"http://down.test/users/{number}#main-key", retry=True)
        assert connections == tried
        world.clock[0] += limits.HOST_DOWN.total_seconds() + 1
        await unavailable(world, "http://down.test/first#main-key", retry=True)
        assert connections > tried


async def test_one_fetch_for_all_who_wait(world: World, peer: Peer) -> None:
    ada = peer.add_actor("ada")
    peer.hold()
    waiting = [asyncio.create_task(world.keys.get(KeyId(ada.key_id))) for _ in range(30)]
    await peer.wait_for_request(lambda request: request.path == "/users/ada")
    waiting[0].cancel()
    peer.release()
    found = await asyncio.gather(*waiting[1:])
    assert {key.remote.owner for key in found} == {ada.uri}
    assert len(peer.requests) == 1


async def test_one_host_cannot_hold_all_fetches(world: World, peer: Peer) -> None:
    """A peer that never answers ties up a few fetches; some more key ids wait for their turn, and no more than some."""
    peer.hold()
    tasks = [
        asyncio.create_task(world.keys.get(KeyId(f"{peer.base}/users/{number}#main-key")))
        for number in range(limits.KEYS_AWAITED_PER_DOMAIN + 20)
    ]
    await peer.wait_for_request(lambda _: len(peer.requests) == limits.KEY_FETCHES_PER_HOST)
    refusals = [task.exception() for task in tasks if task.done()]
    assert len(refusals) == 20
    assert all(isinstance(error, KeyUnavailable) and error.reason == "key_fetches_busy" for error in refusals)
    assert len(peer.requests) == limits.KEY_FETCHES_PER_HOST
    peer.release()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(peer.requests) == limits.KEYS_AWAITED_PER_DOMAIN


@pytest.mark.parametrize("same_key", [True, False])
async def test_who_waits_for_keys_holds_only_so_many_bytes(world: World, peer: Peer, *, same_key: bool) -> None:
    peer.hold()
    most, size = limits.AWAITING_PER_DOMAIN // limits.INBOX_BODY // 2, limits.INBOX_BODY - limits.AWAITING_REQUEST
    tasks = [
        asyncio.create_task(world.keys.get(KeyId(f"{peer.base}/users/{0 if same_key else number}#k"), holding=size))
        for number in range(most + 5)
    ]
    await peer.wait_for_request(lambda _: len(peer.requests) == (1 if same_key else most))
    refusals = [task.exception() for task in tasks if task.done()]
    assert len(refusals) == 5
    assert all(isinstance(error, KeyUnavailable) and error.retry for error in refusals)
    peer.release()
    await asyncio.gather(*tasks, return_exceptions=True)
    ada = peer.add_actor("ada")
    assert (await world.keys.get(KeyId(ada.key_id), holding=limits.INBOX_BODY)).remote.owner == ada.uri


async def test_large_requests_of_many_domains_leave_room_for_small_ones(
    world: World, peer: Peer, make_peer: PeerMaker
) -> None:
    """What servers send before we know them has a few KiB."""
    slow = await make_peer("slow.test")
    slow.hold()
    hosts = [f"n.evil{number}.test" for number in range(10)]
    for host in hosts:
        world.resolver.add(host, slow.port)
    size = limits.INBOX_BODY - limits.AWAITING_REQUEST
    wanted = [KeyId(f"http://{host}/users/{number}#k") for host in hosts for number in range(8)]
    tasks = [asyncio.create_task(world.keys.get(each, holding=size)) for each in wanted]
    await slow.wait_for_request(lambda _: len(slow.requests) == limits.AWAITING // limits.INBOX_BODY // 2)
    ada = peer.add_actor("ada")
    assert (await world.keys.get(KeyId(ada.key_id), holding=3_000)).remote.owner == ada.uri
    slow.release()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_nobody_waits_long_for_a_key_but_it_is_remembered(
    world: World, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "AWAITING_SECONDS", 0.05)
    ada = peer.add_actor("ada")
    peer.hold()
    assert await unavailable(world, ada.key_id, retry=True) == "key_timed_out"
    peer.release()
    await world.store.remembered.wait()
    assert (await world.keys.get(KeyId(ada.key_id))).remote.owner == ada.uri
    assert len(peer.requests) == 1


async def test_a_host_is_not_down_because_we_are_busy(world: World, peer: Peer) -> None:
    ada = peer.add_actor("ada")
    world.resolver.is_busy = True
    assert await unavailable(world, ada.key_id, retry=True) == "key_we_are_busy"
    world.resolver.is_busy = False
    assert (await world.keys.get(KeyId(ada.key_id))).remote.owner == ada.uri


async def test_many_names_of_one_domain_do_not_hold_all_fetches(world: World, peer: Peer, make_peer: PeerMaker) -> None:
    slow = await make_peer("slow.test")
    names = [f"n{number}.slow.test" for number in range(9)]
    for name in names:
        world.resolver.add(name, slow.port)
    slow.hold()
    wanted = [KeyId(f"http://{names[number % 9]}/{number}#k") for number in range(limits.KEYS_AWAITED_PER_DOMAIN + 5)]
    tasks = [asyncio.create_task(world.keys.get(each)) for each in wanted]
    await slow.wait_for_request(lambda _: len(slow.requests) == limits.KEY_FETCHES_PER_DOMAIN)
    assert sum(task.done() for task in tasks) == 5
    ada = peer.add_actor("ada")
    assert (await world.keys.get(KeyId(ada.key_id))).remote.owner == ada.uri
    assert len(slow.requests) == limits.KEY_FETCHES_PER_DOMAIN
    slow.release()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_many_new_actors_of_one_host_are_all_looked_up(world: World, peer: Peer) -> None:
    """A popular post is answered by many at once; who is turned away may never try again."""
    actors = [peer.add_actor(f"actor{number}") for number in range(limits.KEY_FETCHES_PER_HOST * 4)]
    found = await asyncio.gather(*(world.keys.get(KeyId(actor.key_id)) for actor in actors))
    assert [key.remote.owner for key in found] == [actor.uri for actor in actors]


async def test_a_host_is_not_down_because_a_key_id_leads_to_one_that_is(world: World, peer: Peer) -> None:
    """Anybody may name an address that redirects, without proving anything."""
    world.resolver.add("down.test", 9)
    away = peer.serve("/away", b"", status=302, headers={"Location": "http://down.test/x"})
    for _ in range(3):
        assert await unavailable(world, f"{away}#main-key", retry=True) == "key_elsewhere_unreachable"
    assert len(peer.seen("/away")) == 1, "it is not asked again and again"
    ada = peer.add_actor("ada")
    assert (await world.keys.get(KeyId(ada.key_id))).remote.owner == ada.uri


async def test_when_a_host_is_down_those_who_waited_are_not_tried_one_by_one(world: World, peer: Peer) -> None:
    await peer.stop()
    asked = (world.keys.get(KeyId(f"{peer.base}/users/{number}#main-key")) for number in range(100))
    failures = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(error, KeyUnavailable) and error.retry for error in failures)
    assert world.resolver.asked.count(peer.host) <= 2 * limits.KEY_FETCHES_PER_HOST


async def test_a_refetch_comes_at_most_once_in_five_minutes(world: World, peer: Peer) -> None:
    ada = peer.add_actor("ada")
    await world.keys.get(KeyId(ada.key_id))
    assert await world.keys.refetch(KeyId(ada.key_id)) is None
    world.clock[0] += limits.KEY_REFETCH.total_seconds() + 1
    assert await world.keys.refetch(KeyId(ada.key_id)) is not None
    assert await world.keys.refetch(KeyId(ada.key_id)) is None
    assert len(peer.requests) == 2


def grow_old(world: World, key_id: str) -> None:
    """The key was fetched long ago, and the process has started anew since."""
    known = world.store.keys[KeyId(key_id)]
    world.store.keys[KeyId(key_id)] = replace(known, fetched_at=known.fetched_at - limits.KEY_AGE)
    world.keys.forget(KeyId(key_id))
    world.clock[0] += limits.KEY_REFETCH.total_seconds() + 1


async def test_an_old_key_is_fetched_anew(world: World, peer: Peer) -> None:
    ada = peer.add_actor("ada")
    await world.keys.get(KeyId(ada.key_id))
    grow_old(world, ada.key_id)
    ada.key_number += 1
    for _ in range(5):
        renewed = await world.keys.get(KeyId(ada.key_id))
        assert renewed.remote.public_pem == public_pem(rsa_key(ada.key_number))
    assert len(peer.seen("/users/ada")) == 2


@pytest.mark.parametrize("trouble", ["down", 404, 410, 500])
async def test_an_old_key_is_good_while_its_owner_cannot_be_asked(world: World, peer: Peer, trouble: str | int) -> None:
    """Also that of an account which has ended: its last Delete is signed with it."""
    ada = peer.add_actor("ada")
    await world.keys.get(KeyId(ada.key_id))
    grow_old(world, ada.key_id)
    if trouble == "down":
        await peer.stop()
    else:
        ada.status = int(trouble)
    asked = len(world.resolver.asked)
    for _ in range(20):
        assert (await world.keys.get(KeyId(ada.key_id))).remote.owner == ada.uri
    assert len(world.resolver.asked) <= asked + 2
    assert len(peer.seen("/users/ada")) <= 2


async def test_an_old_key_that_its_owner_lists_no_longer_proves_nothing(world: World, peer: Peer) -> None:
    ada = peer.add_actor("ada")
    await world.keys.get(KeyId(ada.key_id))
    grow_old(world, ada.key_id)
    ada.extra = {"publicKey": ada.public_key() | {"id": f"{ada.uri}#other-key"}}
    for _ in range(2):
        assert await unavailable(world, ada.key_id) == "key_not_listed"
