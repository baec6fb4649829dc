"""Somebody asks the operator why a friend does not see a post; the operator asks the hub (`fedihub fed …`)."""

from fedihub.services.explain import Why, explain
from fedihub.services.fetching import look_at
from fedihub.services.host_policies import Decision, decide
from fedihub.services.posting import delete_post
from fedihub.services.preview import preview_elsewhere, preview_own
from fedihub.services.resolving import resolve_handle
from fedihub.translate.readings import PeerKind
from storage.actors import Actor
from storage.host_policies import HostLevel
from storage.posts import Audience
from tests.journeys.conftest import both
from tests.support.hub import RunningHub
from tests.support.stories import post_of


async def friends(home: RunningHub, away: RunningHub) -> tuple[Actor, Actor]:
    """Ada here and Zoe there, who follows her."""
    ada, zoe = await home.member("ada"), await away.member("zoe")
    await away.follow(zoe, await resolve_handle(away.hub, "@ada@hub.test"))
    await both(home, away)
    return ada, zoe


async def test_where_a_post_is_while_the_other_hub_is_down(home: RunningHub, away: RunningHub) -> None:
    ada, zoe = await home.member("ada"), await away.member("zoe")
    early = await home.say(ada, "Is anybody here?")
    await away.follow(zoe, await resolve_handle(away.hub, "@ada@hub.test"))
    await both(home, away)
    assert (await explain(home.hub, early.id, "away.test")).why is Why.FOLLOWED_LATER

    # The other hub is down: the post waits, and the reason stands there.
    await away.go_down()
    post = await home.say(ada, "Hello, Zoe's hub")
    await home.drain()
    waiting = await explain(home.hub, post.id, "away.test")
    assert waiting.why in {Why.WAITING, Why.HELD}
    assert waiting.followers == ("@zoe@away.test",)
    assert waiting.deliveries[0].last_error

    # It is back, says so by writing to us, and the answer is another one.
    await away.come_back()
    await away.say(zoe, "I am back, @ada@hub.test")
    await both(home, away)
    arrived = await explain(home.hub, post.id, "away.test")
    assert (arrived.why, arrived.deliveries[0].last_status) == (Why.DELIVERED, 202)
    assert await post_of(away, post.uri) is not None


async def test_what_was_never_meant_to_go_there(home: RunningHub, away: RunningHub) -> None:
    ada, _ = await friends(home, away)
    bob = await home.member("bob")
    asked = {
        Why.LOCAL_ONLY: await home.say(ada, "Among us", local_only=True),
        Why.NOBODY_THERE: await home.say(bob, "Nobody follows me"),
    }
    await both(home, away)
    for why, post in asked.items():
        assert (await explain(home.hub, post.id, "away.test")).why is why
        assert await post_of(away, post.uri) is None
    await decide(home.hub, "away.test", Decision(HostLevel.BLOCKED, reason="Adverts"))
    late = await home.say(ada, "To my friends", audience=Audience.FOLLOWERS)
    assert (await explain(home.hub, late.id, "away.test")).why is Why.BLOCKED


async def test_what_was_taken_back(home: RunningHub, away: RunningHub) -> None:
    """Ada deletes a post while the other hub is down, and asks herself whether Zoe can still read it."""
    ada, zoe = await friends(home, away)
    post = await home.say(ada, "I should not have said that")
    await both(home, away)
    await away.go_down()
    await delete_post(home.hub, post_id=post.id, by_actor_id=ada.id)
    await home.drain()
    still = await explain(home.hub, post.id, "away.test")
    assert still.why in {Why.WAITING, Why.HELD}
    assert "has not heard" in still.text
    assert await post_of(away, post.uri) is not None

    await away.come_back()
    await away.say(zoe, "I am back, @ada@hub.test")
    await both(home, away)
    assert (await explain(home.hub, post.id, "away.test")).why is Why.TAKEN_BACK
    assert await post_of(away, post.uri) is None


async def test_both_ends_see_the_same_post(home: RunningHub, away: RunningHub) -> None:
    """What our operator is shown as preview is what theirs fetches, and what their members read."""
    ada, _ = await friends(home, away)
    post = await home.say(ada, "It stands! #bridge", content_warning="Heights", language="en")
    await both(home, away)

    looked = await look_at(away.hub, post.uri)
    assert (looked.status, looked.verdict, looked.url) == (200, "believed", post.uri)
    assert looked.signed_by.startswith("http://away.test/")
    meant = looked.meaning
    assert (meant["is"], meant["author"], meant["audience"]) == ("a post", ada.uri, "public")
    assert (meant["warning"], meant["hashtags"], meant["language"]) == ("Heights", ["bridge"], "en")
    seen = await post_of(away, post.uri)
    assert seen is not None
    assert (seen.content_warning, seen.audience.value, seen.language) == ("Heights", "public", "en")

    ours = await preview_own(home.hub, post.id, PeerKind.MASTODON)
    theirs = await preview_elsewhere(away.hub, post.uri, PeerKind.MASTODON)
    assert ours.reading == theirs.reading
    assert looked.document is not None
    assert looked.document["content"] == ours.document["content"]

    # Of what is for few, the other hub's operator sees no more than any stranger; Zoe's copy came to her inbox.
    letter = await home.say(ada, "@zoe@away.test psst", audience=Audience.MENTIONED)
    await both(home, away)
    assert await post_of(away, letter.uri) is not None
    refused = await look_at(away.hub, letter.uri)
    assert (refused.status, refused.meaning) == (404, {})
    assert (await explain(away.hub, seen.id, "hub.test")).why is Why.NOT_OURS
    assert (await explain(home.hub, letter.id, "away.test")).mentioned_there == ("@zoe@away.test",)
