"""What we serve to other servers: rows K11, K13 and K14."""

import pytest

from fedihub.services.following import block
from fedihub.services.posting import delete_post
from fedihub.services.reactions import boost
from fedihub.services.resolving import resolve_handle
from storage.posts import Audience
from tests.conformance.conftest import Scene
from tests.support.hub import ACTIVITY_JSON
from tests.support.stories import answer_to, follows

LD_JSON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept", [ACTIVITY_JSON, LD_JSON, f"{ACTIVITY_JSON}, {LD_JSON}", f"{LD_JSON}, text/html;q=0.1"]
)
async def test_k11_a_post_is_a_document_for_servers(scene: Scene, accept: str) -> None:
    answer = await scene.home.get(scene.post.uri, accept=accept)
    assert (answer.status, answer.json()["id"]) == (200, scene.post.uri)
    assert answer.headers["Content-Type"].startswith(ACTIVITY_JSON)


async def test_k11_and_a_page_for_people(scene: Scene) -> None:
    answer = await scene.home.get(scene.post.uri, accept=BROWSER)
    assert (answer.status, answer.headers["Location"]) == (303, scene.post.url)
    assert (await scene.home.get(str(scene.post.url), accept=BROWSER)).status == 200


@pytest.mark.parametrize("audience", [Audience.FOLLOWERS, Audience.MENTIONED])
async def test_k11_what_is_private_is_as_absent_as_what_never_was(scene: Scene, audience: Audience) -> None:
    private = await scene.home.say(scene.ada, "psst", audience=audience)
    never = await scene.home.get(scene.home.hub.uris.post("424242"), accept=ACTIVITY_JSON)
    answer = await scene.home.get(private.uri, accept=ACTIVITY_JSON)
    assert (answer.status, answer.body) == (404, never.body)
    assert answer.headers["Cache-Control"] == "no-store"


async def test_k11_whom_it_is_for_can_fetch_it(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    private = await scene.home.say(scene.ada, "psst", audience=Audience.FOLLOWERS)
    answer = await scene.peer.fetch(private.uri, by=scene.rosa)
    assert (answer.status, answer.json()["to"]) == (200, [scene.ada.followers_url])
    assert answer.headers["Cache-Control"] == "private, no-store"


async def test_k11_what_was_deleted_is_gone(scene: Scene) -> None:
    await delete_post(scene.home.hub, post_id=scene.post.id, by_actor_id=scene.ada.id)
    answer = await scene.home.get(scene.post.uri, accept=ACTIVITY_JSON)
    assert (answer.status, answer.json()["type"], answer.json()["id"]) == (410, "Tombstone", scene.post.uri)


async def test_k13_the_outbox_has_open_posts_and_boosts_in_pages(scene: Scene) -> None:
    home = scene.home
    for number in range(41):
        await home.say(scene.ada, f"Number {number}")
    for audience in (Audience.FOLLOWERS, Audience.MENTIONED):
        await home.say(scene.ada, "psst", audience=audience)
    bob = await home.member("bob")
    boosted = await home.say(bob, "Boost me")
    await boost(home.hub, actor_id=scene.ada.id, post_id=boosted.id)
    post, head = await home.document(scene.post.uri), await home.document(f"{scene.ada.uri}/outbox")
    assert (head["type"], head["totalItems"]) == ("OrderedCollection", 43)
    entries, following = [], head["first"]
    while following:
        page = await home.document(following)
        assert ("next" in page) is (following != head["last"])
        assert (page["type"], page["partOf"]) == ("OrderedCollectionPage", head["id"])
        assert page["@context"] == post["@context"]  # it defines the words of the posts within
        entries += page["orderedItems"]
        following = page.get("next")
    assert [entry["type"] for entry in entries] == ["Announce", *["Create"] * 42]
    assert entries[0]["object"] == boosted.uri
    assert not [entry for entry in entries if "psst" in str(entry)]


async def test_k13_it_has_nothing_for_whom_is_blocked(scene: Scene) -> None:
    rosa = await resolve_handle(scene.home.hub, scene.rosa.handle)
    await block(scene.home.hub, actor_id=scene.ada.id, target_id=rosa.id)
    head = (await scene.peer.fetch(f"{scene.ada.uri}/outbox", by=scene.rosa)).json()
    page = (await scene.peer.fetch(head["first"], by=scene.rosa)).json()
    assert (head["totalItems"], page["orderedItems"]) == (0, [])


async def test_k14_a_context_lists_the_ids_of_a_conversation(scene: Scene) -> None:
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "well said")
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    await scene.home.say(scene.ada, "psst", audience=Audience.FOLLOWERS, in_reply_to_id=scene.post.id)
    document = await scene.home.document(scene.post.uri)
    context = await scene.home.document(document["context"])
    assert context["totalItems"] == 2
    assert (await scene.home.document(context["first"]))["items"] == [scene.post.uri, note["id"]]


async def test_k14_likes_and_shares_tell_their_number_and_no_names(scene: Scene) -> None:
    await scene.hears(scene.peer.activity(scene.rosa, "Like", scene.post.uri))
    document = await scene.home.document(scene.post.uri)
    for name, total in (("likes", 1), ("shares", 0)):
        collection = await scene.home.document(document[name]["id"])
        assert (collection["type"], collection["totalItems"]) == ("Collection", total)
        assert document[name]["totalItems"] == total
        assert scene.rosa.uri not in str(collection)
