"""A conversation is whole, though its parts were said on several servers that never wrote to each other."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from fedihub.clock import ManualClock
from fedihub.services.resolving import resolve_url
from fedihub.services.threads import MOST_FAILURES, look_for_rest
from storage.actors import Actor
from storage.posts import Post
from tests.support.client import client_for
from tests.support.hub import RunningHub, running_hub
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import post_of


@pytest.fixture
async def home(database_url: str, resolver: TestResolver) -> AsyncIterator[RunningHub]:
    """Our hub, with a clock that the test moves."""
    async with running_hub(database_url, resolver, clock=ManualClock()) as running:
        yield running


@dataclass(frozen=True)
class Elsewhere:
    """A third server, which knows nothing of our hub, and somebody there."""

    server: Peer
    otto: PeerActor


@pytest.fixture
async def away(resolver: TestResolver) -> AsyncIterator[Elsewhere]:
    """At http://elsewhere.test."""
    async with Peer.running("elsewhere.test", resolver=resolver) as running:
        yield Elsewhere(running, running.add_actor("otto"))


def wait(home: RunningHub, step: timedelta) -> None:
    """Time passes."""
    assert isinstance(home.hub.clock, ManualClock)
    home.hub.clock.advance(step)


def listing(peer: Peer, path: str, *pages: list[str], kind: str = "") -> str:
    """A collection in pages, as Mastodon serves `replies`."""
    url = peer.base + path
    for number, items in enumerate(pages):
        page: dict[str, Any] = {"id": f"{url}/{number}", "type": f"{kind}CollectionPage", "partOf": url}
        page["orderedItems" if kind else "items"] = items
        if number + 1 < len(pages):
            page["next"] = f"{url}/{number + 1}"
        peer.serve(f"{path}/{number}", page)
    peer.serve(path, {"id": url, "type": f"{kind}Collection", "first": f"{url}/0"})
    return url


def replied(peer: Peer, who: PeerActor, parent: Activity, text: str, **more: Any) -> Activity:
    """A public answer that nobody sends to us."""
    return peer.note(who, f"<p>{text}</p>", inReplyTo=parent["id"], **more)


def asked_in_vain(peer: Peer) -> list[str]:
    """The paths below `/nothing/` that were asked for."""
    return [request.path for request in peer.requests if request.path.startswith("/nothing/")]


async def found_by(home: RunningHub, note: Activity) -> Post:
    """A member has searched for a post by its address."""
    post = await resolve_url(home.hub, note["id"])
    assert isinstance(post, Post)
    return post


async def opened(home: RunningHub, post: Post) -> None:
    """A member opens the conversation; what that sets in motion comes to its end."""
    await look_for_rest(home.hub, post.id)
    await home.drain()


async def test_who_opens_a_conversation_soon_sees_all_of_it(
    home: RunningHub, ada: Actor, peer: Peer, rosa: PeerActor, away: Elsewhere
) -> None:
    elsewhere, otto = away.server, away.otto
    root = peer.note(rosa, "<p>Who has built a bridge?</p>", replies=f"{peer.base}/replies")
    answer = replied(elsewhere, otto, root, "I have.", replies=f"{elsewhere.base}/replies")
    thanks = replied(peer, rosa, answer, "Tell me more!")
    more = replied(elsewhere, otto, thanks, "It was long.")
    listing(peer, "/replies", [answer["id"]])
    listing(elsewhere, "/replies", [thanks["id"]], [more["id"]])
    post = await found_by(home, root)
    app = await client_for(home, ada)

    before = await app.get(f"/api/v1/statuses/{post.id}/context")
    assert before["descendants"] == []
    await home.drain()

    after = await app.get(f"/api/v1/statuses/{post.id}/context")
    assert [each["uri"] for each in after["descendants"]] == [answer["id"], thanks["id"], more["id"]]
    shown = await app.get(f"/api/hub/v1/conversations/{post.id}")
    assert (shown["complete"], shown["missing"], shown["posts"]) == (True, 0, 4)
    assert shown["hosts"] == ["elsewhere.test", "peer.test"]
    assert shown["checked_at"] is not None


async def test_a_conversation_that_its_server_lists_is_found_in_one_walk(
    home: RunningHub, peer: Peer, rosa: PeerActor, away: Elsewhere
) -> None:
    """FEP-f228: the conversation's own collection has the posts, or the activities that made them."""
    elsewhere, otto = away.server, away.otto
    context = f"{peer.base}/contexts/7"
    root = peer.note(rosa, context=context)
    first = replied(elsewhere, otto, root, "One", context=context)
    second = replied(elsewhere, otto, first, "Two", context=context)
    wrapped = {"id": f"{second['id']}/activity", "type": "Create", "actor": otto.uri, "object": second["id"]}
    listing(peer, "/contexts/7", [root["id"], first["id"]], [wrapped], kind="Ordered")  # type: ignore[list-item]
    await opened(home, await found_by(home, root))
    assert await post_of(home, first["id"]) is not None
    found = await post_of(home, second["id"])
    assert found is not None
    assert found.in_reply_to_uri == first["id"]


async def test_what_was_answered_is_fetched_when_its_server_is_back(
    home: RunningHub, ada: Actor, peer: Peer, rosa: PeerActor, away: Elsewhere
) -> None:
    elsewhere, otto = away.server, away.otto
    root = elsewhere.note(otto, "<p>The beginning</p>")
    answer = replied(peer, rosa, root, "An answer")
    await elsewhere.stop()
    post = await found_by(home, answer)
    assert post.in_reply_to_id is None
    await opened(home, post)
    app = await client_for(home, ada)
    shown = await app.get(f"/api/hub/v1/conversations/{post.id}")
    assert (shown["complete"], shown["missing"]) == (False, 1)

    await elsewhere.start()
    wait(home, timedelta(hours=2))
    await opened(home, post)
    beginning = await post_of(home, root["id"])
    assert beginning is not None
    assert (await home.post(post.id)).in_reply_to_id == beginning.id
    shown = await app.get(f"/api/hub/v1/conversations/{post.id}")
    assert (shown["complete"], shown["missing"], shown["posts"]) == (True, 0, 2)


async def test_who_answers_has_the_rest_looked_for(
    home: RunningHub, ada: Actor, peer: Peer, rosa: PeerActor, away: Elsewhere
) -> None:
    elsewhere, otto = away.server, away.otto
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    answer = replied(elsewhere, otto, root, "I was first.")
    listing(peer, "/replies", [answer["id"]])
    post = await found_by(home, root)
    await home.say(ada, "Me too", in_reply_to_id=post.id)
    await home.drain()
    assert await post_of(home, answer["id"]) is not None


async def test_a_conversation_of_ours_is_looked_at_again_by_itself_ever_less_often(
    home: RunningHub, ada: Actor, peer: Peer, rosa: PeerActor, away: Elsewhere
) -> None:
    elsewhere, otto = away.server, away.otto
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    listing(peer, "/replies", [])
    post = await found_by(home, root)
    await home.say(ada, "Hello", in_reply_to_id=post.id)
    await home.drain()
    looks = [len(peer.seen("/replies"))]
    for _ in range(8):
        wait(home, timedelta(hours=1))
        await home.drain()
        looks.append(len(peer.seen("/replies")))
    assert looks[0] == 1
    assert looks[-1] == 3  # after one hour, and six hours after that
    late = replied(elsewhere, otto, root, "I come late.")
    listing(peer, "/replies", [late["id"]])
    wait(home, timedelta(days=2))
    await home.drain()
    assert await post_of(home, late["id"]) is not None


async def test_who_has_something_new_at_each_look_does_not_have_us_come_for_ever(
    home: RunningHub, ada: Actor, peer: Peer, rosa: PeerActor, away: Elsewhere
) -> None:
    """Nor ask others again and again for what is not there."""
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    nothing = [f"{away.server.base}/nothing/{number}" for number in range(40)]
    listing(peer, "/replies", nothing)
    post = await found_by(home, root)
    await home.say(ada, "Hello", in_reply_to_id=post.id)
    await home.drain()
    assert len(asked_in_vain(away.server)) == MOST_FAILURES
    for _ in range(3 * 24):
        listing(peer, "/replies", [peer.note(rosa, inReplyTo=root["id"])["id"], *nothing])
        wait(home, timedelta(hours=1))
        await home.drain()
    looks = len(peer.seen("/replies"))
    assert 5 < looks < 20
    assert len(asked_in_vain(away.server)) == MOST_FAILURES * looks
    listing(peer, "/replies", [peer.note(rosa, inReplyTo=root["id"])["id"]])
    wait(home, timedelta(days=60))
    await home.drain()
    last = len(peer.seen("/replies"))
    wait(home, timedelta(days=60))
    await home.drain()
    assert len(peer.seen("/replies")) == last, "by then nobody here is interested any more"


async def test_opening_it_again_within_a_quarter_of_an_hour_asks_nobody(
    home: RunningHub, peer: Peer, rosa: PeerActor
) -> None:
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    listing(peer, "/replies", [])
    post = await found_by(home, root)
    await opened(home, post)
    asked = len(peer.requests)
    wait(home, timedelta(minutes=14))
    await opened(home, post)
    assert len(peer.requests) == asked
    wait(home, timedelta(hours=1))
    await opened(home, post)
    assert len(peer.requests) > asked


async def test_a_visitor_who_looks_makes_us_ask_nobody(
    home: RunningHub, ada: Actor, peer: Peer, rosa: PeerActor
) -> None:
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    post = await found_by(home, root)
    answer = await home.say(ada, "Hello", in_reply_to_id=post.id)
    await home.drain()
    asked = len(peer.requests)
    assert (await home.get(f"/@ada/{answer.id}")).status == 200
    assert (await home.get(f"/api/v1/statuses/{post.id}/context")).status == 200
    await home.drain()
    assert len(peer.requests) == asked


async def test_the_page_says_what_is_missing_and_when_it_was_looked_for(
    home: RunningHub, ada: Actor, peer: Peer, rosa: PeerActor, away: Elsewhere
) -> None:
    elsewhere, otto = away.server, away.otto
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    lost = replied(elsewhere, otto, root, "You can't have this now.")
    listing(peer, "/replies", [lost["id"]])
    await elsewhere.stop()
    post = await found_by(home, root)
    answer = await home.say(ada, "Hello", in_reply_to_id=post.id)
    await home.drain()
    page = (await home.get(f"/@ada/{answer.id}")).text
    assert "1 answer could not be fetched" in page
    assert "looked for" in page
