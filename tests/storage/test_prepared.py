"""What goes past the ORM is the same as what goes through it, on both databases."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from storage.database import Database, Session
from storage.errors import AlreadyExists, NotFound
from storage.hub_facts import HubFact, find_facts
from storage.members import Member
from storage.posts import Post
from storage.prepared import Change, Query
from storage.rows import new_row, table_of, values_of
from tests.support.rows import NOW, Rows

BY_ID = Query.rows(Post, col(Post.id) == bindparam("id"))
OF_SOME = Query.values(select(col(Post.id)).where(col(Post.id).in_(bindparam("ids", expanding=True))))

INSERT_FACT = Change.insert(HubFact)
INSERT_NEW_FACT = Change.insert_new(HubFact, columns=["name", "value"])
SET_FACTS = Change(update(table_of(HubFact)).values(value=bindparam("new_value")))


def test_a_new_row_is_what_the_model_makes() -> None:
    values = {"id": 1, "uri": "u", "author_id": 2, "audience": "public", "conversation_id": 3}
    fast, plain = (make(**values, published_at=NOW, created_at=NOW) for make in (lambda **v: new_row(Post, **v), Post))
    assert values_of(fast) == values_of(plain)
    assert fast == plain
    other = new_row(Post, **values, published_at=NOW, created_at=NOW)
    assert other.attachments is not fast.attachments
    other.likes_count = 7
    assert values_of(other)["likes_count"] == 7


async def test_a_row_reads_as_the_orm_reads_it(rows: Rows, database: Database) -> None:
    """Moments, words, booleans and structured values among them."""
    post = await rows.post(await rows.actor("ada"), attachments=[{"url": "u"}], sensitive=True)

    async def both(session: Session) -> tuple[Post | None, Post | None]:
        return await BY_ID.first(session, id=post.id), await session.get(Post, post.id)

    prepared, mapped = await database.read(both)
    assert prepared is not None
    assert mapped is not None
    assert values_of(prepared) == values_of(mapped)


async def test_get_says_what_is_missing(database: Database) -> None:
    with pytest.raises(NotFound, match="no such post"):
        await database.read(lambda session: BY_ID.get(session, "no such post", id=1))


async def test_lists_may_be_asked_for(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    ids = [(await rows.post(ada)).id for _ in range(3)]
    for wanted in (ids[:1], ids[1:]):
        found = await database.read(lambda session: OF_SOME.all(session, ids=wanted))
        assert sorted(found) == wanted


async def test_a_change_says_how_many_rows_it_changed(database: Database) -> None:
    async def unit(session: Session) -> list[int]:
        return [
            await SET_FACTS.run(session, new_value="none is there"),
            await INSERT_NEW_FACT.run(session, name="a", value="1"),
            await INSERT_NEW_FACT.run(session, name="a", value="2"),
            await INSERT_NEW_FACT.run(session, name="b", value="1"),
            await SET_FACTS.run(session, new_value="3"),
        ]

    assert await database.write(unit) == [0, 1, 0, 1, 2]
    assert await database.read(find_facts) == {"a": "3", "b": "3"}


async def test_both_ways_are_one_transaction(database: Database) -> None:
    """Whichever comes first: each sees what the other has done, and it is undone together."""

    async def prepared(session: Session) -> None:
        await INSERT_FACT.run_all(session, [{"name": "prepared", "value": "1"}])
        assert "prepared" in await find_facts(session)

    async def mapped(session: Session) -> None:
        session.add(HubFact(name="mapped", value="1"))
        await session.flush()
        assert await SET_FACTS.run(session, new_value="2") >= 1

    async def fail(session: Session, *ways: Callable[[Session], Awaitable[None]]) -> None:
        for way in ways:
            await way(session)
        raise RuntimeError("half-way")

    for ways in ((prepared, mapped), (mapped, prepared)):
        with pytest.raises(RuntimeError, match="half-way"):
            await database.write(lambda session, ways=ways: fail(session, *ways))
    assert await database.read(find_facts) == {}


async def test_what_is_refused_is_refused_in_the_same_words(database: Database) -> None:
    await database.write(lambda session: INSERT_FACT.run(session, name="name", value="1"))
    with pytest.raises(AlreadyExists):
        await database.write(lambda session: INSERT_FACT.run(session, name="name", value="2"))
    with pytest.raises(DBAPIError, match=r"(?i)not.null"):
        await database.write(lambda session: INSERT_FACT.run(session, name="other", value=None))
    with pytest.raises(DBAPIError, match=r"read.?only"):
        await database.read(lambda session: SET_FACTS.run(session, new_value="2"))
    assert await database.read(find_facts) == {"name": "1"}


async def test_a_default_is_never_forgotten_in_silence(tmp_path: Path) -> None:
    """A prepared INSERT that leaves out a column with a default would store NULL there; so it can't be prepared."""
    names = [column.key for column in table_of(Member).columns if column.default is None]
    assert len(names) < len(table_of(Member).columns)
    insert, database = Change.insert_new(Member, columns=names), Database(f"sqlite+aiosqlite:///{tmp_path}/hub.db")
    with pytest.raises(ValueError, match="can't be prepared"):
        await database.write(lambda session: insert.run(session, **dict.fromkeys(names)))
    await database.close()
