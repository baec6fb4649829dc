"""A member goes silent for a while, and another one leaves for good: what everybody else is left with."""

from fedihub.services.lives import end_actor, suspend_actor, unsuspend_actor
from fedihub.services.reactions import like
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor, find_actor_by_uri
from storage.paging import Window
from storage.posts import Audience
from storage.views.timelines import list_home
from tests.journeys.conftest import both
from tests.support.client import client_for
from tests.support.hub import ACTIVITY_JSON, RunningHub
from tests.support.stories import post_of


async def home_of(hub: RunningHub, who: Actor) -> list[str]:
    """The ids of the posts in somebody's home timeline."""
    views = await hub.hub.database.read(lambda session: list_home(session, who.id, window=Window()))
    return [view.uri for view in views]


async def row(hub: RunningHub, uri: str) -> Actor:
    """What a hub knows of an actor."""
    found = await hub.hub.database.read(lambda session: find_actor_by_uri(session, uri))
    assert found is not None
    return found


async def test_silence_for_a_time_is_silence_everywhere_and_nothing_is_lost(
    home: RunningHub, away: RunningHub, ada: Actor
) -> None:
    # Zoe, on another hub, follows Ada and reads her.
    zoe = await away.member("zoe")
    await away.follow(zoe, await resolve_handle(away.hub, "@ada@hub.test"))
    await both(home, away)
    post = await home.say(ada, "hello world")
    app = await client_for(home, ada)
    await both(home, away)
    assert await home_of(away, zoe) == [post.uri]

    # The operator silences her: here and there she and her words are hidden, and her apps are signed out.
    await suspend_actor(home.hub, actor_id=ada.id)
    await both(home, away)
    assert (await row(away, ada.uri)).is_hidden
    assert await home_of(away, zoe) == []
    assert (await home.get(post.uri, accept=ACTIVITY_JSON)).status == 403
    assert (await app.call("GET", "/api/v1/accounts/verify_credentials")).status == 401

    # It is taken back, and all is as before.
    await unsuspend_actor(home.hub, actor_id=ada.id)
    await both(home, away)
    assert not (await row(away, ada.uri)).is_hidden
    assert await home_of(away, zoe) == [post.uri]
    assert (await home.get(post.uri, accept=ACTIVITY_JSON)).status == 200
    assert (await home.actor(ada)).followers_count == 1


async def test_who_leaves_for_good_leaves_nothing_behind(home: RunningHub, away: RunningHub, ada: Actor) -> None:
    # Ada has friends on two hubs. Zoe has answered her, and she Zoe.
    ben, zoe, ines = await home.member("ben"), await away.member("zoe"), await away.member("ines")
    there = await resolve_handle(away.hub, "@ada@hub.test")
    await away.follow(zoe, there)
    await home.follow(ben, ada)
    await home.follow(ada, await resolve_handle(home.hub, "@ines@away.test"))
    await both(home, away)
    post = await home.say(ada, "hello world")
    secret = await home.say(ada, "for friends", audience=Audience.FOLLOWERS)
    await both(home, away)
    copy = await post_of(away, post.uri)
    assert copy is not None
    answer = await away.say(zoe, "hello Ada", in_reply_to_id=copy.id)
    await both(home, away)
    heard = await post_of(home, answer.uri)
    assert heard is not None
    thanks = await home.say(ada, "hello Zoe", in_reply_to_id=heard.id)
    await like(home.hub, actor_id=ada.id, post_id=heard.id)
    await both(home, away)
    assert (await away.post(answer.id)).likes_count == 1
    assert (await away.actor(ines)).followers_count == 1

    # She leaves. Her words are gone from both hubs, and so is every trace in numbers and lists.
    await end_actor(home.hub, actor_id=ada.id)
    await both(home, away)
    for hub in (home, away):
        assert [await post_of(hub, each.uri) for each in (post, secret, thanks)] == [None, None, None]
        assert (await row(hub, ada.uri)).gone_at is not None
    assert (await away.post(answer.id)).likes_count == 0
    assert (await away.actor(ines)).followers_count == 0
    assert (await away.actor(zoe)).following_count == 0
    assert (await home.actor(ben)).following_count == 0
    assert await home_of(home, ben) == []
    assert await home_of(away, zoe) == [answer.uri]

    # Her address answers that she is gone, now that everybody knows.
    for uri in (ada.uri, post.uri):
        assert (await home.get(uri, accept=ACTIVITY_JSON)).status == 410
    assert (await home.get("/.well-known/webfinger?resource=acct:ada@hub.test")).status == 410
