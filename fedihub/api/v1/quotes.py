"""Quotes of a status (Mastodon 4.5): who quotes it, who may, and taking that back."""

from typing import Literal

from fedihub.api.endpoint import Call
from fedihub.api.entities.status import Status
from fedihub.api.errors import invalid
from fedihub.api.forms import Form
from fedihub.api.paging import Page, read_window
from fedihub.api.shown import get_post, show_entries, show_post
from fedihub.services.quotes import revoke_quote, set_quote_policy
from storage.quotes import QuotePolicy
from storage.views.quotes import list_quoting

PolicyWord = Literal["public", "followers", "nobody"]
POLICY: dict[str, QuotePolicy] = {
    "public": QuotePolicy.ANYONE,
    "followers": QuotePolicy.FOLLOWERS,
    "nobody": QuotePolicy.NOBODY,
}


class _PolicyForm(Form):
    quote_approval_policy: PolicyWord | None = None


async def list_quotes(call: Call) -> Page[Status]:
    """`GET /api/v1/statuses/:id/quotes`."""
    view, window = await get_post(call), read_window(call.parameters)
    views = await call.hub.database.read(
        lambda session: list_quoting(session, view.id, viewer_id=call.viewer_id, window=window)
    )
    return show_entries(call, views, window=window)


async def revoke(call: Call) -> Status:
    """`POST /api/v1/statuses/:id/quotes/:quoting/revoke`: one's own status is quoted there no longer."""
    view = await get_post(call)
    quoting = await get_post(call, call.path_id("quoting"))
    await revoke_quote(call.hub, post_id=view.id, quoting_id=quoting.id, by_actor_id=call.actor_id)
    return show_post(call, await get_post(call, quoting.id))


async def change_policy(call: Call) -> Status:
    """`PUT /api/v1/statuses/:id/interaction_policy`: who may quote one's own status from now on."""
    form, view = call.form(_PolicyForm), await get_post(call)
    if form.quote_approval_policy is None:
        raise invalid("Quote approval policy must be public, followers or nobody")
    policy = POLICY[form.quote_approval_policy]
    await set_quote_policy(call.hub, post_id=view.id, by_actor_id=call.actor_id, policy=policy)
    return show_post(call, await get_post(call, view.id))
