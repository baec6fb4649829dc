"""Two hubs that disagree about who follows whom notice it, and mend it, before anybody reads what is not for them."""

from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.database import Session
from storage.follows import Follow, FollowState, find_follow, request_follow
from storage.posts import Audience
from storage.rows import new_row
from storage.unfollowing import remove_follow
from tests.journeys.conftest import both
from tests.support.hub import RunningHub
from tests.support.stories import post_of


async def follow_of(hub: RunningHub, follower: Actor, followed: Actor) -> Follow | None:
    """A follow as a hub knows it."""

    async def unit(session: Session) -> Follow | None:
        return await find_follow(session, follower_id=follower.id, followed_id=followed.id)

    return await hub.hub.database.read(unit)


async def test_a_hub_that_lost_its_memory_is_told_who_follows(home: RunningHub, away: RunningHub) -> None:
    """Ada is followed by Bob and, as far as her hub remembers, no longer by Zoe; Ines it remembers by mistake."""
    ada, bob, zoe, _ = await home.member("ada"), *[await away.member(name) for name in ("bob", "zoe", "ines")]
    there = await resolve_handle(away.hub, "@ada@hub.test")
    for member in (bob, zoe):
        await away.follow(member, there)
    await both(home, away)
    zoe_here, ines_here = [await resolve_handle(home.hub, f"@{name}@away.test") for name in ("zoe", "ines")]

    async def forget(session: Session) -> None:
        await remove_follow(session, follower_id=zoe_here.id, followed_id=ada.id)
        follow = new_row(
            Follow,
            id=home.hub.ids.next(),
            follower_id=ines_here.id,
            followed_id=ada.id,
            state=FollowState.ACCEPTED,
            created_at=home.hub.clock.now(),
        )
        await request_follow(session, follow)

    await home.hub.database.write(forget)

    # The next thing for followers alone brings the two together.
    first = await home.say(ada, "For those who follow me", audience=Audience.FOLLOWERS)
    await both(home, away)
    assert await post_of(away, first.uri) is not None
    assert await follow_of(away, zoe, there) is None
    assert await follow_of(away, bob, there) is not None
    assert await follow_of(home, ines_here, ada) is None
    assert (await home.actor(ada)).followers_count == 1
