"""Quotes and the stamps that allow them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import event

from storage.actors import Actor
from storage.database import Database, Session
from storage.paging import Window
from storage.posts import Post, delete_post
from storage.quotes import (
    Quote,
    QuoteStamp,
    QuoteState,
    attach_quotes,
    delete_quote,
    find_quote,
    find_quote_by_request,
    find_quotes_by_approval,
    find_stamp,
    find_stamp_for,
    insert_stamp,
    load_quote_links,
    revoke_stamp,
    save_quote,
    set_quote_state,
)
from storage.views.posts import load_posts
from storage.views.quotes import list_quoting
from tests.support.rows import NOW, Rows

STAMP = "https://peer.example/stamps/1"


def quote(post: Post, quoted: Post | None, **columns: object) -> Quote:
    row = {"post_id": post.id, "quoted_uri": quoted.uri if quoted else "https://peer.example/1", "created_at": NOW}
    row |= {"quoted_post_id": quoted.id if quoted else None, "state": QuoteState.ACCEPTED, "updated_at": NOW}
    return Quote(**row | columns)


async def saved(database: Database, *quotes: Quote) -> None:
    async def unit(session: Session) -> None:
        for each in quotes:
            await save_quote(session, each)

    await database.write(unit)


async def test_a_quote_is_found_by_all_its_names(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    quoted, post = await rows.post(ada), await rows.post(ada)
    await saved(database, quote(post, quoted, request_uri="https://hub.example/a/1", approval_uri=STAMP))
    by_post = await database.read(lambda session: find_quote(session, post.id))
    by_request = await database.read(lambda session: find_quote_by_request(session, "https://hub.example/a/1"))
    by_approval = await database.read(lambda session: find_quotes_by_approval(session, STAMP))
    assert by_post is not None
    assert by_request is not None
    assert [by_post.post_id, by_request.post_id, by_approval[0].post_id] == [post.id] * 3
    assert (by_post.state, by_post.created_at) == (QuoteState.ACCEPTED, NOW)


async def test_what_is_said_later_replaces_what_was_known(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    first, second, post = [await rows.post(ada) for _ in range(3)]
    later = NOW + timedelta(hours=1)
    await saved(database, quote(post, first), quote(post, second, created_at=later, updated_at=later))
    known = await database.read(lambda session: find_quote(session, post.id))
    assert known is not None
    assert (known.quoted_uri, known.created_at, known.updated_at) == (second.uri, NOW, later)
    await database.write(
        lambda session: set_quote_state(session, post.id, QuoteState.REVOKED, approval_uri=None, now=later)
    )
    known = await database.read(lambda session: find_quote(session, post.id))
    assert known is not None
    assert known.state is QuoteState.REVOKED
    assert await database.write(lambda session: delete_quote(session, post.id))
    assert not await database.write(lambda session: delete_quote(session, post.id))


async def test_a_post_that_comes_later_takes_its_quotes(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada", host="peer.example"), await rows.actor("bob", host="peer.example")
    own, other = await rows.post(ada), await rows.post(bob)
    uri, pending = "https://peer.example/later", QuoteState.PENDING
    await saved(database, *(quote(each, None, quoted_uri=uri, state=pending) for each in (own, other)))
    late = await rows.post(ada, uri=uri)
    await database.write(lambda session: attach_quotes(session, late))
    found = [await database.read(lambda session, key=each.id: find_quote(session, key)) for each in (own, other)]
    assert [(each.quoted_post_id, each.state) for each in found if each] == [
        (late.id, QuoteState.ACCEPTED),
        (late.id, pending),
    ]


async def test_a_deleted_post_is_quoted_by_nobody(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    quoted, post = await rows.post(ada, url="https://hub.example/1"), await rows.post(ada)
    await saved(database, quote(post, quoted, approval_uri=STAMP))
    links = await database.read(lambda session: load_quote_links(session, [post.id, quoted.id]))
    assert set(links) == {post.id}
    assert (links[post.id].url, links[post.id].approval_uri, links[post.id].stands) == (quoted.url, STAMP, True)
    await database.write(lambda session: delete_post(session, quoted, now=NOW))
    known = await database.read(lambda session: find_quote(session, post.id))
    assert known is not None
    assert (known.quoted_post_id, known.quoted_uri) == (None, quoted.uri)


async def test_a_stamp_is_given_once_and_taken_back_once(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    quoted = await rows.post(ada)

    def stamp() -> QuoteStamp:
        names = {"quoting_uri": "https://peer.example/2", "quoting_actor_uri": "https://peer.example/bob"}
        return QuoteStamp(id=rows.key(), quoted_post_id=quoted.id, created_at=NOW, **names)

    first, again = stamp(), stamp()
    assert await database.write(lambda session: insert_stamp(session, first))
    assert not await database.write(lambda session: insert_stamp(session, again))
    found = await database.read(
        lambda session: find_stamp_for(session, quoted_post_id=quoted.id, quoting_uri="https://peer.example/2")
    )
    assert found is not None
    assert (found.id, found.revoked_at) == (first.id, None)
    assert await database.write(lambda session: revoke_stamp(session, first.id, now=NOW))
    assert not await database.write(lambda session: revoke_stamp(session, first.id, now=NOW))
    found = await database.read(lambda session: find_stamp(session, first.id))
    assert found is not None
    assert found.revoked_at == NOW


async def test_the_quoted_post_is_shown_to_who_may_see_it(rows: Rows, database: Database) -> None:
    ada, bob, carl = [await rows.actor(name) for name in ("ada", "bob", "carl")]
    quoted, post = await rows.post(ada), await rows.post(bob)
    await saved(database, quote(post, quoted))
    await rows.block(ada, carl)

    async def seen(viewer: Actor | None) -> int | None:
        viewer_id = viewer.id if viewer else None
        view = (await database.read(lambda session: load_posts(session, [post.id], viewer_id=viewer_id)))[0]
        assert view.quote is not None
        return view.quote.post.id if view.quote.post else None

    assert [await seen(each) for each in (ada, None, carl)] == [quoted.id, quoted.id, None]
    assert await listed(database, quoted, bob) == [post.id]
    await rows.block(bob, ada)
    assert await listed(database, quoted, ada) == []


async def test_what_waits_or_was_refused_is_neither_shown_nor_counted(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob")
    quoted = await rows.post(ada)
    for state in QuoteState:
        await saved(database, quote(await rows.post(bob), quoted, state=state))
    views = await database.read(lambda session: load_posts(session, [quoted.id], viewer_id=None))
    assert views[0].quotes_count == 1
    assert len(await listed(database, quoted, ada)) == 1


async def test_many_quotes_cost_as_many_queries_as_one(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob")
    posts = [await rows.post(bob) for _ in range(5)]
    await saved(database, *[quote(post, await rows.post(ada)) for post in posts])

    def counting(ids: list[int]) -> Callable[[Session], Awaitable[int]]:
        async def count(session: Session) -> int:
            statements: list[str] = []
            engine = session.get_bind().engine
            event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
            await load_posts(session, ids, viewer_id=bob.id)
            return sum(statement.startswith("SELECT") for statement in statements)

        return count

    one = await database.read(counting([posts[0].id]))
    many = await database.read(counting([post.id for post in posts]))
    assert 0 < many <= one


async def listed(database: Database, quoted: Post, viewer: Actor) -> list[int]:
    views = await database.read(lambda session: list_quoting(session, quoted.id, viewer_id=viewer.id, window=Window()))
    return [view.id for view in views]
