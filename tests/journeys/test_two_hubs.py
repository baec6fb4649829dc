"""Two hubs of the same kind, with each other: everything that one says, the other understands."""

from fedihub.services.following import unfollow
from fedihub.services.posting import delete_post, edit_post
from fedihub.services.reactions import boost, like
from fedihub.services.resolving import resolve_handle
from storage.notifications import NotificationKind
from storage.paging import Window
from storage.posts import Audience
from storage.views.timelines import list_home
from tests.journeys.conftest import both
from tests.support.hub import RunningHub
from tests.support.stories import post_of, told


async def test_a_friendship_between_two_hubs(home: RunningHub, away: RunningHub) -> None:
    ada, zoe = await home.member("ada"), await away.member("zoe")
    bridge = await home.project("bridge", founder=ada, description="We build a bridge.")

    # Zoe finds the project from her hub, and follows it.
    found = await resolve_handle(away.hub, "@bridge@hub.test")
    assert (found.uri, found.wire_type, found.display_name) == (bridge.uri, "Organization", "bridge")
    await away.follow(zoe, found)
    await both(home, away)
    assert (await home.actor(bridge)).followers_count == 1
    assert (await away.actor(zoe)).following_count == 1

    # An update arrives in her home timeline, with its hashtag and its link to the writer's words.
    update = await home.say(bridge, "It stands! #bridge", writer_id=ada.id, language="en")
    await both(home, away)
    there = await post_of(away, update.uri)
    assert there is not None
    assert (there.language, there.audience) == ("en", Audience.PUBLIC)
    views = await away.hub.database.read(lambda session: list_home(session, zoe.id, window=Window()))
    assert [view.uri for view in views] == [update.uri]

    # She answers, likes it and passes it on; all of that comes home.
    answer = await away.say(zoe, "Congratulations!", in_reply_to_id=there.id)
    await like(away.hub, actor_id=zoe.id, post_id=there.id)
    await boost(away.hub, actor_id=zoe.id, post_id=there.id)
    await both(home, away)
    here = await home.post(update.id)
    assert (here.replies_count, here.likes_count, here.boosts_count) == (1, 1, 1)
    answered = await post_of(home, answer.uri)
    assert answered is not None
    assert answered.conversation_id == update.conversation_id
    kinds = {NotificationKind.FOLLOW, NotificationKind.MENTION, NotificationKind.LIKE, NotificationKind.BOOST}
    assert set(await told(home, bridge)) == kinds

    # The update is corrected, and in the end taken back.
    await edit_post(home.hub, post_id=update.id, by_actor_id=bridge.id, text="It stands, really!")
    await both(home, away)
    changed = await post_of(away, update.uri)
    assert changed is not None
    assert "really" in changed.content_html
    await delete_post(home.hub, post_id=update.id, by_actor_id=bridge.id)
    await both(home, away)
    assert await post_of(away, update.uri) is None
    assert await post_of(away, answer.uri) is not None

    # Zoe has seen enough.
    await unfollow(away.hub, actor_id=zoe.id, target_id=found.id)
    await both(home, away)
    assert (await home.actor(bridge)).followers_count == 0


async def test_a_message_between_two_stays_between_two(home: RunningHub, away: RunningHub) -> None:
    ada, zoe = await home.member("ada"), await away.member("zoe")
    await away.member("ines")
    secret = await home.say(ada, "@zoe@away.test psst", audience=Audience.MENTIONED)
    await both(home, away)
    there = await post_of(away, secret.uri)
    assert there is not None
    assert there.audience is Audience.MENTIONED
    assert await told(away, zoe) == [NotificationKind.MENTION]

    back = await away.say(zoe, "What?", audience=Audience.MENTIONED, in_reply_to_id=there.id)
    await both(home, away)
    here = await post_of(home, back.uri)
    assert here is not None
    assert here.conversation_id == secret.conversation_id
    for uri in (secret.uri, back.uri):
        assert (await home.get(uri)).status == 404
        assert (await away.get(uri)).status == 404


async def test_one_hub_is_away_for_a_while(home: RunningHub, away: RunningHub) -> None:
    ada, zoe = await home.member("ada"), await away.member("zoe")
    await away.follow(zoe, await resolve_handle(away.hub, "@ada@hub.test"))
    await both(home, away)
    await away.go_down()
    post = await home.say(ada, "Anybody there?")
    await both(home, away)
    assert await post_of(away, post.uri) is None

    await away.come_back()
    await away.say(zoe, "I am back, @ada@hub.test")  # whoever writes to us can be written to
    await both(home, away)
    assert await post_of(away, post.uri) is not None
