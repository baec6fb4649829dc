"""Being listed in collections that people elsewhere make (FEP-7aa9), as Mastodon 4.6 asks for it."""

from typing import Any

import pytest

from fedihub.services.features import MOST_FOR_HOST
from fedihub.services.following import block
from fedihub.services.profiles import ProfileChanges, update_profile
from storage.actors import Actor
from tests.fedihub.inbox.conftest import Scene
from tests.support.hub import ACTIVITY_JSON
from tests.support.peer import PUBLIC, Activity
from tests.support.stories import actor_of, follows, verdict

CONTEXT = ["https://www.w3.org/ns/activitystreams", {"FeatureRequest": "https://w3id.org/fep/7aa9#FeatureRequest"}]


def asking(scene: Scene, whom: Actor, *, collection: str = "/collections/1", **changed: Any) -> Activity:
    """As Mastodon 4.6 sends it: no actor is named."""
    more = {"@context": CONTEXT, "actor": None, "instrument": f"{scene.rosa.uri}{collection}"}
    return scene.peer.activity(scene.rosa, "FeatureRequest", whom.uri, **more | changed)


def answers(scene: Scene) -> list[Activity]:
    """What Rosa was answered."""
    return [each for each in scene.peer.received if each["type"] in ("Accept", "Reject")]


async def hide(scene: Scene) -> None:
    """Ada no longer wants to be found."""
    changes = ProfileChanges(discoverable=False)
    await update_profile(scene.home.hub, actor_id=scene.ada.id, by_member_id=scene.ada.id, changes=changes)
    await scene.home.drain()


async def test_who_wants_to_be_found_agrees_with_a_proof(scene: Scene) -> None:
    request = asking(scene, scene.ada)
    await scene.rosa_sends(request)
    (accept,) = answers(scene)
    assert (accept["type"], accept["object"], accept["to"]) == ("Accept", request["id"], [scene.rosa.uri])
    stamp = await scene.home.document(accept["result"])
    assert stamp["type"] == "FeatureAuthorization"
    assert (stamp["interactingObject"], stamp["interactionTarget"]) == (request["instrument"], scene.ada.uri)


async def test_one_server_gets_so_many_consents_and_no_more(scene: Scene) -> None:
    """Whoever makes up collections fills no table here, and sets off no flood when the consents are taken back."""
    for number in range(MOST_FOR_HOST + 5):
        request = asking(scene, scene.ada, collection=f"/collections/{number}")
        await scene.peer.send(scene.home.shared_inbox, request, by=scene.rosa)
    await scene.home.drain()
    given = [each["type"] for each in answers(scene)]
    assert (given.count("Accept"), given.count("Reject")) == (MOST_FOR_HOST, 5)
    assert (await scene.rows())["feature_stamps"] == MOST_FOR_HOST


async def test_a_project_can_be_listed_too(scene: Scene) -> None:
    bridge = await scene.home.project("bridge", founder=scene.ada)
    await scene.rosa_sends(asking(scene, bridge))
    assert [each["type"] for each in answers(scene)] == ["Accept"]


async def test_the_profile_says_who_may(scene: Scene) -> None:
    policy = (await scene.home.document(scene.ada.uri))["interactionPolicy"]
    assert policy == {"canFeature": {"automaticApproval": [PUBLIC]}}
    await hide(scene)
    policy = (await scene.home.document(scene.ada.uri))["interactionPolicy"]
    assert policy == {"canFeature": {"automaticApproval": [scene.ada.uri]}}


async def test_who_does_not_want_to_be_found_refuses(scene: Scene) -> None:
    await hide(scene)
    request = asking(scene, scene.ada)
    await scene.rosa_sends(request)
    assert [(each["type"], each["object"]) for each in answers(scene)] == [("Reject", request["id"])]


async def test_who_is_blocked_is_refused(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    await block(scene.home.hub, actor_id=scene.ada.id, target_id=rosa.id)
    await scene.home.drain()
    scene.peer.received.clear()
    await scene.rosa_sends(asking(scene, scene.ada))
    assert [each["type"] for each in answers(scene)] == ["Reject"]


async def test_asking_twice_gives_the_same_proof(scene: Scene) -> None:
    await scene.rosa_sends(asking(scene, scene.ada))
    await scene.rosa_sends(asking(scene, scene.ada))
    assert len({each["result"] for each in answers(scene)}) == 1


async def test_a_proof_is_for_who_asked_for_it(scene: Scene) -> None:
    await scene.rosa_sends(asking(scene, scene.ada))
    scene.peer.received.clear()
    nora = scene.peer.add_actor("nora")
    request = asking(scene, scene.ada, id=f"{nora.uri}#requests/1")
    assert (await scene.peer.send(scene.home.shared_inbox, request, by=nora)).status == 202
    await scene.home.drain()
    assert [each["type"] for each in answers(scene)] == ["Reject"]


async def test_what_was_taken_back_is_not_given_again(scene: Scene) -> None:
    await scene.rosa_sends(asking(scene, scene.ada))
    await hide(scene)
    changes = ProfileChanges(discoverable=True)
    await update_profile(scene.home.hub, actor_id=scene.ada.id, by_member_id=scene.ada.id, changes=changes)
    await scene.rosa_sends(asking(scene, scene.ada))
    assert [each["type"] for each in answers(scene)] == ["Accept", "Reject"]


async def test_hiding_takes_back_what_was_agreed_to(scene: Scene) -> None:
    await scene.rosa_sends(asking(scene, scene.ada))
    stamp = answers(scene)[0]["result"]
    await hide(scene)
    delete = await scene.peer.wait_for(lambda each: each["type"] == "Delete")
    assert (delete["actor"], delete["object"]["id"]) == (scene.ada.uri, stamp)
    assert delete["object"]["type"] == "FeatureAuthorization"
    assert (await scene.home.get(stamp, accept=ACTIVITY_JSON)).status == 404


@pytest.mark.parametrize(
    "changed", [{"instrument": "http://evil.test/collections/1"}, {"instrument": None}, {"id": None}]
)
async def test_what_nobody_vouches_for_is_not_answered(scene: Scene, changed: dict[str, Any]) -> None:
    await scene.rosa_sends(asking(scene, scene.ada, **changed))
    assert (await verdict(scene.home))[1] == "collection_elsewhere"
    assert answers(scene) == []


async def test_the_signer_of_a_request_without_an_actor_asks_for_nobody_else(scene: Scene) -> None:
    """Eve cannot ask in Rosa's name, and what she says without a name is her own."""
    await scene.eve_sends(asking(scene, scene.ada, id=f"{scene.eve.uri}#requests/1"))
    assert (await verdict(scene.home))[1] == "collection_elsewhere"
    assert answers(scene) == []


async def test_nobody_unknown_is_asked_for(scene: Scene) -> None:
    stranger = scene.ada.model_copy(update={"uri": f"{scene.home.url}/ap/actors/1"})
    await scene.rosa_sends(asking(scene, stranger))
    assert (await verdict(scene.home))[1] == "no_such_actor"
    assert answers(scene) == []
