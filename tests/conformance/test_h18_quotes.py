"""What others quote: shown as a quote only with the quoted author's consent, and kept in any case (FEP-044f)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from storage.quotes import QuoteState
from tests.conformance.conftest import Scene
from tests.support.peer import AS_CONTEXT, Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.quoting import quote_in, stamp_of, state_of
from tests.support.resolver import TestResolver
from tests.support.stories import follows, post_of, tell

MISSKEY_LINK = {
    "type": "Link",
    "mediaType": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    "rel": "https://misskey-hub.net/ns#_misskey_quote",
}


@pytest.fixture
async def other(resolver: TestResolver) -> AsyncIterator[Peer]:
    """A third server."""
    async with Peer.running("other.test", resolver=resolver) as running:
        yield running


@pytest.fixture
def otto(other: Peer) -> PeerActor:
    """Whom Rosa quotes."""
    return other.add_actor("otto")


async def hears_quote(scene: Scene, quoted: str, **extra: Any) -> Activity:
    """Rosa, whom Ada follows, quotes a post; gives her note."""
    await scene.ada_follows_rosa()
    note = scene.peer.note(scene.rosa, "<p>Look at this</p>", **{"quote": quoted} | extra)
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    return note


def stamped(scene: Scene, other: Peer, otto: PeerActor, quoted: str, **changed: Any) -> Activity:
    """A note of Rosa's that quotes, and names a stamp of Otto's."""
    note = scene.peer.note(scene.rosa, "<p>Look</p>", quote=quoted)
    note["quoteAuthorization"] = stamp_of(other, otto, quoting=note["id"], quoted=quoted, **changed)
    return note


@pytest.mark.parametrize("word", ["quote", "quoteUrl", "quoteUri", "_misskey_quote"])
async def test_h18_every_word_for_a_quote_is_read(scene: Scene, other: Peer, otto: PeerActor, word: str) -> None:
    quoted = other.note(otto)
    note = await hears_quote(scene, quoted["id"], **{"quote": None, word: quoted["id"]})
    quote = await quote_in(scene.home, note["id"])
    assert quote is not None
    assert (quote.quoted_uri, quote.state) == (quoted["id"], QuoteState.PENDING)


async def test_h18_an_object_link_is_a_quote_when_it_says_so(scene: Scene, other: Peer, otto: PeerActor) -> None:
    quoted = other.note(otto)
    link = MISSKEY_LINK | {"href": quoted["id"]}
    note = await hears_quote(scene, quoted["id"], quote=None, tag=[link])
    assert await state_of(scene.home, note["id"]) is QuoteState.PENDING
    note = scene.peer.note(scene.rosa, tag=[{**link, "rel": "cite"}])
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    assert await quote_in(scene.home, note["id"]) is None


async def test_h18_a_quote_with_a_stamp_of_the_quoted_author_is_shown(
    scene: Scene, other: Peer, otto: PeerActor
) -> None:
    quoted = other.note(otto, "<p>Wise words</p>")
    await scene.ada_follows_rosa()
    note = stamped(scene, other, otto, quoted["id"])
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    assert await state_of(scene.home, note["id"]) is QuoteState.ACCEPTED
    stored = await post_of(scene.home, quoted["id"])
    assert stored is not None
    assert stored.content_html == "<p>Wise words</p>"


@pytest.mark.parametrize(
    "changed",
    [
        {"attributedTo": "http://other.test/users/somebody"},
        {"interactingObject": "http://peer.test/another"},
        {"interactionTarget": "http://other.test/another"},
        {"type": "Note"},
        {"id": "http://other.test/stamps/2"},
    ],
)
async def test_h18_a_stamp_for_something_else_allows_nothing(
    scene: Scene, other: Peer, otto: PeerActor, changed: dict[str, str]
) -> None:
    quoted = other.note(otto)
    await scene.ada_follows_rosa()
    note = stamped(scene, other, otto, quoted["id"], **changed)
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    assert await state_of(scene.home, note["id"]) is QuoteState.PENDING


async def test_h18_a_stamp_from_another_host_than_the_quoted_authors_is_not_even_fetched(
    scene: Scene, other: Peer, otto: PeerActor
) -> None:
    quoted = other.note(otto)
    await scene.ada_follows_rosa()
    note = scene.peer.note(scene.rosa, quote=quoted["id"])
    forged = stamp_of(scene.peer, scene.rosa, quoting=note["id"], quoted=quoted["id"], attributedTo=otto.uri)
    note["quoteAuthorization"] = forged
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    quote = await quote_in(scene.home, note["id"])
    assert quote is not None
    assert (quote.state, quote.approval_uri) == (QuoteState.PENDING, None)
    assert not [seen for seen in scene.peer.requests if seen.path == "/stamps/1"]


async def test_h18_ones_own_post_may_be_quoted_without_asking(scene: Scene) -> None:
    first = scene.peer.note(scene.rosa, "<p>First</p>")
    note = await hears_quote(scene, first["id"])
    assert await state_of(scene.home, note["id"]) is QuoteState.ACCEPTED


async def test_h18_an_embedded_quoted_post_is_not_believed(scene: Scene, other: Peer, otto: PeerActor) -> None:
    quoted = other.note(otto, "<p>What Otto said</p>")
    await hears_quote(scene, quoted["id"], quote=quoted | {"content": "<p>What Otto never said</p>"})
    stored = await post_of(scene.home, quoted["id"])
    assert stored is not None
    assert stored.content_html == "<p>What Otto said</p>"


@pytest.mark.parametrize("what", ["boost", "tombstone", "nothing"])
async def test_h18_where_there_is_no_post_to_quote_the_post_is_kept(
    scene: Scene, other: Peer, otto: PeerActor, what: str
) -> None:
    uri = f"{other.base}/things/1"
    documents = {
        "boost": other.activity(otto, "Announce", f"{other.base}/things/2") | {"id": uri},
        "tombstone": {"@context": AS_CONTEXT, "id": uri, "type": "Tombstone"},
    }
    if what in documents:
        other.objects[uri] = documents[what]
    note = await hears_quote(scene, uri)
    assert await state_of(scene.home, note["id"]) is QuoteState.PENDING
    quote = await quote_in(scene.home, note["id"])
    assert quote is not None
    assert quote.quoted_post_id is None


async def test_h18_a_quoted_post_that_is_only_shown_to_be_gone_is_no_quote(scene: Scene) -> None:
    note = await hears_quote(scene, "", quote={"type": "Tombstone"})
    assert await quote_in(scene.home, note["id"]) is None


async def test_h18_what_is_not_open_is_not_quoted(scene: Scene, other: Peer, otto: PeerActor) -> None:
    quoted = other.note(otto, to=[otto.followers], cc=[])
    await scene.ada_follows_rosa()
    note = stamped(scene, other, otto, quoted["id"])
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is not None
    assert await quote_in(scene.home, note["id"]) is None


async def test_h18_a_quoted_post_that_comes_later_is_found(scene: Scene, other: Peer, otto: PeerActor) -> None:
    first = scene.peer.note(scene.rosa, "<p>First</p>")
    scene.peer.objects.pop(first["id"])
    note = await hears_quote(scene, first["id"])
    assert await state_of(scene.home, note["id"]) is QuoteState.PENDING
    await scene.hears(scene.peer.create(first, by=scene.rosa))
    assert await state_of(scene.home, note["id"]) is QuoteState.ACCEPTED


async def test_h18_a_consent_that_comes_later_is_taken_from_an_update_without_a_new_time(
    scene: Scene, other: Peer, otto: PeerActor
) -> None:
    quoted = other.note(otto)
    note = await hears_quote(scene, quoted["id"])
    note["quoteAuthorization"] = stamp_of(other, otto, quoting=note["id"], quoted=quoted["id"])
    await scene.hears(scene.peer.activity(scene.rosa, "Update", note))
    assert await state_of(scene.home, note["id"]) is QuoteState.ACCEPTED


async def test_h18_the_quoted_author_takes_the_consent_back(scene: Scene, other: Peer, otto: PeerActor) -> None:
    quoted = other.note(otto)
    await scene.ada_follows_rosa()
    note = stamped(scene, other, otto, quoted["id"])
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    stamp = note["quoteAuthorization"]

    eve = other.add_actor("eve")
    await follows(other, eve, scene.home, scene.ada)  # so that she is known
    await scene.hears(scene.peer.activity(scene.rosa, "Delete", stamp))
    await other.send(scene.home.shared_inbox, other.activity(eve, "Delete", stamp), by=eve)
    await scene.home.drain()
    assert await state_of(scene.home, note["id"]) is QuoteState.ACCEPTED

    await other.send(scene.home.shared_inbox, other.activity(otto, "Delete", stamp), by=otto)
    await scene.home.drain()
    assert await state_of(scene.home, note["id"]) is QuoteState.REVOKED
    assert await post_of(scene.home, note["id"]) is not None


async def test_h18_what_was_agreed_to_ends_with_the_quoted_post(scene: Scene, other: Peer, otto: PeerActor) -> None:
    """Whoever takes its id later does not stand in the quote."""
    await scene.ada_follows_rosa()
    quoted = await scene.hears_note("<p>Wise words</p>")
    assert quoted is not None
    note = other.note(otto, quote=quoted.uri, cc=[scene.ada.uri])
    note["quoteAuthorization"] = stamp_of(scene.peer, scene.rosa, quoting=note["id"], quoted=quoted.uri)
    await tell(other, otto, scene.home, other.create(note, by=otto))
    assert await state_of(scene.home, note["id"]) is QuoteState.ACCEPTED
    await scene.hears(scene.peer.activity(scene.rosa, "Delete", quoted.uri))
    eve = scene.peer.add_actor("eve")
    other_words = scene.peer.objects[quoted.uri] | {"attributedTo": eve.uri, "content": "<p>Other words</p>"}
    scene.peer.objects[quoted.uri] = other_words | {"cc": [scene.ada.uri]}
    await scene.hears(scene.peer.create(scene.peer.objects[quoted.uri], by=eve), by=eve)
    quote = await quote_in(scene.home, note["id"])
    assert quote is not None
    assert (quote.state, quote.approval_uri) == (QuoteState.PENDING, None)


async def test_h18_a_stamp_that_is_no_longer_served_ends_the_quote_at_the_next_look(
    scene: Scene, other: Peer, otto: PeerActor
) -> None:
    quoted = other.note(otto)
    await scene.ada_follows_rosa()
    note = stamped(scene, other, otto, quoted["id"])
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    other.serve("/stamps/1", status=404)
    await scene.hears(scene.peer.activity(scene.rosa, "Update", note))
    assert await state_of(scene.home, note["id"]) is QuoteState.REVOKED


async def test_h18_quotes_of_quotes_are_followed_only_so_far(scene: Scene, other: Peer, otto: PeerActor) -> None:
    first = other.note(otto, "<p>0</p>")
    chain = [first]
    for number in range(1, 6):
        chain.append(other.note(otto, f"<p>{number}</p>", quote=chain[-1]["id"]))
    await hears_quote(scene, chain[-1]["id"])
    known = [await post_of(scene.home, note["id"]) is not None for note in chain]
    assert known == [False, False, False, False, True, True]


async def hears_circle(scene: Scene, notes: list[Activity]) -> None:
    """Each quotes the next, and the last the first; the hub hears of the first."""
    await scene.ada_follows_rosa()
    for note, quoted in zip(notes, [*notes[1:], notes[0]], strict=True):
        note["quote"] = quoted["id"]
    await scene.hears(scene.peer.create(notes[0], by=scene.rosa))


@pytest.mark.parametrize("length", [2, 3])
async def test_h18_posts_that_quote_each_other_in_a_circle_are_kept(scene: Scene, length: int) -> None:
    notes = [scene.peer.note(scene.rosa) for _ in range(length)]
    before = len(scene.peer.requests)
    await hears_circle(scene, notes)
    assert [await state_of(scene.home, note["id"]) for note in notes] == [QuoteState.ACCEPTED] * length
    asked = [each.path for each in scene.peer.requests[before:] if "/statuses/" in each.path]
    assert len(asked) == length - 1, "what was sent is not fetched, and nothing is fetched twice"


async def test_h18_a_stamp_in_a_circle_of_quotes_counts(scene: Scene, other: Peer, otto: PeerActor) -> None:
    """What it is for arrives after the post that names it."""
    mine, theirs = scene.peer.note(scene.rosa), other.note(otto)
    theirs["quoteAuthorization"] = stamp_of(
        scene.peer, scene.rosa, quoting=theirs["id"], quoted=mine["id"], path="/stamps/circle"
    )
    mine["quoteAuthorization"] = stamp_of(other, otto, quoting=mine["id"], quoted=theirs["id"])
    await hears_circle(scene, [mine, theirs])
    assert await state_of(scene.home, mine["id"]) is QuoteState.ACCEPTED
    assert await state_of(scene.home, theirs["id"]) is QuoteState.ACCEPTED


async def test_h18_a_circle_of_quotes_by_other_addresses_is_one(scene: Scene) -> None:
    """The second names the first by the address of its page."""
    await scene.ada_follows_rosa()
    first = scene.peer.note(scene.rosa)
    second = scene.peer.note(scene.rosa, quote=scene.peer.serve("/pages/1", first))
    first["quote"] = second["id"]
    await scene.hears(scene.peer.create(first, by=scene.rosa))
    for note, quoted in ((first, second), (second, first)):
        quote = await quote_in(scene.home, note["id"])
        assert quote is not None
        assert (quote.quoted_uri, quote.state) == (quoted["id"], QuoteState.ACCEPTED)


async def test_h18_a_post_that_quotes_itself_by_another_address_quotes_nothing(scene: Scene) -> None:
    await scene.ada_follows_rosa()
    note = scene.peer.note(scene.rosa, quote=f"{scene.peer.base}/pages/1")
    scene.peer.serve("/pages/1", note)
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    assert await quote_in(scene.home, note["id"]) is None


async def test_h18_what_is_answered_and_quoted_is_stored_once(scene: Scene) -> None:
    """An answer to a post that quotes the answer, and quotes what it answers."""
    await scene.ada_follows_rosa()
    parent, answer = scene.peer.note(scene.rosa), scene.peer.note(scene.rosa)
    parent |= {"quote": answer["id"]}
    answer |= {"quote": parent["id"], "inReplyTo": parent["id"]}
    await scene.hears(scene.peer.create(answer, by=scene.rosa))
    stored = await post_of(scene.home, answer["id"])
    assert stored is not None
    assert stored.in_reply_to_id is not None
    assert await state_of(scene.home, parent["id"]) is QuoteState.ACCEPTED
    assert await state_of(scene.home, answer["id"]) is QuoteState.ACCEPTED
