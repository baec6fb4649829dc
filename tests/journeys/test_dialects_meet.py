"""One conversation in which everybody speaks their own dialect: the documents of `tests/corpus`, as the named servers
really write them, meet under a post of ours; and a friend on another hub reads all of it.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from fedihub.services.following import follow
from fedihub.services.resolving import resolve_handle, resolve_url
from fedihub.services.threads import look_for_rest
from fedihub.text.clean import plain_text
from storage.actors import Actor
from storage.notifications import NotificationKind
from storage.posts import Post
from storage.received import ReceivedState
from tests.journeys.conftest import both
from tests.support.client import client_for
from tests.support.dialects import Ours, WrittenPeer, dialects, speaking
from tests.support.hub import RunningHub
from tests.support.resolver import TestResolver
from tests.support.stories import post_of, tell, told, verdict

GUESTS = {
    "mastodon-4.6": "@ada numbers are names, too",
    "misskey": "@ada@hub.test look here ok",
    "lemmy": "hello @ada",
    "friendica": "@ada test",
    "hollo": "@ada@hub.example 좋아요",
    "wordpress": "@ada thank you",
    "peertube": "a reply",
    "ghost": "@ada@hub.test yes",
}
"""Who answers, and what everybody reads then."""

ANSWER = {"lemmy": "create-comment", "wordpress": "create-comment", "peertube": "create-comment"}


@dataclass
class Table:
    """A post of Ada's, and those who come to talk about it."""

    home: RunningHub
    ada: Actor
    post: Post
    servers: dict[str, WrittenPeer]

    async def hears(self, software: str, name: str) -> str:
        """One of them says something; gives the id of what it is about."""
        document = dialects()[software].document(name, Ours(self.ada.uri, self.post.uri))
        server = self.servers[software]
        await tell(server, server.who(document["actor"]), self.home, document)
        assert await verdict(self.home) == (ReceivedState.APPLIED, None), (software, name)
        about = document["object"]
        return str(about["id"]) if isinstance(about, dict) else str(about)

    async def answers(self) -> dict[str, str]:
        """All of them answer; gives the ids of the answers, by software."""
        return {name: await self.hears(name, ANSWER.get(name, "create-reply")) for name in GUESTS}

    async def counts(self) -> tuple[int, int, int]:
        """Answers, likes and boosts of the post."""
        post = await self.home.post(self.post.id)
        return post.replies_count, post.likes_count, post.boosts_count


@pytest.fixture
async def table(home: RunningHub, ada: Actor, resolver: TestResolver) -> AsyncIterator[Table]:
    """Everybody's server is up."""
    post = await home.say(ada, "What do you think of our boat?")
    async with AsyncExitStack() as stack:
        servers = {}
        for name in (*GUESTS, "pleroma", "pixelfed"):
            servers[name] = await stack.enter_async_context(speaking(dialects()[name], resolver=resolver))
        yield Table(home, ada, post, servers)


async def test_eight_kinds_of_servers_answer_one_post(table: Table) -> None:
    await table.answers()
    app = await client_for(table.home, table.ada)
    context = await app.get(f"/api/v1/statuses/{table.post.id}/context")
    read = [" ".join(plain_text(status["content"]).split()) for status in context["descendants"]]
    assert sorted(read) == sorted(GUESTS.values())
    assert {status["in_reply_to_id"] for status in context["descendants"]} == {str(table.post.id)}
    authors = {status["account"]["acct"].partition("@")[2] for status in context["descendants"]}
    assert authors == {dialects()[name].test_host for name in GUESTS}
    assert await table.counts() == (len(GUESTS), 0, 0)


async def test_they_like_it_in_their_own_ways_and_pass_it_on(table: Table) -> None:
    """A Like with an emoji from Misskey, a plain one from Pleroma, boosts from Pixelfed and a blog on Ghost."""
    await table.hears("misskey", "like-reaction")
    await table.hears("pleroma", "like")
    await table.hears("pixelfed", "announce")
    await table.hears("ghost", "announce")
    assert await table.counts() == (0, 2, 2)
    assert set(await told(table.home, table.ada)) == {NotificationKind.LIKE, NotificationKind.BOOST}


async def test_a_friend_on_another_hub_reads_them_all(table: Table, away: RunningHub) -> None:
    """Zoe sees Ada's post, and the answers that servers gave of which her hub has never heard."""
    zoe = await away.member("zoe")
    answers = await table.answers()
    for name, server in table.servers.items():
        if name in answers:
            said = dialects()[name].document(ANSWER.get(name, "create-reply"), Ours(table.ada.uri, table.post.uri))
            server.objects[answers[name]] = said["object"]
    await follow(away.hub, actor_id=zoe.id, target_id=(await resolve_handle(away.hub, "@ada@hub.test")).id)
    await both(table.home, away)
    seen = await resolve_url(away.hub, table.post.uri)
    assert isinstance(seen, Post)
    await look_for_rest(away.hub, seen.id)
    await both(table.home, away)
    for name, uri in answers.items():
        copy = await post_of(away, uri)
        assert copy is not None, name
        assert (copy.in_reply_to_id, copy.conversation_id) == (seen.id, seen.conversation_id), name
        assert " ".join(plain_text(copy.content_html).split()) == GUESTS[name]
