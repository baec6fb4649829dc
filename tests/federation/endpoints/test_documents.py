"""Our documents as other servers fetch them: what they get, what they don't, and what caches are told."""

from typing import Any

import pytest

from fedihub.services.reactions import boost
from storage.posts import Audience
from tests.support.hub import ACTIVITY_JSON, RunningHub
from tests.support.peer import PUBLIC, Peer
from tests.support.stories import actor_of, post_of, tell

ACCEPTS = [
    "application/activity+json, application/ld+json",
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json',
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json, text/html;q=0.1',
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams",application/activity+json',
    "*/*",
    "application/json",
    "nonsense;;,,=",
]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize("accept", ACCEPTS)
async def test_peers_get_documents(home: RunningHub, accept: str) -> None:
    """The first three are Mastodon's, the fourth is GoToSocial's."""
    ada = await home.member("ada")
    post = await home.say(ada, "Hello")
    for uri in (ada.uri, post.uri):
        answer = await home.get(uri, accept=accept)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == ACTIVITY_JSON
        assert "Accept" in answer.headers["Vary"]
        assert answer.json()["id"] == uri
        assert "https://www.w3.org/ns/activitystreams" in answer.json()["@context"]


async def test_browsers_are_led_to_the_page(home: RunningHub) -> None:
    ada = await home.member("ada")
    post = await home.say(ada, "Hello")
    for uri, page in ((ada.uri, "/@ada"), (post.uri, f"/@ada/{post.id}")):
        answer = await home.get(uri, accept=BROWSER)
        assert (answer.status, answer.headers["Location"]) == (303, f"http://hub.test{page}")
        assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("accept", ACCEPTS[:4])
async def test_a_page_leads_peers_to_the_document(home: RunningHub, accept: str) -> None:
    """Somebody pastes a page's address into their search."""
    ada = await home.member("ada")
    post = await home.say(ada, "Hello")
    for page, uri in (("/@ada", ada.uri), (f"/@ada/{post.id}", post.uri)):
        answer = await home.get(page, accept=accept)
        if answer.status in (302, 303):
            answer = await home.get(answer.headers["Location"], accept=accept)
        assert answer.headers["Content-Type"] == ACTIVITY_JSON
        assert answer.json()["id"] == uri


async def test_what_has_not_changed_is_not_sent_again(home: RunningHub) -> None:
    ada = await home.member("ada")
    first = await home.get(ada.uri, accept=ACTIVITY_JSON)
    etag = first.headers["ETag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await home.get(ada.uri, accept=ACTIVITY_JSON, headers={"If-None-Match": known})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)
    assert (await home.get(ada.uri, accept=ACTIVITY_JSON, headers={"If-None-Match": '"other"'})).status == 200


HIDDEN = [Audience.FOLLOWERS, Audience.MENTIONED]


@pytest.mark.parametrize("audience", list(Audience))
async def test_only_open_posts_are_anywhere(home: RunningHub, audience: Audience) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    open_post = await home.say(bob, "Everybody")
    post = await home.say(ada, "Hello @bob", audience=audience, in_reply_to_id=open_post.id)
    is_open = audience not in HIDDEN
    assert (await home.get(post.uri, accept=ACTIVITY_JSON)).status == (200 if is_open else 404)
    for name in ("replies", "likes", "shares"):
        assert (await home.get(f"{post.uri}/{name}")).status == (200 if is_open else 404)
    lists = [
        await home.document(f"{ada.uri}/outbox?page=0"),
        await home.document(f"{open_post.uri}/replies?page=0"),
        await home.document(open_post.uri),
        await home.document(f"{home.url}/ap/contexts/{open_post.conversation_id}?page=0"),
    ]
    assert [post.uri in str(page) for page in lists] == [is_open] * 4
    total = (await home.document(f"{ada.uri}/outbox"))["totalItems"]
    assert total == (1 if is_open else 0)


async def test_what_is_hidden_looks_like_what_never_was(home: RunningHub) -> None:
    ada = await home.member("ada")
    hidden = await home.say(ada, "Secret", audience=Audience.MENTIONED)
    answers = [await home.get(uri, accept=ACTIVITY_JSON) for uri in (hidden.uri, f"{home.url}/ap/posts/1")]
    assert answers[0].status == answers[1].status == 404
    assert answers[0].body == answers[1].body


@pytest.mark.parametrize("name", ["outbox", "followers", "following"])
async def test_collections_tell_their_size_and_their_first_page(home: RunningHub, name: str) -> None:
    """Without `first` Mastodon takes the network for hidden."""
    ada = await home.member("ada")
    head = await home.document(f"{ada.uri}/{name}")
    assert (head["type"], head["totalItems"]) == ("OrderedCollection", 0)
    page = await home.document(head["first"])
    assert (page["type"], page["partOf"], page["orderedItems"]) == ("OrderedCollectionPage", head["id"], [])


async def test_featured_is_empty_and_there(home: RunningHub) -> None:
    ada = await home.member("ada")
    found = await home.document(f"{ada.uri}/featured")
    assert (found["totalItems"], found["orderedItems"]) == (0, [])
    assert (await home.document(found["first"]))["orderedItems"] == []


@pytest.mark.parametrize("answers", [0, 3, 45])
async def test_who_walks_through_the_replies_meets_each_once(home: RunningHub, answers: int) -> None:
    """Fedify 2.3 takes the page inside the document first, and then whatever `next` leads to."""
    ada = await home.member("ada")
    post = await home.say(ada, "Hello")
    said = [(await home.say(ada, f"{number}", in_reply_to_id=post.id)).uri for number in range(answers)]
    replies = (await home.document(post.uri))["replies"]
    assert replies["totalItems"] == answers
    page, items = replies["first"], list(replies["first"]["items"])
    while "next" in page:
        page = await home.document(page["next"])
        items += page["items"]
    assert items == said


async def test_a_long_outbox_comes_in_pages_without_gaps(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    said = [(await home.say(ada, f"Number {number}")).uri for number in range(85)]
    bobs = await home.say(bob, "Mine")
    await boost(home.hub, actor_id=ada.id, post_id=bobs.id)
    head = await home.document(f"{ada.uri}/outbox")
    items: list[Any] = []
    page = await home.document(head["first"])
    while True:
        items += page["orderedItems"]
        if "next" not in page:
            break
        page = await home.document(page["next"])
    found = [item["object"] if item["type"] == "Announce" else item["object"]["id"] for item in items]
    assert found == [bobs.uri, *reversed(said)]
    assert head["totalItems"] == len(found)


@pytest.mark.parametrize("page", ["-1", "x", "9" * 30, "٣", "", "0;drop", "1e9"])
async def test_a_page_that_cannot_be(home: RunningHub, page: str) -> None:
    ada = await home.member("ada")
    for uri in (f"{ada.uri}/outbox", f"{home.url}/ap/contexts/1"):
        assert (await home.get(f"{uri}?page={page}")).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/ap/actors/0",
        "/ap/actors/1",
        "/ap/actors/01",
        "/ap/actors/99999999999999999999999",
        "/ap/actors/%31",
        "/ap/actors/ada",
        "/ap/posts/1",
        "/ap/posts/1/replies",
        "/ap/contexts/1",
        "/ap/activities/1",
        "/ap/nothing",
        "/ap/",
    ],
)
async def test_there_is_nothing_there(home: RunningHub, path: str) -> None:
    answer = await home.get(path, accept=ACTIVITY_JSON)
    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_an_actor_has_one_spelling(home: RunningHub) -> None:
    ada = await home.member("ada")
    for alias in (f"{ada.uri}/", ada.uri.replace("/ap/", "/AP/"), ada.uri.replace("/ap/actors/", "/ap/actors/0")):
        assert (await home.get(alias, accept=ACTIVITY_JSON)).status == 404


async def test_somebody_elses_actor_or_post_is_not_served_as_ours(home: RunningHub, stranger: Peer) -> None:
    """Their rows have keys like ours, but their documents are at home."""
    ada, rosa = await home.member("ada"), stranger.add_actor("rosa")
    note = stranger.note(rosa, to=[PUBLIC], cc=[ada.uri])
    await tell(stranger, rosa, home, stranger.create(note, by=rosa))
    post, actor = await post_of(home, note["id"]), await actor_of(home, rosa)
    assert post is not None
    assert actor is not None
    for uri in (home.hub.uris.post(str(post.id)), home.hub.uris.actor(str(actor.id))):
        assert (await home.get(uri, accept=ACTIVITY_JSON)).status == 404
