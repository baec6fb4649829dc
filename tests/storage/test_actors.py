"""Actors: one namespace of handles, a remote profile that is found by its uri, counters that nobody writes back."""

from typing import Any

import pytest

from storage.actors import (
    Actor,
    ActorKind,
    add_to_counts,
    find_actor_by_uri,
    find_actors_by_uri,
    find_by_handle,
    find_by_handles,
    find_local_by_username,
    get_actor,
    list_actors,
    mark_gone,
    update_actor,
    upsert_remote_actor,
)
from storage.database import Database
from storage.errors import AlreadyExists, NotFound
from tests.support.rows import NOW, Rows

PEER = "peer.example"


def profile(username: str = "bob", **other: Any) -> dict[str, Any]:
    """What a peer says of one of its actors."""
    uri = f"https://{PEER}/users/{username}"
    row = {"uri": uri, "username": username, "host": PEER, "inbox_url": f"{uri}/inbox", "created_at": NOW}
    return row | {"updated_at": NOW, "fetched_at": NOW, "display_name": username.title()} | other


async def store(database: Database, values: dict[str, Any], id: int) -> Actor:
    return await database.write(lambda session: upsert_remote_actor(session, values, id=id))


async def test_a_handle_is_given_once_in_whatever_case(rows: Rows) -> None:
    await rows.actor("ada")
    with pytest.raises(AlreadyExists):
        await rows.actor("ADA", uri="https://hub.example/actors/other")
    await rows.actor("ada", host=PEER)
    await rows.actor("ada", host="other.example")


async def test_a_handle_is_found_in_whatever_case(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("Bob", host=PEER)
    eve = await rows.actor("Ève", host=PEER)
    assert await database.read(lambda session: find_local_by_username(session, "ADA")) == ada
    assert await database.read(lambda session: find_local_by_username(session, "bob")) is None
    assert await database.read(lambda session: find_by_handle(session, "bob", host=PEER)) == bob
    asked = {("Ada", ""), ("BOB", PEER), ("Ève", PEER), ("nobody", PEER)}
    found = await database.read(lambda session: find_by_handles(session, asked))
    assert found == {("Ada", ""): ada, ("BOB", PEER): bob, ("Ève", PEER): eve}
    assert await database.read(lambda session: find_by_handles(session, [])) == {}


async def test_a_remote_profile_is_stored_once_and_then_replaced(rows: Rows, database: Database) -> None:
    first = await store(database, profile(), rows.key())
    await database.write(lambda session: add_to_counts(session, first.id, followers_count=3))
    again = await store(database, profile(display_name="Bobby", wire_type="Service"), rows.key())
    assert (again.id, again.display_name, again.wire_type, again.followers_count) == (first.id, "Bobby", "Service", 3)
    assert again.kind is ActorKind.REMOTE
    assert await database.read(lambda session: find_actor_by_uri(session, first.uri)) == again


async def test_who_comes_back_is_not_gone_any_more(rows: Rows, database: Database) -> None:
    bob = await store(database, profile(), rows.key())
    await database.write(lambda session: mark_gone(session, bob.id, now=NOW))
    assert (await rows.fresh_actor(bob)).gone_at == NOW
    assert (await store(database, profile(), rows.key())).gone_at is None


async def test_a_handle_goes_to_whom_its_server_names_now(rows: Rows, database: Database) -> None:
    old = await store(database, profile(), rows.key())
    new = await store(database, profile(uri=f"https://{PEER}/people/2"), rows.key())
    assert await database.read(lambda session: find_by_handle(session, "bob", host=PEER)) == new
    assert (await rows.fresh_actor(old)).username == f"bob~{old.id}"


async def test_writing_a_profile_leaves_the_counters_alone(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    await database.write(lambda session: add_to_counts(session, ada.id, posts_count=2, followers_count=1))
    ada.display_name, ada.posts_count = "Ada", 0
    await database.write(lambda session: update_actor(session, ada))
    stored = await rows.fresh_actor(ada)
    assert (stored.display_name, stored.posts_count, stored.followers_count) == ("Ada", 2, 1)


async def test_asking_for_many_and_for_nobody(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    uris = [ada.uri, bob.uri, "https://nowhere.example/1"]
    found = await database.read(lambda session: find_actors_by_uri(session, uris))
    assert found == {ada.uri: ada, bob.uri: bob}
    assert await database.read(lambda session: list_actors(session, ActorKind.MEMBER)) == [ada]
    with pytest.raises(NotFound):
        await database.read(lambda session: get_actor(session, 1))
