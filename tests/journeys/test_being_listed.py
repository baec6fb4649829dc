"""Being found: who may list somebody in a collection, who may search their posts, and whose name stands at a page."""

from typing import Any

from fedihub.services.profiles import ProfileChanges, update_profile
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from tests.journeys.conftest import both
from tests.support.client import client_for
from tests.support.hub import ACTIVITY_JSON, RunningHub
from tests.support.peer import PUBLIC, Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.stories import tell
from tests.support.visitor import Visitor


async def changes(home: RunningHub, actor: Actor, **changed: bool) -> None:
    """Somebody changes what their profile says of being found."""
    told = ProfileChanges(**changed)  # type: ignore[arg-type]
    await update_profile(home.hub, actor_id=actor.id, by_member_id=actor.id, changes=told)
    await home.drain()


def asks_to_list(peer: Peer, who: PeerActor, whom: Actor, *, collection: str) -> Activity:
    """As Mastodon 4.6 asks."""
    return peer.activity(who, "FeatureRequest", whom.uri, instrument=f"{who.uri}/collections/{collection}")


async def shown(hub: RunningHub, reader: Actor, handle: str) -> dict[str, Any]:
    """What an app of somebody's shows of an account."""
    app = await client_for(hub, reader)
    account: dict[str, Any] = await app.get(f"/api/v1/accounts/lookup?acct={handle}")
    return account


async def test_a_collection_of_boat_builders(
    home: RunningHub, away: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor
) -> None:
    """Rosa, on a Mastodon, lists Ada; another hub can check that Ada agreed, until she wants to be left alone."""
    policy = (await home.document(ada.uri))["interactionPolicy"]
    assert policy["canFeature"]["automaticApproval"] == [PUBLIC]

    request = asks_to_list(peer, rosa, ada, collection="boats")
    await tell(peer, rosa, home, request)
    accept = await peer.wait_for(lambda each: each["type"] == "Accept")
    assert accept["object"] == request["id"]
    consent = await away.hub.dereferencer.document(accept["result"])
    assert (consent["type"], consent["interactionTarget"]) == ("FeatureAuthorization", ada.uri)
    assert consent["interactingObject"] == request["instrument"]

    # She has had enough of being found: Rosa's server is told, the consent is gone, and nobody gets a new one.
    await changes(home, ada, discoverable=False)
    delete = await peer.wait_for(lambda each: each["type"] == "Delete")
    assert delete["object"]["id"] == accept["result"]
    assert (await home.get(accept["result"], accept=ACTIVITY_JSON)).status == 404
    peer.received.clear()
    await tell(peer, rosa, home, asks_to_list(peer, rosa, ada, collection="sailors"))
    assert [each["type"] for each in peer.received] == ["Reject"]


async def test_another_hub_knows_who_wants_to_be_found(home: RunningHub, away: RunningHub) -> None:
    ada, zoe = await home.member("ada"), await away.member("zoe")
    await changes(home, ada, discoverable=True, indexable=True)
    await away.follow(zoe, await resolve_handle(away.hub, "@ada@hub.test"))
    await both(home, away)
    account = await shown(away, zoe, "ada@hub.test")
    assert (account["discoverable"], account["indexable"]) == (True, True)

    # She changes her mind about search, and then about all of it; her followers' hubs hear of it.
    await changes(home, ada, indexable=False)
    await both(home, away)
    account = await shown(away, zoe, "ada@hub.test")
    assert (account["discoverable"], account["indexable"]) == (True, False)
    await changes(home, ada, discoverable=False)
    await both(home, away)
    assert (await shown(away, zoe, "ada@hub.test"))["discoverable"] is False


async def test_who_shares_a_page_of_ours_names_its_author(home: RunningHub, away: RunningHub, ada: Actor) -> None:
    """What a server does with a link in a post: it reads the page's `fediverse:creator`, asks for whose handle that
    is, and believes it if that account speaks for the page's host.
    """
    post = await home.say(ada, "How to build a bridge")
    page = await Visitor(home).get(f"/@ada/{post.id}")
    creator = await resolve_handle(away.hub, page.meta["fediverse:creator"])
    assert creator.uri == ada.uri
    assert "hub.test" in (await away.hub.dereferencer.document(creator.uri))["attributionDomains"]
