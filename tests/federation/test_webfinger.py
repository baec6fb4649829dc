"""Handles and actors: both directions must agree."""

from datetime import UTC, datetime
from typing import Any

import pytest

from federation.errors import ResolveFailed
from federation.identifiers import Host
from federation.transport import Transport
from federation.vocabulary.actors import RemoteActor, read_actor
from federation.webfinger import Handle, WebFinger
from tests.federation.conftest import PeerMaker, World
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor

WEBFINGER = "/.well-known/webfinger"


@pytest.fixture
def webfinger(transport: Transport) -> WebFinger:
    return WebFinger(transport)


def jrd(subject: str | None, href: str, **link: Any) -> dict[str, Any]:
    document = {"links": [{"rel": "self", "type": "application/activity+json", "href": href} | link]}
    return document if subject is None else document | {"subject": subject}


def actor(found: PeerActor, **extra: Any) -> RemoteActor:
    return read_actor(found.document() | extra, now=datetime.now(UTC))


@pytest.mark.parametrize("text", ["@ada@peer.test", "ada@peer.test", "acct:ada@peer.test", " @Ada@PEER.test. "])
async def test_a_handle_leads_to_its_actor(webfinger: WebFinger, peer: Peer, text: str) -> None:
    ada = peer.add_actor("ada")
    peer.serve(WEBFINGER, jrd("acct:ada@peer.test", ada.uri))
    assert await webfinger.resolve_handle(text) == ada.uri
    target = peer.requests[0].target
    assert target.lower() == f"{WEBFINGER}?resource=acct:ada@peer.test"
    assert not peer.requests[0].is_signed


@pytest.mark.parametrize(
    "text",
    ["", "ada", "@ada", "@@peer.test", "ada@", "ada@@peer.test", "a b@peer.test", "ada@peer.test/x", "ada@peer.test@x",
     "https://peer.test/@ada", "ada@-.test", "a" * 700, "ада@peer.test", "ada@pe\ner.test"],
)  # fmt: skip
async def test_what_is_no_handle(webfinger: WebFinger, world: World, text: str) -> None:
    with pytest.raises(ResolveFailed, match="not_a_handle"):
        await webfinger.resolve_handle(text)
    assert world.resolver.asked == []


async def test_the_domain_of_handles_may_differ(webfinger: WebFinger, make_peer: PeerMaker) -> None:
    """`@ada@hub.example`, whose actor is on `ap.hub.example`: both hosts know the one name."""
    names, actors = await make_peer("names.test"), await make_peer("ap.names.test")
    ada = actors.add_actor("ada")
    for host in (names, actors):
        host.serve(WEBFINGER, jrd("acct:ada@names.test", ada.uri))
    assert await webfinger.resolve_handle("ada@names.test") == ada.uri
    assert await webfinger.resolve_handle("ada@ap.names.test") == ada.uri
    assert await webfinger.confirm_handle(actor(ada)) == Handle("ada", Host("names.test"))
    claimed = actor(ada, webfinger="ada@names.test")
    assert await webfinger.confirm_handle(claimed) == Handle("ada", Host("names.test"))


async def test_a_handle_may_be_redirected(webfinger: WebFinger, make_peer: PeerMaker) -> None:
    """How a static site hands its WebFinger over to the server of its actors."""
    names, actors = await make_peer("names.test"), await make_peer("ap.names.test")
    ada = actors.add_actor("ada")
    actors.serve(WEBFINGER, jrd("acct:ada@names.test", ada.uri))
    location = f"http://ap.names.test{WEBFINGER}?resource=acct:ada@names.test"
    names.serve(WEBFINGER, status=301, headers={"Location": location})
    assert await webfinger.resolve_handle("ada@names.test") == ada.uri


async def test_nobody_claims_the_name_of_another_host(webfinger: WebFinger, make_peer: PeerMaker) -> None:
    """Ghost #2163: what counts is what the claimed host says."""
    victim, evil = await make_peer("victim.test"), await make_peer("evil.test")
    bob, eve = victim.add_actor("bob"), evil.add_actor("eve")
    evil.serve(WEBFINGER, jrd("acct:bob@victim.test", eve.uri))
    with pytest.raises(ResolveFailed, match="handle_disputed"):
        await webfinger.resolve_handle("eve@evil.test")
    for claimed in (actor(eve), actor(eve, webfinger="bob@victim.test"), actor(eve, webfinger="acct:bob@victim.test")):
        with pytest.raises(ResolveFailed, match=r"handle_disputed|handle_of_another"):
            await webfinger.confirm_handle(claimed)
    assert await webfinger.resolve_handle("bob@victim.test") == bob.uri


async def test_two_actors_cannot_have_one_handle(webfinger: WebFinger, peer: Peer) -> None:
    ada, other = peer.add_actor("ada"), peer.add_actor("other")
    assert str(await webfinger.confirm_handle(actor(ada))) == "ada@peer.test"
    with pytest.raises(ResolveFailed, match="handle_of_another"):
        await webfinger.confirm_handle(actor(other, preferredUsername="ada"))


async def test_the_right_link_is_taken(webfinger: WebFinger, peer: Peer) -> None:
    ada = peer.add_actor("ada")
    document = jrd("acct:ada@peer.test", ada.uri)
    document["links"] = [
        7,
        {"rel": "self"},
        {"rel": "self", "type": "text/html", "href": "http://peer.test/@ada"},
        {"rel": "self", "type": "application/activity+json", "href": "javascript:alert(1)"},
        {"rel": "other", "type": "application/activity+json", "href": "http://peer.test/other"},
        {
            "rel": "self",
            "type": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
            "href": ada.uri,
        },
        {"rel": "self", "type": "application/activity+json", "href": "http://peer.test/second"},
    ]
    peer.serve(WEBFINGER, document, content_type="application/json")
    assert await webfinger.resolve_handle("ada@peer.test") == ada.uri


async def test_a_subject_may_be_missing(webfinger: WebFinger, peer: Peer) -> None:
    ada = peer.add_actor("ada")
    peer.serve(WEBFINGER, jrd(None, ada.uri))
    assert await webfinger.resolve_handle("ada@peer.test") == ada.uri


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"<XRD/>", b"{}", b'{"links": 7}', b'{"subject": 7}', b'{"links": [], "links": []}']
)
async def test_answers_without_an_actor(webfinger: WebFinger, peer: Peer, body: bytes) -> None:
    peer.serve(WEBFINGER, body)
    with pytest.raises(ResolveFailed) as caught:
        await webfinger.resolve_handle("ada@peer.test")
    assert not caught.value.temporary


@pytest.mark.parametrize(("status", "temporary"), [(404, False), (410, False), (429, True), (500, True), (503, True)])
async def test_what_a_refusal_means(webfinger: WebFinger, peer: Peer, *, status: int, temporary: bool) -> None:
    peer.serve(WEBFINGER, b"", status=status)
    with pytest.raises(ResolveFailed) as caught:
        await webfinger.resolve_handle("ada@peer.test")
    assert (caught.value.reason, caught.value.temporary) == (f"http_{status}", temporary)


async def test_silence_and_private_hosts(webfinger: WebFinger, world: World) -> None:
    world.resolver.add("down.test", 9)
    world.resolver.add("inside.test", 80, address="10.0.0.1")
    with pytest.raises(ResolveFailed) as caught:
        await webfinger.resolve_handle("ada@down.test")
    assert caught.value.temporary
    with pytest.raises(ResolveFailed, match="blocked_address"):
        await webfinger.resolve_handle("ada@inside.test")


async def test_redirects_to_elsewhere_fail(webfinger: WebFinger, peer: Peer) -> None:
    for location in ("gopher://peer.test/", "http://[::]/", "http://10.0.0.1/", WEBFINGER):
        peer.serve(WEBFINGER, status=302, headers={"Location": location})
        with pytest.raises(ResolveFailed):
            await webfinger.resolve_handle("ada@peer.test")


async def test_the_web_is_asked_over_https_only(world: World) -> None:
    """Without the development setting, no plain http follows a failure."""
    strict = Transport(user_agent="x", resolver=world.resolver)
    world.resolver.add("peer.test", 9)
    try:
        with pytest.raises(ResolveFailed):
            await WebFinger(strict).resolve_handle("ada@peer.test")
    finally:
        await strict.close()
    assert world.resolver.asked == ["peer.test"]
