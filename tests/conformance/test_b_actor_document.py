"""Actor documents, ours as peers read them, theirs as we do: rows B1 to B12, and B15."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fedihub.services.chapters import ChapterTexts, create_chapter
from fedihub.services.pins import pin
from fedihub.services.profiles import ProfileChanges, update_profile
from fedihub.services.remote_actors import dereference_actor
from fedihub.services.remote_pins import MOST_PINNED, fetch_pins
from fedihub.services.resolving import resolve_handle
from storage.actors import update_actor
from tests.conformance.conftest import Scene
from tests.support.hub import ACTIVITY_JSON, running_hub
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import actor_of, follows, post_of
from tests.support.visitor import Visitor

AS = "https://www.w3.org/ns/activitystreams"
LD_JSON = f'application/ld+json; profile="{AS}"'
NAME = re.compile(r"[a-z0-9_]+([.-]+[a-z0-9_]+)*", re.IGNORECASE)
ACCEPTS = [
    f"application/activity+json, {LD_JSON}, text/html;q=0.1",
    "application/activity+json, application/ld+json",
    LD_JSON,
    "application/activity+json",
]


async def document(scene: Scene) -> dict[str, Any]:
    """Ada's, as served now."""
    return await scene.home.document(scene.ada.uri)


@pytest.mark.parametrize("accept", ACCEPTS)
async def test_b1_every_accept_that_peers_send(scene: Scene, accept: str) -> None:
    answer = await scene.home.get(scene.ada.uri, accept=accept)
    assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (200, ACTIVITY_JSON)
    assert answer.json()["id"] == scene.ada.uri


async def test_b2_context_and_id(scene: Scene) -> None:
    actor = await document(scene)
    assert AS in actor["@context"]
    assert actor["id"] == scene.ada.uri


async def test_b3_an_inbox(scene: Scene) -> None:
    actor = await document(scene)
    answer = await scene.peer.send(
        actor["inbox"], scene.peer.activity(scene.rosa, "Like", scene.post.uri), by=scene.rosa
    )
    assert answer.status == 202
    shared = actor["endpoints"]["sharedInbox"]
    assert (await scene.peer.send(shared, scene.peer.activity(scene.rosa, "Like", "x:y"), by=scene.rosa)).status == 202


async def test_b4_our_names_have_a_form_that_mastodon_takes(scene: Scene) -> None:
    server = scene.home.hub.uris.actor(str(await scene.home.hub.signers.server_id()))
    for uri, handle in ((scene.ada.uri, "ada@hub.test"), (server, "hub.test@hub.test")):
        actor = await scene.home.document(uri)
        assert NAME.fullmatch(actor["preferredUsername"])
        assert actor["webfinger"] == handle


async def test_b4_a_handle_that_is_said_comes_first(scene: Scene) -> None:
    """The host in it agrees, so this is what people see."""
    scene.rosa.extra |= {"webfinger": "rosa@peer.test", "preferredUsername": "somebody"}
    actor = await resolve_handle(scene.home.hub, "@rosa@peer.test")
    assert (actor.username, actor.host) == ("rosa", "peer.test")


@pytest.mark.parametrize("webfinger", ["rubbish", "a b@peer.test", "", 7])
async def test_b4_a_handle_that_is_none_is_left_aside(scene: Scene, webfinger: object) -> None:
    scene.rosa.extra["webfinger"] = webfinger
    actor = await resolve_handle(scene.home.hub, "@rosa@peer.test")
    assert (actor.username, actor.host) == ("rosa", "peer.test")


JRD, WEBFINGER = "application/jrd+json", "/.well-known/webfinger"


def names(uri: str) -> dict[str, Any]:
    """What company.test says of its boss."""
    link = {"rel": "self", "type": ACTIVITY_JSON, "href": uri}
    return {"subject": "acct:boss@company.test", "links": [link]}


@pytest.fixture
async def company(resolver: TestResolver) -> AsyncIterator[Peer]:
    """Whose boss has an actor on another host."""
    async with Peer.running("company.test", resolver=resolver) as running:
        yield running


async def handle_of(scene: Scene, who: PeerActor) -> str:
    """How they are called here."""
    actor = await actor_of(scene.home, who)
    assert actor is not None
    return f"{actor.username}@{actor.host}"


async def boss_of(scene: Scene, company: Peer, **extra: Any) -> PeerActor:
    """Who goes by a handle at the company."""
    boss = scene.peer.add_actor("boss", extra=extra)
    scene.peer.serve(WEBFINGER, names(boss.uri), content_type=JRD)
    company.serve(WEBFINGER, names(boss.uri), content_type=JRD)
    await scene.hears(scene.peer.activity(boss, "Follow", scene.ada.uri), by=boss)
    assert await handle_of(scene, boss) == "boss@company.test"
    return boss


@pytest.mark.parametrize("extra", [{"webfinger": "boss@company.test"}, {}])
async def test_b4_a_handle_elsewhere_can_be_taken_back_and_given_again(
    scene: Scene, company: Peer, extra: dict[str, str]
) -> None:
    """Who has left a company goes by the name that their own host gives them."""
    boss = await boss_of(scene, company, **extra)
    company.serve(WEBFINGER, names("http://peer.test/users/other"), content_type=JRD)
    await scene.hears(scene.peer.activity(boss, "Update", boss.document()), by=boss)
    assert await handle_of(scene, boss) == "boss@peer.test"
    company.serve(WEBFINGER, names(boss.uri), content_type=JRD)
    await dereference_actor(scene.home.hub, boss.uri)
    assert await handle_of(scene, boss) == "boss@company.test"
    company.serve(WEBFINGER, b"no", status=404)
    await dereference_actor(scene.home.hub, boss.uri)
    assert await handle_of(scene, boss) == "boss@peer.test"


@pytest.mark.parametrize(
    ("status", "body"), [(503, b"later"), (403, b"<html>Wait a moment"), (404, b""), (200, b"<html>Maintenance")]
)
@pytest.mark.parametrize("extra", [{"webfinger": "boss@company.test"}, {}])
async def test_b4_a_host_in_trouble_takes_no_handle_back(
    scene: Scene, company: Peer, extra: dict[str, str], status: int, body: bytes
) -> None:
    boss = await boss_of(scene, company, **extra)
    company.serve(WEBFINGER, body, content_type="text/html", status=status)
    await scene.hears(scene.peer.activity(boss, "Update", boss.document()), by=boss)
    assert await handle_of(scene, boss) == "boss@company.test"


async def test_b5_the_key(scene: Scene) -> None:
    actor = await document(scene)
    key = actor["publicKey"]
    assert (key["id"], key["owner"]) == (f"{scene.ada.uri}#main-key", scene.ada.uri)
    assert key["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----\n")


async def test_b6_the_page_lies_on_the_same_host(scene: Scene) -> None:
    actor = await document(scene)
    assert actor["url"] == "http://hub.test/@ada"
    assert (await scene.home.get(actor["url"], accept="text/html")).status == 200


async def test_b7_types(scene: Scene) -> None:
    hub = scene.home.hub
    project = await scene.home.project("bench", founder=scene.ada)
    texts = ChapterTexts(display_name="Hamburg")
    chapter = await create_chapter(hub, founder_id=scene.ada.id, username="hamburg", texts=texts, by_operator=True)
    server = hub.uris.actor(str(await hub.signers.server_id()))
    uris = (scene.ada.uri, project.uri, chapter.uri, server)
    types = [(await scene.home.document(uri))["type"] for uri in uris]
    assert types == ["Person", "Organization", "Group", "Application"]


async def test_b8_fields(scene: Scene) -> None:
    changes = ProfileChanges(fields=(("Site", "https://ada.example"), ("Likes", "oak & ash")))
    await update_profile(scene.home.hub, actor_id=scene.ada.id, by_member_id=scene.ada.id, changes=changes)
    fields = (await document(scene))["attachment"]
    assert [(field["type"], field["name"]) for field in fields] == [
        ("PropertyValue", "Site"),
        ("PropertyValue", "Likes"),
    ]
    assert 'href="https://ada.example"' in fields[0]["value"]
    assert "oak &amp; ash" in fields[1]["value"]


async def test_b8_no_fields_are_an_empty_list(scene: Scene) -> None:
    assert (await document(scene))["attachment"] == []


async def test_b9_pictures(scene: Scene) -> None:
    ada = scene.ada
    ada.avatar_url, ada.avatar_description = "http://hub.test/media/ada.png?v=1", "Ada, laughing"
    ada.header_url = "http://hub.test/media/wood.jpg"
    await scene.home.hub.database.write(lambda session: update_actor(session, ada))
    actor = await document(scene)
    assert actor["icon"] == {
        "type": "Image",
        "url": "http://hub.test/media/ada.png?v=1",
        "mediaType": "image/png",
        "summary": "Ada, laughing",
    }
    assert actor["image"] == {"type": "Image", "url": "http://hub.test/media/wood.jpg", "mediaType": "image/jpeg"}


async def test_b10_collections_have_a_total_and_a_first(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    actor = await document(scene)
    totals = {"followers": 1, "following": 0, "outbox": 1}
    for name, total in totals.items():
        collection = await scene.home.document(actor[name])
        assert (collection["type"], collection["totalItems"]) == ("OrderedCollection", total)
        page = await scene.home.document(collection["first"])
        assert (page["type"], page["partOf"]) == ("OrderedCollectionPage", actor[name])


@pytest.mark.parametrize("wanted", [True, False])
async def test_b11_being_found_is_said_either_way(scene: Scene, *, wanted: bool) -> None:
    changes = ProfileChanges(discoverable=wanted, indexable=wanted)
    await update_profile(scene.home.hub, actor_id=scene.ada.id, by_member_id=scene.ada.id, changes=changes)
    actor = await document(scene)
    assert (actor["discoverable"], actor["indexable"]) == (wanted, wanted)


async def test_b11_a_member_says_so_on_a_page_and_followers_hear_of_it(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    visitor = Visitor(scene.home)
    await visitor.sign_in("ada")
    form = (await visitor.get("/you/profile")).form("/you/profile")
    assert (form.fields.pop("discoverable"), form.fields.pop("indexable")) == ("true", "true")
    assert (await visitor.send(form)).status == 303
    await scene.home.drain()
    update = await scene.peer.wait_for(lambda activity: activity["type"] == "Update")
    assert (update["object"]["discoverable"], update["object"]["indexable"]) == (False, False)
    form = (await visitor.get("/you/profile")).form("/you/profile")
    assert "discoverable" not in form.fields


async def test_b12_featured_is_one_page_of_own_posts_on_our_host(scene: Scene) -> None:
    actor = await document(scene)
    for pinned in ([], [scene.post.uri]):
        if pinned:
            await pin(scene.home.hub, actor_id=scene.ada.id, post_id=scene.post.id)
        featured = await scene.home.document(actor["featured"])
        assert featured["id"] == actor["featured"]
        assert featured["id"].startswith("http://hub.test/")
        assert (featured["type"], featured["totalItems"]) == ("OrderedCollection", len(pinned))
        assert featured["orderedItems"] == pinned
        assert "next" not in await scene.home.document(featured["first"])


async def test_b12_featured_of_others_is_read_for_their_own_posts_alone(scene: Scene) -> None:
    """One page; what somebody else wrote, or another server says, is no pin."""
    own = scene.peer.note(scene.rosa, "<p>Look here first</p>")
    foreign = scene.peer.note(scene.peer.add_actor("otto"))
    featured = f"{scene.rosa.uri}/featured"
    page = {"id": featured, "type": "OrderedCollection", "totalItems": 3}
    items = [own["id"], foreign["id"], scene.post.uri]
    scene.peer.objects[featured] = page | {"orderedItems": items}
    scene.rosa.extra["featured"] = featured
    await resolve_handle(scene.home.hub, scene.rosa.handle)
    assert await fetch_pins(scene.home.hub, scene.rosa.uri) == 1
    assert await post_of(scene.home, own["id"]) is not None
    assert await post_of(scene.home, foreign["id"]) is None


@pytest.mark.parametrize("address", ["/featured", None])
@pytest.mark.parametrize("embedded", [True, False])
async def test_b12_featured_of_others_may_stand_in_their_document(
    scene: Scene, address: str | None, *, embedded: bool
) -> None:
    own, foreign = scene.peer.note(scene.rosa, "<p>Look</p>"), scene.peer.note(scene.peer.add_actor("otto"))
    items = [note if embedded else note["id"] for note in (own, foreign)]
    collection = {"id": f"{scene.rosa.uri}{address}"} if address else {}
    scene.rosa.extra["featured"] = collection | {"type": "OrderedCollection", "totalItems": 2, "orderedItems": items}
    await resolve_handle(scene.home.hub, scene.rosa.handle)
    assert await fetch_pins(scene.home.hub, scene.rosa.uri) == 1
    assert await post_of(scene.home, own["id"]) is not None
    assert await post_of(scene.home, foreign["id"]) is None


async def test_b12_featured_with_an_address_elsewhere_is_not_read(scene: Scene) -> None:
    own = scene.peer.note(scene.rosa)
    scene.rosa.extra["featured"] = {"id": "http://other.test/featured", "type": "Collection", "items": [own]}
    await resolve_handle(scene.home.hub, scene.rosa.handle)
    assert await fetch_pins(scene.home.hub, scene.rosa.uri) == 0
    assert await post_of(scene.home, own["id"]) is None


async def test_b12_a_long_featured_of_others_costs_a_bounded_number_of_requests(scene: Scene) -> None:
    notes = [scene.peer.note(scene.rosa) for _ in range(MOST_PINNED + 10)]
    scene.rosa.extra["featured"] = {"type": "Collection", "items": [note["id"] for note in notes]}
    await resolve_handle(scene.home.hub, scene.rosa.handle)
    before = len(scene.peer.requests)
    assert await fetch_pins(scene.home.hub, scene.rosa.uri) == MOST_PINNED
    assert len(scene.peer.requests) - before == MOST_PINNED + 1


async def test_b15_the_servers_own_actor_is_readable_by_anybody(scene: Scene) -> None:
    """Unsigned, with what is needed to check its signatures; whom it asked can tell."""
    await resolve_handle(scene.home.hub, "@rosa@peer.test")
    asked = scene.peer.seen("/users/rosa")[0]
    assert asked.verified
    assert asked.key_id is not None
    server = await scene.home.document(asked.key_id.partition("#")[0])
    assert {"id", "type", "inbox", "publicKey", "preferredUsername"} <= set(server)
    assert (server["type"], server["publicKey"]["id"]) == ("Application", asked.key_id)


async def test_b15_also_where_readers_must_sign(database_url: str, resolver: TestResolver) -> None:
    async with running_hub(database_url, resolver, authorized_fetch=True) as home:
        ada = await home.member("ada")
        server = home.hub.uris.actor(str(await home.hub.signers.server_id()))
        post = await home.say(ada, "Hello")
        assert (await home.get(post.uri, accept=ACTIVITY_JSON)).status == 401
        assert (await home.document(server))["publicKey"]["owner"] == server
