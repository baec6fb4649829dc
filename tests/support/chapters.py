"""Chapters in tests: founding one, what waits in it, deciding about it; and how Lemmy speaks."""

from dataclasses import dataclass
from typing import Any

from fedihub.services.chapters import ChapterTexts, create_chapter
from fedihub.services.openings import approve_opening
from storage.actors import Actor
from storage.openings import Opening, find_opening_of
from storage.posts import Post
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC, Activity, Peer
from tests.support.peer_actor import PeerActor


async def chapter(home: RunningHub, username: str, *, founder: Actor, **texts: Any) -> Actor:
    """A new chapter."""
    return await create_chapter(home.hub, founder_id=founder.id, username=username, texts=ChapterTexts(**texts))


async def opening(home: RunningHub, where: Actor, post: Post) -> Opening | None:
    """What became of a post in a chapter."""
    return await home.hub.database.read(lambda session: find_opening_of(session, chapter_id=where.id, post_id=post.id))


async def approve(home: RunningHub, where: Actor, post: Post, *, by: Actor) -> None:
    """A moderator lets a post pass, and everybody hears of it."""
    found = await opening(home, where, post)
    assert found is not None, "the post was not submitted"
    await approve_opening(home.hub, opening_id=found.id, by_member_id=by.id)
    await home.drain()


def mention(peer: Peer, who: PeerActor, where: Actor, text: str, **more: Any) -> Activity:
    """A post to everybody that names a chapter, as Mastodon writes it."""
    tag = {"type": "Mention", "href": where.uri, "name": f"@{where.username}@hub.test"}
    addressed = {"to": [PUBLIC], "cc": [who.followers, where.uri], "tag": [tag]}
    return peer.note(who, f'<p><a href="{where.url}">@{where.username}</a> {text}</p>', **addressed | more)


def page(peer: Peer, who: PeerActor, where: Actor, title: str, **more: Any) -> Activity:
    """A thread of Lemmy 0.19 in a community (`crates/apub/assets/lemmy/objects/page.json`)."""
    addressed = {"type": "Page", "name": title, "to": [where.uri, PUBLIC], "cc": [], "audience": where.uri}
    lemmy = {"mediaType": "text/html", "attachment": [], "sensitive": False, "tag": []}
    return peer.note(who, "<p>What do you think?</p>", **addressed | lemmy | more)


@dataclass
class ChapterScene:
    """Who is there. `pune` is a chapter that Ada runs, followed by Rosa from a microblog (`peer`) and by Liv from
    `lemmy`.
    """

    home: RunningHub
    peer: Peer
    lemmy: Peer
    pune: Actor
    ada: Actor
    rosa: PeerActor
    liv: PeerActor

    def forget(self) -> None:
        """What went out so far is not looked at any more."""
        self.peer.received.clear()
        self.lemmy.received.clear()


def announced_types(server: Peer) -> list[str]:
    """The types of what was announced whole at a server."""
    announced = [activity["object"] for activity in server.received if activity["type"] == "Announce"]
    return [inner["type"] for inner in announced if isinstance(inner, dict)]


def announced(server: Peer, type: str) -> Activity:
    """The only activity of a type that was announced whole at a server."""
    found = [
        activity["object"]
        for activity in server.received
        if activity["type"] == "Announce"
        and isinstance(activity["object"], dict)
        and activity["object"]["type"] == type
    ]
    assert len(found) == 1, server.received
    inner: Activity = found[0]
    return inner
