"""What each kind of server really sends, through the inbox, signed by its author; and what came of it.

Nothing is fetched but what `expect.toml` says: the author is known here, as somebody whom our member follows.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from fedihub.services.remote_actors import known_actor
from fedihub.text.clean import plain_text
from storage.actors import Actor, get_actor
from storage.database import Session
from storage.follows import Follow, FollowState, request_follow
from storage.posts import Mention, Post, PostTag
from storage.received import ReceivedState
from tests.support.dialects import Dialect, Ours, WrittenPeer, dialects, speaking
from tests.support.hub import RunningHub
from tests.support.resolver import TestResolver
from tests.support.stories import tell

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # it is about reading


def cases() -> list[Any]:
    """All activities with an expectation."""
    every = [(dialect, name) for dialect in dialects().values() for name in dialect.expected]
    return [pytest.param(dialect, name, id=f"{dialect.name}/{name}") for dialect, name in every]


@dataclass
class Scene:
    """Our member and a post of hers, and a server that speaks a dialect."""

    home: RunningHub
    peer: WrittenPeer
    dialect: Dialect
    ada: Actor
    post: Post

    @property
    def ours(self) -> Ours:
        return Ours(self.ada.uri, self.post.uri)

    async def hears(self, name: str) -> None:
        """A document arrives, signed by its author, of whom we have heard before."""
        activity = self.dialect.document(name, self.ours)
        speaker = self.peer.who(str(activity["actor"]))
        await self._is_followed(speaker.uri)
        nothing = self.peer.activity(speaker, "Like", f"{self.ada.uri}/nothing")
        await tell(self.peer, speaker, self.home, nothing)
        self.peer.requests.clear()
        await tell(self.peer, speaker, self.home, activity)

    async def _is_followed(self, uri: str) -> None:
        """Our member follows the actor, who agreed long ago."""
        actor = await known_actor(self.home.hub, uri)
        follow = Follow(
            id=self.home.hub.ids.next(),
            follower_id=self.ada.id,
            followed_id=actor.id,
            state=FollowState.ACCEPTED,
            created_at=self.home.hub.clock.now(),
        )
        await self.home.hub.database.write(lambda session: request_follow(session, follow))

    async def remote_posts(self) -> list[Post]:
        """What is stored of other servers' posts."""

        async def unit(session: Session) -> list[Post]:
            return list(await session.scalars(select(Post).where(col(Post.is_local).is_(False))))

        return await self.home.hub.database.read(unit)

    async def names_ada(self, post: Post) -> bool:
        """Whether our member is mentioned."""

        async def unit(session: Session) -> bool:
            return await session.get(Mention, (post.id, self.ada.id)) is not None

        return await self.home.hub.database.read(unit)

    async def tags(self, post: Post) -> list[str]:
        """The hashtags of a post."""

        async def unit(session: Session) -> list[str]:
            return list(await session.scalars(select(col(PostTag.name)).where(col(PostTag.post_id) == post.id)))

        return await self.home.hub.database.read(unit)

    def fetched(self) -> set[str]:
        """What the hub asked the server for."""
        return {self.peer.base + request.target for request in self.peer.requests if request.method == "GET"}


@pytest.fixture
async def scene(home: RunningHub, resolver: TestResolver, dialect: Dialect) -> AsyncIterator[Scene]:
    """Everybody in their place."""
    ada = await home.member("ada")
    post = await home.say(ada, "Hello")
    async with speaking(dialect, resolver=resolver) as peer:
        yield Scene(home, peer, dialect, ada, post)


@pytest.mark.parametrize(("dialect", "name"), cases())
async def test_what_comes_of_it(scene: Scene, dialect: Dialect, name: str, resolver: TestResolver) -> None:
    expected = dialect.expected[name]
    for before in expected.get("after", []):
        await scene.hears(before)
    known = {post.id for post in await scene.remote_posts()} if "posts" not in expected else set()
    if expected.get("edited"):
        known = set()
    await scene.hears(name)
    states = [expected["state"]] if "state" in expected else [ReceivedState.APPLIED, ReceivedState.IGNORED]
    assert (await scene.home.log())[0].state in states
    assert_no_other_fetches(scene, expected, resolver)
    posts = [post for post in await scene.remote_posts() if post.id not in known]
    if "posts" in expected:
        assert len(posts) == expected["posts"]
    elif "author" in expected:
        assert len(posts) == 1
        await assert_as_expected(scene, posts[0], expected)
    ours = await scene.home.post(scene.post.id)
    assert (ours.likes_count, ours.boosts_count) == (expected.get("likes", 0), expected.get("boosts", 0))


@pytest.mark.parametrize("dialect", [dialects()["gotosocial"]], ids=["gotosocial"])
async def test_a_key_at_an_address_of_its_own_belongs_to_the_actor_that_it_names(scene: Scene) -> None:
    activity = scene.dialect.document("create-note-reply", scene.ours)
    speaker = scene.peer.who(str(activity["actor"]))
    await tell(scene.peer, speaker, scene.home, activity)
    assert [request.verified for request in scene.peer.seen("/users/ada/main-key")] == [True]
    (post,) = await scene.remote_posts()
    author = await scene.home.hub.database.read(lambda session: get_actor(session, post.author_id))
    assert author.uri == speaker.uri


def assert_no_other_fetches(scene: Scene, expected: dict[str, Any], resolver: TestResolver) -> None:
    """What is expected was fetched, what may be fetched is allowed, and no other host was even looked up."""
    wanted = {scene.dialect.translated(uri, scene.ours) for uri in expected.get("fetches", [])}
    allowed = {scene.dialect.translated(uri, scene.ours) for uri in expected.get("may_fetch", [])}
    assert scene.fetched() - allowed == wanted - allowed
    assert set(resolver.asked) <= {scene.peer.host, "hub.test"}


async def assert_as_expected(scene: Scene, post: Post, expected: dict[str, Any]) -> None:
    """Author, text, audience, thread, attachments."""
    author = await scene.home.hub.database.read(lambda session: get_actor(session, post.author_id))
    assert (author.username, author.host) == (expected["author"], scene.peer.host)
    assert post.audience.value == expected["audience"]
    assert_text(post, expected, title=post.title or "")
    assert (post.in_reply_to_id == scene.post.id) is expected.get("answers", False)
    if expected.get("answers"):
        assert post.conversation_id == scene.post.conversation_id
    if expected.get("mentions"):
        assert await scene.names_ada(post)
    if "edited" in expected:
        assert (post.edited_at is not None) is expected["edited"]
    if "tags" in expected:
        assert await scene.tags(post) == expected["tags"]
    if "attachments" in expected:
        shown = [{"url": file["url"], "description": file.get("description") or ""} for file in post.attachments]
        wanted = [file | {"url": scene.dialect.translated(file["url"])} for file in expected["attachments"]]
        assert shown == wanted


def assert_text(post: Post, expected: dict[str, Any], *, title: str) -> None:
    """The words, the warning before them, and their language."""
    text = plain_text(post.content_html)
    if "text" in expected:
        assert " ".join(text.split()) == expected["text"]
    for words in expected.get("says", []):
        assert words in f"{title}\n{text}"
    assert post.content_warning == expected.get("warning", "")
    if "language" in expected:
        assert post.language == expected["language"]
