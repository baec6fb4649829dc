"""Who follows and who blocks whom. Each act answers with the relationship as it is then."""

from collections.abc import Sequence

from fedihub.api.endpoint import Call
from fedihub.api.entities.account import Account, Relationship, relationship
from fedihub.api.forms import Form, RowId
from fedihub.api.paging import Page, read_window
from fedihub.api.shown import get_account, show_people
from fedihub.services import following
from storage.views.people import list_blocked, list_follow_requests, list_followers, list_following
from storage.views.relationships import RelationshipView, load_relationships

_MOST = 80
_DEFAULT = 40


class _IdsForm(Form):
    id: tuple[RowId, ...] = ()


class _FollowForm(Form):
    reblogs: bool | None = None
    notify: bool | None = None


async def show_followers(call: Call) -> Page[Account]:
    """`GET /api/v1/accounts/:id/followers`."""
    actor, window = await get_account(call), read_window(call.parameters, default=_DEFAULT, most=_MOST)
    people = await call.hub.database.read(lambda session: list_followers(session, actor.id, window=window))
    return show_people(call, people, window=window)


async def show_following(call: Call) -> Page[Account]:
    """`GET /api/v1/accounts/:id/following`."""
    actor, window = await get_account(call), read_window(call.parameters, default=_DEFAULT, most=_MOST)
    people = await call.hub.database.read(lambda session: list_following(session, actor.id, window=window))
    return show_people(call, people, window=window)


async def list_relationships(call: Call) -> list[Relationship]:
    """`GET /api/v1/accounts/relationships?id[]=`: one for each id, in the order asked."""
    return await _relationships(call, call.form(_IdsForm).id)


async def follow(call: Call) -> Relationship:
    """`POST /api/v1/accounts/:id/follow`: again, it only changes what is wanted of them."""
    actor, form = await get_account(call), call.form(_FollowForm)
    (known,) = await _views(call, [actor.id])
    is_new = not (known.following or known.requested)
    await following.follow(
        call.hub,
        actor_id=call.actor_id,
        target_id=actor.id,
        show_boosts=form.reblogs if form.reblogs is not None else is_new or known.show_boosts,
        notify=form.notify if form.notify is not None else known.notify,
    )
    return await _relationship(call, actor.id)


async def unfollow(call: Call) -> Relationship:
    """`POST /api/v1/accounts/:id/unfollow`, which also takes a request back."""
    actor = await get_account(call)
    await following.unfollow(call.hub, actor_id=call.actor_id, target_id=actor.id)
    return await _relationship(call, actor.id)


async def remove_follower(call: Call) -> Relationship:
    """`POST /api/v1/accounts/:id/remove_from_followers`."""
    actor = await get_account(call)
    await following.remove_follower(call.hub, actor_id=call.actor_id, follower_id=actor.id)
    return await _relationship(call, actor.id)


async def block(call: Call) -> Relationship:
    """`POST /api/v1/accounts/:id/block`."""
    actor = await get_account(call)
    await following.block(call.hub, actor_id=call.actor_id, target_id=actor.id)
    return await _relationship(call, actor.id)


async def unblock(call: Call) -> Relationship:
    """`POST /api/v1/accounts/:id/unblock`."""
    actor = await get_account(call)
    await following.unblock(call.hub, actor_id=call.actor_id, target_id=actor.id)
    return await _relationship(call, actor.id)


async def list_blocks(call: Call) -> Page[Account]:
    """`GET /api/v1/blocks`."""
    owner_id, window = call.actor_id, read_window(call.parameters, default=_DEFAULT, most=_MOST)
    people = await call.hub.database.read(lambda session: list_blocked(session, owner_id, window=window))
    return show_people(call, people, window=window)


async def list_requests(call: Call) -> Page[Account]:
    """`GET /api/v1/follow_requests`."""
    owner_id, window = call.actor_id, read_window(call.parameters, default=_DEFAULT, most=_MOST)
    people = await call.hub.database.read(lambda session: list_follow_requests(session, owner_id, window=window))
    return show_people(call, people, window=window)


async def accept_request(call: Call) -> Relationship:
    """`POST /api/v1/follow_requests/:id/authorize`."""
    actor = await get_account(call)
    await following.accept_request(call.hub, actor_id=call.actor_id, follower_id=actor.id)
    return await _relationship(call, actor.id)


async def reject_request(call: Call) -> Relationship:
    """`POST /api/v1/follow_requests/:id/reject`."""
    actor = await get_account(call)
    await following.reject_request(call.hub, actor_id=call.actor_id, follower_id=actor.id)
    return await _relationship(call, actor.id)


async def _relationship(call: Call, actor_id: int) -> Relationship:
    return (await _relationships(call, [actor_id]))[0]


async def _relationships(call: Call, actor_ids: Sequence[int]) -> list[Relationship]:
    return [relationship(view) for view in await _views(call, actor_ids)]


async def _views(call: Call, actor_ids: Sequence[int]) -> list[RelationshipView]:
    viewer_id = call.actor_id
    return await call.hub.database.read(lambda session: load_relationships(session, actor_ids, viewer_id=viewer_id))
