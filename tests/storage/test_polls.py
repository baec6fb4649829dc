"""Polls: votes are counted once, results and ends are told once, and a page of polls costs one query more."""

import asyncio
from datetime import timedelta

from sqlalchemy import event

from storage.actors import Actor
from storage.database import Database, Session
from storage.erasure import erase_remote_actor
from storage.polls import (
    Poll,
    PollVote,
    claim_check,
    claim_end,
    claim_news,
    find_poll,
    insert_poll,
    insert_vote,
    list_ended,
    list_local_voters,
    list_news,
    note_news,
    replace_options,
    update_poll,
    update_tallies,
)
from storage.posts import Post, delete_post
from storage.views.polls import PollView, load_polls
from storage.views.posts import load_posts
from tests.support.rows import NOW, Rows

PEER = "peer.example"
HOUR = timedelta(hours=1)


async def poll(rows: Rows, author: Actor, *options: str, **columns: object) -> Post:
    """A post with a poll."""
    post = await rows.post(author)
    row = Poll(**{"post_id": post.id, "voters_count": 0, "ends_at": NOW + HOUR} | columns)
    await rows.database.write(
        lambda session: insert_poll(session, row, [(title, 0) for title in options or ("Tea", "Coffee")])
    )
    return post


async def vote(rows: Rows, actor: Actor, post: Post, position: int, *, is_first: bool = True) -> bool:
    """A vote; False if it was there."""
    row = PollVote(id=rows.key(), post_id=post.id, actor_id=actor.id, position=position, created_at=NOW)
    return await rows.database.write(lambda session: insert_vote(session, row, is_first=is_first))


async def shown(database: Database, post: Post, *, viewer: Actor | None = None) -> PollView:
    """The poll as it is shown."""
    viewer_id = viewer.id if viewer else None
    return (await database.read(lambda session: load_polls(session, [post.id], viewer_id=viewer_id)))[post.id]


async def test_a_vote_is_counted_once_and_shown_to_the_voter(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    post = await poll(rows, ada)
    assert await vote(rows, bob, post, 1)
    assert not await vote(rows, bob, post, 1)
    view = await shown(database, post, viewer=bob)
    assert [(option.title, option.votes_count) for option in view.options] == [("Tea", 0), ("Coffee", 1)]
    assert (view.chosen, view.voters_count, view.votes_count) == ([1], 1, 1)
    assert (await shown(database, post)).chosen == []
    assert (await shown(database, post, viewer=ada)).chosen == []


async def test_where_nothing_was_counted_a_vote_is_the_first(rows: Rows, database: Database) -> None:
    bob, ada = await rows.actor("bob", host=PEER), await rows.actor("ada")
    post = await poll(rows, bob, voters_count=None)
    await database.write(lambda session: update_tallies(session, post.id, [None, 4]))
    assert await vote(rows, ada, post, 0)
    view = await shown(database, post)
    assert [option.votes_count for option in view.options] == [1, 4]
    assert (view.voters_count, view.people_count) == (None, 5)


async def test_other_options_void_the_votes(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    post = await poll(rows, ada)
    await vote(rows, bob, post, 1)
    await database.write(lambda session: replace_options(session, post.id, [("Water", 0), ("Coffee", 0), ("Tea", 0)]))
    view = await shown(database, post, viewer=bob)
    assert [option.title for option in view.options] == ["Water", "Coffee", "Tea"]
    assert (view.votes_count, view.chosen) == (0, [])


async def test_votes_are_told_of_together_and_once(rows: Rows, database: Database) -> None:
    post = await poll(rows, await rows.actor("ada"))

    async def news(after: timedelta = timedelta()) -> list[int]:
        return await database.read(lambda session: list_news(session, now=NOW + after, limit=9))

    assert await news() == []
    await database.write(lambda session: note_news(session, post.id, due_at=NOW))
    await database.write(lambda session: note_news(session, post.id, due_at=NOW + HOUR))
    assert (await news(-HOUR), await news()) == ([], [post.id])
    claims = [database.write(lambda session: claim_news(session, post.id)) for _ in range(3)]
    assert sorted(await asyncio.gather(*claims)) == [False, False, True]
    assert await news(HOUR) == []


async def test_an_end_is_told_once_and_later_for_a_remote_poll(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    ours, theirs = await poll(rows, ada), await poll(rows, bob)
    await poll(rows, ada, ends_at=None)

    async def ended(after: timedelta) -> list[int]:
        now = NOW + HOUR + after
        later = now - timedelta(minutes=5)
        return await database.read(lambda session: list_ended(session, before=now, before_elsewhere=later, limit=9))

    assert await ended(-timedelta(seconds=1)) == []
    assert await ended(timedelta()) == [ours.id]
    assert await ended(timedelta(minutes=5)) == [ours.id, theirs.id]
    claims = [database.write(lambda session: claim_end(session, ours.id, now=NOW)) for _ in range(3)]
    assert sorted(await asyncio.gather(*claims)) == [False, False, True]
    assert await ended(timedelta(minutes=5)) == [theirs.id]


async def test_a_server_is_asked_by_one_at_a_time(rows: Rows, database: Database) -> None:
    post = await poll(rows, await rows.actor("bob", host=PEER))
    before = NOW - HOUR
    claims = [
        database.write(lambda session: claim_check(session, post.id, checked_before=before, now=NOW)) for _ in range(3)
    ]
    assert sorted(await asyncio.gather(*claims)) == [False, False, True]
    again = NOW + HOUR
    assert await database.write(lambda session: claim_check(session, post.id, checked_before=NOW, now=again))


async def test_those_of_ours_who_voted(rows: Rows, database: Database) -> None:
    ada, ben, bob = await rows.actor("ada"), await rows.actor("ben"), await rows.actor("bob", host=PEER)
    post = await poll(rows, bob)
    for actor, position in ((ben, 0), (ben, 1), (bob, 1)):
        await vote(rows, actor, post, position)
    assert await database.read(lambda session: list_local_voters(session, post.id)) == [ben.id]
    assert ada.id != ben.id


async def test_an_actor_who_ends_takes_their_votes_along(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    ours, theirs = await poll(rows, ada), await poll(rows, await rows.actor("eve", host=PEER))
    for actor in (ada, bob):
        await vote(rows, actor, ours, 1)
        await vote(rows, actor, theirs, 1)
    await database.write(lambda session: erase_remote_actor(session, bob.id, now=NOW))
    view = await shown(database, ours, viewer=bob)
    assert ([option.votes_count for option in view.options], view.voters_count, view.chosen) == ([0, 1], 1, [])
    assert (await shown(database, ours, viewer=ada)).chosen == [1]
    assert (await shown(database, theirs)).votes_count == 2  # her server's figure


async def test_a_poll_goes_with_its_post(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    post = await poll(rows, ada)
    await vote(rows, bob, post, 0)
    await database.write(lambda session: delete_post(session, post, now=NOW))
    assert await database.read(lambda session: find_poll(session, post.id)) is None


async def test_it_is_over_at_its_end_or_when_it_was_closed(rows: Rows, database: Database) -> None:
    post = await poll(rows, await rows.actor("ada"), hides_counts=True)
    view = await shown(database, post)
    assert (view.is_over(NOW), view.shows_counts(NOW)) == (False, False)
    assert (view.is_over(NOW + HOUR), view.shows_counts(NOW + HOUR)) == (True, True)
    await database.write(lambda session: update_poll(session, post.id, closed_at=NOW))
    assert (await shown(database, post)).is_over(NOW)


async def test_many_polls_cost_one_query_and_none_costs_none(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    plain, polls = await rows.post(ada), [await poll(rows, ada) for _ in range(5)]

    async def count(session: Session, *wanted: Post) -> int:
        statements: list[str] = []
        engine = session.get_bind().engine
        event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
        views = await load_posts(session, [post.id for post in wanted], viewer_id=ada.id)
        assert [view.poll is not None for view in views] == [post is not plain for post in wanted]
        return sum(statement.startswith("SELECT") for statement in statements)

    none = await database.read(lambda session: count(session, plain))
    one = await database.read(lambda session: count(session, plain, polls[0]))
    many = await database.read(lambda session: count(session, *polls))
    assert (one, many) == (none + 1, none + 1)
