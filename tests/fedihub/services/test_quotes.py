"""Quotes among our own people: what peers may learn of them is what they may learn of the posts."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from fedihub.services.quotes import revoke_quote
from storage.actors import Actor
from storage.database import Session
from storage.posts import Audience, Post
from storage.quotes import QuoteStamp
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.stories import follows


@pytest.fixture
async def ada(home: RunningHub) -> Actor:
    """A member."""
    return await home.member("ada")


@pytest.fixture
async def bea(home: RunningHub) -> Actor:
    """Another member."""
    return await home.member("bea")


async def stamps(home: RunningHub) -> Sequence[QuoteStamp]:
    """Every consent that was given."""

    async def unit(session: Session) -> Sequence[QuoteStamp]:
        return (await session.scalars(select(QuoteStamp))).all()

    return await home.hub.database.read(unit)


async def shown(home: RunningHub, stamp: QuoteStamp) -> int:
    """The answer to a server that asks for a consent."""
    return (await home.get(home.hub.uris.quote_stamp(str(stamp.id)), accept="application/activity+json")).status


async def test_the_consent_to_a_public_quote_is_public(home: RunningHub, ada: Actor, bea: Actor) -> None:
    post = await home.say(bea, "Hello")
    await home.say(ada, "Look", quoted_id=post.id)
    (stamp,) = await stamps(home)
    assert await shown(home, stamp) == 200


@pytest.mark.parametrize("which", ["the quoted post", "the quote"])
async def test_of_what_stays_here_no_consent_tells(home: RunningHub, ada: Actor, bea: Actor, which: str) -> None:
    post = await home.say(bea, "Between us", local_only=which == "the quoted post")
    quote = await home.say(ada, "Look", quoted_id=post.id, local_only=which == "the quote")
    assert quote.is_local_only
    for stamp in await stamps(home):
        assert await shown(home, stamp) == 404


async def told_of(home: RunningHub, peer: Peer, quoted: Post, quoting: Post, *, by: Actor) -> list[str]:
    """What a follower's server hears when a consent is taken back."""
    before = len(peer.received)
    await revoke_quote(home.hub, post_id=quoted.id, quoting_id=quoting.id, by_actor_id=by.id)
    await home.drain()
    return [each["type"] for each in peer.received[before:]]


@pytest.mark.parametrize(("audience", "heard"), [(Audience.PUBLIC, ["Delete"]), (Audience.MENTIONED, [])])
async def test_the_end_of_a_consent_is_told_to_whom_the_quote_was(
    home: RunningHub, ada: Actor, bea: Actor, peer: Peer, *, audience: Audience, heard: list[str]
) -> None:
    await follows(peer, peer.add_actor("rosa"), home, bea)
    post = await home.say(bea, "Hello")
    quote = await home.say(ada, "@bea look", audience=audience, quoted_id=post.id)
    await home.drain()
    assert await told_of(home, peer, post, quote, by=bea) == heard
