"""Looking for the rest of a conversation: what others may make us do because of it is bounded, and nothing is kept that
does not belong there.
"""

import asyncio
from typing import Any

import pytest

from fedihub.services.resolving import resolve_url
from fedihub.services.threads import MOST_DOCUMENTS, MOST_PER_HOST, complete, look_for_rest
from fedihub.workers import threads
from storage.actors import find_actor_by_uri
from storage.conversation_checks import claim_checks
from storage.database import Session
from storage.posts import Post
from tests.support.hub import RunningHub
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import post_of, tell


@pytest.fixture
def rosa(peer: Peer) -> PeerActor:
    """A stranger, elsewhere."""
    return peer.add_actor("rosa")


def listed(peer: Peer, items: list[Any], **more: Any) -> str:
    """The answers to a post, as its server lists them."""
    url = f"{peer.base}/replies"
    return peer.serve("/replies", {"id": url, "type": "Collection", "items": items} | more)


async def known(home: RunningHub, note: Activity) -> Post:
    """A post that is here."""
    post = await resolve_url(home.hub, note["id"])
    assert isinstance(post, Post)
    return post


async def searched(home: RunningHub, post: Post) -> None:
    """The rest of its conversation has been looked for."""
    await look_for_rest(home.hub, post.id)
    await home.drain()


async def test_posts_that_answer_nothing_here_are_not_kept(home: RunningHub, peer: Peer, rosa: PeerActor) -> None:
    stranger, noise = peer.add_actor("stranger"), peer.add_actor("noise")
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    alone = peer.note(stranger, "<p>Buy this</p>")
    elsewhere = peer.note(noise, "<p>And this</p>", inReplyTo=alone["id"])
    listed(peer, [elsewhere["id"]])
    await searched(home, await known(home, root))
    assert await post_of(home, alone["id"]) is None
    assert await post_of(home, elsewhere["id"]) is None


async def test_who_begins_something_else_is_not_even_asked_for(home: RunningHub, peer: Peer, rosa: PeerActor) -> None:
    stranger = peer.add_actor("stranger")
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    listed(peer, [peer.note(stranger, "<p>Buy this</p>")["id"]])
    await searched(home, await known(home, root))
    assert await home.hub.database.read(lambda session: find_actor_by_uri(session, stranger.uri)) is None


async def test_what_is_not_for_everybody_is_not_taken(home: RunningHub, peer: Peer, rosa: PeerActor) -> None:
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    whisper = peer.note(rosa, inReplyTo=root["id"], to=[rosa.followers], cc=[])
    listed(peer, [whisper["id"]])
    await searched(home, await known(home, root))
    assert await post_of(home, whisper["id"]) is None


async def test_documents_in_a_list_are_hints_only(home: RunningHub, peer: Peer, rosa: PeerActor) -> None:
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    true = peer.note(rosa, "<p>As it was said</p>", inReplyTo=root["id"])
    listed(peer, [true | {"content": "<p>As it never was</p>"}])
    await searched(home, await known(home, root))
    found = await post_of(home, true["id"])
    assert found is not None
    assert found.content_html == "<p>As it was said</p>"


@pytest.mark.parametrize("by", ["rosa", "neighbour"])
async def test_a_listed_answer_that_its_author_deleted_is_not_taken(
    home: RunningHub, peer: Peer, rosa: PeerActor, by: str
) -> None:
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    answer = peer.note(rosa, inReplyTo=root["id"])
    listed(peer, [answer["id"]])
    sender = rosa if by == "rosa" else peer.add_actor(by)
    await tell(peer, sender, home, peer.activity(sender, "Delete", answer["id"]))
    await searched(home, await known(home, root))
    assert (await post_of(home, answer["id"]) is None) is (by == "rosa")


async def test_one_host_can_make_us_fetch_only_so_much(home: RunningHub, peer: Peer, rosa: PeerActor) -> None:
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    listed(peer, [f"{peer.base}/users/rosa/statuses/none-{number}" for number in range(400)])
    post = await known(home, root)
    before = len(peer.requests)
    await searched(home, post)
    assert len(peer.requests) - before <= MOST_PER_HOST


async def test_heavy_documents_of_one_host_leave_room_for_those_of_others(
    home: RunningHub, peer: Peer, rosa: PeerActor, resolver: TestResolver
) -> None:
    async with Peer.running("evil.test", resolver=resolver) as bad:
        root = peer.note(rosa, replies=f"{peer.base}/replies")
        heavy = [bad.note(bad.add_actor("eve"), inReplyTo=root["id"], junk="j" * 1_000_000) for _ in range(50)]
        answers = [peer.note(rosa, inReplyTo=root["id"]) for _ in range(3)]
        listed(peer, [each["id"] for each in [*heavy, *answers]])
        post = await known(home, root)
        checked = await complete(home.hub, post.id)
        assert [each["id"] for each in answers if await post_of(home, each["id"]) is None] == []
        assert len(bad.seen("/users/eve/statuses")) < 15
        assert checked is not None
        assert checked.missing > 30


async def test_a_list_without_an_end_has_one_for_us(home: RunningHub, peer: Peer, rosa: PeerActor) -> None:
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    page = {"type": "CollectionPage", "items": []}
    listed(peer, [], first=f"{peer.base}/page/0")
    for number in range(100):
        url = f"{peer.base}/page/{number}"
        peer.serve(f"/page/{number}", page | {"id": url, "next": f"{peer.base}/page/{number + 1}"})
    post = await known(home, root)
    before = len(peer.requests)
    await searched(home, post)
    assert 2 <= len(peer.requests) - before <= 11  # ten pages, and the post itself
    assert MOST_DOCUMENTS > 10


async def test_a_list_that_leads_elsewhere_is_not_followed(
    home: RunningHub, peer: Peer, rosa: PeerActor, resolver: Any
) -> None:
    async with Peer.running("victim.test", resolver=resolver) as victim:
        root = peer.note(rosa, replies=f"{victim.base}/replies")
        await searched(home, await known(home, root))
        listed(peer, [], first=f"{victim.base}/first", next=f"{victim.base}/next")
        other = peer.note(rosa, replies=f"{peer.base}/replies")
        await searched(home, await known(home, other))
        assert victim.requests == []
        assert peer.seen("/replies") != []


async def test_our_own_posts_in_a_list_are_not_fetched(home: RunningHub, peer: Peer, rosa: PeerActor) -> None:
    ada = await home.member("ada")
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    post = await known(home, root)
    answer = await home.say(ada, "Hello", in_reply_to_id=post.id)
    listed(peer, [answer.uri, f"{home.url}/ap/posts/77"])
    checked = await complete(home.hub, post.id)
    assert checked is not None
    assert checked.missing == 0


async def test_what_a_conversation_began_with_is_read_anew(home: RunningHub, peer: Peer, rosa: PeerActor) -> None:
    """An edit that got lost, and counts, of which nobody is told."""
    root = peer.note(rosa, "<p>Oak</p>")
    post = await known(home, root)
    path = root["id"].removeprefix(peer.base)
    asked = len(peer.seen(path))
    likes = {"type": "Collection", "totalItems": 7}
    peer.objects[root["id"]] = root | {"content": "<p>Ash</p>", "updated": "2099-01-01T00:00:00Z", "likes": likes}
    await searched(home, post)
    post = await home.post(post.id)
    assert (post.content_html, post.origin_likes) == ("<p>Ash</p>", 7)
    assert len(peer.seen(path)) == asked + 1


@pytest.mark.parametrize("status", [404, 410, 500])
async def test_what_a_conversation_began_with_may_be_out_of_reach(
    home: RunningHub, peer: Peer, rosa: PeerActor, status: int
) -> None:
    root = peer.note(rosa, replies=f"{peer.base}/replies")
    answer = peer.note(rosa, inReplyTo=root["id"])
    listed(peer, [answer["id"]])
    post = await known(home, root)
    peer.serve(root["id"].removeprefix(peer.base), b"", status=status)
    await searched(home, post)
    assert (await home.post(post.id)).content_html == post.content_html
    assert await post_of(home, answer["id"]) is not None


async def test_two_workers_never_look_for_the_same_conversation(home: RunningHub, peer: Peer, rosa: PeerActor) -> None:
    post = await known(home, peer.note(rosa, replies=f"{peer.base}/replies"))
    await look_for_rest(home.hub, post.id)

    async def claim(session: Session) -> list[int]:
        now = home.hub.clock.now()
        return await claim_checks(session, now=now, limit=10, leased_until=now + threads.LEASE)

    claims = await asyncio.gather(home.hub.database.write(claim), home.hub.database.write(claim))
    assert sorted(map(len, claims)) == [0, 1]
    await look_for_rest(home.hub, post.id)  # somebody opens it meanwhile
    assert await home.hub.database.write(claim) == []


async def test_what_a_dead_worker_had_begun_is_looked_for_when_its_lease_ends(
    home: RunningHub, peer: Peer, rosa: PeerActor
) -> None:
    post = await known(home, peer.note(rosa, replies=f"{peer.base}/replies"))
    await look_for_rest(home.hub, post.id)
    now = home.hub.clock.now()
    later = now + threads.LEASE

    async def claim(session: Session, *, at: Any) -> list[int]:
        return await claim_checks(session, now=at, limit=10, leased_until=at + threads.LEASE)

    assert await home.hub.database.write(lambda session: claim(session, at=now)) == [post.id]
    assert await home.hub.database.write(lambda session: claim(session, at=later)) == [post.id]


async def test_a_look_that_we_cannot_cope_with_is_not_made_again_at_once(
    home: RunningHub, peer: Peer, rosa: PeerActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would cost the other servers as much."""
    post = await known(home, peer.note(rosa, replies=f"{peer.base}/replies"))
    monkeypatch.setattr(threads, "complete", lambda *_: 1 / 0)
    await searched(home, post)
    now = home.hub.clock.now()

    async def claim(session: Session, *, at: Any) -> list[int]:
        return await claim_checks(session, now=at, limit=10, leased_until=at + threads.LEASE)

    assert await home.hub.database.write(lambda session: claim(session, at=now + 2 * threads.LEASE)) == []
    later = now + threads.AFTER_FAILURE
    assert await home.hub.database.write(lambda session: claim(session, at=later)) == [post.id]


async def test_a_conversation_of_ours_alone_is_never_looked_for(home: RunningHub, peer: Peer) -> None:
    ada = await home.member("ada")
    post = await home.say(ada, "Just us")
    await home.say(ada, "Indeed", in_reply_to_id=post.id)
    await look_for_rest(home.hub, post.id)
    assert await threads.pipeline(home.hub).step() == 0
