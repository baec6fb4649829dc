"""Threads in parts: found within bounds, and the same in whatever order their parts arrive."""

from collections.abc import Iterator

from federation.limits import FETCH_BUDGET
from storage.conversations import find_conversation
from tests.conformance.conftest import Scene
from tests.support.peer import Activity
from tests.support.stories import post_of


def chain(scene: Scene, length: int) -> Iterator[Activity]:
    """Posts of which each answers the one before."""
    parent: Activity | None = None
    for _ in range(length):
        more = {"inReplyTo": parent["id"]} if parent else {}
        parent = scene.peer.note(scene.rosa, **more)
        yield parent


async def test_g11_a_long_chain_costs_a_bounded_number_of_requests(scene: Scene) -> None:
    await scene.ada_follows_rosa()
    *_, last = chain(scene, 100)
    before = len(scene.peer.requests)
    await scene.hears(scene.peer.create(last, by=scene.rosa))
    assert await post_of(scene.home, last["id"]) is not None
    assert len(scene.peer.requests) - before <= FETCH_BUDGET


async def test_g11_posts_that_answer_each_other_in_a_circle_end(scene: Scene) -> None:
    await scene.ada_follows_rosa()
    one, two = scene.peer.note(scene.rosa), scene.peer.note(scene.rosa)
    one["inReplyTo"], two["inReplyTo"] = two["id"], one["id"]
    before = len(scene.peer.requests)
    await scene.hears(scene.peer.create(one, by=scene.rosa))
    assert await post_of(scene.home, one["id"]) is not None
    assert len(scene.peer.requests) - before <= 3


async def test_g11_a_stranger_cannot_make_us_fetch_a_chain(scene: Scene) -> None:
    *_, last = chain(scene, 20)
    stranger = scene.peer.add_actor("stranger")
    note = scene.peer.note(stranger, inReplyTo=last["id"])
    await scene.hears(scene.peer.create(note, by=stranger), by=stranger)
    assert await post_of(scene.home, note["id"]) is None
    assert [each for each in scene.peer.requests if "/statuses/" in each.path] == []


async def test_g13_an_answer_before_what_it_answers_joins_it_when_that_arrives(scene: Scene) -> None:
    await scene.ada_follows_rosa()
    parent = scene.peer.note(scene.rosa)
    served = scene.peer.objects.pop(parent["id"])  # its server does not show it yet
    answer = await scene.hears_note(inReplyTo=parent["id"])
    assert answer is not None
    assert answer.in_reply_to_id is None
    scene.peer.objects[parent["id"]] = served
    await scene.hears(scene.peer.create(parent, by=scene.rosa))
    arrived = await post_of(scene.home, parent["id"])
    answer = await scene.home.post(answer.id)
    assert arrived is not None
    assert (answer.in_reply_to_id, answer.conversation_id) == (arrived.id, arrived.conversation_id)
    assert arrived.replies_count == 1


async def test_k10_a_post_names_the_conversation_that_it_is_in(scene: Scene) -> None:
    document = await scene.home.document(scene.post.uri)
    conversation = await scene.home.hub.database.read(
        lambda session: find_conversation(session, scene.post.conversation_id)
    )
    assert conversation is not None
    assert document["context"] == document["conversation"] == conversation.uri
    collection = await scene.home.document(document["context"])
    assert (collection["type"], collection["totalItems"]) == ("Collection", 1)
    answer = await scene.home.say(scene.ada, "More", in_reply_to_id=scene.post.id)
    assert (await scene.home.document(answer.uri))["context"] == document["context"]


async def test_k12_replies_list_all_public_answers_by_their_ids(scene: Scene) -> None:
    mine = await scene.home.say(scene.ada, "Also", in_reply_to_id=scene.post.id)
    theirs = await scene.hears_note(inReplyTo=scene.post.uri)
    secret = await scene.hears_note(inReplyTo=scene.post.uri, to=[scene.ada.uri], cc=[])
    assert theirs is not None
    assert secret is not None
    document = await scene.home.document(scene.post.uri)
    replies = await scene.home.document(document["replies"]["id"])
    page = await scene.home.document(replies["first"])
    assert sorted(page["items"]) == sorted([mine.uri, theirs.uri])
    assert page["type"] == "CollectionPage"
    assert replies["totalItems"] == 2
    assert sorted(document["replies"]["first"]["items"]) == sorted([mine.uri, theirs.uri])
