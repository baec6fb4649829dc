"""Whoever is hidden, limited, blocked or stays at home: every way out, held against every kind of restriction and of
viewer.

The story is one, told twice (with an author elsewhere, and with one of ours). Of the author there is an opening post,
an answer to Ada's post, a boost and a like of it, and a follow of Ada; Zoe, whom everybody follows, has boosted the
opening. Each way out is asked as each viewer, and shows the author's words or name, or does not.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import pytest
from sqlalchemy import update
from sqlmodel import col

from fedihub.services.following import block
from fedihub.services.host_policies import Decision, decide
from fedihub.services.moderation import limit_actor, suspend_actor
from fedihub.services.reactions import boost, like
from storage.actors import Actor
from storage.home import add_author_to_home, add_boost_to_homes, add_post_to_homes
from storage.host_policies import HostLevel
from storage.notifications import NotificationKind, insert_notification
from storage.posts import Post
from tests.support.client import ApiClient, client_for
from tests.support.hub import ACTIVITY_JSON, RunningHub, running_hub
from tests.support.resolver import TestResolver
from tests.support.rows import Rows
from tests.support.visitor import Visitor

OPENING, ANSWER = "Morgenstern", "Abendstern"
"""Words that stand nowhere else."""


@dataclass
class Story:
    """`author` is restricted, `opening` and `answer` are theirs, `start` is Ada's post, `boost_id` Zoe's boost."""

    home: RunningHub
    author: Actor
    ada: Actor
    zoe: Actor
    start: Post
    opening: Post
    answer: Post
    boost_id: int
    viewers: dict[str, Actor]

    def filled(self, text: str) -> str:
        """A path or a mark with the ids of the story."""
        return text.format(**vars(self) | {"conversation": self.start.conversation_id})


@pytest.fixture
async def home(database_url: str, resolver: TestResolver) -> AsyncIterator[RunningHub]:
    """A hub at http://hub.test that answers as often as it is asked."""
    async with running_hub(database_url, resolver, rate_limit=1_000_000) as running:
        yield running


async def told(home: RunningHub, *, elsewhere: bool) -> Story:
    """The story, up to the restriction."""
    rows = Rows(home.hub.database, now=home.hub.clock.now())
    ada, zoe = await home.member("ada"), await home.member("zoe")
    viewers = {name: await home.member(name) for name in ("follower", "stranger")}
    start = await home.say(ada, "The beginning")
    author = await (rows.actor("kim", host="peer.test", display_name="Kim") if elsewhere else home.member("kim"))
    names = [ada, *viewers.values()]
    mentions = " ".join(f"@{actor.username}" for actor in names)
    if elsewhere:
        text = f"<p>{OPENING} #fest</p>"
        opening = await rows.post(author, mentions=names, tags=[("fest", "fest")], content_html=text)
        answer = await rows.post(author, answers=start, content_html=f"<p>{ANSWER}</p>")
        for post in (opening, answer):
            await home.hub.database.write(partial(add_post_to_homes, post=post))
        await rows.follow(viewers["follower"], author)
        await rows.follow(author, ada)
        await rows.like(author, start)
        passed_on = await rows.boost(author, start)
        await home.hub.database.write(lambda session: add_boost_to_homes(session, passed_on, start))
        await home.hub.database.write(
            lambda session: add_author_to_home(session, owner_id=viewers["follower"].id, author_id=author.id)
        )
    else:
        opening = await home.say(author, f"{OPENING} #fest {mentions}")
        answer = await home.say(author, ANSWER, in_reply_to_id=start.id)
        await home.follow(viewers["follower"], author)
        await home.follow(author, ada)
        await like(home.hub, actor_id=author.id, post_id=start.id)
        await boost(home.hub, actor_id=author.id, post_id=start.id)
    for viewer in viewers.values():
        await home.follow(viewer, zoe)
        if elsewhere:
            await notify(home, viewer, author, opening)
    boost_id = await boost(home.hub, actor_id=zoe.id, post_id=opening.id)
    return Story(home, author, ada, zoe, start, opening, answer, boost_id, viewers)


async def notify(home: RunningHub, viewer: Actor, author: Actor, post: Post) -> None:
    """Somebody is told that they are named."""
    hub = home.hub
    telling = partial(insert_notification, id=hub.ids.next(), recipient_id=viewer.id, kind=NotificationKind.MENTION)
    await hub.database.write(partial(telling, actor_id=author.id, post_id=post.id, now=hub.clock.now()))


# The restrictions.


async def nothing(_: Story) -> None:
    """No restriction: what the ways are held against."""


async def suspended(story: Story) -> None:
    """The operator has suspended the author."""
    await suspend_actor(story.home.hub, actor_id=story.author.id)


async def host_blocked(story: Story) -> None:
    """The operator has blocked the author's host."""
    await decide(story.home.hub, "peer.test", Decision(HostLevel.BLOCKED))


async def limited(story: Story) -> None:
    """The operator has limited the author."""
    await limit_actor(story.home.hub, actor_id=story.author.id)


async def host_limited(story: Story) -> None:
    """The operator has limited the author's host."""
    await decide(story.home.hub, "peer.test", Decision(HostLevel.LIMITED))


async def blocking(story: Story) -> None:
    """The viewers block the author."""
    for viewer in story.viewers.values():
        await block(story.home.hub, actor_id=viewer.id, target_id=story.author.id)


async def blocked(story: Story) -> None:
    """The author blocks the viewers."""
    for viewer in story.viewers.values():
        await Rows(story.home.hub.database, now=story.home.hub.clock.now()).block(story.author, viewer)


async def local_only(story: Story) -> None:
    """What the author said stays here."""
    theirs = update(Post).where(col(Post.author_id) == story.author.id).values(is_local_only=True)
    await story.home.hub.database.write(lambda session: session.execute(theirs))


Restriction = Callable[[Story], Awaitable[None]]
CASES = [
    *((True, each) for each in (nothing, suspended, host_blocked, limited, host_limited, blocking, blocked)),
    *((False, each) for each in (nothing, suspended, limited, blocking, blocked, local_only)),
]


def words_are_shown(restriction: Restriction, viewer: str) -> bool:
    """Whether a viewer is shown what the author said, written as a person would."""
    if restriction in (suspended, host_blocked):
        return False
    if restriction in (limited, host_limited):
        return viewer == "follower"
    if restriction in (blocking, blocked):
        return viewer == "anybody"
    return viewer != "anybody" if restriction is local_only else True


def name_is_shown(restriction: Restriction, viewer: str) -> bool:
    """Whether a viewer finds the author in lists of people."""
    if restriction in (blocking, blocked):
        return viewer == "anybody"
    return restriction not in (suspended, host_blocked)


def servers_get_it(restriction: Restriction) -> bool:
    """Whether any server gets the words: who is limited here is so among us only, and so is a block of one's own."""
    return restriction not in (suspended, host_blocked, local_only)


class Way(NamedTuple):
    """A way out: `mark` stands in the answer when it shows the author's words or name. `apart`: only for those who are
    signed in.
    """

    path: str
    mark: str
    apart: bool = False


API = {
    "home": Way("/api/v1/timelines/home", OPENING, apart=True),
    "notifications": Way("/api/v1/notifications", OPENING, apart=True),
    "public timeline": Way("/api/v1/timelines/public", OPENING),
    "tag timeline": Way("/api/v1/timelines/tag/fest", OPENING),
    "what they said": Way("/api/v1/accounts/{author.id}/statuses", OPENING),
    "what the booster said": Way("/api/v1/accounts/{zoe.id}/statuses", OPENING),
    "the post": Way("/api/v1/statuses/{opening.id}", OPENING),
    "the boost": Way("/api/v1/statuses/{boost_id}", OPENING),
    "its history": Way("/api/v1/statuses/{opening.id}/history", OPENING),
    "search by address": Way("/api/v2/search?q={opening.uri}", OPENING),
    "the answer": Way("/api/v1/statuses/{answer.id}", ANSWER),
    "the thread": Way("/api/v1/statuses/{start.id}/context", ANSWER),
}
PAGES = {
    "the tag's page": Way("/tags/fest", OPENING),
    "its versions": Way("/versions/{opening.id}", OPENING),
    "the conversation's page": Way("/@ada/{start.id}", ANSWER),
}
LISTS = {
    "search by name": Way("/api/v2/search?q=ki", '"kim'),
    "who likes": Way("/api/v1/statuses/{start.id}/favourited_by", '"kim'),
    "who boosted": Way("/api/v1/statuses/{start.id}/reblogged_by", '"kim'),
    "who follows": Way("/api/v1/accounts/{ada.id}/followers", '"kim'),
}
DOCUMENTS = {
    "the answers": Way("/ap/posts/{start.id}/replies?page=0", "{answer.uri}"),
    "the first answers": Way("/ap/posts/{start.id}", "{answer.uri}"),
    "the conversation": Way("/ap/contexts/{conversation}?page=0", "{answer.uri}"),
    "the booster's outbox": Way("/ap/actors/{zoe.id}/outbox?page=0", "{opening.uri}"),
}


@pytest.mark.parametrize(("elsewhere", "restriction"), CASES, ids=lambda each: getattr(each, "__name__", str(each)))
async def test_people_are_shown_what_is_for_them(
    home: RunningHub, restriction: Restriction, *, elsewhere: bool
) -> None:
    story = await told(home, elsewhere=elsewhere)
    await restriction(story)
    wrong: list[tuple[str, str]] = []
    for viewer in ("anybody", *story.viewers):
        client, browser = ApiClient(home, None), Visitor(home)
        if viewer in story.viewers:
            client = await client_for(home, story.viewers[viewer])
            await browser.sign_in(viewer)
        words, name = words_are_shown(restriction, viewer), name_is_shown(restriction, viewer)
        for ways, expected in ((API, words), (LISTS, name)):
            for what, way in ways.items():
                answer = await client.call("GET", story.filled(way.path))
                if (way.mark in answer.text) is not (expected and (viewer != "anybody" or not way.apart)):
                    wrong.append((viewer, what))
        for what, way in PAGES.items():
            if (way.mark in (await browser.get(story.filled(way.path))).html) is not words:
                wrong.append((viewer, what))
    assert wrong == []


@pytest.mark.parametrize(("elsewhere", "restriction"), CASES, ids=lambda each: getattr(each, "__name__", str(each)))
async def test_servers_get_what_is_for_the_world(
    home: RunningHub, restriction: Restriction, *, elsewhere: bool
) -> None:
    story = await told(home, elsewhere=elsewhere)
    await restriction(story)
    wrong = []
    for what, way in DOCUMENTS.items():
        answer = await home.get(story.filled(way.path), accept=ACTIVITY_JSON)
        assert answer.status == 200, what
        if (f'"{story.filled(way.mark)}"' in answer.text) is not servers_get_it(restriction):
            wrong.append(what)
    assert wrong == []
