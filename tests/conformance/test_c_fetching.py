"""What we fetch, how, and what we refuse to be led to: rows C."""

import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import update

from federation import limits
from federation.errors import BadUri, BlockedAddress
from fedihub.errors import HubError
from fedihub.services.resolving import resolve_url
from storage.actors import Actor
from storage.database import Session
from storage.posts import Post
from storage.received import ReceivedActivity, ReceivedState
from tests.conformance.conftest import Scene
from tests.support.hub import ACTIVITY_JSON, RunningHub, running_hub
from tests.support.peer import PUBLIC, Peer
from tests.support.resolver import TestResolver
from tests.support.stories import answer_to, post_of, verdict
from tests.support.tls import tls_peer, write_ca

LD_JSON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
MEBIBYTE = 1024**2
Page = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def finds_nothing(scene: Scene, url: str) -> None:
    """Whoever searches for this finds nothing, and nothing is stored."""
    before = await scene.rows()
    with pytest.raises(HubError):
        await resolve_url(scene.home.hub, url)
    assert await scene.rows() == before


def leads_to(location: str) -> Page:
    """A page that is elsewhere."""

    async def page(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": location})

    return page


async def test_c1_fetches_are_signed_by_the_servers_actor_and_take_both_types(scene: Scene) -> None:
    await resolve_url(scene.home.hub, scene.rosa.uri)
    (request,) = scene.peer.seen("/users/rosa")
    server = scene.home.hub.uris.actor(str(await scene.home.hub.signers.server_id()))
    assert (request.verified, request.key_id) == (True, f"{server}#main-key")
    for accepted in (ACTIVITY_JSON, LD_JSON):
        assert accepted in request.headers["Accept"]
    assert not {"Cookie", "Referer", "Authorization"} & set(request.headers)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "text/html",
        "application/ld+json",
        "application/octet-stream",
        "image/png",
        None,
    ],
)
async def test_c2_other_types_of_answers_are_refused(scene: Scene, content_type: str | None) -> None:
    scene.peer.serve("/users/rosa", scene.rosa.document(), content_type=content_type)
    await finds_nothing(scene, scene.rosa.uri)


@pytest.mark.parametrize("content_type", [ACTIVITY_JSON, f"{ACTIVITY_JSON}; charset=utf-8", LD_JSON])
async def test_c2_the_types_of_activitypub_are_read(scene: Scene, content_type: str) -> None:
    scene.peer.serve("/users/rosa", scene.rosa.document(), content_type=content_type)
    found = await resolve_url(scene.home.hub, scene.rosa.uri)
    assert isinstance(found, Actor)


async def test_c3_three_redirects_are_followed_and_each_hop_is_signed(scene: Scene) -> None:
    for number in range(3):
        target = f"{scene.peer.base}/hop/{number + 1}" if number < 2 else scene.rosa.uri
        scene.peer.serve_with(f"/hop/{number}", leads_to(target))
    found = await resolve_url(scene.home.hub, f"{scene.peer.base}/hop/0")
    assert isinstance(found, Actor)
    assert [request.verified for request in scene.peer.requests if "webfinger" not in request.path] == [True] * 4


async def test_c3_a_fourth_redirect_is_not_followed(scene: Scene) -> None:
    for number in range(5):
        scene.peer.serve_with(f"/hop/{number}", leads_to(f"{scene.peer.base}/hop/{number + 1}"))
    await finds_nothing(scene, f"{scene.peer.base}/hop/0")
    assert not scene.peer.seen("/hop/4")


async def test_c3_none_leads_from_https_to_http(
    database_url: str, resolver: TestResolver, tmp_path: Path, peer: Peer
) -> None:
    """Also where http is read, as in these tests; in production it is nowhere."""
    rosa, asked = peer.add_actor("rosa"), []

    async def moved(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return await leads_to(rosa.uri)(request)

    async with (
        running_hub(database_url, resolver, ca_file=write_ca(tmp_path)) as home,
        tls_peer(tmp_path, resolver, moved, name="secure.test"),
    ):
        with pytest.raises(HubError):
            await resolve_url(home.hub, "https://secure.test/rosa")
        assert asked == ["/rosa"]
        assert peer.requests == []


async def test_c3_a_redirect_to_another_host_proves_nothing_for_the_first(scene: Scene, resolver: TestResolver) -> None:
    """Evil's host serves what calls itself Rosa's, at the end of a redirect from peer.test."""
    async with Peer.running("evil.test", resolver=resolver) as evil:
        evil.serve("/rosa", scene.rosa.document())
        scene.peer.serve_with("/moved", leads_to("http://evil.test/rosa"))
        await finds_nothing(scene, f"{scene.peer.base}/moved")


async def test_c3_the_id_must_be_what_was_asked(scene: Scene) -> None:
    scene.peer.serve("/users/rosa", scene.rosa.document() | {"id": "http://evil.test/users/rosa"})
    await finds_nothing(scene, scene.rosa.uri)


def sent_as(body: bytes, how: str) -> Page:
    """A page with this body: with its length, in chunks without one, or compressed to next to nothing."""

    async def page(request: web.Request) -> web.StreamResponse:
        headers = {"Content-Type": ACTIVITY_JSON}
        if how == "chunked":
            answer = web.StreamResponse(headers=headers)
            await answer.prepare(request)
            for start in range(0, len(body), 65536):
                await answer.write(body[start : start + 65536])
            return answer
        if how == "gzip":
            return web.Response(body=gzip.compress(body), headers=headers | {"Content-Encoding": "gzip"})
        return web.Response(body=body, headers=headers)

    return page


def padded(document: dict[str, Any], size: int) -> bytes:
    """The document in exactly so many bytes, and as good as before."""
    body = json.dumps(document | {"padding": ""}).encode()
    return body.replace(b'"padding": ""', b'"padding": "' + b"x" * (size - len(body)) + b'"')


HOW = pytest.mark.parametrize("how", ["length", "chunked", "gzip"])
WHAT = pytest.mark.parametrize("what", ["actor", "note"])


def serve_of_size(scene: Scene, what: str, *, how: str, size: int) -> str:
    """Rosa, or a note of hers, in so many bytes; gives the address."""
    document = scene.rosa.document() if what == "actor" else scene.peer.note(scene.rosa, "<p>Found</p>")
    body = padded(document, size)
    assert len(body) == size
    return scene.peer.serve_with(str(document["id"]).removeprefix(scene.peer.base), sent_as(body, how))


@HOW
@WHAT
async def test_c4_a_mebibyte_is_read(scene: Scene, what: str, how: str) -> None:
    url = serve_of_size(scene, what, how=how, size=MEBIBYTE)
    found = await resolve_url(scene.home.hub, url)
    assert found.uri == url


@HOW
@WHAT
async def test_c4_not_a_byte_more(scene: Scene, what: str, how: str) -> None:
    await finds_nothing(scene, serve_of_size(scene, what, how=how, size=MEBIBYTE + 1))


@pytest.fixture
async def strict(database_url: str, resolver: TestResolver) -> AsyncIterator[RunningHub]:
    """A hub as in production: only public addresses, only https."""
    async with running_hub(database_url, resolver, host="localhost", allow_loopback=False) as hub:
        yield hub


@pytest.mark.parametrize(
    "address",
    [
        "http://peer.test/users/rosa",
        "https://peer.test/users/rosa",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://192.0.2.1/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1]/",
        "https://2130706433/",
        "https://localhost/",
    ],
)
async def test_c5_private_and_special_addresses_are_never_spoken_to(
    strict: RunningHub, peer: Peer, address: str
) -> None:
    """`peer.test` has the address 127.0.0.1, as every peer of these tests."""
    peer.add_actor("rosa")
    with pytest.raises(HubError):
        await resolve_url(strict.hub, address)
    assert peer.requests == []


@pytest.mark.parametrize(
    "location", ["http://10.0.0.1/", "http://[fe80::1]/", "http://192.168.1.1/", "file:///etc/passwd"]
)
async def test_c5_not_even_by_a_redirect(scene: Scene, location: str) -> None:
    """Refused for what they are, before anybody tries whether something answers there."""
    scene.peer.serve_with("/users/rosa", leads_to(location))
    with pytest.raises((BlockedAddress, BadUri)):
        await scene.home.hub.dereferencer.document(scene.rosa.uri)
    await finds_nothing(scene, scene.rosa.uri)


async def test_c6_a_slow_peer_runs_into_a_deadline(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FETCH_SECONDS", 0.2)
    scene.peer.hold()
    await finds_nothing(scene, scene.rosa.uri)
    scene.peer.release()
    assert limits.CONNECT_SECONDS <= 5


HTML = "<html><head><title>Hello</title>{}</head><body><p>Hello</p></body></html>"


@pytest.mark.parametrize("where", ["head", "header", "relative"])
async def test_c7_a_page_leads_to_its_document(scene: Scene, where: str) -> None:
    note = scene.peer.note(scene.rosa, "<p>Found</p>")
    path = note["id"].removeprefix(scene.peer.base)
    target = path if where == "relative" else note["id"]
    link = f'<link rel="alternate" type="application/activity+json" href="{target}">' if where != "header" else ""
    headers = {"Link": f'<{note["id"]}>; rel="alternate"; type="{ACTIVITY_JSON}"'} if where == "header" else None
    page = scene.peer.serve("/@rosa/1", HTML.format(link), content_type="text/html; charset=utf-8", headers=headers)
    found = await resolve_url(scene.home.hub, page)
    assert isinstance(found, Post)
    assert found.uri == note["id"]
    assert len(scene.peer.seen("/@rosa/1")) == 1


async def test_c7_and_no_further(scene: Scene) -> None:
    pages = [f"{scene.peer.base}/page/{number}" for number in range(4)]
    for number, following in enumerate(pages[1:]):
        link = f'<link rel="alternate" type="{ACTIVITY_JSON}" href="{following}">'
        scene.peer.serve(f"/page/{number}", HTML.format(link), content_type="text/html")
    await finds_nothing(scene, pages[0])
    assert [request.path for request in scene.peer.requests] == ["/page/0", "/page/1"]


async def test_c7_a_page_of_nothing_costs_one_fetch(scene: Scene) -> None:
    page = scene.peer.serve("/about", HTML.format('<link rel="stylesheet" href="/x">'), content_type="text/html")
    await finds_nothing(scene, page)
    assert len(scene.peer.requests) == 1


async def test_c8_an_object_by_its_address_is_fetched_from_the_senders_host(scene: Scene) -> None:
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "fetched")
    await scene.hears(scene.peer.activity(scene.rosa, "Create", note["id"], to=note["to"], cc=note["cc"]))
    assert await post_of(scene.home, note["id"]) is not None


async def test_c8_and_from_no_other(scene: Scene, resolver: TestResolver) -> None:
    async with Peer.running("other.test", resolver=resolver) as other:
        note = other.note(other.add_actor("omar"), inReplyTo=scene.post.uri, cc=[scene.ada.uri])
        for type_ in ("Create", "Update"):
            await scene.hears(scene.peer.activity(scene.rosa, type_, note["id"], to=[PUBLIC, scene.ada.uri]))
            assert await verdict(scene.home) == (ReceivedState.REFUSED, "object_elsewhere")
        assert other.requests == []


async def looked_at_again(scene: Scene, note: dict[str, Any], *, hours: int) -> None:
    """Somebody passes on that a post was deleted, so its origin is asked; `hours` later it is asked again."""
    eve = scene.peer.add_actor("eve")
    await scene.hears(scene.peer.activity(scene.rosa, "Delete", note["id"]), by=eve)

    async def unit(session: Session) -> None:
        earlier = scene.home.hub.clock.now() - timedelta(hours=hours)
        await session.execute(update(ReceivedActivity).values(received_at=earlier, run_at=earlier))

    await scene.home.hub.database.write(unit)
    scene.home.hub.hints.drop(note["id"])  # it was asked for hours ago
    await scene.home.drain()


@pytest.mark.parametrize(("status", "stays"), [(404, False), (410, False), (500, True), (503, True)])
async def test_c9_an_origin_that_has_a_post_no_more_ends_our_copy(scene: Scene, status: int, *, stays: bool) -> None:
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "hello")
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    scene.peer.serve(note["id"].removeprefix(scene.peer.base), b"", status=status)
    await looked_at_again(scene, note, hours=7)
    assert (await post_of(scene.home, note["id"]) is not None) is stays


async def test_c9_private_copies_stay(scene: Scene) -> None:
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "psst") | {"to": [scene.ada.uri], "cc": []}
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    scene.peer.serve(note["id"].removeprefix(scene.peer.base), b"", status=404)
    await looked_at_again(scene, note, hours=7)
    assert await post_of(scene.home, note["id"]) is not None
