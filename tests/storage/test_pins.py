"""Pinned posts, and consent to stand in collections."""

from datetime import timedelta

from storage.database import Database
from storage.features import (
    FeatureStamp,
    find_feature_stamp,
    find_feature_stamp_for,
    insert_feature_stamp,
    list_feature_stamps,
    revoke_feature_stamp,
)
from storage.pins import Pin, count_pins, delete_pin, insert_pin, list_pinned, replace_pins
from storage.posts import Audience, Post, delete_post
from storage.views.pins import list_pinned_posts
from tests.support.rows import NOW, Rows


async def pinned(database: Database, *posts: Post) -> None:
    """Pin these one after another."""
    for number, post in enumerate(posts):
        pin = Pin(actor_id=post.author_id, post_id=post.id, created_at=NOW + timedelta(minutes=number))
        assert await database.write(lambda session, pin=pin: insert_pin(session, pin))


async def test_what_was_pinned_last_stands_first(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    first, second = await rows.post(ada), await rows.post(ada)
    await pinned(database, second, first)
    again = Pin(actor_id=ada.id, post_id=first.id, created_at=NOW)
    assert not await database.write(lambda session: insert_pin(session, again))
    assert [post.id for post in await database.read(lambda db: list_pinned(db, ada.id))] == [first.id, second.id]
    assert await database.read(lambda session: count_pins(session, ada.id)) == 2
    assert await database.write(lambda session: delete_pin(session, actor_id=ada.id, post_id=first.id))
    assert not await database.write(lambda session: delete_pin(session, actor_id=ada.id, post_id=first.id))


async def test_the_world_sees_only_what_is_for_the_world(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob")
    posts = [await rows.post(ada), await rows.post(ada, audience=Audience.FOLLOWERS)]
    posts.append(await rows.post(ada, is_local_only=True))
    await pinned(database, *posts)
    open_ones = await database.read(lambda db: list_pinned(db, ada.id, only_open=True))
    assert [post.id for post in open_ones] == [posts[0].id]
    seen = await database.read(lambda db: list_pinned_posts(db, ada.id, viewer_id=bob.id))
    assert [view.id for view in seen] == [posts[2].id, posts[0].id]
    assert all(view.pinned for view in seen)


async def test_a_deleted_post_is_pinned_no_longer(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    post = await rows.post(ada)
    await pinned(database, post)
    await database.write(lambda session: delete_post(session, post, now=NOW))
    assert await database.read(lambda session: count_pins(session, ada.id)) == 0


async def test_all_pins_are_replaced_at_once(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada", host="peer.example"), await rows.actor("bob", host="peer.example")
    first, second, other = await rows.post(ada), await rows.post(ada), await rows.post(bob)
    await pinned(database, first, other)
    await database.write(lambda session: replace_pins(session, ada.id, [second.id], now=NOW))
    assert [post.id for post in await database.read(lambda db: list_pinned(db, ada.id))] == [second.id]
    assert [post.id for post in await database.read(lambda db: list_pinned(db, bob.id))] == [other.id]
    await database.write(lambda session: replace_pins(session, ada.id, [], now=NOW))
    assert await database.read(lambda session: count_pins(session, ada.id)) == 0


async def test_consent_to_a_collection_is_given_once_and_taken_back_once(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    names = {"collection_uri": "https://peer.example/c/1", "requester_uri": "https://peer.example/rosa"}
    stamp, again = (FeatureStamp(id=rows.key(), actor_id=ada.id, created_at=NOW, **names) for _ in range(2))
    assert await database.write(lambda session: insert_feature_stamp(session, stamp))
    assert not await database.write(lambda session: insert_feature_stamp(session, again))
    found = await database.read(
        lambda session: find_feature_stamp_for(session, actor_id=ada.id, collection_uri="https://peer.example/c/1")
    )
    assert found is not None
    assert found.id == stamp.id
    assert [each.id for each in await database.read(lambda db: list_feature_stamps(db, ada.id))] == [stamp.id]
    assert await database.write(lambda session: revoke_feature_stamp(session, stamp.id, now=NOW))
    assert not await database.write(lambda session: revoke_feature_stamp(session, stamp.id, now=NOW))
    found = await database.read(lambda session: find_feature_stamp(session, stamp.id))
    assert found is not None
    assert found.revoked_at == NOW
    assert await database.read(lambda session: list_feature_stamps(session, ada.id)) == []
