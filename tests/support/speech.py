"""What is said to one of ours, and what becomes of it where people look."""

from datetime import UTC, datetime, timedelta
from typing import Any

from storage.actors import Actor
from storage.posts import Post
from storage.views.timelines import find_visible
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC
from tests.support.peer_actor import PeerActor


def mention(actor: Actor) -> dict[str, Any]:
    """A tag that names one of ours."""
    return {"type": "Mention", "href": actor.uri, "name": f"@{actor.username}@hub.test"}


def spoken_to(actor: Actor, by: PeerActor, *, tag: Any = ()) -> dict[str, Any]:
    """The properties of a post for everybody that addresses and names one of ours; `tag` are further tags."""
    return {"to": [PUBLIC], "cc": [by.followers, actor.uri], "tag": [mention(actor), *tag]}


def at(minutes: int, name: str = "published") -> dict[str, str]:
    """A time, so many minutes from now, as Mastodon writes it."""
    return {name: (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")}


async def sees(home: RunningHub, post: Post, viewer: Actor | None) -> bool:
    """Whether this viewer (None: anybody) is shown a post."""
    viewer_id = viewer.id if viewer is not None else None
    return await home.hub.database.read(lambda db: find_visible(db, post.id, viewer_id=viewer_id)) is not None


async def status_of(home: RunningHub, post: Post) -> dict[str, Any]:
    """The post as apps show it to anybody."""
    answer = await home.get(f"/api/v1/statuses/{post.id}")
    assert answer.status == 200, answer.text
    status: dict[str, Any] = answer.json()
    return status


async def history_of(home: RunningHub, post: Post) -> list[dict[str, Any]]:
    """Its versions as apps show them, oldest first."""
    versions: list[dict[str, Any]] = (await home.get(f"/api/v1/statuses/{post.id}/history")).json()
    return versions
