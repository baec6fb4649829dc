"""A quote between two hubs: asked for, allowed, seen by a third, taken back (FEP-044f); and a pinned post."""

from fedihub.services.pins import pin
from fedihub.services.quotes import revoke_quote, set_quote_policy
from fedihub.services.resolving import resolve_handle, resolve_url
from fedihub.workers import pins
from storage.actors import Actor
from storage.database import Session
from storage.notifications import NotificationKind
from storage.paging import Window
from storage.pins import list_pinned
from storage.posts import Post
from storage.quotes import QuotePolicy, QuoteState
from storage.views.posts import PostView
from storage.views.timelines import list_home
from tests.journeys.conftest import both
from tests.support.hub import RunningHub
from tests.support.quoting import state_of
from tests.support.stories import post_of, told


async def newest(hub: RunningHub, reader: Actor) -> PostView:
    """What stands first in somebody's home timeline."""
    return (await hub.hub.database.read(lambda db: list_home(db, reader.id, window=Window())))[0]


async def friends(home: RunningHub, away: RunningHub) -> tuple[Actor, Actor, Actor]:
    """Ada here; Zoe and Ines there. Ada follows Zoe, Zoe and Ines follow Ada."""
    ada, zoe, ines = await home.member("ada"), await away.member("zoe"), await away.member("ines")
    there = await resolve_handle(away.hub, "@ada@hub.test")
    await away.follow(zoe, there)
    await away.follow(ines, there)
    await home.follow(ada, await resolve_handle(home.hub, "@zoe@away.test"))
    await both(home, away)
    return ada, zoe, ines


async def copy_of(hub: RunningHub, post: Post) -> Post:
    """Another hub's copy of a post."""
    copy = await post_of(hub, post.uri)
    assert copy is not None
    return copy


async def test_a_victory_is_quoted_with_consent_until_that_is_taken_back(home: RunningHub, away: RunningHub) -> None:
    ada, zoe, _ = await friends(home, away)
    victory = await home.say(ada, "We have sold the first boat!")
    await both(home, away)

    # Zoe quotes it from her hub; Ada's hub agrees at once, and tells her.
    seen = await copy_of(away, victory)
    quoting = await away.say(zoe, "I helped to paint it", quoted_id=seen.id)
    assert await state_of(away, quoting.uri) is QuoteState.PENDING
    await both(home, away)
    assert await state_of(away, quoting.uri) is QuoteState.ACCEPTED
    assert NotificationKind.QUOTE in await told(home, ada)
    document = await away.document(quoting.uri)
    stamp = await home.document(document["quoteAuthorization"])
    assert (stamp["attributedTo"], stamp["interactingObject"]) == (ada.uri, quoting.uri)

    # At home it stands in Ada's timeline, with her own post in it.
    shown = await newest(home, ada)
    assert shown.uri == quoting.uri
    assert shown.quote is not None
    assert shown.quote.post is not None
    assert shown.quote.post.id == victory.id
    views = (await home.hub.database.read(lambda db: list_home(db, ada.id, window=Window())))[1]
    assert (views.id, views.quotes_count) == (victory.id, 1)

    # She thinks better of it. The quote is a link from then on, on both sides.
    quoted_there = await copy_of(home, quoting)
    await revoke_quote(home.hub, post_id=victory.id, quoting_id=quoted_there.id, by_actor_id=ada.id)
    await both(home, away)
    assert await state_of(away, quoting.uri) is QuoteState.REVOKED
    assert await state_of(home, quoting.uri) is None  # Zoe's hub no longer says that it is one
    document = await away.document(quoting.uri)
    assert "quote" not in document
    assert f'RE: <a href="{victory.url}"' in document["content"]


async def test_a_third_reader_checks_the_consent(home: RunningHub, away: RunningHub) -> None:
    """Ines and Zoe live on one hub; that hub sees Ada's quote of a post of its own, and Ada's of her own."""
    ada, zoe, ines = await friends(home, away)
    said = await away.say(zoe, "The paint is dry")
    await both(home, away)
    quoting = await home.say(ada, "At last", quoted_id=(await copy_of(home, said)).id)
    await both(home, away)
    for hub in (home, away):
        assert await state_of(hub, quoting.uri) is QuoteState.ACCEPTED
    shown = await newest(away, ines)
    assert shown.quote is not None
    assert shown.quote.post is not None
    assert shown.quote.post.uri == said.uri
    assert NotificationKind.QUOTE in await told(away, zoe)


async def test_nobody_quotes_what_its_author_keeps(home: RunningHub, away: RunningHub) -> None:
    ada, zoe, _ = await friends(home, away)
    said = await home.say(ada, "Only a thought")
    await both(home, away)
    seen = await copy_of(away, said)
    await set_quote_policy(home.hub, post_id=said.id, by_actor_id=ada.id, policy=QuotePolicy.NOBODY)
    quoting = await away.say(zoe, "Look", quoted_id=seen.id)  # the news of the policy is still on its way
    await both(home, away)
    assert await state_of(away, quoting.uri) is QuoteState.REJECTED
    assert NotificationKind.QUOTE not in await told(home, ada)
    assert (await copy_of(away, said)).quote_policy == QuotePolicy.NOBODY


async def test_a_pinned_post_is_seen_elsewhere(home: RunningHub, away: RunningHub) -> None:
    ada = await home.member("ada")
    first, second = await home.say(ada, "Who I am"), await home.say(ada, "What I do")
    await pin(home.hub, actor_id=ada.id, post_id=first.id)

    async def pinned(session: Session) -> list[str]:
        return [post.uri for post in await list_pinned(session, there.id)]

    there = await resolve_url(away.hub, ada.uri)
    await pins.pipeline(away.hub).step()
    assert await away.hub.database.read(pinned) == [first.uri]

    zoe = await away.member("zoe")
    assert isinstance(there, Actor)
    await away.follow(zoe, there)
    await both(home, away)
    await pin(home.hub, actor_id=ada.id, post_id=second.id)
    await both(home, away)
    assert set(await away.hub.database.read(pinned)) == {first.uri, second.uri}
