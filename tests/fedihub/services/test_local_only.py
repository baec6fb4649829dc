"""What is said for this hub alone stays here, whoever asks and whatever becomes of it."""

import pytest

from fedihub.errors import NotAllowed
from fedihub.services.posting import delete_post, edit_post
from fedihub.services.reactions import boost
from storage.actors import Actor
from storage.posts import Post
from storage.received import ReceivedState
from tests.support.client import ApiClient, client_for
from tests.support.hub import ACTIVITY_JSON, RunningHub
from tests.support.peer import Activity, Peer
from tests.support.stories import answer_to, follows, post_of, tell, verdict
from tests.support.visitor import Visitor


@pytest.fixture
async def ada(home: RunningHub, peer: Peer) -> Actor:
    """A member whom Rosa of another server follows."""
    ada = await home.member("ada")
    await follows(peer, peer.add_actor("rosa"), home, ada)
    return ada


@pytest.fixture
async def inner(home: RunningHub, ada: Actor) -> Post:
    """A post of hers for the people here, which names Rosa all the same."""
    return await home.say(ada, "Among us, @rosa@peer.test", local_only=True)


async def heard(home: RunningHub, peer: Peer) -> list[Activity]:
    """What reached the other server of posts."""
    await home.drain()
    return [activity for activity in peer.received if activity["type"] != "Accept"]


async def test_nothing_of_it_is_sent_when_it_is_said_changed_or_deleted(
    home: RunningHub, peer: Peer, ada: Actor, inner: Post
) -> None:
    await edit_post(home.hub, post_id=inner.id, by_actor_id=ada.id, text="Changed, @rosa@peer.test")
    await delete_post(home.hub, post_id=inner.id, by_actor_id=ada.id)
    assert await heard(home, peer) == []


async def test_an_answer_to_it_and_a_quote_of_it_stay_here_too(
    home: RunningHub, peer: Peer, ada: Actor, inner: Post
) -> None:
    answer = await home.say(ada, "And another thing", in_reply_to_id=inner.id)
    quoting = await home.say(ada, "As I said", quoted_id=inner.id)
    assert (answer.is_local_only, quoting.is_local_only) == (True, True)
    assert await heard(home, peer) == []


async def test_it_cannot_be_boosted(home: RunningHub, peer: Peer, inner: Post) -> None:
    ben = await home.member("ben")
    with pytest.raises(NotAllowed):
        await boost(home.hub, actor_id=ben.id, post_id=inner.id)


async def test_it_looks_to_the_world_as_if_it_never_was(home: RunningHub, ada: Actor, inner: Post) -> None:
    never = f"{home.url}/ap/posts/999999999"
    for path in (f"/ap/posts/{inner.id}", f"/ap/posts/{inner.id}/replies", f"/ap/contexts/{inner.conversation_id}"):
        answer, missing = await home.get(path, accept=ACTIVITY_JSON), await home.get(never, accept=ACTIVITY_JSON)
        assert (answer.status, answer.body) == (missing.status, missing.body) == (404, missing.body), path
    assert (await home.document(f"{ada.uri}/outbox"))["totalItems"] == 0
    assert (await ApiClient(home, None).call("GET", f"/api/v1/statuses/{inner.id}")).status == 404
    assert (await home.get(f"/@ada/{inner.id}")).status == 404
    await delete_post(home.hub, post_id=inner.id, by_actor_id=ada.id)
    assert (await home.get(f"/ap/posts/{inner.id}", accept=ACTIVITY_JSON)).status == 404


async def test_people_here_read_it_in_their_timelines(home: RunningHub, ada: Actor, inner: Post) -> None:
    ben = await home.member("ben")
    client = await client_for(home, ben)
    assert (await client.get(f"/api/v1/statuses/{inner.id}"))["local_only"] is True
    assert [each["id"] for each in await client.get("/api/v1/timelines/public")] == [str(inner.id)]


async def test_who_elsewhere_knows_its_address_can_do_nothing_with_it(
    home: RunningHub, peer: Peer, ada: Actor, inner: Post
) -> None:
    rosa = peer.actors["rosa"]
    for activity in (
        peer.activity(rosa, "Like", inner.uri),
        peer.activity(rosa, "Announce", inner.uri, to=["as:Public"]),
    ):
        await tell(peer, rosa, home, activity)
        assert await verdict(home) == (ReceivedState.IGNORED, "no_such_post")
    note = answer_to(peer, rosa, inner, ada, "me too")
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    stored = await post_of(home, note["id"])
    assert stored is not None
    assert stored.in_reply_to_id is None
    now = await home.post(inner.id)
    assert (now.likes_count, now.boosts_count, now.replies_count) == (0, 0, 0)


async def test_clients_and_the_page_can_ask_for_it(home: RunningHub, peer: Peer, ada: Actor) -> None:
    client = await client_for(home, ada)
    said = await client.say("Among us", local_only=True)
    assert said["local_only"] is True
    visitor = Visitor(home)
    await visitor.sign_in("ada")
    page = await visitor.get("/@ada/write")
    done = await visitor.send(page.form("/@ada/write"), text="Among us again", local_only="on")
    assert (await home.post(int(done.location.rpartition("/")[2]))).is_local_only is True
    assert await heard(home, peer) == []
