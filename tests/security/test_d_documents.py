"""What does it say? Documents that are twisted, huge or senseless change nothing here, and break nothing.

The name of each test begins with the number of the attack; where it has one, its origin is named.
"""

import json
from typing import Any

import pytest

from storage.posts import Audience
from tests.security.conftest import Scene
from tests.support.peer import PUBLIC, Activity
from tests.support.stories import post_of


def raw_like(scene: Scene, text: str) -> bytes:
    """A Like of Ada's post by Eve, with something more in its text."""
    like = scene.evil.activity(scene.eve, "Like", scene.post.uri)
    return (json.dumps(like)[:-1] + f", {text}}}").encode()


async def refused(scene: Scene, body: bytes) -> None:
    """It is refused for what it is, and nothing happens."""
    async with scene.nothing_happens():
        assert (await scene.eve_sends(body)).status in (400, 413), body[:200]


SIGNATURE = {
    "type": "RsaSignature2017",
    "creator": "http://peer.test/users/rosa#main-key",
    "created": "2026-11-24T10:00:00Z",
    "signatureValue": "A" * 344,
}


async def test_d1_a_signature_in_the_document_proves_nothing(scene: Scene) -> None:
    """CVE-2022-24307, CVE-2026-42462 and their kin: Linked Data signatures are not read at all."""
    forged = scene.note | {"content": "<p>forged</p>", "updated": "2099-01-01T00:00:00Z"}
    for verb, target in (("Like", scene.secret.uri), ("Update", forged), ("Delete", scene.note["id"])):
        activity = scene.peer.activity(scene.rosa, verb, target) | {"signature": SIGNATURE}
        async with scene.nothing_happens():
            await scene.eve_sends(activity)
            wrapped = activity | {"@graph": [activity], "@included": [activity], "@reverse": {"object": activity}}
            await scene.eve_sends(wrapped)


async def test_d2_a_context_gives_no_word_another_meaning(scene: Scene) -> None:
    contexts: list[Any] = [
        {"actor": "https://www.w3.org/ns/activitystreams#object"},
        {"actor": {"@id": "as:attributedTo"}, "attributedTo": {"@id": "as:actor"}},
        {"id": "@type", "type": "@id"},
        {"@vocab": "http://evil.test/ns#"},
    ]
    for context in contexts:
        activity = scene.evil.activity(scene.eve, "Like", scene.secret.uri, attributedTo=scene.rosa.uri)
        async with scene.nothing_happens():
            await scene.eve_sends(activity | {"@context": context})


async def test_d3_no_context_is_ever_fetched(scene: Scene) -> None:
    for context in (f"{scene.evil.base}/context", "http://[::1]/x", [f"{scene.peer.base}/context", {"a": "b"}]):
        note = scene.evil.note(scene.eve, inReplyTo=scene.post.uri, cc=[scene.ada.uri])
        await scene.eve_sends(scene.evil.create(note, by=scene.eve) | {"@context": context})
        assert await post_of(scene.home, note["id"]) is not None
    asked = [each.path for server in (scene.evil, scene.peer) for each in server.requests]
    assert "/context" not in asked


@pytest.mark.parametrize("name", ["actor", "id", "type", "object"])
async def test_d4_a_key_stands_once(scene: Scene, name: str) -> None:
    await refused(scene, raw_like(scene, f'"{name}": "{scene.rosa.uri}"'))


async def test_d5_the_long_names_do_not_count(scene: Scene) -> None:
    """JSON-LD's `@id` and `@type` beside, or in place of, `id` and `type`."""
    like = scene.peer.activity(scene.rosa, "Like", scene.secret.uri)
    async with scene.nothing_happens():
        await scene.eve_sends(like | {"actor": scene.eve.uri, "@type": "Delete", "@id": scene.rosa.uri})
        await scene.eve_sends({"@type": "Like", "@id": "x:y", "actor": scene.rosa.uri, "object": scene.secret.uri})


async def test_d6_size_and_depth_have_limits(scene: Scene) -> None:
    bodies = [
        raw_like(scene, '"x": ' + "[" * 100_000 + "]" * 100_000),
        raw_like(scene, '"x": [' + "1," * 600_000 + "1]"),
        raw_like(scene, '"x": "' + "y" * 1_100_000 + '"'),
        raw_like(scene, ", ".join(f'"k{number}": 1' for number in range(100_000))),
        raw_like(scene, '"x": ' + '{"y":' * 1_000 + "1" + "}" * 1_000),
    ]
    for body in bodies:
        async with scene.nothing_happens():
            assert (await scene.eve_sends(body)).status in (400, 413)


NUMBERS = ["NaN", "Infinity", "-Infinity", "1e400", str(2**63), str(-(2**63) - 1), "1" * 400, "-1", "-0", "1.5"]


async def test_d7_numbers_are_numbers(scene: Scene) -> None:
    for number in NUMBERS:
        for slot in ("totalItems", "votersCount", "published"):
            note = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri)
            text = json.dumps(scene.peer.create(note | {"likes": {"type": "Collection", slot: 7}}, by=scene.rosa))
            body = text.replace(f'"{slot}": 7', f'"{slot}": {number}').encode()
            answer = await scene.peer.send(scene.home.shared_inbox, body, by=scene.rosa)
            assert answer.status in (202, 400)
            await scene.home.drain()
            stored = await post_of(scene.home, note["id"])
            assert stored is None or (stored.origin_likes or 0) >= 0


async def test_d8_text_is_utf_8_and_no_control(scene: Scene) -> None:
    good = json.dumps(scene.evil.activity(scene.eve, "Like", scene.post.uri))
    lone = raw_like(scene, '"x": "\\ud800"')
    nul = raw_like(scene, '"x": "\\u0000"')
    for body in (lone, nul, good.encode("utf-16"), good.encode("utf-32"), b"\xff" + good.encode(), good.encode()[:-9]):
        await refused(scene, body)


async def test_d9_words_are_written_in_one_way(scene: Scene) -> None:
    like = scene.evil.activity(scene.eve, "Like", scene.post.uri)
    for odd in (like | {"type": "LIKE"}, like | {"type": "like"}, like | {"type": " Like"}):
        async with scene.nothing_happens():
            await scene.eve_sends(odd)
    del like["actor"]
    async with scene.nothing_happens():
        await scene.eve_sends(like | {"Actor": scene.eve.uri})


async def test_d10_two_types_are_none(scene: Scene) -> None:
    for types in (["Create", "Delete"], ["Like", "Undo"], ["Like", "Like", "Follow"]):
        activity = scene.evil.activity(scene.eve, "Like", scene.post.uri) | {"type": types}
        async with scene.nothing_happens():
            await scene.eve_sends(activity)


UNREADABLE: list[Any] = [{"x": 1}, [[["a"]]], 7, True, "nobody", ["x"] * 3_000, {"items": [PUBLIC]}, None]


async def test_d11_what_is_not_understood_is_not_for_everybody(scene: Scene) -> None:
    for odd in UNREADABLE:
        note = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri, to=odd, cc=[scene.ada.uri])
        await scene.peer.send(scene.home.shared_inbox, scene.peer.activity(scene.rosa, "Create", note), by=scene.rosa)
        await scene.home.drain()
        stored = await post_of(scene.home, note["id"])
        assert stored is None or stored.audience is Audience.MENTIONED, odd


async def test_d11_everybody_has_three_spellings(scene: Scene) -> None:
    for public in (PUBLIC, "as:Public", "Public"):
        note = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri, to=public)
        await scene.rosa_sends(scene.peer.activity(scene.rosa, "Create", note))
        stored = await post_of(scene.home, note["id"])
        assert stored is not None
        assert stored.audience is Audience.PUBLIC


async def test_d12_nobody_is_addressed_in_secret(scene: Scene) -> None:
    """Neither do we send `bto` and `bcc`, nor serve those that we were sent."""
    await scene.home.say(scene.ada, "@rosa@peer.test hello", audience=Audience.MENTIONED)
    await scene.home.say(scene.ada, "For all")
    await scene.home.drain()
    note = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri, bto=[scene.ada.uri], bcc=[scene.eve.uri])
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa) | {"bcc": [scene.eve.uri]})
    shown = [json.dumps(each) for each in (*scene.peer.received, *scene.evil.received)]
    shown.append(json.dumps(await scene.home.document(scene.post.uri)))
    shown.append(json.dumps(await scene.home.document(f"{scene.ada.outbox_url}?page=0")))
    assert not any("bto" in text or "bcc" in text for text in shown)


def proof(scene: Scene, **more: Any) -> dict[str, Any]:
    """An object proof in Rosa's name, which she never made."""
    made = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": f"{scene.rosa.uri}#ed25519-key",
        "proofPurpose": "assertionMethod",
        "proofValue": "z" + "3" * 87,
        "created": "2026-11-24T10:00:00Z",
    }
    return made | more


async def test_d13_a_false_proof_in_the_document_proves_nothing(scene: Scene) -> None:
    """FEP-8b32: absent, of another purpose, by another key, of another kind."""
    own = f"{scene.eve.uri}#main-key"
    for made in (
        proof(scene),
        proof(scene, proofPurpose="authentication"),
        proof(scene, verificationMethod=own),
        proof(scene, cryptosuite="bbs-2023"),
        proof(scene, proofValue=""),
        proof(scene, proofValue=7),
        [proof(scene), proof(scene, verificationMethod=own)],
        {},
        "yes",
    ):
        activity = scene.peer.activity(scene.rosa, "Like", scene.secret.uri) | {"proof": made}
        async with scene.nothing_happens():
            await scene.eve_sends(activity)


TIMES = ["2999-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "2026-06-30T23:59:60Z", "soon", "", 7]


async def test_d14_nothing_is_pinned_on_top_by_its_date(scene: Scene) -> None:
    now = scene.home.hub.clock.now()
    for time in TIMES:
        note = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri, published=time, updated=time)
        await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
        stored = await post_of(scene.home, note["id"])
        assert stored is not None
        assert stored.published_at <= scene.home.hub.clock.now()
        assert stored.published_at.year >= 1970
    later = await scene.home.say(scene.ada, "I come after all of them")
    assert later.published_at >= now
    for path in ("/@ada", f"/@ada/{scene.post.id}"):
        assert (await scene.home.get(path)).status == 200


async def test_d15_one_poisoned_post_spoils_no_page(scene: Scene) -> None:
    """Mastodon GHSA-qrgq-9fx2-vf2r: a sanitiser that fails at one post must not hide the others."""
    poisons = [
        "<math><mi><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<svg><p><style><!--</style><a title='--&gt;'>",
        "<" * 5_000,
        "&#0;&#xD800;&#x110000;",
        "<p>" * 3_000,
        "<a href='http://x' onclick='y'>" * 500,
        "\u202e" * 2_000 + "<ruby><rt>",
    ]
    for poison in poisons:
        note = scene.peer.note(scene.rosa, poison, inReplyTo=scene.post.uri)
        await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
        assert await post_of(scene.home, note["id"]) is not None
    page = await scene.home.get(f"/@ada/{scene.post.id}")
    assert page.status == 200
    assert "Hello" in page.text
    for script in ("onerror=", "onclick=", "<math", "<svg><p>", "<style><!--"):
        assert script not in page.text


def odd_notes(scene: Scene) -> list[Activity]:
    """Posts of which one part is not what it should be."""
    odd: list[Any] = [{}, [], [1], 7, True, None, {"en": 7}, "x" * 100_000]
    slots = ("content", "summary", "name", "tag", "attachment", "url", "contentMap", "replies", "context", "source")
    changes = [{slot: value} for slot in slots for value in odd]
    return [scene.peer.note(scene.rosa, **({"inReplyTo": scene.post.uri} | change)) for change in changes]


async def test_d16_a_part_of_the_wrong_kind_does_no_harm(scene: Scene) -> None:
    for note in odd_notes(scene):
        answer = await scene.peer.send(scene.home.shared_inbox, scene.peer.create(note, by=scene.rosa), by=scene.rosa)
        assert answer.status in (202, 400, 413)
    await scene.home.drain()
    waiting = [row for row in await scene.home.log() if row.state == "waiting"]
    assert waiting == []
    assert (await scene.home.get(f"/@ada/{scene.post.id}")).status == 200
