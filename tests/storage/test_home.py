"""Home timelines: who gets a post, a boost, an answer; and that nobody gets it twice."""

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from storage.actors import Actor
from storage.database import Database, Session
from storage.follows import set_follow_options
from storage.home import (
    HomeEntry,
    add_author_to_home,
    add_boost_to_homes,
    add_post_to_homes,
    list_long_homes,
    remove_author_from_home,
    trim_home,
)
from storage.posts import Audience, Post
from storage.reactions import Boost, delete_boost
from tests.support.rows import Rows

PEER = "peer.example"


async def entries(database: Database, owner: Actor) -> list[int]:
    """What stands in a timeline, newest first."""
    wanted = select(col(HomeEntry.entry_id)).where(col(HomeEntry.owner_id) == owner.id)

    async def unit(session: Session) -> list[int]:
        return list(await session.scalars(wanted.order_by(col(HomeEntry.entry_id).desc())))

    return await database.read(unit)


async def publish(database: Database, post: Post) -> int:
    return await database.write(lambda session: add_post_to_homes(session, post))


async def pass_on(database: Database, boost: Boost, post: Post) -> int:
    return await database.write(lambda session: add_boost_to_homes(session, boost, post))


async def test_a_post_stands_with_its_author_and_the_accepted_followers_here(rows: Rows, database: Database) -> None:
    ada, bob, asking, stranger = [await rows.actor(name) for name in ("ada", "bob", "asking", "stranger")]
    remote = await rows.actor("remote", host=PEER)
    await rows.follow(bob, ada)
    await rows.follow(remote, ada)
    await rows.follow(asking, ada, accepted=False)
    for audience in (Audience.PUBLIC, Audience.QUIET, Audience.FOLLOWERS):
        post = await rows.post(ada, audience=audience)
        assert await publish(database, post) == 2
        assert await publish(database, post) == 0
        assert (await entries(database, ada))[0] == (await entries(database, bob))[0] == post.id
    assert await entries(database, asking) == await entries(database, stranger) == await entries(database, remote) == []


async def test_a_remote_author_has_no_timeline_here(rows: Rows, database: Database) -> None:
    ada, remote = await rows.actor("ada"), await rows.actor("remote", host=PEER)
    await rows.follow(ada, remote)
    assert await publish(database, await rows.post(remote)) == 1


async def test_what_is_said_to_few_stands_with_those_of_them_who_follow(rows: Rows, database: Database) -> None:
    ada, follower, named = [await rows.actor(name) for name in ("ada", "follower", "named")]
    await rows.follow(follower, ada)
    await rows.follow(named, ada)
    post = await rows.post(ada, audience=Audience.MENTIONED, mentions=[named])
    await publish(database, post)
    assert [await entries(database, each) for each in (ada, named, follower)] == [[post.id], [post.id], []]


async def test_an_answer_stands_with_those_who_hear_both(rows: Rows, database: Database) -> None:
    ada, eve, both, one = [await rows.actor(name) for name in ("ada", "eve", "both", "one")]
    for follower, followed in ((both, ada), (both, eve), (one, ada), (eve, ada)):
        await rows.follow(follower, followed)
    answer = await rows.post(ada, answers=await rows.post(eve))
    await publish(database, answer)
    assert [await entries(database, each) for each in (ada, eve, both, one)] == [[answer.id]] * 3 + [[]]


async def test_who_goes_on_with_their_own_words_is_heard_by_all(rows: Rows, database: Database) -> None:
    ada, one = await rows.actor("ada"), await rows.actor("one")
    await rows.follow(one, ada)
    more = await rows.post(ada, answers=await rows.post(ada))
    await publish(database, more)
    assert await entries(database, one) == [more.id]


async def test_an_answer_to_something_unknown_stands_with_nobody_else(rows: Rows, database: Database) -> None:
    ada, one = await rows.actor("ada"), await rows.actor("one")
    await rows.follow(one, ada)
    answer = await rows.post(ada, in_reply_to_uri="https://peer.example/unknown")
    await publish(database, answer)
    assert (await entries(database, ada), await entries(database, one)) == ([answer.id], [])


async def test_a_boost_stands_with_the_boosters_followers(rows: Rows, database: Database) -> None:
    bob, follower, unwilling, blocking = [
        await rows.actor(name) for name in ("bob", "follower", "unwilling", "blocking")
    ]
    author = await rows.actor("author", host=PEER)
    for each in (follower, unwilling, blocking):
        follow = await rows.follow(each, bob)
        if each is unwilling:
            await database.write(
                lambda session: set_follow_options(session, follow.id, show_boosts=False, notify=False)
            )
    await rows.block(blocking, author)
    post = await rows.post(author)
    boost = await rows.boost(bob, post)
    assert await pass_on(database, boost, post) == 2
    found = [await entries(database, each) for each in (bob, follower, unwilling, blocking)]
    assert found == [[boost.id], [boost.id], [], []]


async def test_a_post_that_was_just_seen_is_not_shown_again(rows: Rows, database: Database) -> None:
    ada, bob, eve, follower = [await rows.actor(name) for name in ("ada", "bob", "eve", "follower")]
    for each in (ada, bob, eve):
        await rows.follow(follower, each)
    post = await rows.post(ada)
    await publish(database, post)
    soon = await rows.boost(bob, post, after=timedelta(hours=2))
    later = await rows.boost(eve, post, after=timedelta(hours=25))
    await pass_on(database, soon, post)
    await pass_on(database, later, post)
    assert await entries(database, follower) == [later.id, post.id]
    assert await entries(database, bob) == [soon.id]


async def test_only_what_is_open_is_passed_on(rows: Rows, database: Database) -> None:
    ada, follower = await rows.actor("ada"), await rows.actor("follower")
    await rows.follow(follower, ada)
    post = await rows.post(ada, audience=Audience.FOLLOWERS)
    assert await pass_on(database, await rows.boost(ada, post), post) == 0


async def test_a_boost_that_is_taken_back_leaves_no_trace(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    await rows.follow(ada, bob)
    post = await rows.post(bob)
    boost = await rows.boost(bob, post)
    await pass_on(database, boost, post)
    await database.write(lambda session: delete_boost(session, actor_id=bob.id, post_id=post.id))
    assert await entries(database, ada) == []


async def test_a_new_follower_catches_up_and_a_former_one_forgets(rows: Rows, database: Database) -> None:
    ada, bob, eve = [await rows.actor(name) for name in ("ada", "bob", "eve")]
    posts = [await rows.post(bob, audience=audience) for audience in Audience]
    answer = await rows.post(bob, answers=posts[0])
    kept = await rows.post(eve)
    boost = await rows.boost(bob, kept, after=timedelta(days=2))
    await rows.follow(ada, eve)
    await rows.follow(ada, bob)
    await publish(database, kept)
    assert await database.write(lambda session: add_author_to_home(session, owner_id=ada.id, author_id=bob.id)) == 3
    await pass_on(database, boost, kept)
    expected = [boost.id, kept.id, posts[2].id, posts[1].id, posts[0].id]
    assert await entries(database, ada) == expected
    assert answer.id not in expected
    await database.write(lambda session: remove_author_from_home(session, owner_id=ada.id, author_id=bob.id))
    assert await entries(database, ada) == [kept.id]


async def test_a_timeline_can_be_cut_to_a_length(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    posts = [await rows.post(ada) for _ in range(5)]
    for post in posts:
        await publish(database, post)
    assert await database.write(lambda session: trim_home(session, ada.id, keep=9, limit=9)) == 0
    for cut in (2, 1, 0):
        assert await database.write(lambda session: trim_home(session, ada.id, keep=2, limit=2)) == cut
    assert await entries(database, ada) == [posts[4].id, posts[3].id]


async def test_long_timelines_are_found(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob")
    for post in [await rows.post(author) for author in (ada, ada, bob)]:
        await publish(database, post)
    for keep, expected in ((2, []), (1, [ada.id]), (0, [ada.id, bob.id])):
        found = await database.read(lambda session: list_long_homes(session, keep=keep, limit=9))
        assert sorted(found) == expected  # in whatever order
    assert len(await database.read(lambda session: list_long_homes(session, keep=0, limit=1))) == 1
