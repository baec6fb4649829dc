"""A real hub for tests: a real database, a real socket, real signatures; only its name is not in any DNS.

    async with running_hub(database_url, resolver) as home:
        ada = await home.member("ada")
        answer = await home.get("/@ada")
        await home.drain()

Workers do not run beside the test but when it says `drain`: then everything that is due is applied and delivered, and
nothing sleeps.
"""

import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDictProxy

from fedihub.app import create_app
from fedihub.clock import Clock
from fedihub.hub import Hub, open_hub
from fedihub.services.following import follow
from fedihub.services.members import create_member
from fedihub.services.posting import publish_post
from fedihub.services.projects import create_project
from fedihub.services.setup import initialise
from fedihub.settings import Settings
from fedihub.workers import drain
from storage.actors import Actor, get_actor
from storage.members import HubRole
from storage.posts import Audience, Post, find_post
from storage.received import ReceivedActivity, list_received
from tests.support.keys import ready_keys
from tests.support.resolver import TestResolver

PASSWORD = "correct horse battery"
ACTIVITY_JSON = "application/activity+json"


@dataclass(frozen=True)
class Answer:
    """What the hub answered to a plain request."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class RunningHub:
    """A hub that answers. `url` is its base URL, as peers and browsers know it; `port` is where it really listens."""

    hub: Hub
    client: aiohttp.ClientSession
    port: int
    app: web.Application
    runner: web.AppRunner

    @property
    def url(self) -> str:
        """The base URL."""
        return self.hub.settings.base_url

    @property
    def shared_inbox(self) -> str:
        """Where peers post for everybody."""
        return self.hub.uris.shared_inbox()

    async def go_down(self) -> None:
        """Answer nobody any more: connections that are open are closed, new ones are refused."""
        for site in self.runner.sites:
            await site.stop()
        assert self.runner.server is not None
        await self.runner.server.shutdown(0.1)

    async def come_back(self) -> None:
        """Answer again, at the same port."""
        await web.TCPSite(self.runner, "127.0.0.1", self.port).start()

    async def request(self, method: str, path: str, **options: Any) -> Answer:
        """A request to the hub, by path or whole URL; redirects are shown, not followed."""
        url = path if path.startswith(("http:", "https:")) else f"{self.url}{path}"
        async with self.client.request(method, url, allow_redirects=False, **options) as response:
            return Answer(response.status, response.headers, await response.content.read())

    async def get(self, path: str, *, accept: str | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """GET."""
        return await self.request("GET", path, headers=dict(headers or {}) | ({"Accept": accept} if accept else {}))

    async def document(self, uri: str) -> dict[str, Any]:
        """An ActivityPub document of the hub's."""
        answer = await self.get(uri, accept=ACTIVITY_JSON)
        assert answer.status == 200, (uri, answer.status, answer.body)
        found: dict[str, Any] = answer.json()
        return found

    async def drain(self) -> int:
        """Apply and deliver all that is due."""
        return await drain(self.hub)

    async def member(self, username: str, *, role: HubRole = HubRole.MEMBER) -> Actor:
        """A new member; the password is PASSWORD, the e-mail address `username@mail.example`."""
        return await create_member(
            self.hub, username=username, email=f"{username}@mail.example", password=PASSWORD, role=role
        )

    async def project(self, username: str, *, founder: Actor, **more: Any) -> Actor:
        """A new project."""
        return await create_project(self.hub, founder_id=founder.id, username=username, display_name=username, **more)

    async def say(self, author: Actor, text: str, *, audience: Audience = Audience.PUBLIC, **more: Any) -> Post:
        """A new post."""
        post_id = await publish_post(self.hub, author_id=author.id, text=text, audience=audience, **more)
        return await self.post(post_id)

    async def follow(self, actor: Actor, target: Actor) -> None:
        """One of ours follows somebody."""
        await follow(self.hub, actor_id=actor.id, target_id=target.id)

    async def post(self, post_id: int) -> Post:
        """A post, as it is now."""
        post = await self.hub.database.read(lambda session: find_post(session, post_id))
        assert post is not None
        return post

    async def actor(self, actor: Actor) -> Actor:
        """An actor, as it is now."""
        return await self.hub.database.read(lambda session: get_actor(session, actor.id))

    async def log(self) -> list[ReceivedActivity]:
        """What arrived, newest first, with what became of it."""
        return await self.hub.database.read(lambda session: list_received(session, limit=100))


@asynccontextmanager
async def running_hub(
    database_url: str,
    resolver: TestResolver,
    *,
    host: str = "hub.test",
    clock: Clock | None = None,
    client_resolver: AbstractResolver | None = None,
    **settings: Any,
) -> AsyncIterator[RunningHub]:
    """A hub called `host`, for as long as the block lasts. `settings` are those of `fedihub.settings`."""
    url = database_url.replace("postgresql+asyncpg://", "postgresql://", 1)
    with tempfile.TemporaryDirectory() as folder:
        usual: dict[str, Any] = {"allow_loopback": True, "data_dir": Path(folder)}
        chosen = Settings(base_url=f"http://{host}", database_url=url, **usual | settings)
        async with _running(chosen, resolver, clock=clock, client_resolver=client_resolver) as running:
            yield running


@asynccontextmanager
async def _running(
    chosen: Settings, resolver: TestResolver, *, clock: Clock | None, client_resolver: AbstractResolver | None
) -> AsyncIterator[RunningHub]:
    async with open_hub(chosen, resolver=resolver, clock=clock, key_maker=ready_keys) as hub:
        await initialise(hub)
        app = create_app(hub)
        runner = web.AppRunner(app, auto_decompress=False, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        resolver.add(chosen.host, port)
        connector = aiohttp.TCPConnector(resolver=client_resolver or resolver)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as client:
            try:
                yield RunningHub(hub, client, port, app, runner)
            finally:
                await runner.cleanup()
