"""The queries that run all the time read by index: what they cost must not grow with what is stored.

Each unit is run, and every statement that it sent is explained by the database. On PostgreSQL, whose planner reads
small tables whole and rightly so, that is forbidden first: what it then still reads whole has no index to go by.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from storage.conversations import attach_orphans
from storage.database import Database, Session
from storage.deliveries import OutgoingActivity, enqueue, oldest_due
from storage.delivery_queue import claim_deliveries
from storage.driver import Arguments, Driver, UnitSession
from storage.follows import find_follower_here, has_local_followers
from storage.forgetting import delete_spent_activities
from storage.home import add_boost_to_homes, add_post_to_homes, remove_author_from_home
from storage.keeping_back import resume_deliveries_of
from storage.media import count_unattached, is_media_open, list_superfluous_media
from storage.notifications import NotificationKind, insert_notification
from storage.openings import OpeningState, approved_openings_around
from storage.paging import Window
from storage.polls import list_ended, list_local_voters, list_news
from storage.posts import Post, delete_post, find_post_by_uri
from storage.reactions import Boost
from storage.received import claim_received, ended_before, was_renewed, was_undone_before
from storage.recipients import inboxes_of_followers, inboxes_told_of
from storage.views.chapter_page import load_openings
from storage.views.hub_home import latest_here
from storage.views.member_page import newest_posts
from storage.views.notifications import list_notifications
from storage.views.people import list_followers, list_likers
from storage.views.polls import load_polls
from storage.views.posts import load_posts
from storage.views.project_page import first_answers
from storage.views.timelines import list_home
from tests.support.rows import NOW, Rows

LEASE = timedelta(seconds=60)
PAGE = Window(limit=20, max_id=10**15)
POST = Post(
    id=2, uri="https://x.example/2", author_id=1, audience="public", conversation_id=1, published_at=NOW, created_at=NOW
)
REPLY = POST.model_copy(
    update={"in_reply_to_uri": "https://x.example/1", "in_reply_to_id": 3, "in_reply_to_author_id": 4}
)
BOOST = Boost(id=10**15, actor_id=1, post_id=2, published_at=NOW)
KINDS = list(NotificationKind)

Unit = Callable[[Session], Awaitable[Any]]

UNITS: dict[str, Unit] = {
    "home": lambda session: list_home(session, 1, window=PAGE),
    "posts": lambda session: load_posts(session, [1, 2, 3], viewer_id=4),
    "followers": lambda session: list_followers(session, 1, window=PAGE),
    "likers": lambda session: list_likers(session, 1, window=PAGE),
    "notifications": lambda session: list_notifications(session, 1, kinds=KINDS, window=PAGE),
    "latest here": lambda session: latest_here(session, viewer_id=4),
    "posts of an author": lambda session: newest_posts(session, 1, viewer_id=4, before=10**15),
    "answers under updates": lambda session: first_answers(session, [1, 2, 3], viewer_id=None),
    "post by uri": lambda session: find_post_by_uri(session, POST.uri),
    "openings around a post": lambda session: approved_openings_around(session, POST.uri),
    "openings of a chapter": lambda session: load_openings(
        session, 1, states=(OpeningState.APPROVED,), viewer_id=4, before=10**15
    ),
    "polls": lambda session: load_polls(session, [1, 2, 3], viewer_id=4),
    "news of polls": lambda session: list_news(session, now=NOW, limit=50),
    "polls that end": lambda session: list_ended(session, before=NOW, before_elsewhere=NOW, limit=50),
    "what was said to few": lambda session: delete_spent_activities(session, before=NOW, limit=50),
    "what was kept back": lambda session: resume_deliveries_of(session, 1, now=NOW),
    "our voters": lambda session: list_local_voters(session, 1),
    "orphans": lambda session: attach_orphans(session, POST),
    "local followers": lambda session: has_local_followers(session, 1),
    "a follower here": lambda session: find_follower_here(session, 1),
    "inboxes of followers": lambda session: inboxes_of_followers(session, 1),
    "inboxes told": lambda session: inboxes_told_of(session, 1),
    "post to homes": lambda session: add_post_to_homes(session, POST),
    "reply to homes": lambda session: add_post_to_homes(session, REPLY),
    "boost to homes": lambda session: add_boost_to_homes(session, BOOST, POST),
    "forgetting an author": lambda session: remove_author_from_home(session, owner_id=1, author_id=2),
    "telling": lambda session: insert_notification(
        session, id=1, recipient_id=1, kind=NotificationKind.LIKE, actor_id=2, post_id=3, now=NOW
    ),
    "serving a file": lambda session: is_media_open(session, "x.png"),
    "files that wait": lambda session: count_unattached(session, 1),
    "superfluous files": lambda session: list_superfluous_media(session, now=NOW, after=1, limit=100),
    "claiming what came in": lambda session: claim_received(session, now=NOW, limit=50, lease=LEASE),
    "undone": lambda session: was_undone_before(
        session, actor_uri="https://x.example", activity_uri="https://x.example/1"
    ),
    "renewed": lambda session: was_renewed(
        session, actor_uri="https://x.example", activity_uri="https://x.example/1", held="https://x.example/2"
    ),
    "ended": lambda session: ended_before(session, actor_uri="https://x.example", activity_uri="https://x.example/1"),
    "claiming what goes out": lambda session: claim_deliveries(
        session, now=NOW, limit=50, lease=LEASE, unproven_limit=30, per_host=8
    ),
    "oldest due": lambda session: oldest_due(session, now=NOW),
}
IN_ORDER = (
    "home",
    "a follower here",
    "latest here",
    "posts of an author",
    "followers",
    "likers",
    "claiming what goes out",
    "claiming what came in",
)
"""Lists whose first rows must be had without sorting all others."""


async def explain(database: Database, unit: Unit) -> list[str]:
    """The database's own plan of every statement that a unit sends."""

    async def explained(session: Session) -> list[str]:
        with overheard(session) as sent:
            await unit(session)
        return await session.run_sync(lambda sync: [plan(sync.connection(), *each) for each in sent])

    return [each for each in await database.write(explained) if each]


@contextmanager
def overheard(session: Session) -> Iterator[list[tuple[str, Any]]]:
    """What is sent through SQLAlchemy, and what goes past it to the driver."""
    assert isinstance(session, UnitSession)
    sent: list[tuple[str, Any]] = []
    engine, driver = session.get_bind().engine, session.driver

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters[0] if isinstance(parameters, list) else parameters))

    event.listen(engine, "before_cursor_execute", note)
    session.driver = Overheard(driver, sent)
    yield sent
    session.driver = driver
    event.remove(engine, "before_cursor_execute", note)


class Overheard:
    """A driver that notes what it is told to do."""

    def __init__(self, driver: Driver, sent: list[tuple[str, Any]]) -> None:
        self.dialect = driver.dialect
        self._driver, self._sent = driver, sent

    async def first(self, sql: str, arguments: Arguments) -> Sequence[Any] | None:
        return await self._driver.first(sql, self._noted(sql, arguments))

    async def all(self, sql: str, arguments: Arguments) -> Sequence[Sequence[Any]]:
        return await self._driver.all(sql, self._noted(sql, arguments))

    async def run(self, sql: str, arguments: Arguments) -> int:
        return await self._driver.run(sql, self._noted(sql, arguments))

    async def run_all(self, sql: str, rows: Sequence[Arguments]) -> None:
        self._noted(sql, rows[0])
        await self._driver.run_all(sql, rows)

    def _noted(self, sql: str, arguments: Arguments) -> Arguments:
        self._sent.append((sql, tuple(arguments)))
        return arguments


def plan(connection: Any, statement: str, parameters: Any) -> str:
    if not statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")) or "advisory" in statement:
        return ""
    how = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    rows = connection.exec_driver_sql(f"{how} {statement}", parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


def reads_whole(plan: str) -> list[str]:
    """The lines of a plan that read a table (not a subquery's few rows) from one end to the other."""
    lines = [line.strip() for line in plan.splitlines()]
    sqlite = [
        line
        for line in lines
        if line.startswith("SCAN ") and not line.startswith(("SCAN CONSTANT", "SCAN anon", "SCAN (", "SCAN line"))
    ]
    return sqlite + [line for line in lines if "Seq Scan on " in line]


@pytest.mark.parametrize("name", UNITS)
async def test_it_reads_by_index(database: Database, name: str) -> None:
    plans = await explain(database, UNITS[name])
    assert plans
    assert [line for each in plans for line in reads_whole(each)] == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("name", IN_ORDER)
async def test_it_need_not_sort(database: Database, name: str) -> None:
    [listing, *others] = await explain(database, UNITS[name])
    checked = [listing, *others] if name.startswith("claiming") else [listing]  # what is beside a list is a page long
    assert [each for each in checked if "FOR ORDER BY" in each] == []


async def test_deleting_a_post_and_saying_something_read_by_index(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    post = await rows.post(ada)
    activity = OutgoingActivity(
        id=1, uri="https://x.example/a", actor_id=ada.id, activity_type="Create", body=b"", created_at=NOW
    )

    async def unit(session: Session) -> None:
        await enqueue(session, activity, [], now=NOW, order_key=None)
        await delete_post(session, post, now=NOW)

    plans = await explain(database, unit)
    assert [line for each in plans for line in reads_whole(each)] == []


async def test_a_query_without_an_index_would_be_noticed(database: Database) -> None:
    plans = await explain(
        database, lambda session: session.execute(text("SELECT id FROM posts WHERE content_html = 'x'"))
    )
    assert [line for each in plans for line in reads_whole(each)] != []
