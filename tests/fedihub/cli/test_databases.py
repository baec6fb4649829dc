"""A hub moves to another database, of the same or the other kind, and nothing of it is lost on the way."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from fedihub.settings import load_settings
from storage.actors import Actor, find_local_by_username
from storage.copying import count_rows
from storage.database import Database, Session
from storage.follows import Follow, FollowState
from storage.hub_facts import find_facts
from storage.posts import Post
from storage.processes import claim_slot
from tests.fedihub.cli.conftest import CommandLine
from tests.support.database import DatabaseFarm

T = TypeVar("T")


@pytest.fixture
def target(database_farm: DatabaseFarm, database_kind: str) -> str:
    """The address of a database that is still empty."""
    return database_farm.of(database_kind).empty().replace("+asyncpg", "").replace("+aiosqlite", "")


def at(address: str, unit: Callable[[Session], Awaitable[T]]) -> T:
    """Read something from a database, by its address."""

    async def read() -> T:
        database = Database(load_settings(database_url=address).database)
        try:
            return await database.read(unit)
        finally:
            await database.close()

    return asyncio.run(read())


def sizes(address: str) -> dict[str, int]:
    """How many rows each table of a database has."""

    async def read() -> dict[str, int]:
        database = Database(load_settings(database_url=address).database)
        try:
            return await count_rows(database)
        finally:
            await database.close()

    return asyncio.run(read())


@pytest.fixture
def full(cli: CommandLine) -> CommandLine:
    """A hub in which something has been said, some of it before what it answers."""
    for number in range(5):
        cli.say("maya", f"Post {number} with a #tag")
    cli.change(_answer_what_came_later)
    return cli


async def _answer_what_came_later(session: Session) -> None:
    ids = sorted(await session.scalars(select(col(Post.id))))
    await session.execute(update(Post).where(col(Post.id) == ids[0]).values(in_reply_to_id=ids[-1]))


def test_everything_arrives(full: CommandLine, target: str) -> None:
    before = sizes(f"sqlite:///{full.database}")
    copied = {each["name"]: each["rows"] for each in full.json("db", "copy", "--to", target)["tables"]}
    assert copied == before
    assert copied["posts"] == 5
    assert sizes(target) == before
    facts = at(target, find_facts)
    assert facts == full.look(find_facts)
    first = min(at(target, _posts), key=lambda post: post.id)
    assert first.in_reply_to_id is not None
    assert first.in_reply_to_id > first.id


async def _posts(session: Session) -> list[Post]:
    return list(await session.scalars(select(Post)))


def test_the_hub_goes_on_where_it_is_now(full: CommandLine, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = full.ok("db", "copy", "--to", target)
    assert "both databases are the same" in said
    monkeypatch.setenv("FEDIHUB_DATABASE_URL", target)
    full.say("maya", "I have moved")
    assert sizes(target)["posts"] == 6
    assert [member["username"] for member in full.json("member", "list")] == ["maya"]


def test_a_dry_run_writes_nothing(full: CommandLine, target: str) -> None:
    said = full.ok("db", "copy", "--to", target, "--dry-run")
    assert "would be copied; nothing was done" in said
    listed = full.json("db", "copy", "--to", target, "--dry-run")["tables"]
    assert {"name": "posts", "rows": 5} in listed
    full.ok("db", "copy", "--to", target)  # it was still empty


def test_a_database_in_use_is_not_written_over(full: CommandLine, target: str) -> None:
    full.ok("db", "copy", "--to", target)
    before = sizes(target)
    assert "not empty" in full.fails("db", "copy", "--to", target)
    assert sizes(target) == before
    assert "uses already" in full.fails("db", "copy", "--to", f"sqlite:///{full.database}")


def test_a_hub_that_runs_is_not_copied(full: CommandLine, target: str) -> None:
    now = datetime.now(UTC)
    full.change(lambda session: claim_slot(session, token="x", role="server", now=now))
    assert "1 process of the hub" in full.fails("db", "copy", "--to", target)


def test_what_is_no_address_is_refused_before_anything_else(full: CommandLine) -> None:
    assert "DATABASE_URL" in full.fails("db", "copy", "--to", "mysql://somewhere/else")


def test_relations_are_whole(full: CommandLine, target: str) -> None:
    """Rows that name rows of other tables find them there."""

    async def befriend(session: Session) -> None:
        maya = await find_local_by_username(session, "maya")
        assert maya is not None
        server = (await session.scalars(select(Actor).where(col(Actor.id) != maya.id))).one()
        moment = datetime.now(UTC)
        row = Follow(id=7, follower_id=maya.id, followed_id=server.id, state=FollowState.REQUESTED, created_at=moment)
        session.add(row)

    full.change(befriend)
    full.ok("db", "copy", "--to", target)
    assert sizes(target)["follows"] == 1
