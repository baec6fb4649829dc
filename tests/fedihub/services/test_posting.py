"""Posting: what is said, to whom it goes, and what never fails because of a peer."""

import asyncio

import pytest

from fedihub.errors import Invalid, Missing, NotAllowed
from fedihub.services.posting import delete_post, edit_post, publish_post
from storage.actors import ActorKind, list_actors
from storage.deliveries import list_deliveries
from storage.notifications import NotificationKind
from storage.posts import Audience
from tests.support.counting import count_rows
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.resolver import TestResolver
from tests.support.stories import follows, told


async def queued(home: RunningHub) -> set[str]:
    """The inboxes to which something is on its way."""
    found = await home.hub.database.read(lambda session: list_deliveries(session, limit=1000))
    return {delivery.inbox_url for delivery, _ in found}


@pytest.mark.parametrize(
    ("audience", "hosts"),
    [
        (Audience.PUBLIC, {"peer.test", "named.test"}),
        (Audience.QUIET, {"peer.test", "named.test"}),
        (Audience.FOLLOWERS, {"peer.test", "named.test"}),
        (Audience.MENTIONED, {"named.test"}),
    ],
)
async def test_a_post_goes_to_exactly_whom_it_is_for(
    home: RunningHub, peer: Peer, resolver: TestResolver, audience: Audience, hosts: set[str]
) -> None:
    async with (
        Peer.running("named.test", resolver=resolver) as named,
        Peer.running("gone.test", resolver=resolver) as gone,
    ):
        ada, rosa, ines = await home.member("ada"), peer.add_actor("rosa"), gone.add_actor("ines")
        named.add_actor("otto")
        await follows(peer, rosa, home, ada)
        follow = await follows(gone, ines, home, ada)
        await gone.send(home.shared_inbox, gone.activity(ines, "Undo", follow), by=ines)
        await home.drain()
        await home.say(ada, "Hello @otto@named.test", audience=audience)
        await home.drain()
        reached = {
            each.host for each in (peer, named, gone) if any(activity["type"] == "Create" for activity in each.received)
        }
        assert reached == hosts


async def test_a_dead_peer_does_not_fail_a_post(home: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handle stays text."""
    monkeypatch.setattr("fedihub.services.resolving.MENTION_SECONDS", 0.5)
    ada = await home.member("ada")
    post = await home.say(ada, "Hello @ana@dead.test and @bob@also-dead.test")
    assert post.content_html == "<p>Hello @ana@dead.test and @bob@also-dead.test</p>"
    assert await queued(home) == set()


async def test_a_peer_that_never_answers_is_not_waited_for(
    home: RunningHub, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedihub.services.resolving.MENTION_SECONDS", 0.2)
    ada = await home.member("ada")
    peer.add_actor("rosa")
    peer.hold()
    post = await home.say(ada, "Hello @rosa@peer.test")
    peer.release()
    assert post.content_html == "<p>Hello @rosa@peer.test</p>"


async def test_many_handles_cost_few_look_ups(home: RunningHub, resolver: TestResolver) -> None:
    ada = await home.member("ada")
    await home.say(ada, " ".join(f"@a@nowhere{number}.test" for number in range(40)))
    assert len({name for name in resolver.asked if name.startswith("nowhere")}) <= 10


async def test_members_who_are_named_are_told(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    post = await home.say(ada, "Hello @bob, @BOB@hub.test and @ada")
    assert await told(home, bob) == [NotificationKind.MENTION]
    assert await told(home, ada) == []
    assert post.content_html.count('href="http://hub.test/@bob"') == 2


@pytest.mark.parametrize("text", ["", "   \n", "\u202e", "x" * 5001])
async def test_a_text_must_be_there_and_fit(home: RunningHub, text: str) -> None:
    ada = await home.member("ada")
    with pytest.raises(Invalid):
        await home.say(ada, text)
    assert (await home.actor(ada)).posts_count == 0


async def test_the_same_key_gives_the_same_post(home: RunningHub) -> None:
    """A client that hears nothing asks again, perhaps while the first request is still under way."""
    ada, bob = await home.member("ada"), await home.member("bob")

    async def once(author_id: int) -> int:
        return await publish_post(
            home.hub, author_id=author_id, text="Hi", audience=Audience.PUBLIC, idempotency_key="key"
        )

    ids = await asyncio.gather(*(once(ada.id) for _ in range(10)))
    assert len(set(ids)) == 1
    assert await once(bob.id) not in ids
    assert (await home.actor(ada)).posts_count == 1


async def test_only_the_author_edits_and_deletes(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    post, secret = await home.say(ada, "Mine"), await home.say(ada, "Secret", audience=Audience.MENTIONED)
    for target, error in ((post, NotAllowed), (secret, Missing)):
        with pytest.raises(error):
            await edit_post(home.hub, post_id=target.id, by_actor_id=bob.id, text="Yours")
        with pytest.raises(error):
            await delete_post(home.hub, post_id=target.id, by_actor_id=bob.id)
    assert (await home.post(post.id)).source_text == "Mine"


async def test_what_one_cannot_see_cannot_be_answered(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    secret = await home.say(ada, "Secret", audience=Audience.MENTIONED)
    with pytest.raises(Missing):
        await home.say(bob, "What?", in_reply_to_id=secret.id)


async def test_a_post_and_its_deliveries_are_one_thing(home: RunningHub, peer: Peer) -> None:
    """What fails, fails whole."""
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    await follows(peer, rosa, home, ada)
    before = await home.hub.database.read(count_rows)
    with pytest.raises(Missing):
        await home.say(ada, "Hi", in_reply_to_id=1)
    assert await home.hub.database.read(count_rows) == before


async def test_a_name_that_is_learnt_by_mentioning_is_kept(home: RunningHub, peer: Peer) -> None:
    ada = await home.member("ada")
    peer.add_actor("rosa")
    post = await home.say(ada, "Hello @rosa@peer.test")
    assert 'href="http://peer.test/@rosa"' in post.content_html
    known = await home.hub.database.read(lambda session: list_actors(session, ActorKind.REMOTE))
    assert [actor.username for actor in known] == ["rosa"]
