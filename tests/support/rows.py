"""Rows for tests of the storage: made with few words, stored through the queries that the program itself uses.

people = Rows(database)
ada, bob = await people.actor("ada"), await people.actor("bob", host="peer.example")
await people.follow(bob, ada)
post = await people.post(ada, audience=Audience.FOLLOWERS, mentions=[bob])
"""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from storage.actors import Actor, ActorKind, find_actor, insert_actor
from storage.blocks import Block, insert_block
from storage.conversations import Conversation, insert_conversation
from storage.database import Database
from storage.follows import Follow, FollowState, request_follow
from storage.ids import first_id_at
from storage.posts import Audience, Post, find_post, insert_post
from storage.reactions import Boost, Like, insert_boost, insert_like

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
_USED: WeakKeyDictionary[Database, set[int]] = WeakKeyDictionary()


class Rows:
    """Makes rows in one database, each with a new key; what is made later has a higher one."""

    def __init__(self, database: Database, *, now: datetime = NOW) -> None:
        self.database = database
        self.now = now
        self._keys = itertools.count(first_id_at(now))
        self._used = _USED.setdefault(database, set())

    def key(self) -> int:
        """A key that nothing has yet, also from others who make rows in this database at the same moment."""
        key = next(each for each in self._keys if each not in self._used)
        self._used.add(key)
        return key

    async def actor(self, username: str, *, host: str = "", **columns: Any) -> Actor:
        """One of ours, a member where nothing else is said; a remote actor where there is a host."""
        base = f"https://{host or 'hub.example'}/actors/{username}"
        row = {"kind": ActorKind.REMOTE if host else ActorKind.MEMBER, "uri": base, "inbox_url": f"{base}/inbox"}
        row |= {"followers_url": f"{base}/followers", "created_at": self.now, "updated_at": self.now}
        actor = Actor(**{"id": self.key(), "username": username, "host": host} | row | columns)
        await self.database.write(lambda session: insert_actor(session, actor))
        return actor

    async def post(
        self,
        author: Actor,
        *,
        audience: Audience = Audience.PUBLIC,
        mentions: Iterable[Actor] = (),
        tags: Iterable[tuple[str, str]] = (),
        answers: Post | None = None,
        **columns: Any,
    ) -> Post:
        """A post, in the conversation of what it answers or in a new one."""
        key = columns.pop("id", None) or self.key()
        conversation = Conversation(id=self.key(), created_at=self.now)
        row = {"id": key, "uri": f"{author.uri}/posts/{key}", "author_id": author.id, "is_local": author.is_local}
        row |= {"audience": audience, "published_at": self.now, "created_at": self.now}
        if answers is not None:
            row |= {"in_reply_to_uri": answers.uri, "in_reply_to_id": answers.id}
            row |= {"in_reply_to_author_id": answers.author_id, "conversation_id": answers.conversation_id}
        post = Post(**{"conversation_id": conversation.id} | row | columns)

        async def unit(session: Any) -> None:
            if post.conversation_id == conversation.id:
                await insert_conversation(session, conversation)
            await insert_post(session, post, mentioned_ids=[each.id for each in mentions], tags=tags)

        await self.database.write(unit)
        return post

    async def follow(self, follower: Actor, followed: Actor, *, accepted: bool = True, **columns: Any) -> Follow:
        """A follow, accepted where nothing else is said."""
        state = FollowState.ACCEPTED if accepted else FollowState.REQUESTED
        follow = Follow(
            id=self.key(), follower_id=follower.id, followed_id=followed.id, state=state, created_at=self.now, **columns
        )
        return await self.database.write(lambda session: request_follow(session, follow))

    async def block(self, blocker: Actor, blocked: Actor) -> None:
        """A block."""
        row = Block(id=self.key(), blocker_id=blocker.id, blocked_id=blocked.id, created_at=self.now)
        assert await self.database.write(lambda session: insert_block(session, row))

    async def like(self, actor: Actor, post: Post) -> bool:
        """A like; False if it was there."""
        like = Like(id=self.key(), actor_id=actor.id, post_id=post.id, created_at=self.now)
        return await self.database.write(lambda session: insert_like(session, like))

    async def boost(self, actor: Actor, post: Post, *, after: timedelta = timedelta()) -> Boost:
        """A boost, perhaps some time after the post."""
        key = self.key() if not after else first_id_at(self.now + after)
        boost = Boost(id=key, actor_id=actor.id, post_id=post.id, published_at=self.now + after)
        await self.database.write(lambda session: insert_boost(session, boost))
        return boost

    async def fresh_actor(self, actor: Actor) -> Actor:
        """The actor as it is stored now."""
        found = await self.database.read(lambda session: find_actor(session, actor.id))
        assert found is not None
        return found

    async def fresh_post(self, post: Post) -> Post:
        """The post as it is stored now."""
        found = await self.database.read(lambda session: find_post(session, post.id))
        assert found is not None
        return found
