"""What several servers say about one conversation arrives in any order, and ends in the same conversation.

Between servers nothing is in order: a reply comes before what it answers, a like is taken back before it is heard of, a
post is deleted before it was ever here.
"""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedihub.clock import ManualClock
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.notifications import NotificationKind
from storage.paging import Window
from storage.posts import Post
from storage.views.context import load_context
from storage.views.notifications import list_notifications
from storage.views.timelines import list_home
from tests.support.hub import RunningHub, running_hub
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import post_of

BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


def at(minutes: int) -> str:
    """So many minutes after it began, as that stands on the wire."""
    return (BEGAN + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
async def home(database_url: str, resolver: TestResolver) -> AsyncIterator[RunningHub]:
    """Our hub, two hours after it began."""
    async with running_hub(database_url, resolver, clock=ManualClock()) as running:
        yield running


@dataclass
class Story:
    """Who says what: `said` are activities with who sends them."""

    home: RunningHub
    ada: Actor
    post: Post
    rosa: tuple[Peer, PeerActor]
    otto: tuple[Peer, PeerActor]
    said: list[tuple[tuple[Peer, PeerActor], Activity]] = field(default_factory=list)
    uris: dict[str, str] = field(default_factory=dict)

    def note(self, name: str, who: tuple[Peer, PeerActor], minutes: int, **more: Any) -> Activity:
        """Somebody says something, and sends it to us."""
        peer, actor = who
        note = peer.note(actor, f"<p>{name}</p>", published=at(minutes), **more)
        self.uris[name] = note["id"]
        self.does(who, peer.create(dict(note), by=actor))
        return note

    def does(self, who: tuple[Peer, PeerActor], activity: Activity) -> Activity:
        """Somebody does something, and tells us."""
        self.said.append((who, activity))
        return activity


@pytest.fixture
async def story(home: RunningHub, peer: Peer, resolver: TestResolver) -> AsyncIterator[Story]:
    """Ada follows Rosa and Otto, and has said something herself."""
    async with Peer.running("elsewhere.test", resolver=resolver) as elsewhere:
        ada = await home.member("ada")
        rosa, otto = (peer, peer.add_actor("rosa")), (elsewhere, elsewhere.add_actor("otto"))
        for server, who in (rosa, otto):
            await home.follow(ada, await resolve_handle(home.hub, who.handle))
            await home.drain()
            follow = await server.wait_for(lambda each: each["type"] == "Follow")
            await server.send(home.shared_inbox, server.activity(who, "Accept", follow), by=who)
            await home.drain()
        found = Story(home, ada, await home.say(ada, "Mine"), rosa, otto)
        tell_it(found)
        yield found


def tell_it(story: Story) -> None:
    """The conversation, in the order in which it happened."""
    (peer, rosa), (elsewhere, otto) = story.rosa, story.otto
    root = story.note("root", story.rosa, 0)
    reply = story.note("reply", story.otto, 1, inReplyTo=root["id"])
    answer = story.note("answer", story.rosa, 2, inReplyTo=reply["id"])
    slip = story.note("slip", story.otto, 3, inReplyTo=root["id"])
    story.does(story.otto, elsewhere.activity(otto, "Delete", {"id": slip["id"], "type": "Tombstone"}))
    elsewhere.objects.pop(slip["id"])
    root |= {"content": "<p>root, edited</p>", "updated": at(10)}
    story.does(story.rosa, peer.activity(rosa, "Update", dict(root), to=root["to"], cc=root["cc"]))
    story.does(story.rosa, boost(peer, rosa, answer["id"]))
    story.does(story.otto, boost(elsewhere, otto, story.post.uri))
    like = story.does(story.rosa, peer.activity(rosa, "Like", story.post.uri))
    story.does(story.rosa, peer.activity(rosa, "Undo", dict(like)))
    story.does(story.otto, elsewhere.activity(otto, "Like", story.post.uri))


def boost(peer: Peer, who: PeerActor, uri: str) -> Activity:
    """Somebody passes a post on."""
    return peer.activity(who, "Announce", uri, to=["https://www.w3.org/ns/activitystreams#Public"], published=at(12))


async def heard(story: Story, order: list[int], *, together: bool) -> None:
    """Everything arrives in this order, at once or one after the other; what has to wait is tried again."""
    for number in order:
        (peer, actor), activity = story.said[number]
        answer = await peer.send(story.home.shared_inbox, activity, by=actor)
        assert answer.status == 202
        if not together:
            await story.home.drain()
    clock = story.home.hub.clock
    assert isinstance(clock, ManualClock)
    for _ in range(4):
        await story.home.drain()
        clock.advance(timedelta(hours=2))


@pytest.mark.parametrize("seed", range(8))
async def test_the_end_is_the_same_whatever_came_first(story: Story, seed: int) -> None:
    order = list(range(len(story.said)))
    random.Random(seed).shuffle(order)
    await heard(story, order, together=seed % 2 == 0)
    await the_conversation_is_whole(story)
    await what_ada_sees_is_whole(story)


async def test_the_very_last_comes_first(story: Story) -> None:
    await heard(story, list(reversed(range(len(story.said)))), together=False)
    await the_conversation_is_whole(story)
    await what_ada_sees_is_whole(story)


async def the_conversation_is_whole(story: Story) -> None:
    """Every post has its last words, and stands under what it answers."""
    home, uris = story.home, story.uris
    root, reply, answer = [await post_of(home, uris[name]) for name in ("root", "reply", "answer")]
    assert root is not None
    assert reply is not None
    assert answer is not None
    assert await post_of(home, uris["slip"]) is None
    assert [each.content_html for each in (root, reply, answer)] == [
        "<p>root, edited</p>",
        "<p>reply</p>",
        "<p>answer</p>",
    ]
    assert (reply.in_reply_to_id, answer.in_reply_to_id) == (root.id, reply.id)
    assert root.conversation_id == reply.conversation_id == answer.conversation_id
    assert (root.replies_count, reply.replies_count, answer.boosts_count) == (1, 1, 1)
    thread = await home.hub.database.read(lambda db: load_context(db, root.id, viewer_id=story.ada.id, most=50))
    assert [each.uri for each in thread.descendants] == [uris["reply"], uris["answer"]]


async def what_ada_sees_is_whole(story: Story) -> None:
    """Her home timeline, what she is told, and the counts of her own post."""
    home, ada = story.home, story.ada
    mine = await home.post(story.post.id)
    assert (mine.likes_count, mine.boosts_count) == (1, 1)
    views = await home.hub.database.read(
        lambda db: list_notifications(db, ada.id, kinds=set(NotificationKind), window=Window())
    )
    assert {(view.kind, view.actor.username) for view in views} == {
        (NotificationKind.LIKE, "otto"),
        (NotificationKind.BOOST, "otto"),
    }
    entries = await home.hub.database.read(lambda db: list_home(db, ada.id, window=Window()))
    shown = {view.uri for view in entries}
    assert {story.uris["root"], story.uris["reply"], story.uris["answer"], story.post.uri} <= shown
    assert story.uris["slip"] not in shown
