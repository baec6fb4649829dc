"""Who follows and who blocks whom. Each act answers with the relationship as it is then."""

from collections.abc import Awaitable, Callable, Sequence

from fedihub.api.endpoint import Call
from fedihub.api.entities.account import Account, Relationship, relationship
from fedihub.api.forms import Form, RowId
from fedihub.api.paging import Page
from fedihub.api.shown import get_account, list_accounts
from fedihub.services import following
from storage.views.people import list_blocked, list_follow_requests, list_followers, list_following
from storage.views.relationships import RelationshipView, load_relationships


class _IdsForm(Form):
    id: tuple[RowId, ...] = ()


class _FollowForm(Form):
    reblogs: bool | None = None
    notify: bool | None = None


async def show_followers(call: Call) -> Page[Account]:
    """`GET /api/v1/accounts/:id/followers`."""
    return await list_accounts(call, list_followers, of_id=(await get_account(call)).id)


async def show_following(call: Call) -> Page[Account]:
    """`GET /api/v1/accounts/:id/following`."""
    return await list_accounts(call, list_following, of_id=(await get_account(call)).id)


async def list_blocks(call: Call) -> Page[Account]:
    """`GET /api/v1/blocks`."""
    return await list_accounts(call, list_blocked, of_id=call.actor_id, with_blocked=True)


async def list_requests(call: Call) -> Page[Account]:
    """`GET /api/v1/follow_requests`."""
    return await list_accounts(call, list_follow_requests, of_id=call.actor_id)


async def list_relationships(call: Call) -> list[Relationship]:
    """`GET /api/v1/accounts/relationships?id[]=`: one for each id, in the order asked."""
    return [relationship(view) for view in await _views(call, call.form(_IdsForm).id)]


async def follow(call: Call) -> Relationship:
    """`POST /api/v1/accounts/:id/follow`: again, it only changes what is wanted of them."""
    form = call.form(_FollowForm)

    async def act(me: int, them: int) -> None:
        (known,) = await _views(call, [them])
        is_new = not (known.following or known.requested)
        await following.follow(
            call.hub,
            actor_id=me,
            target_id=them,
            show_boosts=form.reblogs if form.reblogs is not None else is_new or known.show_boosts,
            notify=form.notify if form.notify is not None else known.notify,
        )

    return await _after(call, act)


async def unfollow(call: Call) -> Relationship:
    """`POST /api/v1/accounts/:id/unfollow`, which also takes a request back."""
    return await _after(call, lambda me, them: following.unfollow(call.hub, actor_id=me, target_id=them))


async def remove_follower(call: Call) -> Relationship:
    """`POST /api/v1/accounts/:id/remove_from_followers`."""
    return await _after(call, lambda me, them: following.remove_follower(call.hub, actor_id=me, follower_id=them))


async def block(call: Call) -> Relationship:
    """`POST /api/v1/accounts/:id/block`."""
    return await _after(call, lambda me, them: following.block(call.hub, actor_id=me, target_id=them))


async def unblock(call: Call) -> Relationship:
    """`POST /api/v1/accounts/:id/unblock`."""
    return await _after(call, lambda me, them: following.unblock(call.hub, actor_id=me, target_id=them))


async def accept_request(call: Call) -> Relationship:
    """`POST /api/v1/follow_requests/:id/authorize`."""
    return await _after(call, lambda me, them: following.accept_request(call.hub, actor_id=me, follower_id=them))


async def reject_request(call: Call) -> Relationship:
    """`POST /api/v1/follow_requests/:id/reject`."""
    return await _after(call, lambda me, them: following.reject_request(call.hub, actor_id=me, follower_id=them))


async def _after(call: Call, act: Callable[[int, int], Awaitable[object]]) -> Relationship:
    """Do it, from the account that acts to the one that the path names, and tell how the two stand then."""
    them = (await get_account(call)).id
    await act(call.actor_id, them)
    (view,) = await _views(call, [them])
    return relationship(view)


async def _views(call: Call, actor_ids: Sequence[int]) -> list[RelationshipView]:
    viewer_id = call.actor_id
    return await call.hub.database.read(lambda session: load_relationships(session, actor_ids, viewer_id=viewer_id))
