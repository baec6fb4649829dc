"""A poll is made on one hub and voted in from another; its results and its end arrive everywhere."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from fedihub.clock import ManualClock
from fedihub.services.polls import NewPoll, vote
from fedihub.services.posting import edit_post
from fedihub.services.resolving import resolve_handle
from storage.notifications import NotificationKind
from storage.posts import Post
from storage.views.posts import PostView, load_posts
from tests.journeys.conftest import both
from tests.support.database import DatabaseFarm
from tests.support.hub import RunningHub, running_hub
from tests.support.resolver import TestResolver
from tests.support.stories import post_of, told


@pytest.fixture
def clock() -> ManualClock:
    """The time on both hubs."""
    return ManualClock()


@pytest.fixture
async def here(database_url: str, resolver: TestResolver, clock: ManualClock) -> AsyncIterator[RunningHub]:
    """Our hub, at http://hub.test."""
    async with running_hub(database_url, resolver, clock=clock) as running:
        yield running


@pytest.fixture
async def there(
    database_farm: DatabaseFarm, database_kind: str, resolver: TestResolver, clock: ManualClock
) -> AsyncIterator[RunningHub]:
    """Another hub, at http://away.test."""
    databases = database_farm.of(database_kind)
    url = databases.fresh()
    async with running_hub(url, resolver, host="away.test", clock=clock) as running:
        yield running
    databases.drop(url)


async def seen(hub: RunningHub, uri: str, *, viewer_id: int) -> tuple[Post, PostView]:
    """A post as somebody sees it."""
    post = await post_of(hub, uri)
    assert post is not None
    (view,) = await hub.hub.database.read(lambda session: load_posts(session, [post.id], viewer_id=viewer_id))
    return post, view


async def counts(hub: RunningHub, uri: str, *, viewer_id: int) -> tuple[list[int | None], int | None, list[int]]:
    """Votes by answer, voters, and the viewer's own choice."""
    _, view = await seen(hub, uri, viewer_id=viewer_id)
    assert view.poll is not None
    return [option.votes_count for option in view.poll.options], view.poll.voters_count, view.poll.chosen


async def test_a_poll_between_two_hubs(here: RunningHub, there: RunningHub, clock: ManualClock) -> None:
    ada, ben, zoe = await here.member("ada"), await here.member("ben"), await there.member("zoe")
    await there.follow(zoe, await resolve_handle(there.hub, "@ada@hub.test"))
    await both(here, there)

    # Ada asks; Zoe sees it on her own hub.
    poll = NewPoll(["Arch", "Beam", "Rope"], timedelta(hours=1), is_multiple=True)
    asked = await here.say(ada, "Which bridge shall it be?", poll=poll)
    await both(here, there)
    post, view = await seen(there, asked.uri, viewer_id=zoe.id)
    assert view.poll is not None
    assert [option.title for option in view.poll.options] == ["Arch", "Beam", "Rope"]
    assert view.poll.ends_at is not None
    assert abs(view.poll.ends_at - clock.now() - timedelta(hours=1)) <= timedelta(seconds=1)

    # Zoe chooses two, Ben one. Each sees their own vote at once; nobody gets an answer shown.
    await vote(there.hub, actor_id=zoe.id, post_id=post.id, choices=[0, 2])
    await vote(here.hub, actor_id=ben.id, post_id=asked.id, choices=[0])
    assert await counts(there, asked.uri, viewer_id=zoe.id) == ([1, 0, 1], 1, [0, 2])
    await both(here, there)
    assert await counts(here, asked.uri, viewer_id=ben.id) == ([2, 0, 1], 2, [0])
    assert (await here.post(asked.id)).replies_count == 0
    assert NotificationKind.MENTION not in await told(here, ada)

    # A few minutes later Zoe's hub hears how it stands.
    assert await counts(there, asked.uri, viewer_id=zoe.id) == ([1, 0, 1], 1, [0, 2])
    clock.advance(timedelta(minutes=4))
    await both(here, there)
    assert await counts(there, asked.uri, viewer_id=zoe.id) == ([2, 0, 1], 2, [0, 2])
    assert (await there.post(post.id)).edited_at is None

    # It ends; everybody who took part is told, once.
    clock.advance(timedelta(hours=1))
    await both(here, there)
    clock.advance(timedelta(minutes=6))
    await both(here, there)
    assert (await told(here, ada)).count(NotificationKind.POLL) == 1
    assert await told(here, ben) == [NotificationKind.POLL]
    assert await told(there, zoe) == [NotificationKind.POLL]
    document = await here.document(asked.uri)
    assert document["closed"] == document["endTime"]


async def test_other_answers_make_a_new_poll_of_it(here: RunningHub, there: RunningHub, clock: ManualClock) -> None:
    ada, zoe = await here.member("ada"), await there.member("zoe")
    await there.follow(zoe, await resolve_handle(there.hub, "@ada@hub.test"))
    await both(here, there)
    asked = await here.say(ada, "Which bridge?", poll=NewPoll(["Arch", "Beam"], timedelta(hours=1)))
    await both(here, there)
    post, _ = await seen(there, asked.uri, viewer_id=zoe.id)
    await vote(there.hub, actor_id=zoe.id, post_id=post.id, choices=[1])
    await both(here, there)
    clock.advance(timedelta(minutes=1))
    others = NewPoll(["Arch", "Tunnel"], timedelta(hours=2))
    await edit_post(here.hub, post_id=asked.id, by_actor_id=ada.id, text="Which way across?", poll=others)
    await both(here, there)
    assert await counts(here, asked.uri, viewer_id=ada.id) == ([0, 0], 0, [])
    assert await counts(there, asked.uri, viewer_id=zoe.id) == ([0, 0], 0, [])
    await vote(there.hub, actor_id=zoe.id, post_id=post.id, choices=[1])
    await both(here, there)
    assert await counts(here, asked.uri, viewer_id=ada.id) == ([0, 1], 1, [])
