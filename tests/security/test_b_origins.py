"""Whose is it? Documents, handles and addresses that claim to be somebody else's change nothing here.

The name of each test begins with the number of the attack; where it has one, its origin is named.
"""

import json
from typing import Any

import pytest

from federation.errors import ProtocolError
from fedihub.errors import HubError
from fedihub.services.resolving import resolve_handle, resolve_url
from storage.actors import Actor, find_actor_by_uri, find_actors_by_uri
from storage.posts import Post
from tests.security.conftest import Scene
from tests.support.peer import AS_CONTEXT, PUBLIC, Activity
from tests.support.peer_actor import PeerActor
from tests.support.stories import post_of


async def found(scene: Scene, address: str) -> Actor | Post | None:
    """What a member finds who pastes an address into the search."""
    try:
        return await resolve_url(scene.home.hub, address)
    except (ProtocolError, HubError):
        return None


async def known(scene: Scene, who: PeerActor) -> Actor | None:
    """What is known here of somebody."""
    return await scene.home.hub.database.read(lambda session: find_actor_by_uri(session, who.uri))


def note_by(who: PeerActor, uri: str, **more: Any) -> Activity:
    """A public post."""
    note = {"@context": AS_CONTEXT, "id": uri, "type": "Note", "attributedTo": who.uri, "content": "<p>forged</p>"}
    return note | {"to": [PUBLIC], "cc": [], "inReplyTo": None} | more


# B1, B2, B4: documents and where they come from.


async def test_b1_a_document_does_not_name_an_id_of_another_host(scene: Scene) -> None:
    """CVE-2024-23832."""
    address = scene.evil.serve("/notes/1", note_by(scene.rosa, f"{scene.peer.base}/users/rosa/statuses/9999"))
    async with scene.nothing_happens():
        assert await found(scene, address) is None


async def test_b1_ids_that_lead_on_and_on_are_asked_twice(scene: Scene) -> None:
    for number in range(10):
        scene.evil.serve(f"/notes/{number}", note_by(scene.eve, f"{scene.evil.base}/notes/{(number + 1) % 10}"))
    before = len(scene.evil.requests)
    async with scene.nothing_happens():
        assert await found(scene, f"{scene.evil.base}/notes/0") is None
    assert len(scene.evil.requests) - before <= 3  # two documents; a page's address may be tried once more


async def test_b2_only_activitypub_is_activitypub(scene: Scene) -> None:
    """CVE-2024-25623: a file that somebody uploaded is no document of its server."""
    for content_type in [
        "text/plain",
        "application/json",
        "application/octet-stream",
        "image/png",
        "application/ld+json",
        'application/ld+json; profile="https://example.org/other"',
        "text/html",
        None,
    ]:
        uri = f"{scene.evil.base}/uploads/1.json"
        scene.evil.serve("/uploads/1.json", json.dumps(note_by(scene.eve, uri)), content_type=content_type)
        async with scene.nothing_happens():
            assert await found(scene, uri) is None


async def test_b4_a_redirect_to_another_host_proves_nothing(scene: Scene) -> None:
    """FEP-fe34: what counts is where a redirect ends."""
    forged = scene.evil.serve("/forged", note_by(scene.rosa, f"{scene.peer.base}/users/rosa/statuses/9999"))
    scene.peer.serve("/users/rosa/statuses/9999", status=302, headers={"Location": forged})
    async with scene.nothing_happens():
        assert await found(scene, f"{scene.peer.base}/users/rosa/statuses/9999") is None


# B5 to B8: who wrote it.


async def test_b5_a_post_is_by_whoever_sent_it(scene: Scene) -> None:
    """NodeBB once took `attributedTo: 1` for its first account."""
    ada, rosa, eve = scene.ada.uri, scene.rosa.uri, scene.eve.uri
    for author in (1, "1", ada, [rosa, eve], {"id": rosa}, {}, True, rosa):
        note = note_by(scene.eve, f"{scene.evil.base}/notes/5", attributedTo=author, cc=[ada])
        async with scene.nothing_happens():
            await scene.eve_sends(scene.evil.create(note, by=scene.eve))


@pytest.mark.parametrize("verb", ["Create", "Update", "Announce"])
async def test_b6_an_object_is_on_its_senders_host(scene: Scene, verb: str) -> None:
    note = note_by(scene.eve, f"{scene.peer.base}/users/rosa/statuses/77", cc=[scene.ada.uri])
    activity = scene.evil.activity(scene.eve, verb, note, to=[PUBLIC], cc=[scene.ada.uri])
    async with scene.nothing_happens():
        await scene.eve_sends(activity)


@pytest.mark.parametrize("verb", ["Create", "Update", "Delete"])
@pytest.mark.parametrize("what", ["post", "secret", "member"])
async def test_b7_nobody_writes_over_what_is_ours(scene: Scene, verb: str, what: str) -> None:
    uri = {"post": scene.post.uri, "secret": scene.secret.uri, "member": scene.ada.uri}[what]
    document = note_by(scene.eve, uri, updated="2099-01-01T00:00:00Z")
    if what == "member":
        document = scene.eve.document() | {"id": uri}
    async with scene.nothing_happens():
        await scene.eve_sends(scene.evil.activity(scene.eve, verb, document, to=[PUBLIC]))
        await scene.eve_sends(scene.evil.activity(scene.eve, verb, uri, to=[PUBLIC]))


async def test_b8_a_known_post_changes_no_hands(scene: Scene) -> None:
    """CVE-2024-37903: another author, and with them another audience."""
    mallory = scene.peer.add_actor("mallory")
    stolen = scene.note | {"attributedTo": mallory.uri, "to": [PUBLIC], "content": "stolen"}
    for verb in ("Create", "Update"):
        activity = scene.peer.activity(mallory, verb, stolen | {"updated": "2099-01-01T00:00:00Z"}, to=[PUBLIC])
        await scene.peer.send(scene.home.shared_inbox, activity, by=mallory)
        await scene.home.drain()
    stored = await post_of(scene.home, scene.note["id"])
    rosa = await known(scene, scene.rosa)
    assert stored is not None
    assert rosa is not None
    assert (stored.author_id, stored.content_html) == (rosa.id, "<p>honest</p>")


# B9, B10: one host, many spellings.


async def test_b9_b10_no_spelling_of_a_host_makes_a_second_rosa(scene: Scene) -> None:
    """CVE-2023-42451."""
    for base in [
        "http://PEER.test",
        "http://peer.test.",
        "http://peer.test:80",
        "http://eve@peer.test",
        "http://peer.test@evil.test",
        "http://peer.test%2eevil.test",
        "http://peer%2etest",
        "http://peer.test\\.evil.test",
        "http://ｐｅｅｒ.test",
        "http://peer。test",
        "http://xn--peer-.test",
        "//peer.test",
        "http:/peer.test",
        "http://peer.test/../peer.test",
    ]:
        uri = f"{base}/users/rosa"
        activity = scene.evil.activity(scene.eve, "Like", scene.secret.uri, actor=uri)
        async with scene.nothing_happens():
            await scene.eve_sends(activity)
            if "%" not in uri:  # the signer that signs for these tests can't write one
                await scene.eve_sends(activity, key_id=f"{uri}#main-key")


# B11 to B14: handles.


async def test_b11_a_handle_is_confirmed_by_the_host_in_it(scene: Scene) -> None:
    """Ghost #2163: Eve's server says that its account is rosa@peer.test."""
    stolen = scene.evil.add_actor("rosa", extra={"webfinger": "rosa@peer.test"})
    jrd = {
        "subject": "acct:rosa@peer.test",
        "links": [{"rel": "self", "type": "application/activity+json", "href": stolen.uri}],
    }
    scene.evil.serve("/.well-known/webfinger", json.dumps(jrd), content_type="application/jrd+json")
    async with scene.nothing_happens():
        await scene.evil.send(scene.home.shared_inbox, scene.evil.activity(stolen, "Like", "x:y"), by=stolen)
        await scene.home.drain()
        await found(scene, stolen.uri)
    row = await known(scene, stolen)
    assert row is None or row.host == "evil.test"
    assert (await resolve_handle(scene.home.hub, "@rosa@peer.test")).uri == scene.rosa.uri


JRDS: list[Any] = [
    {"links": []},
    {"links": [{"rel": "self", "type": "application/activity+json", "href": "javascript:1"}]},
    {"links": [{"rel": "self", "type": "text/html", "href": "http://evil.test/users/zoe"}]},
    {"links": "none"},
    {"subject": 1, "links": [1, None, {}]},
    [],
    "x" * 2_000_000,
]


async def test_b12_odd_answers_about_a_handle_find_nobody(scene: Scene) -> None:
    for number in range(len(JRDS)):
        scene.evil.add_actor("zoe")
        jrd = JRDS[number]
        body = json.dumps({"subject": "acct:zoe@evil.test"} | jrd if isinstance(jrd, dict) else jrd)
        scene.evil.serve("/.well-known/webfinger", body, content_type="application/jrd+json")
        async with scene.nothing_happens():
            with pytest.raises((ProtocolError, HubError)):
                await resolve_handle(scene.home.hub, "@zoe@evil.test")


async def test_b12_host_meta_is_not_read(scene: Scene) -> None:
    xml = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><XRD>&e;</XRD>'
    scene.evil.serve("/.well-known/host-meta", xml, content_type="application/xrd+xml")
    scene.evil.serve("/.well-known/webfinger", status=404)
    with pytest.raises((ProtocolError, HubError)):
        await resolve_handle(scene.home.hub, "@nobody@evil.test")
    assert scene.evil.seen("/.well-known/host-meta") == []


async def test_b13_an_answer_about_a_handle_leads_nowhere_odd(scene: Scene) -> None:
    """Fedify CVE-2025-23221."""
    for location in [
        "gopher://evil.test/x",
        "file:///etc/passwd",
        "data:application/json,{}",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "/.well-known/webfinger",
    ]:
        scene.evil.serve("/.well-known/webfinger", status=302, headers={"Location": location})
        async with scene.nothing_happens():
            with pytest.raises((ProtocolError, HubError)):
                await resolve_handle(scene.home.hub, "@zoe@evil.test")


async def test_b14_a_name_is_nobodys_twice(scene: Scene) -> None:
    """Neither a member's nor a peer's handle can be taken over by a document."""
    for name in ["ada", "ada@hub.test", "ADA", "rosa@peer.test", "rosa\u200b", "а́да"]:
        document = scene.eve.document() | {"preferredUsername": name}
        update = scene.evil.activity(scene.eve, "Update", document, to=[PUBLIC])
        async with scene.nothing_happens():
            await scene.eve_sends(update)
        eve = await known(scene, scene.eve)
        assert eve is None or eve.host == "evil.test"


# B15 to B18: what an actor says of itself.


@pytest.mark.parametrize("where", ["inbox", "endpoints", "followers", "outbox", "featured"])
async def test_b15_no_third_party_is_written_to(scene: Scene, where: str) -> None:
    """An actor who names another server's inbox would aim our deliveries at it."""
    victim = scene.rosa.inbox
    value: Any = {"sharedInbox": victim} if where == "endpoints" else victim
    mallory = scene.evil.add_actor("mallory", extra={where: value})
    before = len(scene.peer.received)
    await scene.evil.send(scene.ada.inbox_url, scene.evil.activity(mallory, "Follow", scene.ada.uri), by=mallory)
    await scene.home.drain()
    await scene.home.say(scene.ada, "For all")
    await scene.home.drain()
    row = await known(scene, mallory)
    told = (row.inbox_url, row.shared_inbox_url, row.followers_url) if row else ()
    assert victim not in told
    assert all(each["type"] != "Accept" for each in scene.peer.received[before:])


async def test_b16_junk_where_an_address_belongs_is_as_nothing(scene: Scene) -> None:
    for slot in ["inbox", "outbox", "followers", "url", "icon", "featured", "image", "endpoints"]:
        junk: list[Any] = [
            {},
            [],
            None,
            7,
            True,
            "javascript:alert(1)",
            "x" * 5000,
            [[]],
            {"id": {}},
            "http://",
            "\x00",
            -1,
        ]
        async with scene.nothing_happens():
            for value in junk:
                document = scene.eve.document() | {slot: value}
                await scene.eve_sends(scene.evil.activity(scene.eve, "Update", document, to=[PUBLIC]))
        eve = await known(scene, scene.eve)
        assert eve is None or not any("javascript" in str(value) for value in vars(eve).values())


async def test_b17_only_actors_act(scene: Scene) -> None:
    odd_types: list[Any] = ["Note", "Collection", "Create", "Person2", ["Note", "Create"], None, 5, {}]
    for type_ in odd_types:
        odd = scene.evil.add_actor("odd", extra={"type": type_})
        async with scene.nothing_happens():
            await scene.evil.send(scene.ada.inbox_url, scene.evil.activity(odd, "Follow", scene.ada.uri), by=odd)
            await scene.home.drain()


@pytest.mark.parametrize("scheme", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "java\nscript:x"])
async def test_b18_no_page_links_to_a_script(scene: Scene, scheme: str) -> None:
    """Mastodon, May 2025."""
    note = scene.peer.note(scene.rosa, f'<p><a href="{scheme}">x</a></p>', url=scheme, inReplyTo=scene.post.uri)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    page = (await scene.home.get(f"/@ada/{scene.post.id}")).text
    assert "script:" not in page
    assert 'href="data:' not in page


async def test_b20_a_collection_does_not_go_on_elsewhere(scene: Scene) -> None:
    await scene.home.say(scene.ada, "Hello", in_reply_to_id=(await _stored(scene)).id)
    url = f"{scene.evil.base}/replies"
    scene.evil.serve(
        "/replies", {"id": url, "type": "Collection", "first": f"{scene.peer.base}/x", "next": f"{scene.peer.base}/y"}
    )
    before = len(scene.peer.requests)
    note = scene.evil.note(scene.eve, inReplyTo=scene.post.uri, cc=[scene.ada.uri], replies=url)
    await scene.eve_sends(scene.evil.create(note, by=scene.eve))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    await scene.home.say(scene.ada, "And you?", in_reply_to_id=stored.id)
    await scene.home.drain()
    assert [each.path for each in scene.peer.requests[before:] if each.path in ("/x", "/y")] == []


async def _stored(scene: Scene) -> Post:
    post = await post_of(scene.home, scene.note["id"])
    assert post is not None
    return post


async def test_b21_one_actor_has_one_id(scene: Scene) -> None:
    for alias in [
        "{uri}/",
        "{uri}?x=1",
        "{uri}#x",
        "HTTP://HUB.TEST{path}",
        "http://hub.test/ap//actors/{key}",
        "{page}",
    ]:
        path = scene.ada.uri.removeprefix(scene.home.url)
        target = alias.format(uri=scene.ada.uri, path=path, key=scene.ada.id, page=f"{scene.home.url}/@ADA/")
        await scene.eve_sends(scene.evil.activity(scene.eve, "Follow", target), inbox=scene.ada.inbox_url)
        assert await actors_at(scene, [target, scene.ada.uri, scene.eve.uri]) <= {scene.ada.uri, scene.eve.uri}
        assert (await scene.home.actor(scene.ada)).followers_count in (1, 2)


async def actors_at(scene: Scene, uris: list[str]) -> set[str]:
    """Under which of these ids there is somebody."""
    return set(await scene.home.hub.database.read(lambda session: find_actors_by_uri(session, uris)))


async def test_b22_what_one_host_does_is_not_laid_on_another(scene: Scene) -> None:
    """Eve's server leads to Rosa's with errors; that must not make Rosa's look as if it were down."""
    scene.evil.serve("/notes/1", status=302, headers={"Location": f"{scene.peer.base}/missing"})
    for _ in range(5):
        assert await found(scene, f"{scene.evil.base}/notes/1") is None
    before = len(scene.peer.received)
    await scene.home.say(scene.ada, "Are you there?")
    await scene.home.drain()
    assert len(scene.peer.received) == before + 1
