"""Somebody moves: out of our hub, into it, and from one server to a third; whoever follows them follows along."""

import pytest

from fedihub.errors import Conflict
from fedihub.services.following import accept_request
from fedihub.services.moves import add_alias, come_back, move_away
from fedihub.services.profiles import ProfileChanges, update_profile
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.follows import FollowState
from storage.notifications import NotificationKind
from storage.views.member_page import follow_state
from tests.journeys.conftest import both
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.stories import actor_of, follows, tell, told


async def stands(hub: RunningHub, follower: Actor, followed: Actor) -> FollowState | None:
    """How one of the hub's own stands to somebody."""
    return await hub.hub.database.read(lambda session: follow_state(session, followed.id, viewer_id=follower.id))


async def test_ada_moves_to_another_hub_and_her_followers_come_along(
    home: RunningHub, away: RunningHub, peer: Peer, rosa: PeerActor
) -> None:
    # Ada is followed by Ben of her own hub, by Zoe of another one, and by Rosa of a server like Mastodon.
    ada, ben = await home.member("ada"), await home.member("ben")
    zoe, new = await away.member("zoe"), await away.member("ada")
    await home.follow(ben, ada)
    there = await resolve_handle(away.hub, "@ada@hub.test")
    await away.follow(zoe, there)
    await follows(peer, rosa, home, ada)
    await both(home, away)

    # She can't move to where nobody expects her.
    with pytest.raises(Conflict):
        await move_away(home.hub, actor_id=ada.id, handle="@ada@away.test")
    await both(home, away)
    assert await stands(away, zoe, there) is FollowState.ACCEPTED

    # Her new account names the old one; then she moves.
    await add_alias(away.hub, actor_id=new.id, handle="@ada@hub.test")
    here = await move_away(home.hub, actor_id=ada.id, handle="@ada@away.test")
    await both(home, away)
    assert await stands(away, zoe, new) is FollowState.ACCEPTED
    assert await stands(away, zoe, there) is None
    assert await stands(home, ben, here) is FollowState.ACCEPTED
    assert await stands(home, ben, ada) is None
    assert [NotificationKind.MOVE in await told(hub, who) for hub, who in ((home, ben), (away, zoe))] == [True, True]

    # Rosa's server gets what it needs to do the same, the profile first.
    types = [each["type"] for each in peer.received if each["type"] in ("Update", "Move")]
    assert types[-2:] == ["Update", "Move"]
    move = next(each for each in peer.received if each["type"] == "Move")
    assert (move["actor"], move["object"], move["target"]) == (ada.uri, ada.uri, new.uri)
    update = next(each for each in peer.received if each["type"] == "Update" and "movedTo" in each["object"])
    assert update["object"]["movedTo"] == new.uri
    assert (await away.document(new.uri))["alsoKnownAs"] == [ada.uri]

    # Whoever looks for her is told where she is, and nobody can follow the old account any more.
    assert "away.test/ap/actors" in (await home.get("/@ada", accept="text/html")).text
    await follows(peer, peer.add_actor("otto"), home, ada)
    assert peer.received[-1]["type"] == "Reject"

    # She may come back; that is a change of the profile, and nobody is moved by it.
    await come_back(home.hub, actor_id=ada.id)
    await both(home, away)
    assert "movedTo" not in await home.document(ada.uri)
    assert await stands(away, zoe, new) is FollowState.ACCEPTED


async def test_rosa_moves_into_our_hub_where_followers_are_approved(
    home: RunningHub, ada: Actor, peer: Peer, rosa: PeerActor
) -> None:
    # Ada follows Rosa on her old server.
    old = await resolve_handle(home.hub, f"@{rosa.handle}")
    await home.follow(ada, old)
    await home.drain()
    asked = await peer.wait_for(lambda each: each["type"] == "Follow")
    await tell(peer, rosa, home, peer.activity(rosa, "Accept", asked["id"]))

    # Rosa joins our hub, approves her followers there, and moves.
    new = await home.member("rosa")
    locked = ProfileChanges(approves_followers=True)
    await update_profile(home.hub, actor_id=new.id, by_member_id=new.id, changes=locked)
    await add_alias(home.hub, actor_id=new.id, handle=f"@{rosa.handle}")
    await tell(peer, rosa, home, peer.activity(rosa, "Move", rosa.uri, target=new.uri))

    # Ada has asked, and Rosa lets her.
    assert await stands(home, ada, new) is FollowState.REQUESTED
    assert await stands(home, ada, old) is None
    assert peer.received[-1]["type"] == "Undo"
    await accept_request(home.hub, actor_id=new.id, follower_id=ada.id)
    assert await stands(home, ada, new) is FollowState.ACCEPTED
    row = await actor_of(home, rosa)
    assert row is not None
    assert row.moved_to_uri == new.uri
