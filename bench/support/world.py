"""Fills a hub before it is measured: members, followers, posts; in bulk, straight into the tables, while the hub does
not run.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import insert
from sqlmodel import SQLModel

from bench.support.peers import BenchActor
from fedihub.hub import Hub
from fedihub.keys import make_keys
from fedihub.services.actors import key_row, new_actor
from storage.access import AccessToken, App
from storage.actors import Actor, ActorKey, ActorKind
from storage.conversations import Conversation
from storage.database import Session
from storage.follows import Follow, FollowState
from storage.home import HomeEntry
from storage.members import Member
from storage.posts import Audience, Post

CHUNK = 5_000
BETWEEN_POSTS = timedelta(seconds=30)
TEXT = "<p>We opened the second workshop today, and the first forty chairs went out. Thank you!</p>"

Row = dict[str, Any]


async def insert_rows(hub: Hub, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Write many rows of one table."""

    async def unit(session: Session) -> None:
        for start in range(0, len(rows), CHUNK):
            await session.execute(insert(table), rows[start : start + CHUNK])

    await hub.database.write(unit)


async def add_members(hub: Hub, count: int) -> list[Actor]:
    """Members who share one key pair: making a key for each would take longer than what is measured."""
    keys = await make_keys()
    actors = [new_actor(hub, ActorKind.MEMBER, username=f"member{n}", display_name=f"Member {n}") for n in range(count)]
    await insert_rows(hub, Actor, [actor.model_dump() for actor in actors])
    await insert_rows(hub, ActorKey, [key_row(actor.id, keys).model_dump() for actor in actors])
    people = [
        Member(actor_id=a.id, email=f"{a.username}@hub.example", password_hash="-", created_at=a.created_at)
        for a in actors
    ]
    await insert_rows(hub, Member, [member.model_dump() for member in people])
    return actors


async def add_token(hub: Hub, member_id: int) -> str:
    """An access token for a member's client, as the authorization would hand it out."""
    now, token = hub.clock.now(), secrets.token_urlsafe(32)
    app = App(id=hub.ids.next(), client_id=secrets.token_hex(8), client_secret_hash="-", name="bench", created_at=now)
    row = AccessToken(
        id=hub.ids.next(),
        token_hash=hashlib.sha256(token.encode()).hexdigest(),
        app_id=app.id,
        actor_id=member_id,
        member_id=member_id,
        scopes=["read", "write", "follow"],
        created_at=now,
    )
    await insert_rows(hub, App, [app.model_dump()])
    await insert_rows(hub, AccessToken, [row.model_dump()])
    return token


async def add_remote_actors(hub: Hub, them: Iterable[BenchActor]) -> list[int]:
    """Remote actors whom the hub has met."""
    now = hub.clock.now()
    rows = [
        Actor(
            id=hub.ids.next(),
            uri=each.uri,
            kind=ActorKind.REMOTE,
            username=each.name,
            host=each.base.removeprefix("http://"),
            display_name=each.name.title(),
            inbox_url=each.inbox,
            followers_url=f"{each.uri}/followers",
            created_at=now,
            updated_at=now,
            fetched_at=now,
        ).model_dump()
        for each in them
    ]
    await insert_rows(hub, Actor, rows)
    return [row["id"] for row in rows]


async def add_follows(hub: Hub, pairs: Iterable[tuple[int, int]]) -> None:
    """(follower, followed), all accepted."""
    now = hub.clock.now()
    rows = [
        Follow(
            id=hub.ids.next(),
            follower_id=one,
            followed_id=other,
            state=FollowState.ACCEPTED,
            created_at=now,
            accepted_at=now,
        ).model_dump()
        for one, other in pairs
    ]
    await insert_rows(hub, Follow, rows)


async def add_posts(hub: Hub, authors: Sequence[Actor], count: int) -> list[Row]:
    """Public posts by these members in turn, one each half minute up to now, each a conversation; oldest first."""
    posts = [
        _post(hub, authors[number % len(authors)], age=(count - number) * BETWEEN_POSTS) for number in range(count)
    ]
    conversations = [
        {
            "id": post["conversation_id"],
            "uri": hub.uris.context(str(post["conversation_id"])),
            "created_at": post["created_at"],
        }
        for post in posts
    ]
    await insert_rows(hub, Conversation, conversations)
    await insert_rows(hub, Post, posts)
    return posts


async def add_to_home(hub: Hub, owner_id: int, posts: Iterable[Row]) -> None:
    """All these posts stand in a member's home timeline."""
    await insert_rows(
        hub, HomeEntry, [{"owner_id": owner_id, "entry_id": post["id"], "post_id": post["id"]} for post in posts]
    )


def _post(hub: Hub, author: Actor, *, age: timedelta) -> Row:
    moment = hub.clock.now() - age
    key = hub.ids.at(moment)
    return {
        "id": key,
        "uri": hub.uris.post(str(key)),
        "url": hub.uris.post_page(author.username, str(key)),
        "author_id": author.id,
        "is_local": True,
        "content_html": TEXT,
        "source_text": "We opened the second workshop today.",
        "audience": Audience.PUBLIC,
        "conversation_id": key,
        "published_at": moment,
        "created_at": moment,
    }
