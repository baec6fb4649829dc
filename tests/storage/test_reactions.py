"""Likes and boosts: one of each per actor and post, and counters that agree with the rows."""

from storage.database import Database
from storage.erasure import erase_remote_actor
from storage.follows import find_follow
from storage.reactions import (
    Boost,
    Like,
    delete_boost,
    delete_like,
    find_boost,
    find_boost_by_uri,
    find_like,
    find_like_by_uri,
    insert_boost,
    insert_like,
)
from tests.support.rows import NOW, Rows

PEER = "peer.example"


async def test_a_like_counts_once(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    post = await rows.post(ada)
    like = Like(id=rows.key(), actor_id=bob.id, post_id=post.id, uri="https://peer.example/l/1", created_at=NOW)
    assert await database.write(lambda session: insert_like(session, like))
    assert not await rows.like(bob, post)
    assert (await rows.fresh_post(post)).likes_count == 1
    pair = {"actor_id": bob.id, "post_id": post.id}
    uri = "https://peer.example/l/1"
    assert await database.read(lambda session: find_like_by_uri(session, uri, actor_id=bob.id)) == like
    assert await database.read(lambda session: find_like_by_uri(session, uri, actor_id=ada.id)) is None
    assert await database.read(lambda session: find_like(session, **pair)) == like
    assert await database.write(lambda session: delete_like(session, **pair))
    assert not await database.write(lambda session: delete_like(session, **pair))
    assert (await rows.fresh_post(post)).likes_count == 0


async def test_a_boost_counts_once(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    post = await rows.post(ada)
    uri = "https://peer.example/b/1"
    boost = Boost(id=rows.key(), actor_id=bob.id, post_id=post.id, uri=uri, published_at=NOW)
    assert await database.write(lambda session: insert_boost(session, boost))
    again = Boost(id=rows.key(), actor_id=bob.id, post_id=post.id, published_at=NOW)
    assert not await database.write(lambda session: insert_boost(session, again))
    assert (await rows.fresh_post(post)).boosts_count == 1
    pair = {"actor_id": bob.id, "post_id": post.id}
    assert await database.read(lambda session: find_boost_by_uri(session, uri)) == boost
    assert await database.read(lambda session: find_boost(session, **pair)) == boost
    assert await database.write(lambda session: delete_boost(session, **pair))
    assert not await database.write(lambda session: delete_boost(session, **pair))
    assert (await rows.fresh_post(post)).boosts_count == 0


async def test_a_boost_whose_key_is_taken_gets_another(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    key = rows.key()
    for post in (await rows.post(ada), await rows.post(ada)):
        boost = Boost(id=key, actor_id=bob.id, post_id=post.id, published_at=NOW)
        assert await database.write(lambda session, new=boost: insert_boost(session, new))
        assert (await rows.fresh_post(post)).boosts_count == 1


async def test_who_ends_takes_everything_along_and_every_counter_down(rows: Rows, database: Database) -> None:
    ada, bob, eve = await rows.actor("ada"), await rows.actor("bob", host=PEER), await rows.actor("eve", host=PEER)
    post = await rows.post(ada)
    for actor in (bob, eve):
        await rows.follow(actor, ada)
        await rows.follow(ada, actor)
        await rows.like(actor, post)
        await rows.boost(actor, post)
        await rows.post(actor, answers=post, mentions=[ada])
    await rows.block(bob, ada)
    await database.write(lambda session: erase_remote_actor(session, bob.id, now=NOW))
    stored, author, gone = await rows.fresh_post(post), await rows.fresh_actor(ada), await rows.fresh_actor(bob)
    assert (stored.likes_count, stored.boosts_count, stored.replies_count) == (1, 1, 1)
    assert (author.followers_count, author.following_count) == (1, 1)
    assert (gone.gone_at, gone.posts_count, gone.followers_count, gone.following_count) == (NOW, 0, 0, 0)
    pair = {"follower_id": bob.id, "followed_id": ada.id}
    assert await database.read(lambda session: find_follow(session, **pair)) is None
    assert await database.read(lambda session: find_like(session, actor_id=bob.id, post_id=post.id)) is None
