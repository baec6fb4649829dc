"""Two processes apply at the same moment what belongs together: whoever comes second sees what the first has done.

Both have done everything before either commits; SQLite has one writer, there it can't happen.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import pytest
from sqlalchemy import make_url, update
from sqlmodel import col

from fedihub.hub import open_hub
from fedihub.services.lives import end_actor, suspend_actor
from fedihub.services.remote_actors import bury_actor
from fedihub.services.remote_posts import dereference_post
from fedihub.services.resolving import resolve_handle
from fedihub.workers import inbox
from fedihub.workers.pipeline import Stages
from storage.database import Session
from storage.follows import find_follow
from storage.posts import Audience, Post
from storage.received import ReceivedState
from tests.conformance.conftest import Scene
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC, Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.quoting import quote_in
from tests.support.resolver import TestResolver
from tests.support.stories import actor_of, follows, post_of

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"])
Sent = tuple[PeerActor, Activity]
Held = Callable[..., Awaitable[None]]
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
async def scene(home: RunningHub, peer: Peer) -> Scene:
    """Ada and a post of hers, and Rosa elsewhere."""
    ada = await home.member("ada")
    return Scene(home, peer, ada, await home.say(ada, "Hello"), peer.add_actor("rosa"))


@asynccontextmanager
async def _holding(url: str, rows: str, *arguments: object) -> AsyncIterator[Held]:
    """Whoever needs these rows waits until the end of this. Gives a function that waits until so many units wait for
    each other, or a task has ended.
    """
    connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))

    async def waited(number: int, task: asyncio.Task[object] | None = None) -> None:
        while await connection.fetchval(_WAITING) < number and not (task is not None and task.done()):
            await connection.execute("SELECT pg_stat_clear_snapshot()")  # or connections that are new are not seen

    try:
        async with asyncio.timeout(30), connection.transaction():
            await connection.execute(f"SELECT id FROM {rows} FOR UPDATE", *arguments)  # noqa: S608 - our own words
            yield waited
    finally:
        await connection.close()


@asynccontextmanager
async def _held_back(url: str) -> AsyncIterator[None]:
    """Nobody can say what became of an activity, which is the last thing before they commit, until both want to."""
    async with _holding(url, "received_activities") as waited:
        yield
        await waited(2)


def _who_is_shown_posts(scene: Scene) -> tuple[str, str, int]:
    """Held, it keeps what stores a post of Rosa's from its end: all but the home timeline of Ada, her follower, is
    done.
    """
    return scene.home.hub.database.url, "actors WHERE id = $1", scene.ada.id


async def _at_once(scene: Scene, resolver: TestResolver, *both: Sent) -> None:
    """Each of two activities is claimed by another process, and gathered before the other is applied."""
    home = scene.home
    async with open_hub(home.hub.settings, resolver=resolver, slot=1) as second:
        stages = [inbox.stages(hub) for hub in (home.hub, second)]
        jobs: list[inbox.Job] = []
        for stage, (by, activity) in zip(stages, both, strict=True):
            await scene.peer.send(home.shared_inbox, activity, by=by)
            jobs += await stage.claim(1, [])
        done = [(job, await stage.work(job)) for stage, job in zip(stages, jobs, strict=True)]
        async with _held_back(home.hub.database.url):
            ends = [asyncio.ensure_future(stage.finish([each])) for stage, each in zip(stages, done, strict=True)]
        await asyncio.gather(*ends)
    await home.drain()


async def test_a_follow_that_is_undone_is_none(scene: Scene, resolver: TestResolver) -> None:
    await scene.ada_follows_rosa()
    follow = scene.peer.activity(scene.rosa, "Follow", scene.ada.uri)
    undo = scene.peer.activity(scene.rosa, "Undo", dict(follow))
    await _at_once(scene, resolver, (scene.rosa, follow), (scene.rosa, undo))
    assert (await scene.home.actor(scene.ada)).followers_count == 0


@pytest.mark.parametrize("type", ["Like", "Follow"])
async def test_nothing_is_left_of_whoever_has_ended(scene: Scene, resolver: TestResolver, type: str) -> None:
    await scene.ada_follows_rosa()
    object = scene.post.uri if type == "Like" else scene.ada.uri
    late = scene.peer.activity(scene.rosa, type, object)
    end = scene.peer.activity(scene.rosa, "Delete", scene.rosa.uri)
    await _at_once(scene, resolver, (scene.rosa, late), (scene.rosa, end))
    gone = await actor_of(scene.home, scene.rosa)
    assert gone is not None
    assert gone.gone_at is not None
    assert (await scene.home.actor(scene.ada)).followers_count == 0
    assert (await scene.home.post(scene.post.id)).likes_count == 0


async def test_an_answer_finds_what_it_answers(scene: Scene, resolver: TestResolver) -> None:
    """It can't be fetched: it is for few."""
    await scene.ada_follows_rosa()
    otto = scene.peer.add_actor("otto")
    await follows(scene.peer, otto, scene.home, scene.ada)
    tag = {"type": "Mention", "href": otto.uri, "name": otto.handle}
    parent = scene.peer.note(scene.rosa, to=[scene.rosa.followers, otto.uri], cc=[], tag=[tag])
    del scene.peer.objects[parent["id"]]
    answer = scene.peer.note(otto, inReplyTo=parent["id"], cc=[scene.ada.uri])
    both = (scene.rosa, scene.peer.create(parent, by=scene.rosa)), (otto, scene.peer.create(answer, by=otto))
    await _at_once(scene, resolver, *both)
    above, below = await post_of(scene.home, parent["id"]), await post_of(scene.home, answer["id"])
    assert above is not None
    assert above.audience is Audience.FOLLOWERS
    assert below is not None
    assert (below.in_reply_to_id, below.conversation_id) == (above.id, above.conversation_id)
    assert above.replies_count == 1


async def test_a_quote_finds_what_it_quotes(scene: Scene, resolver: TestResolver) -> None:
    await scene.ada_follows_rosa()
    otto = scene.peer.add_actor("otto")
    await follows(scene.peer, otto, scene.home, scene.ada)
    quoted = scene.peer.note(otto, to=[PUBLIC], cc=[scene.ada.uri])
    del scene.peer.objects[quoted["id"]]
    quoting = scene.peer.note(scene.rosa, quote=quoted["id"])
    both = (scene.rosa, scene.peer.create(quoting, by=scene.rosa)), (otto, scene.peer.create(quoted, by=otto))
    await _at_once(scene, resolver, *both)
    post, quote = await post_of(scene.home, quoted["id"]), await quote_in(scene.home, quoting["id"])
    assert post is not None
    assert quote is not None
    assert quote.quoted_post_id == post.id
    states = {row.state for row in await scene.home.log() if row.activity_type == "Create"}
    assert states == {ReceivedState.APPLIED}


@pytest.mark.parametrize("how", ["Create", "Update", "Announce", "QuoteRequest", "search"])
async def test_an_answer_finds_what_is_stored_later_in_whatever_way(
    scene: Scene, resolver: TestResolver, how: str
) -> None:
    """What stores the post looked for answers to it before the answer was stored, and ends after it."""
    home, peer = scene.home, scene.peer
    await scene.ada_follows_rosa()
    otto, bob = peer.add_actor("otto"), await home.member("bob")
    parent, activity = await _said_by_rosa(scene, how, otto=otto)
    answer = peer.note(otto, inReplyTo=parent["id"], cc=[bob.uri])
    served = peer.objects.pop(parent["id"])
    async with open_hub(home.hub.settings, resolver=resolver, slot=1) as second:
        late, early = inbox.stages(home.hub), inbox.stages(second)
        await peer.send(home.shared_inbox, peer.create(answer, by=otto), by=otto)
        answers = await _gathered(late)
        if how in ("Update", "QuoteRequest", "search"):
            peer.objects[parent["id"]] = served
        if activity is not None:
            await peer.send(home.shared_inbox, activity, by=scene.rosa)
        parents = await _gathered(early) if activity is not None else []
        async with _holding(*_who_is_shown_posts(scene)) as waited:
            what = early.finish(parents) if activity is not None else dereference_post(second, parent["id"])
            storing = asyncio.ensure_future(what)
            await waited(1)
            await late.finish(answers)
        await storing
    above, below = await post_of(home, parent["id"]), await post_of(home, answer["id"])
    assert above is not None
    assert below is not None
    assert (below.in_reply_to_id, below.conversation_id) == (above.id, above.conversation_id)
    assert above.replies_count == 1


async def _said_by_rosa(scene: Scene, how: str, *, otto: PeerActor) -> tuple[Activity, Activity | None]:
    """A post, and the activity by which it comes; None where somebody here looks for it."""
    peer, rosa = scene.peer, scene.rosa
    if how in ("Create", "Announce"):
        tag = {"type": "Mention", "href": otto.uri, "name": otto.handle}
        note = peer.note(rosa, to=[rosa.followers, otto.uri], cc=[], tag=[tag])
        if how == "Create":
            return note, peer.create(note, by=rosa)
        return note, peer.activity(rosa, "Announce", note, to=[rosa.followers])
    if how == "QuoteRequest":
        note = peer.note(rosa, quote=scene.post.uri)
        return note, peer.activity(rosa, "QuoteRequest", scene.post.uri, instrument=note)
    note = peer.note(rosa)
    update = peer.activity(rosa, "Update", note | {"updated": note["published"]}, to=[PUBLIC])
    return note, update if how == "Update" else None


async def _gathered(stages: Stages[inbox.Job, inbox.Gathered]) -> list[tuple[inbox.Job, inbox.Gathered]]:
    return [(job, await stages.work(job)) for job in await stages.claim(10, [])]


@pytest.mark.parametrize("how", ["Delete of the post", "Delete of the account", "410"])
async def test_what_ends_while_somebody_looks_it_up_is_not_there(
    scene: Scene, resolver: TestResolver, how: str
) -> None:
    """It names Ada, who is held: it is under way."""
    home, peer, rosa = scene.home, scene.peer, scene.rosa
    tag = {"type": "Mention", "href": scene.ada.uri, "name": "@ada@hub.test"}
    note = peer.note(rosa, cc=[scene.ada.uri], tag=[tag])
    await resolve_handle(home.hub, rosa.handle)
    end = peer.activity(rosa, "Delete", note["id"] if how == "Delete of the post" else rosa.uri)
    async with open_hub(home.hub.settings, resolver=resolver, slot=1) as second:
        async with _holding(home.hub.database.url, "actors WHERE id = $1", scene.ada.id) as waited:
            storing = asyncio.ensure_future(dereference_post(second, note["id"]))
            await waited(1)
            what = bury_actor(home.hub, rosa.uri) if how == "410" else scene.hears(end)
            ending: asyncio.Task[None] = asyncio.ensure_future(what)
            await waited(2, ending)
        await asyncio.gather(storing, ending)
    assert await post_of(home, note["id"]) is None
    author = await actor_of(home, rosa)
    assert author is not None
    assert author.posts_count == 0


@pytest.mark.parametrize("end", [suspend_actor, end_actor])
async def test_who_is_suspended_or_ends_while_they_speak_is_not_heard(
    scene: Scene, end: Callable[..., Awaitable[object]]
) -> None:
    """Bob follows Ada, and is held: what she says is under way."""
    home, peer = scene.home, scene.peer
    await follows(peer, scene.rosa, home, scene.ada)
    await home.drain()
    peer.received.clear()
    bob = await home.member("bob")
    await home.follow(bob, scene.ada)
    async with _holding(home.hub.database.url, "actors WHERE id = $1", bob.id) as waited:
        saying = asyncio.ensure_future(home.say(scene.ada, "Xyzzy"))
        await waited(1)
        ending = asyncio.ensure_future(end(home.hub, actor_id=scene.ada.id))
        await waited(2, ending)
    await asyncio.gather(saying, ending, return_exceptions=True)
    await home.drain()
    assert "Create" not in [activity["type"] for activity in peer.received]


async def test_nobody_follows_who_ends_meanwhile(scene: Scene) -> None:
    """Rosa is held: she asks to follow Ada, and nothing more is done about it."""
    home, peer = scene.home, scene.peer
    await resolve_handle(home.hub, scene.rosa.handle)
    rosa = await actor_of(home, scene.rosa)
    assert rosa is not None
    await peer.send(home.shared_inbox, peer.activity(scene.rosa, "Follow", scene.ada.uri), by=scene.rosa)
    async with _holding(home.hub.database.url, "actors WHERE id = $1", rosa.id) as waited:
        following = asyncio.ensure_future(inbox.pipeline(home.hub).step())
        await waited(1)
        ending = asyncio.ensure_future(end_actor(home.hub, actor_id=scene.ada.id))
        await waited(2, ending)
    await asyncio.gather(following, ending)
    await home.drain()
    assert (await home.actor(scene.ada)).followers_count == 0
    assert [activity["type"] for activity in peer.received] == ["Delete"]
    ids = {"follower_id": rosa.id, "followed_id": scene.ada.id}
    assert await home.hub.database.read(lambda session: find_follow(session, **ids)) is None


async def test_two_who_count_the_same_things_do_not_wait_for_each_other(scene: Scene, resolver: TestResolver) -> None:
    """Each has likes of two posts, in the opposite order: the second begins when the first has ended."""
    home, peer = scene.home, scene.peer
    one, other = scene.post, await home.say(scene.ada, "And another")
    async with open_hub(home.hub.settings, resolver=resolver, slot=1) as second:
        first, then = inbox.stages(home.hub), inbox.stages(second)
        batches = []
        for stages, posts in ((first, (one, other)), (then, (other, one))):
            for post in posts:
                fan = peer.add_actor(f"fan{len(peer.actors)}")
                await peer.send(home.shared_inbox, peer.activity(fan, "Like", post.uri), by=fan)
            batches.append(await _gathered(stages))
        async with _holding(home.hub.database.url, "posts WHERE id = $1", one.id) as waited:
            counting = asyncio.ensure_future(first.finish(batches[0]))
            await waited(1)
            ends = asyncio.gather(counting, then.finish(batches[1]))
            await waited(2)
            async with asyncio.timeout(10), _holding(home.hub.database.url, "posts WHERE id = $1", other.id):
                pass  # nobody has it
        await ends
    assert [(await home.post(post.id)).likes_count for post in (one, other)] == [2, 2]


async def test_an_answer_that_lost_what_it_answers_finds_it_when_it_comes_again(scene: Scene) -> None:
    """As where the process died before it could look again."""
    await scene.ada_follows_rosa()
    above = await scene.hears_note("Above")
    assert above is not None
    answer = scene.peer.note(scene.rosa, "Below", inReplyTo=above.uri)
    await scene.hears(scene.peer.create(answer, by=scene.rosa))
    await scene.home.hub.database.write(partial(_separate, above_id=above.id))
    await scene.hears(scene.peer.create(answer, by=scene.rosa))
    below = await post_of(scene.home, answer["id"])
    assert below is not None
    assert below.in_reply_to_id == above.id
    assert (await scene.home.post(above.id)).replies_count == 1


async def _separate(session: Session, *, above_id: int) -> None:
    await session.execute(update(Post).where(col(Post.in_reply_to_id) == above_id).values(in_reply_to_id=None))
    await session.execute(update(Post).where(col(Post.id) == above_id).values(replies_count=0))
