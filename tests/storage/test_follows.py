"""Follows and blocks: each step once, both sides counted, whatever comes twice or in the wrong order."""

from collections.abc import Awaitable, Callable

from storage.actors import Actor
from storage.blocks import Block, delete_block, find_block, insert_block, is_blocked
from storage.database import Database
from storage.follows import (
    FollowState,
    accept_follow,
    count_requests,
    find_follow,
    find_follow_by_uri,
    find_follower_here,
    has_local_followers,
    list_local_followers,
    set_follow_options,
)
from storage.paging import Window
from storage.unfollowing import remove_follow, remove_follows_of
from storage.views.people import list_follow_requests, list_followers, list_following
from tests.support.rows import NOW, Rows

PEER = "peer.example"
Lister = Callable[..., Awaitable[list[tuple[int, Actor]]]]


async def counts(rows: Rows, actor: Actor) -> tuple[int, int]:
    stored = await rows.fresh_actor(actor)
    return stored.followers_count, stored.following_count


async def test_a_request_counts_once_it_is_accepted(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    await rows.follow(bob, ada, accepted=False)
    assert await database.read(lambda session: count_requests(session, ada.id)) == 1
    assert await counts(rows, ada) == (0, 0)
    pair = {"follower_id": bob.id, "followed_id": ada.id}
    assert await database.write(lambda session: accept_follow(session, **pair, now=NOW))
    assert not await database.write(lambda session: accept_follow(session, **pair, now=NOW))
    assert (await counts(rows, ada), await counts(rows, bob)) == ((1, 0), (0, 1))
    stored = await database.read(lambda session: find_follow(session, **pair))
    assert stored is not None
    assert (stored.state, stored.accepted_at) == (FollowState.ACCEPTED, NOW)


async def test_a_follow_that_comes_again_keeps_its_state_and_takes_the_new_uri(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    first = await rows.follow(bob, ada, uri="https://peer.example/f/1")
    again = await rows.follow(bob, ada, accepted=False, uri="https://peer.example/f/2")
    assert (again.id, again.state, again.uri) == (first.id, FollowState.ACCEPTED, "https://peer.example/f/2")
    assert await counts(rows, ada) == (1, 0)
    assert await database.read(lambda session: find_follow_by_uri(session, "https://peer.example/f/1")) is None


async def test_ending_a_follow_takes_it_back_once(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    pair = {"follower_id": bob.id, "followed_id": ada.id}
    for accepted in (True, False):
        await rows.follow(bob, ada, accepted=accepted)
        assert await database.write(lambda session: remove_follow(session, **pair))
        assert not await database.write(lambda session: remove_follow(session, **pair))
        assert (await counts(rows, ada), await counts(rows, bob)) == ((0, 0), (0, 0))


async def test_lists_of_people_are_paged_by_their_follow(rows: Rows, database: Database) -> None:
    ada, bob, eve = await rows.actor("ada"), await rows.actor("bob", host=PEER), await rows.actor("eve")
    follows = [await rows.follow(each, ada) for each in (bob, eve)]
    asked = await rows.follow(ada, bob, accepted=False)

    async def listed(people: Lister, actor: Actor, window: Window) -> list[tuple[int, int]]:
        found = await database.read(lambda session: people(session, actor.id, window=window))
        return [(key, each.id) for key, each in found]

    newest, oldest = (follows[1].id, eve.id), (follows[0].id, bob.id)
    assert await listed(list_followers, ada, Window()) == [newest, oldest]
    assert await listed(list_followers, ada, Window(max_id=newest[0])) == [oldest]
    assert await listed(list_following, ada, Window()) == []
    assert await listed(list_follow_requests, bob, Window()) == [(asked.id, ada.id)]


async def test_who_of_us_follows(rows: Rows, database: Database) -> None:
    ada, bob, eve = await rows.actor("ada"), await rows.actor("bob", host=PEER), await rows.actor("eve")
    await rows.follow(ada, bob, accepted=False)
    assert not await database.read(lambda session: has_local_followers(session, bob.id))
    await rows.follow(eve, bob)
    await rows.follow(bob, ada)
    assert await database.read(lambda session: has_local_followers(session, bob.id))
    assert not await database.read(lambda session: has_local_followers(session, ada.id))
    found = await database.read(lambda session: list_local_followers(session, bob.id))
    assert [each.id for each in found] == [eve.id]


async def test_options_of_a_follow(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob")
    follow = await rows.follow(ada, bob)
    await database.write(lambda session: set_follow_options(session, follow.id, show_boosts=False, notify=True))
    stored = await database.read(lambda session: find_follow(session, follower_id=ada.id, followed_id=bob.id))
    assert stored is not None
    assert (stored.show_boosts, stored.notify) == (False, True)


async def test_who_is_gone_follows_nobody_and_is_followed_by_nobody(rows: Rows, database: Database) -> None:
    ada, bob, eve = await rows.actor("ada"), await rows.actor("bob", host=PEER), await rows.actor("eve")
    await rows.follow(ada, bob)
    await rows.follow(bob, eve)
    await rows.follow(ada, eve)
    await database.write(lambda session: remove_follows_of(session, bob.id))
    assert [await counts(rows, each) for each in (ada, bob, eve)] == [(0, 1), (0, 0), (1, 0)]


async def test_a_block_is_made_and_lifted_once(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    block = Block(id=rows.key(), blocker_id=bob.id, blocked_id=ada.id, created_at=NOW)
    assert await database.write(lambda session: insert_block(session, block))
    assert not await database.write(lambda session: insert_block(session, block))
    for one, other in ((ada, bob), (bob, ada)):
        assert await database.read(lambda session, a=one, b=other: is_blocked(session, a.id, b.id))
    pair = {"blocker_id": bob.id, "blocked_id": ada.id}
    assert await database.read(lambda session: find_block(session, **pair)) == block
    assert await database.write(lambda session: delete_block(session, **pair))
    assert not await database.write(lambda session: delete_block(session, **pair))
    assert not await database.read(lambda session: is_blocked(session, ada.id, bob.id))


async def test_a_follower_here_is_one_of_ours_who_may_act(rows: Rows, database: Database) -> None:
    rosa = await rows.actor("rosa", host=PEER)
    gone, silenced = await rows.actor("gone", gone_at=NOW), await rows.actor("silenced", suspended_at=NOW)
    asking, elsewhere = await rows.actor("asking"), await rows.actor("omar", host="other.example")
    for each in (gone, silenced, elsewhere):
        await rows.follow(each, rosa)
    await rows.follow(asking, rosa, accepted=False)
    assert await database.read(lambda session: find_follower_here(session, rosa.id)) is None
    first, second = await rows.actor("first"), await rows.actor("second")
    await rows.follow(first, rosa)
    await rows.follow(second, rosa)
    assert await database.read(lambda session: find_follower_here(session, rosa.id)) == first.id
