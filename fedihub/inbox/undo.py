"""Undo: somebody takes back a Follow, a Like, an Announce, a Block, or the Accept of a follow of ours.

Found by actor and object as peers do, because the id of the inner activity need not be the one that was sent
(GoToSocial makes up a new one); by the id where the inner activity came as nothing else. Only the one who did it can
undo it; and where it was done anew in the meantime, the Undo of the first time does not end the second (Mastodon
delivers in parallel, so that "unfollow, follow again" may come in another order).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from federation.vocabulary.base import id_of
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Refused, Result
from storage.actors import Actor
from storage.blocks import Block, delete_block, find_block, find_block_by_uri
from storage.database import Session
from storage.follows import Follow, find_follow, find_follow_by_uri
from storage.posts import find_post_by_uri
from storage.reactions import (
    Boost,
    Like,
    delete_boost,
    delete_like,
    find_boost,
    find_boost_by_uri,
    find_like,
    find_like_by_uri,
)
from storage.received import NOTHING_TO_UNDO, ended_before, find_object, release, was_renewed
from storage.unfollowing import remove_follow


@dataclass(frozen=True, slots=True)
class _Undoing:
    at: Gathering
    sender: Actor
    inner_uri: str | None
    object_uri: str | None

    async def came_too_late(self, session: Session, held: str | None) -> bool:
        """Whether the sender has done the same anew since, in the activity that is held here."""
        return await was_renewed(session, actor_uri=self.sender.uri, activity_uri=self.inner_uri, held=held)


Taker = Callable[[Session, _Undoing], Awaitable[bool]]


async def on_undo(at: Gathering, received: In) -> Change | Result:
    """What was undone may come again under its old id (older Misskey), so its place in the log is released."""
    activity = received.activity
    inner: Mapping[str, Any] = activity.embedded or {}
    if inner and id_of(inner.get("actor")) not in (None, received.actor):
        return Refused("not_the_actor", f"{received.actor} undoes what {inner.get('actor')!s:.200} did")
    takers = _TAKERS.get(str(inner.get("type"))) if inner else _BY_ID
    if takers is None:
        return Ignored("unsupported_object")
    sender = await at.sender(received)
    undoing = _Undoing(at, sender, activity.object_id, await at.own_id(id_of(inner.get("object"))) if inner else None)

    async def change(session: Session) -> Result:
        for take_back in takers:
            if await take_back(session, undoing):
                await release(session, actor_uri=sender.uri, activity_uri=undoing.inner_uri)
                return Applied()
        ended = await ended_before(session, actor_uri=sender.uri, activity_uri=undoing.inner_uri)
        return Ignored("ended_before" if ended else NOTHING_TO_UNDO)

    return change


async def _follow(session: Session, undoing: _Undoing) -> bool:
    """Also a request that was not answered yet."""
    follow = await _undone_follow(session, undoing)
    if follow is None or await undoing.came_too_late(session, follow.uri):
        return False
    return await remove_follow(session, follower_id=follow.follower_id, followed_id=follow.followed_id)


async def _undone_follow(session: Session, undoing: _Undoing) -> Follow | None:
    target_id = undoing.at.local_actor_id(undoing.object_uri)
    if target_id is not None:
        return await find_follow(session, follower_id=undoing.sender.id, followed_id=target_id)
    if undoing.object_uri is not None or undoing.inner_uri is None:
        return None
    return await find_follow_by_uri(session, undoing.inner_uri, follower_id=undoing.sender.id)


async def _accept(session: Session, undoing: _Undoing) -> bool:
    """The followed actor takes back that it agreed; the object is our Follow."""
    if undoing.object_uri is None:
        return False
    follow = await find_follow_by_uri(session, undoing.object_uri)
    if follow is None or follow.followed_id != undoing.sender.id:
        return False
    return await remove_follow(session, follower_id=follow.follower_id, followed_id=follow.followed_id)


async def _like(session: Session, undoing: _Undoing) -> bool:
    like = await _undone_like(session, undoing)
    if like is None or await undoing.came_too_late(session, like.uri):
        return False
    return await delete_like(session, actor_id=like.actor_id, post_id=like.post_id) is not None


async def _undone_like(session: Session, undoing: _Undoing) -> Like | None:
    if undoing.object_uri is not None:
        post = await find_post_by_uri(session, undoing.object_uri)
        return await find_like(session, actor_id=undoing.sender.id, post_id=post.id) if post is not None else None
    return await find_like_by_uri(session, undoing.inner_uri or "", actor_id=undoing.sender.id)


async def _announce(session: Session, undoing: _Undoing) -> bool:
    boost = await _undone_boost(session, undoing)
    if boost is None or await undoing.came_too_late(session, boost.uri):
        return False
    return await delete_boost(session, actor_id=boost.actor_id, post_id=boost.post_id) is not None


async def _undone_boost(session: Session, undoing: _Undoing) -> Boost | None:
    uri, post_uri = undoing.inner_uri, undoing.object_uri
    boost = await find_boost_by_uri(session, uri) if uri is not None else None
    if boost is not None and boost.actor_id == undoing.sender.id:
        return boost
    is_named = post_uri is not None
    if uri is not None and post_uri is None:  # another has a boost under this id: ours is held under none
        post_uri = await find_object(session, actor_uri=undoing.sender.uri, activity_uri=uri, type="Announce")
    post = await find_post_by_uri(session, post_uri) if post_uri is not None else None
    boost = await find_boost(session, actor_id=undoing.sender.id, post_id=post.id) if post is not None else None
    return boost if boost is not None and (is_named or boost.uri is None) else None


async def _block(session: Session, undoing: _Undoing) -> bool:
    block = await _undone_block(session, undoing)
    if block is None or await undoing.came_too_late(session, block.uri):
        return False
    return await delete_block(session, blocker_id=block.blocker_id, blocked_id=block.blocked_id)


async def _undone_block(session: Session, undoing: _Undoing) -> Block | None:
    blocked_id = undoing.at.local_actor_id(undoing.object_uri)
    if blocked_id is not None:
        return await find_block(session, blocker_id=undoing.sender.id, blocked_id=blocked_id)
    return await find_block_by_uri(session, undoing.inner_uri or "", blocker_id=undoing.sender.id)


_TAKERS: dict[str, tuple[Taker, ...]] = {
    "Follow": (_follow,),
    "Accept": (_accept,),
    "Like": (_like,),
    "Announce": (_announce,),
    "Block": (_block,),
}
_BY_ID: tuple[Taker, ...] = (_follow, _announce, _like, _block)
