"""WebFinger and discovery, ours and theirs: rows A."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from federation.nodeinfo import APPLICATION_ACTOR
from fedihub.errors import HubError
from fedihub.services.lives import end_actor, suspend_actor
from fedihub.services.resolving import resolve_handle
from tests.conformance.conftest import Scene
from tests.support.hub import ACTIVITY_JSON, Answer, RunningHub, running_hub
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.visitor import Visitor

JRD = "application/jrd+json"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"


async def ask(home: RunningHub, resource: str) -> Answer:
    """What our WebFinger says."""
    return await home.get(f"/.well-known/webfinger?resource={resource}")


def tells(peer: Peer, actor: PeerActor, subject: str | None, *links: Mapping[str, Any]) -> None:
    """The peer's WebFinger answers everything with this."""
    given = links or ({"rel": "self", "type": ACTIVITY_JSON, "href": actor.uri},)
    document: dict[str, Any] = {"links": [dict(link) for link in given]}
    peer.serve("/.well-known/webfinger", document | ({"subject": subject} if subject else {}), content_type=JRD)


async def nobody_was_stored(scene: Scene, handle: str) -> None:
    """Looking up the handle fails, and leaves nothing behind."""
    before = await scene.rows()
    with pytest.raises(HubError):
        await resolve_handle(scene.home.hub, handle)
    assert await scene.rows() == before


@pytest.mark.parametrize("resource", ["acct:ada@hub.test", quote("acct:ada@hub.test", safe="")])
async def test_a1_a_handle_plain_or_encoded(scene: Scene, resource: str) -> None:
    answer = await ask(scene.home, resource)
    assert (answer.status, answer.json()["subject"]) == (200, "acct:ada@hub.test")
    assert answer.headers["Content-Type"].partition(";")[0] == JRD


async def test_a2_the_self_link_is_the_id_byte_for_byte(scene: Scene) -> None:
    project = await scene.home.project("bench", founder=scene.ada)
    for actor in (scene.ada, project):
        links = (await ask(scene.home, f"acct:{actor.username}@hub.test")).json()["links"]
        found = [link for link in links if link["rel"] == "self"]
        assert found == [{"rel": "self", "type": ACTIVITY_JSON, "href": actor.uri}]
        assert (await scene.home.document(found[0]["href"]))["id"] == actor.uri


async def test_a3_a_handle_in_other_case(scene: Scene) -> None:
    assert (await ask(scene.home, "acct:ADA@Hub.Test")).json()["subject"] == "acct:ada@hub.test"


@pytest.mark.parametrize("resource", ["acct:eve@hub.test", "acct:ada@elsewhere.test", "https://elsewhere.test/@ada"])
async def test_a4_who_is_not_here(scene: Scene, resource: str) -> None:
    assert (await ask(scene.home, resource)).status == 404


@pytest.mark.parametrize("query", ["", "?resource=", "?resource=acct:ada@hub.test&resource=acct:eve@hub.test"])
async def test_a5_no_question(scene: Scene, query: str) -> None:
    assert (await scene.home.get(f"/.well-known/webfinger{query}")).status == 400


async def test_a6_who_is_here_no_more(scene: Scene) -> None:
    eve = await scene.home.member("eve")
    await end_actor(scene.home.hub, actor_id=eve.id)
    await scene.home.drain()
    assert (await ask(scene.home, "acct:eve@hub.test")).status == 410


async def test_a7_who_is_suspended_for_a_time(scene: Scene) -> None:
    await suspend_actor(scene.home.hub, actor_id=scene.ada.id)
    answer = await ask(scene.home, "acct:ada@hub.test")
    assert (answer.status, answer.json()["subject"]) == (200, "acct:ada@hub.test")


@pytest.mark.parametrize(
    "resource",
    ["ID", "http://hub.test/@ada", "https://hub.test/@ada", "HTTPS://HUB.test/@ada", "https://hub.test/@Ada/"],
)
async def test_a8_ids_and_pages_are_resources_too(scene: Scene, resource: str) -> None:
    answer = await ask(scene.home, scene.ada.uri if resource == "ID" else resource)
    assert answer.json()["subject"] == "acct:ada@hub.test"


@pytest.mark.parametrize("resource", ["acct:hub.test@hub.test", "https://hub.test", "http://hub.test/", "ID"])
async def test_a8_the_servers_own_actor(scene: Scene, resource: str) -> None:
    """FEP-d556: the address of the server is that of its actor."""
    own = scene.home.hub.uris.actor(str(await scene.home.hub.signers.server_id()))
    found = (await ask(scene.home, own if resource == "ID" else resource)).json()
    assert found["subject"] == "acct:hub.test@hub.test"
    assert (await scene.home.document(own))["type"] == "Application"
    assert {"rel": "self", "type": ACTIVITY_JSON, "href": own} in found["links"]


async def test_a9_a_handle_domain_of_its_own(database_url: str, resolver: TestResolver, peer: Peer) -> None:
    async with running_hub(database_url, resolver, host="ap.hub.test", handle_domain="hub.test") as home:
        resolver.add("hub.test", home.port)
        ada = await home.member("ada")
        for base in ("http://ap.hub.test", "http://hub.test"):
            for host in ("ap.hub.test", "hub.test"):
                found = (await home.get(f"{base}/.well-known/webfinger?resource=acct:ada@{host}")).json()
                assert found["subject"] == "acct:ada@hub.test"
                assert {"rel": "self", "type": ACTIVITY_JSON, "href": ada.uri} in found["links"]


async def test_a10_nodeinfo_and_host_meta(scene: Scene) -> None:
    home = scene.home
    links = {link["rel"]: link["href"] for link in (await home.get("/.well-known/nodeinfo")).json()["links"]}
    found = (await home.get(links["http://nodeinfo.diaspora.software/ns/schema/2.0"])).json()
    assert found["version"] == "2.0"
    assert set(found["software"]) == {"name", "version"}
    assert found["protocols"] == ["activitypub"]
    assert found["services"] == {"inbound": [], "outbound": []}
    assert found["usage"]["users"]["total"] == 1
    assert found["openRegistrations"] is False
    assert isinstance(found["metadata"], dict)
    meta = await home.get("/.well-known/host-meta")
    assert 'rel="lrdd"' in meta.text
    assert "/.well-known/webfinger?resource={uri}" in meta.text


async def test_a10_nodeinfo_names_the_application_actor(scene: Scene) -> None:
    """FEP-2677: readable by anybody."""
    links = {link["rel"]: link["href"] for link in (await scene.home.get("/.well-known/nodeinfo")).json()["links"]}
    actor = await scene.home.document(links[APPLICATION_ACTOR])
    assert actor["type"] == "Application"


async def test_a11_the_answers_case_is_taken(scene: Scene) -> None:
    scene.rosa.extra["preferredUsername"] = "Rosa"
    tells(scene.peer, scene.rosa, "acct:Rosa@PEER.test")
    actor = await resolve_handle(scene.home.hub, "@rosa@peer.test")
    assert (actor.username, actor.host, actor.uri) == ("Rosa", "peer.test", scene.rosa.uri)


async def test_a12_another_handle_is_asked_for_once(scene: Scene, resolver: TestResolver) -> None:
    """Rosa moved house with her handle: the old host points to the new one, which agrees."""
    async with Peer.running("old.test", resolver=resolver) as old:
        tells(old, scene.rosa, "acct:rosa@peer.test")
        actor = await resolve_handle(scene.home.hub, "@rose@old.test")
        assert (actor.username, actor.host) == ("rosa", "peer.test")
        assert len(old.seen("/.well-known/webfinger")) == 1


async def test_a13_a_third_handle_is_too_many(scene: Scene, resolver: TestResolver) -> None:
    async with Peer.running("old.test", resolver=resolver) as old:
        tells(old, scene.rosa, "acct:rosa@peer.test")
        tells(scene.peer, scene.rosa, "acct:rosetta@peer.test")
        await nobody_was_stored(scene, "@rose@old.test")


async def test_a14_a_subject_without_a_host(scene: Scene) -> None:
    tells(scene.peer, scene.rosa, "acct:rosa")
    await nobody_was_stored(scene, "@rosa@peer.test")


@pytest.mark.parametrize("type", ["text/html", "application/json", None])
async def test_a14_no_link_of_a_known_type(scene: Scene, type: str | None) -> None:
    link = {"rel": "self", "href": scene.rosa.uri} | ({"type": type} if type else {})
    tells(scene.peer, scene.rosa, "acct:rosa@peer.test", link)
    await nobody_was_stored(scene, "@rosa@peer.test")


async def test_a14_the_first_link_of_a_known_type_counts(scene: Scene) -> None:
    profile = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
    tells(
        scene.peer,
        scene.rosa,
        "acct:rosa@peer.test",
        {"rel": "self", "type": "text/html", "href": "http://peer.test/@rosa"},
        {"rel": "self", "type": profile, "href": scene.rosa.uri},
        {"rel": "self", "type": ACTIVITY_JSON, "href": "http://peer.test/users/nobody"},
    )
    assert (await resolve_handle(scene.home.hub, "@rosa@peer.test")).uri == scene.rosa.uri


async def test_a15_an_actor_that_calls_itself_something_else(scene: Scene) -> None:
    scene.rosa.extra["id"] = "http://peer.test/users/other"
    await nobody_was_stored(scene, "@rosa@peer.test")


@pytest.mark.parametrize("path", ["/@ada", "/@ada/POST"])
async def test_a19_pages_name_their_document(scene: Scene, path: str) -> None:
    home = scene.home
    uri = scene.post.uri if path.endswith("POST") else scene.ada.uri
    path = path.replace("POST", str(scene.post.id))
    page = await home.get(path, accept="text/html")
    assert f'<link rel="alternate" type="application/activity+json" href="{uri}">' in page.text
    assert f'<{uri}>; rel="alternate"; type="application/activity+json"' in page.headers["Link"]
    document = await home.get(path, accept=ACTIVITY_JSON)
    assert document.json()["id"] == uri
    assert document.headers["Content-Type"].startswith(ACTIVITY_JSON)


async def test_a20_the_way_to_the_visitors_own_server(scene: Scene) -> None:
    link = {"rel": SUBSCRIBE, "template": "http://peer.test/authorize_interaction?uri={uri}"}
    tells(scene.peer, scene.rosa, "acct:rosa@peer.test", link)
    visitor = Visitor(scene.home)
    page = await visitor.send((await visitor.get("/@ada")).form("/@ada/follow"), handle="@rosa@peer.test")
    assert page.status == 303
    assert page.location == f"http://peer.test/authorize_interaction?uri={quote(scene.ada.uri, safe='')}"
