"""Polls: how one stands, and voting in it. A poll has the id of its status."""

from fedihub.api.endpoint import Call
from fedihub.api.entities.poll import Poll, poll
from fedihub.api.errors import invalid, not_found
from fedihub.api.forms import Form
from fedihub.api.shown import get_post
from fedihub.services.polls import refresh_poll, vote
from storage.views.posts import PostView


class _VoteForm(Form):
    choices: tuple[str, ...] = ()


async def show_poll(call: Call) -> Poll:
    """`GET /api/v1/polls/:id`: for an account, the server of a remote poll is asked first, if it was not asked
    lately.
    """
    view = await _get_asking(call)
    if call.viewer_id is not None and not view.is_local:
        await refresh_poll(call.hub, view.id)
        view = await _get_asking(call)
    return _shown(call, view)


async def vote_in_poll(call: Call) -> Poll:
    """`POST /api/v1/polls/:id/votes`: choices are positions, as texts."""
    form, view = call.form(_VoteForm), await _get_asking(call)
    if not all(choice.isascii() and choice.isdigit() and len(choice) <= 4 for choice in form.choices):
        raise invalid("The chosen vote option does not exist")
    await vote(call.hub, actor_id=call.actor_id, post_id=view.id, choices=[int(choice) for choice in form.choices])
    return _shown(call, await _get_asking(call))


async def _get_asking(call: Call) -> PostView:
    view = await get_post(call)
    if view.poll is None or view.boost is not None:
        raise not_found()
    return view


def _shown(call: Call, view: PostView) -> Poll:
    shown = poll(view, viewer_id=call.viewer_id, now=call.hub.clock.now())
    if shown is None:
        raise not_found()
    return shown
