"""A hub in the middle of its life, an honest server, and one that means no good.

Everybody knows each other already, so that there is something to steal: Rosa (peer.test) follows Ada, Ada follows Rosa,
each has said things and liked what the other said. Eve (evil.test) is a stranger with a good key of her own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from fedihub.services.reactions import like
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.database import Session
from storage.posts import Audience, Post
from storage.tables import METADATA
from tests.support.database import kinds
from tests.support.forge import Forged
from tests.support.hub import RunningHub
from tests.support.peer import Activity, Answer, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import actor_of, follows, post_of, tell

LOGS = {"received_activities", "refused_requests", "remote_keys", "hosts", "processes", "hub_facts"}
"""What may change though nothing has happened: who knocked, and which keys were looked at."""
FETCHED = {"fetched_at", "updated_at"}
"""Somebody's document may be looked at again."""
LEASES = {"locked_until", "attempts", "run_at", "check_wanted_at", "check_after"}

State = dict[str, list[str]]


@dataclass
class Scene:
    """Who is there. `post` is Ada's for everybody, `secret` for her followers, `note` Rosa's, as it is known here."""

    home: RunningHub
    peer: Peer
    evil: Peer
    ada: Actor
    post: Post
    secret: Post
    rosa: PeerActor
    eve: PeerActor
    note: Activity

    async def rosa_sends(self, activity: Activity, **more: Any) -> None:
        """The honest one sends something, and the hub acts on it."""
        await tell(self.peer, self.rosa, self.home, activity, **more)

    async def eve_sends(self, activity: Activity | bytes, *, inbox: str | None = None, **signing: Any) -> Answer:
        """The other one does; whatever is answered, the hub then does all it has to do."""
        answer = await self.evil.send(inbox or self.home.shared_inbox, activity, by=self.eve, **signing)
        assert answer.status < 500, answer.body
        await self.home.drain()
        return answer

    async def sends(self, request: Forged, *, through: Peer | None = None) -> Answer:
        """Exactly this request."""
        answer = await (through or self.evil).send_raw(request)
        assert answer.status < 500, answer.body
        await self.home.drain()
        return answer

    async def state(self) -> State:
        """Everything that the hub knows, but for what is only about Eve herself."""
        return await self.home.hub.database.read(_state)

    @asynccontextmanager
    async def nothing_happens(self) -> AsyncIterator[None]:
        """Whatever is done inside the block changes nothing here."""
        before = await self.state()
        yield
        after = await self.state()
        for table in before:
            assert after[table] == before[table], table


async def _state(session: Session) -> State:
    state: State = {}
    for table in METADATA.sorted_tables:
        if table.name in LOGS:
            continue
        left_out = LEASES | FETCHED if table.name == "actors" else LEASES
        wanted = select(*(column for column in table.columns if column.name not in left_out))
        if table.name == "actors":
            wanted = wanted.where(table.c.host != "evil.test")
        state[table.name] = sorted(repr(tuple(row)) for row in await session.execute(wanted))
    return state


@pytest.fixture(params=kinds()[:1])
def database_kind(request: pytest.FixtureRequest) -> str:
    """One kind of database is enough: what is attacked here is not how rows are stored."""
    return str(request.param)


@pytest.fixture
async def evil(resolver: TestResolver) -> AsyncIterator[Peer]:
    """Another server, under somebody's control who means no good."""
    async with Peer.running("evil.test", resolver=resolver) as running:
        yield running


@pytest.fixture
async def scene(home: RunningHub, peer: Peer, evil: Peer) -> Scene:
    """Everybody in their place, and known to each other."""
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    await follows(peer, rosa, home, ada)
    await home.follow(ada, await resolve_handle(home.hub, rosa.handle))
    await home.drain()
    asked = await peer.wait_for(lambda each: each["type"] == "Follow")
    await tell(peer, rosa, home, peer.activity(rosa, "Accept", asked))
    post = await home.say(ada, "Hello", audience=Audience.PUBLIC)
    secret = await home.say(ada, "Only for you", audience=Audience.FOLLOWERS)
    note = peer.note(rosa, "<p>honest</p>")
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    await tell(peer, rosa, home, peer.activity(rosa, "Like", post.uri))
    stored = await post_of(home, note["id"])
    assert stored is not None
    await like(home.hub, actor_id=ada.id, post_id=stored.id)
    await home.drain()
    found = Scene(home, peer, evil, ada, post, secret, rosa, evil.add_actor("eve"), note)
    await _introduce(found)
    return found


async def _introduce(scene: Scene) -> None:
    """Eve and her key are known: what is refused later is refused for what it is."""
    await scene.eve_sends(scene.evil.activity(scene.eve, "Like", scene.post.uri + "/nothing"))
    await actor_of(scene.home, scene.eve)
