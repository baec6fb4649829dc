"""Two hubs where readers must give their name (authorized fetch): friends read each other, and nobody else reads."""

from collections.abc import AsyncIterator

import pytest

from fedihub.errors import Missing
from fedihub.services.host_policies import Decision, decide
from fedihub.services.resolving import resolve_handle, resolve_url
from storage.host_policies import HostLevel
from storage.posts import Audience, Post
from tests.journeys.conftest import both
from tests.support.database import DatabaseFarm
from tests.support.hub import ACTIVITY_JSON, RunningHub, running_hub
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import follows, post_of


@pytest.fixture
async def home(database_url: str, resolver: TestResolver) -> AsyncIterator[RunningHub]:
    """Our hub, closed."""
    async with running_hub(database_url, resolver, authorized_fetch=True) as running:
        yield running


@pytest.fixture
async def away(database_farm: DatabaseFarm, database_kind: str, resolver: TestResolver) -> AsyncIterator[RunningHub]:
    """Another hub, as closed."""
    databases = database_farm.of(database_kind)
    url = databases.fresh()
    async with running_hub(url, resolver, host="away.test", authorized_fetch=True) as running:
        yield running
    databases.drop(url)


async def test_friends_behind_two_closed_doors(home: RunningHub, away: RunningHub) -> None:
    ada, zoe = await home.member("ada"), await away.member("zoe")
    early = await home.say(ada, "I was here before you")

    # Neither hub shows anything to somebody without a name, and yet each finds the other's people.
    ada_there = await resolve_handle(away.hub, "@ada@hub.test")
    zoe_here = await resolve_handle(home.hub, "@zoe@away.test")
    assert (ada_there.display_name, zoe_here.display_name) == ("ada", "zoe")
    await away.follow(zoe, ada_there)
    await home.follow(ada, zoe_here)
    await both(home, away)
    assert ((await home.actor(ada)).followers_count, (await away.actor(zoe)).followers_count) == (1, 1)

    # What is said from now on arrives, also what is for followers alone; what was said before is found by its address.
    friends = await home.say(ada, "Only for friends", audience=Audience.FOLLOWERS)
    await both(home, away)
    seen = await post_of(away, friends.uri)
    assert seen is not None
    assert seen.audience is Audience.FOLLOWERS
    found = await resolve_url(away.hub, early.url or "")
    assert isinstance(found, Post)
    assert found.uri == early.uri

    # They talk, and the conversation is one on both sides.
    answer = await away.say(zoe, "Now I am here, too", in_reply_to_id=found.id)
    await both(home, away)
    heard = await post_of(home, answer.uri)
    assert heard is not None
    assert (heard.in_reply_to_id, heard.conversation_id) == (early.id, early.conversation_id)


async def test_who_gives_no_name_gets_no_word(home: RunningHub, away: RunningHub) -> None:
    for hub, name in ((home, "ada"), (away, "zoe")):
        author = await hub.member(name)
        post = await hub.say(author, "Hello")
        for uri in (post.uri, f"{post.uri}/replies", f"{author.uri}/outbox"):
            answer = await hub.get(uri, accept=ACTIVITY_JSON)
            assert (answer.status, "Hello" in answer.text) == (401, False), uri
        stub = await hub.document(author.uri)  # no more than the key that others need
        assert "publicKey" in stub
        assert "name" not in stub


async def test_a_server_that_is_shut_out_can_sign_what_it_likes(home: RunningHub, away: RunningHub) -> None:
    ada = await home.member("ada")
    post = await home.say(ada, "Not for everybody")
    await decide(home.hub, "away.test", Decision(HostLevel.BLOCKED, reason="Scrapers"))
    for wanted in (post.uri, ada.uri):
        with pytest.raises(Missing):
            await resolve_url(away.hub, wanted)
    assert await post_of(away, post.uri) is None

    # The door is opened again.
    await decide(home.hub, "away.test", Decision(HostLevel.OPEN))
    found = await resolve_url(away.hub, post.uri)
    assert isinstance(found, Post)


async def test_a_closed_hub_and_a_closed_mastodon(home: RunningHub, peer: Peer, rosa: PeerActor) -> None:
    """Mastodon's secure mode asks the same of us as we ask of it."""
    peer.needs_signed_gets = True
    ada = await home.member("ada")
    await follows(peer, rosa, home, ada)
    accept = await peer.wait_for(lambda activity: activity["type"] == "Accept")
    assert accept["actor"] == ada.uri
    note = peer.note(rosa, "<p>Behind my door</p>")
    found = await resolve_url(home.hub, note["id"])
    assert isinstance(found, Post)
    assert "Behind my door" in found.content_html
    post = await home.say(ada, "Behind mine")
    await home.drain()
    assert (await peer.fetch(post.uri, by=rosa)).json()["content"] == "<p>Behind mine</p>"
    assert (await peer.fetch(post.uri)).status == 401
