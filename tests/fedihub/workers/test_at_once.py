"""Two processes apply at the same moment what belongs together: whoever comes second sees what the first has done.

Both have done everything before either commits; SQLite has one writer, there it can't happen.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from sqlalchemy import make_url

from fedihub.hub import open_hub
from fedihub.workers import inbox
from storage.posts import Audience
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
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
async def scene(home: RunningHub, peer: Peer) -> Scene:
    """Ada and a post of hers, and Rosa elsewhere."""
    ada = await home.member("ada")
    return Scene(home, peer, ada, await home.say(ada, "Hello"), peer.add_actor("rosa"))


@asynccontextmanager
async def _held_back(url: str) -> AsyncIterator[None]:
    """Nobody can say what became of an activity, which is the last thing before they commit, until both want to."""
    connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        async with asyncio.timeout(30), connection.transaction():
            await connection.execute("SELECT id FROM received_activities FOR UPDATE")
            yield
            while await connection.fetchval(_WAITING) < 2:
                pass
    finally:
        await connection.close()


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
