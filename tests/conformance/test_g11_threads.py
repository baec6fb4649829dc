"""Threads in parts: found within bounds, and the same in whatever order their parts arrive."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from federation.limits import FETCH_BUDGET
from storage.conversations import find_conversation
from storage.notifications import NotificationKind
from storage.received import ReceivedState
from storage.views.collections import PAGE
from tests.conformance.conftest import Scene
from tests.support.peer import AS_CONTEXT, PUBLIC, Activity
from tests.support.resolver import TestResolver
from tests.support.stories import pass_time, post_of, told, verdict


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


async def test_g11_quotes_of_quotes_cost_a_bounded_number_of_requests(scene: Scene) -> None:
    await scene.ada_follows_rosa()
    quoted: Activity | None = None
    for _ in range(60):
        quoted = scene.peer.note(scene.rosa, **({"quote": quoted["id"]} if quoted else {}))
    assert quoted is not None
    before = len(scene.peer.requests)
    await scene.hears(scene.peer.create(quoted, by=scene.rosa))
    assert await post_of(scene.home, quoted["id"]) is not None
    assert len(scene.peer.requests) - before <= 3


async def test_g11_actors_that_name_each_other_are_not_walked(scene: Scene) -> None:
    """Each of them says that they were, are and belong to the one before."""
    last = scene.rosa
    for number in range(40):
        last = scene.peer.add_actor(
            f"c{number}", extra={"movedTo": last.uri, "alsoKnownAs": [last.uri], "attributedTo": last.uri}
        )
    note = scene.peer.note(last, inReplyTo=scene.post.uri)
    before = len(scene.peer.requests)
    await scene.hears(scene.peer.create(note, by=last), by=last)
    assert await post_of(scene.home, note["id"]) is not None
    assert len(scene.peer.requests) - before <= 3


class Flood:
    """As many servers as one likes, each with one author; they are sub-domains of one, at one port."""

    def __init__(self, scene: Scene, resolver: TestResolver) -> None:
        self.scene, self.resolver = scene, resolver

    def author(self, number: int) -> str:
        """Somebody on a server of their own; gives their id."""
        host, path = f"h{number}.flood.test", f"/users/u{number}"
        self.resolver.add(host, self.scene.peer.port)
        own = json.dumps(self.scene.rosa.document()).replace(self.scene.rosa.uri, f"http://{host}{path}")
        document = json.loads(own.replace("http://peer.test", f"http://{host}")) | {"preferredUsername": f"u{number}"}
        self.scene.peer.serve(path, document)
        return str(document["id"])

    def note(self, number: int, **more: Any) -> Activity:
        """A post of somebody on a server of their own."""
        author = self.author(number)
        note = self.scene.peer.note(self.scene.rosa) | {"id": f"{author}/note", "attributedTo": author} | more
        note.pop("url")
        self.scene.peer.serve(f"/users/u{number}/note", {"@context": AS_CONTEXT} | note)
        return note

    async def costs(self, activity: Activity) -> tuple[int, int]:
        """How many documents it makes us fetch, and how many handles it makes us look up."""
        before = len(self.scene.peer.requests)
        await self.scene.hears(activity)
        paths = [request.path for request in self.scene.peer.requests[before:] if request.method == "GET"]
        documents = [path for path in paths if not path.startswith("/.well-known/")]
        return len(documents), len(paths) - len(documents)


@pytest.fixture
async def flood(scene: Scene, resolver: TestResolver) -> Flood:
    """Ada follows Rosa, who names posts and people of a flood of servers."""
    await scene.ada_follows_rosa()
    return Flood(scene, resolver)


async def test_g11_a_chain_over_a_hundred_hosts_costs_no_more_than_the_budget(scene: Scene, flood: Flood) -> None:
    parent = flood.note(0)
    for number in range(1, 100):
        parent = flood.note(number, inReplyTo=parent["id"])
    note = scene.peer.note(scene.rosa, inReplyTo=parent["id"])
    documents, handles = await flood.costs(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is not None
    assert 2 < documents <= FETCH_BUDGET
    assert handles <= documents / 2  # each post has an author of its own


async def test_g11_mentions_of_a_hundred_hosts_cost_nothing(scene: Scene, flood: Flood) -> None:
    tags = [{"type": "Mention", "href": flood.author(number), "name": f"@u{number}"} for number in range(100)]
    note = scene.peer.note(scene.rosa, tag=tags, cc=[tag["href"] for tag in tags])
    cost = await flood.costs(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is not None
    assert cost == (0, 0)


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


@pytest.mark.parametrize("arrives", [True, False])
async def test_g13_a_strangers_answer_before_the_followed_authors_post(scene: Scene, *, arrives: bool) -> None:
    """It concerns somebody here only by what it answers: it is looked at once more, a little later."""
    await scene.ada_follows_rosa()
    otto = scene.peer.add_actor("otto")
    parent = scene.peer.note(scene.rosa)
    answer = scene.peer.note(otto, to=[PUBLIC], cc=[], inReplyTo=parent["id"])
    await scene.hears(scene.peer.create(answer, by=otto), by=otto)
    assert await post_of(scene.home, answer["id"]) is None
    if arrives:
        await scene.hears(scene.peer.create(parent, by=scene.rosa))
    asked = len(scene.peer.seen(parent["id"].removeprefix(scene.peer.base)))
    await pass_time(scene.home, 0.1)
    stored = await post_of(scene.home, answer["id"])
    assert (stored is not None and stored.in_reply_to_id is not None) is arrives
    assert asked == len(scene.peer.seen(parent["id"].removeprefix(scene.peer.base))) == 0
    assert {each.state for each in await scene.home.log()} <= {ReceivedState.APPLIED, ReceivedState.IGNORED}


async def test_g13_an_answer_to_a_server_that_we_have_nothing_to_do_with_does_not_wait(scene: Scene) -> None:
    answer = scene.peer.note(scene.rosa, to=[PUBLIC], cc=[], inReplyTo="http://nowhere.test/1")
    await scene.hears(scene.peer.create(answer, by=scene.rosa))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "not_relevant")


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


async def test_k12_many_replies_come_in_pages_on_our_host_each_once(scene: Scene) -> None:
    answers = [await scene.home.say(scene.ada, str(n), in_reply_to_id=scene.post.id) for n in range(PAGE + 5)]
    replies = (await scene.home.document(scene.post.uri))["replies"]
    page, listed, pages = replies["first"], list(replies["first"]["items"]), 1
    while "next" in page and pages < 5:
        assert page["next"].startswith("http://hub.test/")
        page = await scene.home.document(page["next"])
        assert (page["type"], page["partOf"]) == ("CollectionPage", replies["id"])
        listed, pages = listed + page["items"], pages + 1
    assert pages == 2
    assert sorted(listed) == sorted(answer.uri for answer in answers)


@pytest.mark.parametrize("how", ["answered", "boosted", "quoted"])
@pytest.mark.parametrize("is_first", [True, False])
async def test_g11_whom_a_post_names_is_told_however_it_came(scene: Scene, how: str, *, is_first: bool) -> None:
    """Its own Create may come after an answer to it, or never."""
    await scene.ada_follows_rosa()
    otto = scene.peer.add_actor("otto")
    tag = {"type": "Mention", "href": scene.ada.uri, "name": "@ada@hub.test"}
    note = scene.peer.note(otto, to=[PUBLIC], cc=[scene.ada.uri], tag=[tag])
    about = {"answered": {"inReplyTo": note["id"]}, "quoted": {"quote": note["id"]}}
    by_rosa = (
        scene.peer.activity(scene.rosa, "Announce", note["id"], to=[PUBLIC])
        if how == "boosted"
        else scene.peer.create(scene.peer.note(scene.rosa, **about[how]), by=scene.rosa)
    )
    steps = [(scene.peer.create(note, by=otto), otto), (by_rosa, scene.rosa)]
    for activity, by in steps if is_first else reversed(steps):
        await scene.hears(activity, by=by)
    assert await told(scene.home, scene.ada) == [NotificationKind.MENTION]


async def test_g11_an_answer_that_is_fetched_is_told(scene: Scene) -> None:
    await scene.ada_follows_rosa()
    answer = scene.peer.note(scene.peer.add_actor("otto"), to=[PUBLIC], cc=[], inReplyTo=scene.post.uri)
    await scene.hears(scene.peer.activity(scene.rosa, "Announce", answer["id"], to=[PUBLIC]))
    assert await told(scene.home, scene.ada) == [NotificationKind.MENTION]


async def test_g11_old_news_is_none(scene: Scene) -> None:
    await scene.ada_follows_rosa()
    otto = scene.peer.add_actor("otto")
    answer = scene.peer.note(otto, to=[PUBLIC], cc=[], inReplyTo=scene.post.uri, published="2026-01-24T12:00:00Z")
    await scene.hears(scene.peer.activity(scene.rosa, "Announce", answer["id"], to=[PUBLIC]))
    assert await post_of(scene.home, answer["id"]) is not None
    assert await told(scene.home, scene.ada) == []
