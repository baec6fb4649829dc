"""The story itself: a member's project is found, followed and answered from another server.

Each step acts through the services that the APIs call, and then looks at the effect where somebody would see it: in a
page, in a home timeline, in a follow that is accepted.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from federation.errors import ProtocolError
from fedihub.demo.narrator import Narrator
from fedihub.errors import HubError
from fedihub.hub import Hub
from fedihub.services.following import follow
from fedihub.services.members import create_member
from fedihub.services.posting import publish_post
from fedihub.services.projects import create_project
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.database import Session
from storage.follows import FollowState, find_follow
from storage.paging import Window
from storage.posts import Audience, Post, PostKind, find_post
from storage.projects import Stage
from storage.views.timelines import list_home

PASSWORD = "demo-password"  # noqa: S105 - it opens nothing but the demo
PATIENCE_SECONDS = 20.0
LOOK_EVERY_SECONDS = 0.05

UPDATE = "The first pump runs on the roof of the school: 40 litres a minute, and no sun is wasted."
REPLY = "Congratulations! We need three of these for our village. May I come and see it?"


class StepFailed(HubError):
    """A step of the story did not have its effect."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Where the story can be looked at when it is over."""

    project_url: str
    conversation_url: str


@dataclass(frozen=True, slots=True)
class Story:
    """Two hubs and who tells it: the project is at home on `ours`, the stranger on `theirs`."""

    ours: Hub
    theirs: Hub
    narrator: Narrator

    async def play(self) -> Ending:
        """Play all steps. Raises StepFailed at the first that is refused or has no effect."""
        try:
            return await self._play()
        except (HubError, ProtocolError) as error:
            raise self._failed(error.public) from error

    async def _play(self) -> Ending:
        maya, project = await self.found()
        bo = await self.follow(project)
        update = await self.publish(maya, project, reader=bo)
        await self.reply(bo, project, update)
        return Ending(project.url or project.uri, update.url or update.uri)

    async def found(self) -> tuple[Actor, Actor]:
        """A member founds a project, and it has a page."""
        self.narrator.begin(f"Maya, a member of {self.ours.uris.host}, founds a project")
        maya = await create_member(
            self.ours, username="maya", email="maya@hub.example", password=PASSWORD, display_name="Maya"
        )
        project = await create_project(
            self.ours,
            founder_id=maya.id,
            username="solarpumps",
            display_name="Solar Pumps",
            description="Water pumps that run on sunlight and can be mended by anyone.",
            stage=Stage.BUILDING,
            needs=["a welder", "a roof in the north"],
        )
        await self._eventually("its page can be read", lambda: self._page_has(project.url, "Solar Pumps"))
        return maya, project

    async def follow(self, project: Actor) -> Actor:
        """A stranger on the other hub looks the project up by its handle and follows it; it accepts."""
        handle = f"@{self.ours.uris.handle(project.username)}"
        self.narrator.begin(f"Bo, on {self.theirs.uris.host}, looks up {handle} and follows it")
        bo = await create_member(
            self.theirs, username="bo", email="bo@hub.example", password=PASSWORD, display_name="Bo"
        )
        found = await resolve_handle(self.theirs, handle)
        await follow(self.theirs, actor_id=bo.id, target_id=found.id)
        await self._eventually("the project has accepted Bo's follow", lambda: self._is_accepted(bo, found))
        return bo

    async def publish(self, maya: Actor, project: Actor, *, reader: Actor) -> Post:
        """Maya posts an update as the project; it arrives in the stranger's home."""
        self.narrator.begin("Maya posts an update as the project")
        self.narrator.say(f"   “{UPDATE}”")
        post_id = await publish_post(
            self.ours,
            author_id=project.id,
            writer_id=maya.id,
            text=UPDATE,
            audience=Audience.PUBLIC,
            kind=PostKind.UPDATE,
        )
        await self._eventually("it is in Bo's home", lambda: self._is_in_home(reader, UPDATE))
        post = await self.ours.database.read(lambda session: find_post(session, post_id))
        if post is None:
            raise StepFailed("the update is not there")
        return post

    async def reply(self, bo: Actor, project: Actor, update: Post) -> None:
        """The stranger answers; the answer stands in the project's conversation and under its update."""
        self.narrator.begin(f"Bo replies from {self.theirs.uris.host}")
        self.narrator.say(f"   “{REPLY}”")
        home = await self.theirs.database.read(lambda session: list_home(session, bo.id, window=Window()))
        parent = next(entry for entry in home if entry.uri == update.uri)
        await publish_post(
            self.theirs,
            author_id=bo.id,
            text=f"@{self.ours.uris.handle(project.username)} {REPLY}",
            audience=Audience.PUBLIC,
            in_reply_to_id=parent.id,
        )
        await self._eventually("it is in the project's conversation", lambda: self._page_has(update.url, REPLY))
        await self._eventually("it is on the project's page", lambda: self._page_has(project.url, REPLY))

    async def _eventually(self, effect: str, is_seen: Callable[[], Awaitable[bool]]) -> None:
        """Wait until an effect can be seen. Raises StepFailed."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while not await is_seen():
            if asyncio.get_running_loop().time() > deadline:
                raise StepFailed(f"after {PATIENCE_SECONDS:.0f} s it is not true that {effect}")
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        self.narrator.seen(effect)

    def _failed(self, why: str) -> StepFailed:
        return StepFailed(f"the demo failed at step {self.narrator.step!r}: {why}")

    async def _page_has(self, url: str | None, text: str) -> bool:
        """Whether a visitor's browser would show this text."""
        response = await self.ours.transport.get(url or "", "text/html")
        return response.status == 200 and text in response.body.decode()

    async def _is_accepted(self, follower: Actor, followed: Actor) -> bool:
        async def unit(session: Session) -> bool:
            known = await find_follow(session, follower_id=follower.id, followed_id=followed.id)
            return known is not None and known.state is FollowState.ACCEPTED

        return await self.theirs.database.read(unit)

    async def _is_in_home(self, owner: Actor, text: str) -> bool:
        home = await self.theirs.database.read(lambda session: list_home(session, owner.id, window=Window()))
        return any(text in entry.content_html for entry in home)
