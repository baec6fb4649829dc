"""A copy of the database went astray: everybody gets new keys, and nobody elsewhere notices more than that."""

from fedihub.services.lives import change_keys
from fedihub.services.reactions import like
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.posts import Audience
from storage.received import ReceivedState
from tests.journeys.conftest import both
from tests.support.hub import RunningHub
from tests.support.stories import post_of


async def test_a_friendship_outlives_new_keys(home: RunningHub, away: RunningHub, ada: Actor) -> None:
    # Zoe, on another hub, follows Ada; her hub has seen Ada's key.
    zoe = await away.member("zoe")
    there = await resolve_handle(away.hub, "@ada@hub.test")
    await away.follow(zoe, there)
    await both(home, away)
    first = await home.say(ada, "Under my first key")
    await both(home, away)
    assert await post_of(away, first.uri) is not None
    before = (await home.document(ada.uri))["publicKey"]["publicKeyPem"]

    # Ada and both servers get new keys, Ada twice.
    for hub, actor_id in (
        (home, ada.id),
        (home, await home.hub.signers.server_id()),
        (away, await away.hub.signers.server_id()),
    ):
        await change_keys(hub.hub, actor_id=actor_id)
        await both(home, away)
    await change_keys(home.hub, actor_id=ada.id)
    await both(home, away)
    assert (await home.document(ada.uri))["publicKey"]["publicKeyPem"] != before
    assert (await away.log())[0].state is ReceivedState.APPLIED

    # Nothing else has changed: what she says arrives, what is said to her comes back.
    second = await home.say(ada, "Under my newest key", audience=Audience.FOLLOWERS)
    await both(home, away)
    copy = await post_of(away, second.uri)
    assert copy is not None
    await like(away.hub, actor_id=zoe.id, post_id=copy.id)
    await away.say(zoe, "I hear you", in_reply_to_id=copy.id)
    await both(home, away)
    told = await home.post(second.id)
    assert (told.likes_count, told.replies_count) == (1, 1)
    assert {each.state for each in await home.log()} == {ReceivedState.APPLIED}
