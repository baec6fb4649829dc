"""A post for members of the hub alone: talked about here, and nowhere else, whatever is done with it (local-only)."""

import pytest

from fedihub.errors import Missing, NotAllowed
from fedihub.services.posting import delete_post, edit_post
from fedihub.services.reactions import boost, like
from fedihub.services.resolving import resolve_handle, resolve_url
from storage.actors import Actor
from storage.notifications import NotificationKind
from storage.posts import Post
from tests.journeys.conftest import both
from tests.support.client import client_for
from tests.support.hub import ACTIVITY_JSON, RunningHub
from tests.support.stories import post_of, told


async def friends(home: RunningHub, away: RunningHub) -> tuple[Actor, Actor, Actor]:
    """Ada and Bob here, Zoe there; both others follow Ada."""
    ada, bob, zoe = await home.member("ada"), await home.member("bob"), await away.member("zoe")
    await home.follow(bob, ada)
    await away.follow(zoe, await resolve_handle(away.hub, "@ada@hub.test"))
    await both(home, away)
    return ada, bob, zoe


async def heard_of(away: RunningHub) -> int:
    """How much has ever arrived at the other hub."""
    return len(await away.log())


async def test_a_whole_life_of_which_no_other_hub_hears(home: RunningHub, away: RunningHub) -> None:
    ada, bob, zoe = await friends(home, away)
    before = await heard_of(away)

    # Ada writes among us, and even names Zoe. Bob reads it, likes it and answers; his answer stays here, too.
    post = await home.say(ada, "Among us: @zoe@away.test has her birthday on Friday", local_only=True)
    app = await client_for(home, bob)
    shown = (await app.get("/api/v1/timelines/home"))[0]
    assert (shown["uri"], shown["local_only"]) == (post.uri, True)
    await like(home.hub, actor_id=bob.id, post_id=post.id)
    answer = await home.say(bob, "Let's bake! @zoe@away.test must not know", in_reply_to_id=post.id)
    assert answer.is_local_only
    assert {NotificationKind.LIKE, NotificationKind.MENTION} <= set(await told(home, ada))

    # Nobody can carry it out of the house.
    with pytest.raises(NotAllowed):
        await boost(home.hub, actor_id=bob.id, post_id=post.id)
    await edit_post(home.hub, post_id=post.id, by_actor_id=ada.id, text="Among us: on Saturday, @zoe@away.test")
    await delete_post(home.hub, post_id=post.id, by_actor_id=ada.id)
    await both(home, away)
    assert await heard_of(away) == before
    for each in (post, answer):
        assert await post_of(away, each.uri) is None
    assert await told(away, zoe) == []


async def test_it_cannot_be_fetched_either(home: RunningHub, away: RunningHub) -> None:
    """Zoe has its address, from somebody who talked."""
    ada, _, _ = await friends(home, away)
    open_post = await home.say(ada, "For everybody")
    post = await home.say(ada, "Among us", local_only=True)
    for wanted in (post.uri, post.url or ""):
        with pytest.raises(Missing):
            await resolve_url(away.hub, wanted)
    for uri in (post.uri, f"{post.uri}/replies", f"{post.uri}/likes"):
        assert (await home.get(uri, accept=ACTIVITY_JSON)).status == 404
    outbox = await home.document((await home.document(f"{ada.uri}/outbox"))["first"])
    assert [item["object"]["id"] for item in outbox["orderedItems"]] == [open_post.uri]
    assert (await home.get(f"/@ada/{post.id}", accept="text/html")).status == 404


async def test_what_is_said_to_a_conversation_from_elsewhere_can_stay_here(home: RunningHub, away: RunningHub) -> None:
    """Zoe asks; Ada and Bob agree among themselves before one of them answers her."""
    ada, bob, zoe = await friends(home, away)
    await home.follow(ada, await resolve_handle(home.hub, "@zoe@away.test"))
    await both(home, away)
    question = await away.say(zoe, "Who comes on Friday?")
    await both(home, away)
    here = await post_of(home, question.uri)
    assert here is not None
    aside = await home.say(ada, "Shall we?", in_reply_to_id=here.id, local_only=True)
    agreed = await home.say(bob, "Yes", in_reply_to_id=aside.id)
    await both(home, away)
    assert (await away.post(question.id)).replies_count == 0

    loud = await home.say(ada, "We do!", in_reply_to_id=here.id)
    await both(home, away)
    there = await post_of(away, loud.uri)
    assert isinstance(there, Post)
    assert there.in_reply_to_id == question.id
    for each in (aside, agreed):
        assert await post_of(away, each.uri) is None
    replies = await away.document(f"{question.uri}/replies")
    assert aside.uri not in str(replies)
