"""Undo: somebody takes back a Follow, a Like, an Announce, a Block, or the Accept of a follow of ours.

Found by actor and object as peers do, because the id of the inner activity need not be the one that was sent
(GoToSocial makes up a new one); by the id where the inner activity came as nothing else. Only the one who did it can
undo it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from federation.vocabulary.base import id_of
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Refused, Result
from storage.actors import Actor
from storage.blocks import delete_block, find_block_by_uri
from storage.database import Session
from storage.follows import find_follow_by_uri, remove_follow
from storage.posts import find_post_by_uri
from storage.reactions import delete_boost, delete_like, find_boost_by_uri, find_like_by_uri
from storage.received import NOTHING_TO_UNDO, ended_before, release


@dataclass(frozen=True, slots=True)
class _Undoing:
    at: Gathering
    sender: Actor
    inner_uri: str | None
    object_uri: str | None


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
    undoing = _Undoing(at, sender, activity.object_id, id_of(inner.get("object")) if inner else None)

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
    target_id = undoing.at.local_actor_id(undoing.object_uri)
    if target_id is not None:
        return await remove_follow(session, follower_id=undoing.sender.id, followed_id=target_id)
    if undoing.object_uri is not None or undoing.inner_uri is None:
        return False
    follow = await find_follow_by_uri(session, undoing.inner_uri)
    if follow is None or follow.follower_id != undoing.sender.id:
        return False
    return await remove_follow(session, follower_id=follow.follower_id, followed_id=follow.followed_id)


async def _accept(session: Session, undoing: _Undoing) -> bool:
    """The followed actor takes back that it agreed; the object is our Follow."""
    if undoing.object_uri is None:
        return False
    follow = await find_follow_by_uri(session, undoing.object_uri)
    if follow is None or follow.followed_id != undoing.sender.id:
        return False
    return await remove_follow(session, follower_id=follow.follower_id, followed_id=follow.followed_id)


async def _like(session: Session, undoing: _Undoing) -> bool:
    if undoing.object_uri is not None:
        post = await find_post_by_uri(session, undoing.object_uri)
        return post is not None and await _unlike(session, undoing.sender.id, post.id)
    like = await find_like_by_uri(session, undoing.inner_uri or "")
    if like is None or like.actor_id != undoing.sender.id:
        return False
    return await _unlike(session, like.actor_id, like.post_id)


async def _announce(session: Session, undoing: _Undoing) -> bool:
    boost = await find_boost_by_uri(session, undoing.inner_uri) if undoing.inner_uri else None
    if boost is not None:
        if boost.actor_id != undoing.sender.id:
            return False
        return await _unboost(session, boost.actor_id, boost.post_id)
    post = await find_post_by_uri(session, undoing.object_uri) if undoing.object_uri else None
    return post is not None and await _unboost(session, undoing.sender.id, post.id)


async def _block(session: Session, undoing: _Undoing) -> bool:
    blocked_id = undoing.at.local_actor_id(undoing.object_uri)
    if blocked_id is None and undoing.inner_uri is not None:
        block = await find_block_by_uri(session, undoing.inner_uri)
        blocked_id = block.blocked_id if block is not None and block.blocker_id == undoing.sender.id else None
    if blocked_id is None:
        return False
    return await delete_block(session, blocker_id=undoing.sender.id, blocked_id=blocked_id)


async def _unlike(session: Session, actor_id: int, post_id: int) -> bool:
    return await delete_like(session, actor_id=actor_id, post_id=post_id) is not None


async def _unboost(session: Session, actor_id: int, post_id: int) -> bool:
    return await delete_boost(session, actor_id=actor_id, post_id=post_id) is not None


_TAKERS: dict[str, tuple[Taker, ...]] = {
    "Follow": (_follow,),
    "Accept": (_accept,),
    "Like": (_like,),
    "Announce": (_announce,),
    "Block": (_block,),
}
_BY_ID: tuple[Taker, ...] = (_follow, _announce, _like, _block)
