"""Fetching documents: only what its origin says of itself is believed."""

import pytest
from aiohttp import web
from multidict import CIMultiDict

from federation import limits
from federation.dereference import Budget
from federation.errors import BadDocument, BlockedAddress, DereferenceFailed, OriginMismatch, ProtocolError, TooLarge
from tests.federation.conftest import HUB, PeerMaker, World
from tests.support.keys import public_pem, rsa_key
from tests.support.peer import Peer
from tests.support.referee import verify_cavage

AS_JSON = "application/activity+json"


async def test_a_document_that_names_its_own_address(world: World, peer: Peer) -> None:
    note = peer.note(peer.add_actor("ada"))
    document = await world.dereferencer.document(note["id"])
    assert document["id"] == note["id"]
    assert peer.requests[0].verified, "all fetches are signed by the server's own actor"


async def test_authorized_fetch_is_served(world: World, peer: Peer) -> None:
    peer.needs_signed_gets = True
    ada = peer.add_actor("ada")
    assert (await world.dereferencer.document(ada.uri))["id"] == ada.uri


async def test_a_page_leads_to_its_document(world: World, peer: Peer) -> None:
    """`/@ada` answers with the actor, whose id is another address of the same host: fetched once more, there."""
    ada = peer.add_actor("ada")
    page = peer.serve("/@ada", ada.document())
    assert (await world.dereferencer.document(page))["id"] == ada.uri
    assert [request.path for request in peer.requests] == ["/@ada", "/users/ada"]


async def test_a_redirect_leads_to_the_document(world: World, make_peer: PeerMaker) -> None:
    """What counts is where it ends: there, the document must name itself."""
    peer = await make_peer("new.test")
    ada = peer.add_actor("ada")
    moved = peer.serve("/old/ada", status=301, headers={"Location": ada.uri})
    assert (await world.dereferencer.document(moved))["id"] == ada.uri


async def test_only_what_people_paste_may_lead_to_another_host(world: World, make_peer: PeerMaker) -> None:
    old, new = await make_peer("old.test"), await make_peer("new.test")
    ada = new.add_actor("ada")
    moved = old.serve("/users/ada", status=301, headers={"Location": ada.uri})
    assert (await world.dereferencer.document_of_page(moved))["id"] == ada.uri
    with pytest.raises(OriginMismatch, match="id_elsewhere"):
        await world.dereferencer.document(moved)


async def test_ids_of_other_hosts_are_not_believed(world: World, make_peer: PeerMaker) -> None:
    victim, evil = await make_peer("victim.test"), await make_peer("evil.test")
    bob = victim.add_actor("bob")
    urls = [
        evil.serve("/1", bob.document()),
        evil.serve("/2", bob.document() | {"id": "http://evil.test:80/users/bob"}),
        evil.serve("/3", bob.document() | {"id": "http://victim.test:8080/users/bob"}),
        evil.serve("/4", bob.document() | {"id": "https://evil.test/4"}),
        evil.serve("/5", bob.document() | {"id": "http://sub.evil.test/5"}),
    ]
    for url in urls:
        with pytest.raises(ProtocolError):
            await world.dereferencer.document(url)
    assert victim.requests == []


async def test_an_id_cannot_be_served_by_way_of_another_host(world: World, make_peer: PeerMaker) -> None:
    """The victim's open redirect to us: the victim did not serve this document."""
    victim, evil = await make_peer("victim.test"), await make_peer("evil.test")
    evil.serve("/fake", {"id": "http://victim.test/go", "type": "Note"})
    url = victim.serve("/go", status=302, headers={"Location": "http://evil.test/fake"})
    with pytest.raises(OriginMismatch):
        await world.dereferencer.document(url)


async def test_ids_that_lead_in_circles_stop_at_once(world: World, peer: Peer) -> None:
    peer.serve("/ping", {"id": f"{peer.base}/pong", "type": "Note"})
    peer.serve("/pong", {"id": f"{peer.base}/ping", "type": "Note"})
    with pytest.raises(OriginMismatch):
        await world.dereferencer.document(f"{peer.base}/ping")
    assert len(peer.requests) == 2


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "text/html",
        "application/octet-stream",
        "image/png",
        "application/ld+json",
        'application/ld+json; profile="https://example.org/other"',
        "application/jrd+json",
        'application/json; profile="https://www.w3.org/ns/activitystreams"',
        None,
    ],
)
async def test_only_activitypub_is_activitypub(world: World, peer: Peer, content_type: str | None) -> None:
    """An uploaded file must not pass as an actor because it is JSON (CVE-2024-25623)."""
    url = peer.serve("/upload", {"id": f"{peer.base}/upload", "type": "Person"}, content_type=content_type)
    with pytest.raises(BadDocument, match="wrong_content_type"):
        await world.dereferencer.document(url)


@pytest.mark.parametrize(
    "content_type",
    [
        AS_JSON,
        "Application/Activity+JSON; charset=utf-8",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json;charset=utf-8;PROFILE="https://example.org/x https://www.w3.org/ns/activitystreams"',
        "application/ld+json; profile=https://www.w3.org/ns/activitystreams",
    ],
)
async def test_activitypub_has_several_names(world: World, peer: Peer, content_type: str) -> None:
    url = peer.serve("/note", {"id": f"{peer.base}/note", "type": "Note"}, content_type=content_type)
    assert (await world.dereferencer.document(url))["id"] == url


@pytest.mark.parametrize(
    ("status", "temporary", "gone"),
    [
        (204, False, False),
        (400, False, False),
        (401, True, False),
        (403, False, False),
        (404, False, False),
        (408, True, False),
        (410, False, True),
        (429, True, False),
        (500, True, False),
        (501, False, False),
        (503, True, False),
    ],
)
async def test_what_an_answer_means(world: World, peer: Peer, *, status: int, temporary: bool, gone: bool) -> None:
    url = peer.serve("/x", b"", status=status)
    with pytest.raises(DereferenceFailed) as caught:
        await world.dereferencer.document(url)
    assert (caught.value.status, caught.value.temporary, caught.value.gone) == (status, temporary, gone)


async def test_silence_is_temporary(world: World) -> None:
    world.resolver.add("down.test", 9)
    for host in ("down.test", "unknown.test"):
        with pytest.raises(DereferenceFailed) as caught:
            await world.dereferencer.document(f"http://{host}/x")
        assert caught.value.temporary


async def test_bad_documents(world: World, peer: Peer) -> None:
    for number, body in enumerate([b"", b"[]", b"{}", b'{"id": 7}', b'{"id": "x"}', b"\xff", b'{"id":"a","id":"b"}']):
        url = peer.serve(f"/bad{number}", body)
        with pytest.raises(BadDocument):
            await world.dereferencer.document(url)
    with pytest.raises(TooLarge):
        await world.dereferencer.document(peer.serve("/large", b" " * (limits.FETCHED_BODY + 1)))


async def test_our_own_documents_are_not_fetched(world: World) -> None:
    for uri in (f"{HUB}/ap/posts/1", "http://hub.test/ap/posts/1", "https://HUB.test:443/x"):
        with pytest.raises(OriginMismatch, match="uri_is_local"):
            await world.dereferencer.document(uri)
    assert world.resolver.asked == []


async def test_private_hosts_are_not_asked(world: World) -> None:
    with pytest.raises(BlockedAddress):
        await world.dereferencer.document("http://10.0.0.1/actor")


async def test_a_budget_is_shared_and_ends(world: World, peer: Peer) -> None:
    ada = peer.add_actor("ada")
    budget = Budget(3)
    for _ in range(3):
        await world.dereferencer.document(ada.uri, budget=budget)
    with pytest.raises(DereferenceFailed, match="budget_spent"):
        await world.dereferencer.document(ada.uri, budget=budget)
    assert len(peer.requests) == 3


async def test_a_budget_ends_with_the_bytes_that_came(
    world: World, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FETCH_BYTES", 1000)
    ada = peer.add_actor("ada", extra={"summary": "x" * 1000})
    budget = Budget()
    await world.dereferencer.document(ada.uri, budget=budget)
    with pytest.raises(DereferenceFailed, match="budget_spent"):
        await world.dereferencer.document(ada.uri, budget=budget)
    assert len(peer.requests) == 1


async def test_an_address_that_is_closed_to_everybody_says_nothing_of_its_host(world: World, peer: Peer) -> None:
    """Anybody can name one, and must not decide by that in which way the whole host is asked."""
    closed = peer.serve("/private", b"", status=401)
    for _ in range(2):
        with pytest.raises(DereferenceFailed):
            await world.dereferencer.document(closed)
    assert len(peer.seen("/private")) == 3, "both ways once, then only one"
    peer.needs_signed_gets = True
    peer.accepts_kinds.clear()
    peer.accepts_kinds.add("rfc9421")
    ada = peer.add_actor("ada")
    assert (await world.dereferencer.document(ada.uri))["id"] == ada.uri


async def test_a_host_that_reads_one_kind_of_signature_gets_that(world: World, peer: Peer) -> None:
    peer.needs_signed_gets = True
    peer.accepts_kinds.clear()
    peer.accepts_kinds.add("rfc9421")
    ada = peer.add_actor("ada")
    for _ in range(3):
        assert (await world.dereferencer.document(ada.uri))["id"] == ada.uri
    assert [request.kind for request in peer.requests] == ["draft-cavage", *["rfc9421"] * 3], "it is remembered"
    peer.accepts_kinds.add("draft-cavage")
    peer.accepts_kinds.remove("rfc9421")
    assert (await world.dereferencer.document(ada.uri))["id"] == ada.uri


async def test_a_host_that_signs_targets_without_their_query_is_understood(world: World, peer: Peer) -> None:
    """GoToSocial 0.20 tries both ways as well."""

    async def page(request: web.Request) -> web.StreamResponse:
        pem, headers = public_pem(rsa_key(0)), CIMultiDict(request.headers)
        is_good = "Signature-Input" not in headers and verify_cavage(
            pem, headers, method="GET", target="/list", required=[]
        )
        document = {"id": f"{peer.base}/list?page=2", "type": "OrderedCollectionPage"}
        return web.json_response(document, status=200 if is_good else 401, content_type=AS_JSON)

    peer.serve_with("/list", page)
    for _ in range(2):
        document = await world.dereferencer.document(f"{peer.base}/list?page=2")
        assert document["type"] == "OrderedCollectionPage"
    assert len(peer.requests) == 4


async def test_a_host_that_refuses_all_signatures_is_not_asked_again_and_again(world: World, peer: Peer) -> None:
    peer.needs_signed_gets = True
    peer.accepts_kinds.clear()
    ada = peer.add_actor("ada")
    for _ in range(5):
        with pytest.raises(DereferenceFailed, match="http_401"):
            await world.dereferencer.document(ada.uri)
    assert len(peer.requests) == 2 + 4
