"""What somebody passes on counts as its author's own if the author's proof is in it, and as a hint if not."""

from typing import Any

import orjson
import pytest
from sqlalchemy import select
from sqlmodel import col

from federation.identifiers import ActorUri
from federation.proofs import read_proof
from federation.signatures.keys import parse_multikey
from storage.database import Session
from storage.deliveries import OutgoingActivity
from storage.posts import Audience
from storage.quotes import QuotePolicy
from storage.received import ReceivedState
from tests.fedihub.inbox.conftest import Scene
from tests.support.keys import STRANGERS_KEY, ed25519_key
from tests.support.peer import PUBLIC, Activity
from tests.support.proofs import created, with_proof
from tests.support.stories import answer_to, post_of, verdict


def proved(scene: Scene, **faults: Any) -> Activity:
    """An answer of Rosa's with her proof, whose origin does not have it (any more)."""
    scene.rosa.with_ed25519 = True
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "proved")
    del scene.peer.objects[note["id"]]
    return with_proof(scene.peer.create(note, by=scene.rosa), scene.rosa, **faults)


async def test_it_is_taken_though_its_origin_is_not_asked(scene: Scene) -> None:
    activity = proved(scene)
    await scene.eve_sends(activity)
    stored = await post_of(scene.home, activity["object"]["id"])
    assert stored is not None
    assert "proved" in stored.content_html
    (received,) = await scene.home.log()
    assert (received.actor_uri, received.activity_type) == (scene.rosa.uri, "Create")
    assert {request.path for request in scene.peer.requests} <= {"/users/rosa", "/.well-known/webfinger"}


async def test_who_passes_it_on_addresses_nobody(scene: Scene) -> None:
    """Rosa wrote to Eve alone; that Eve brings it to Ada's own inbox does not make it a letter to Ada."""
    scene.rosa.with_ed25519 = True
    note = scene.peer.note(scene.rosa, "<p>Between us</p>", to=[scene.eve.uri], cc=[])
    letter = with_proof(scene.peer.create(note, by=scene.rosa), scene.rosa)
    await scene.eve_sends(letter, inbox=scene.ada.inbox_url)
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "not_relevant")
    assert await post_of(scene.home, note["id"]) is None


async def test_it_is_the_same_activity_whoever_sends_it(scene: Scene) -> None:
    activity = proved(scene)
    await scene.eve_sends(activity)
    await scene.rosa_sends(activity)
    assert len(await scene.home.log()) == 1


@pytest.mark.parametrize(
    "faults",
    [
        {"key": ed25519_key(STRANGERS_KEY)},
        {"proofPurpose": "authentication"},
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"verificationMethod": "http://evil.test/users/eve#ed25519-key"},
        {"verificationMethod": "http://peer.test/users/rita#ed25519-key"},
        {"verificationMethod": "http://peer.test/users/rosa#no-such-key"},
        {"verificationMethod": "http://peer.test/users/rosa#main-key"},
        {"@context": "https://w3id.org/security/v1"},
        {"expires": "2026-01-25T12:00:00Z"},
        {"created": created(days_ago=3)},
        {"created": created(days_ago=-1)},
    ],
)
async def test_a_proof_with_a_fault_is_never_honoured(scene: Scene, faults: dict[str, Any]) -> None:
    scene.eve.with_ed25519 = True
    rita = scene.peer.add_actor("rita", with_ed25519=True, key_number=scene.rosa.key_number)
    assert rita.key_number == scene.rosa.key_number
    activity = proved(scene, **faults)
    before = await scene.rows()
    await scene.eve_sends(activity)
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "http_404")
    assert await scene.rows() == before


async def test_a_key_on_another_host_is_not_even_fetched(scene: Scene) -> None:
    """Or anybody could make us ask a third party."""
    scene.evil.add_actor("mallory", with_ed25519=True)
    await scene.eve_sends(proved(scene, verificationMethod="http://evil.test/users/mallory#ed25519-key"))
    assert scene.evil.seen("/users/mallory") == []


async def test_a_word_changed_by_who_passes_it_on_breaks_the_proof(scene: Scene) -> None:
    activity = proved(scene)
    activity["object"] = activity["object"] | {"content": "forged"}
    before = await scene.rows()
    await scene.eve_sends(activity)
    assert await scene.rows() == before


async def test_a_proof_of_eves_says_nothing_about_rosa(scene: Scene) -> None:
    scene.eve.with_ed25519 = True
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "forged")
    del scene.peer.objects[note["id"]]
    activity = with_proof(scene.peer.create(note, by=scene.rosa), scene.eve)
    before = await scene.rows()
    await scene.eve_sends(activity)
    assert await scene.rows() == before


@pytest.mark.parametrize("type_", ["Follow", "Like", "Undo", "Announce", "Accept", "Block", "Move"])
async def test_other_acts_are_not_taken_from_third_hands(scene: Scene, type_: str) -> None:
    """A proof never ends: an old Follow with one could be sent again by anybody, at any time."""
    scene.rosa.with_ed25519 = True
    activity = with_proof(scene.peer.activity(scene.rosa, type_, scene.ada.uri), scene.rosa)
    before = await scene.rows()
    answer = await scene.evil.send(scene.home.shared_inbox, activity, by=scene.eve)
    assert (answer.status, answer.json()["reason"]) == (401, "actor_is_not_signer")
    await scene.home.drain()
    assert await scene.rows() == before


async def test_what_we_say_to_everybody_carries_our_proof(scene: Scene) -> None:
    document = await scene.home.document(scene.ada.uri)
    key = parse_multikey(document["assertionMethod"][0]["publicKeyMultibase"])
    (create,) = await scene.home.hub.database.read(_said)
    claim = read_proof(create, owner=ActorUri(scene.ada.uri), now=scene.home.hub.clock.now())
    assert claim is not None
    assert claim.key_id == document["assertionMethod"][0]["id"]
    assert claim.is_proved_by(key)


@pytest.mark.parametrize("audience", [Audience.FOLLOWERS, Audience.MENTIONED])
async def test_what_we_say_in_confidence_carries_none(scene: Scene, audience: Audience) -> None:
    """Or whoever heard it could prove to everybody that it was said."""
    await scene.home.say(scene.ada, "psst", audience=audience)
    assert "proof" not in (await scene.home.hub.database.read(_said))[-1]


async def _said(session: Session) -> list[Activity]:
    said = select(col(OutgoingActivity.body)).order_by(col(OutgoingActivity.id))
    return [orjson.loads(body) for body in await session.scalars(said)]


@pytest.mark.parametrize("with_edit", [True, False])
async def test_an_old_create_passed_on_sets_nothing_back(scene: Scene, *, with_edit: bool) -> None:
    """Rosa's post answers what can't be had, so her Create may still complete it; but who may quote it she has decided
    anew since, with an edit or without.
    """
    scene.rosa.with_ed25519 = True
    anyone, nobody = ({"canQuote": {"automaticApproval": allowed}} for allowed in ([PUBLIC], [scene.rosa.uri]))
    about: dict[str, Any] = {"cc": [scene.ada.uri], "published": "2026-01-24T12:00:00Z"}
    note = scene.peer.note(scene.rosa, inReplyTo="http://peer.test/nothing", interactionPolicy=anyone, **about)
    old = with_proof(scene.peer.create(note, by=scene.rosa), scene.rosa)
    await scene.rosa_sends(old)
    later = note | {"interactionPolicy": nobody}
    if with_edit:
        later |= {"content": "<p>Edited</p>", "updated": "2026-01-24T13:00:00Z"}
    scene.peer.objects[note["id"]] = later
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Update", later, to=note["to"], cc=note["cc"]))
    decided = await post_of(scene.home, note["id"])
    assert decided is not None
    assert decided.quote_policy == QuotePolicy.NOBODY
    await scene.eve_sends(orjson.dumps(old, option=orjson.OPT_INDENT_2))
    assert await post_of(scene.home, note["id"]) == decided
