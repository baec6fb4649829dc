"""Keys that their owners tell of: an Update of an actor brings its new key at once."""

from dataclasses import replace

from federation.identifiers import ActorUri, KeyId
from federation.vocabulary.actors import ActorKey
from tests.federation.conftest import World
from tests.support.keys import public_pem, rsa_key
from tests.support.peer import Peer


async def test_a_new_key_takes_the_place_of_the_old_one(world: World, peer: Peer) -> None:
    ada = peer.add_actor("ada", key_number=1)
    key_id = KeyId(ada.key_id)
    await world.keys.get(key_id)
    shown = ActorKey(key_id, ActorUri(ada.uri), pem=public_pem(rsa_key(2)))
    await world.keys.learn([shown])
    assert (await world.keys.get(key_id)).remote.public_pem == public_pem(rsa_key(2))
    assert world.store.keys[key_id].public_pem == public_pem(rsa_key(2))
    assert len(peer.requests) == 1


async def test_what_another_process_learned_counts_here_too(world: World, peer: Peer) -> None:
    ada = peer.add_actor("ada", key_number=1)
    key_id = KeyId(ada.key_id)
    known = await world.keys.get(key_id)
    assert await world.keys.refetch(key_id) is None, "it was fetched a moment ago"
    world.store.keys[key_id] = replace(known.remote, public_pem=public_pem(rsa_key(2)))
    changed = await world.keys.refetch(key_id)
    assert changed is not None
    assert changed.remote.public_pem == public_pem(rsa_key(2))
    assert await world.keys.refetch(key_id) is None


async def test_nobody_replaces_the_key_of_another(world: World, peer: Peer) -> None:
    ada, eve = peer.add_actor("ada", key_number=1), peer.add_actor("eve", key_number=2)
    key_id = KeyId(ada.key_id)
    known = await world.keys.get(key_id)
    evil = public_pem(rsa_key(2))
    await world.keys.learn(
        [ActorKey(key_id, ActorUri(eve.uri), pem=evil), ActorKey(key_id, ActorUri(ada.uri), pem="x")]
    )
    assert await world.keys.get(key_id) is known
    assert world.store.keys[key_id] == known.remote


async def test_a_key_that_nobody_asked_for_is_not_stored(world: World, peer: Peer) -> None:
    ada = peer.add_actor("ada", key_number=1)
    await world.keys.learn([ActorKey(KeyId(ada.key_id), ActorUri(ada.uri), pem=public_pem(rsa_key(1)))])
    assert world.store.keys == {}
