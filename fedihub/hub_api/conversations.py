"""Conversations: how complete they are, and looking for the rest."""

from fedihub.hub_api.models import ConversationShown
from fedihub.hub_api.operations import Call
from fedihub.hub_api.problems import Refused
from fedihub.services.threads import look_for_rest
from storage.views.completeness import load_completeness


async def show(call: Call) -> ConversationShown:
    """Say how complete the conversation of a post is, and when it was last looked for elsewhere."""
    post_id = call.path_id("post_id")
    found = await call.hub.database.read(lambda session: load_completeness(session, post_id, viewer_id=call.viewer_id))
    if found is None:
        raise Refused(404, "There is no such post.")
    return ConversationShown(
        posts=found.posts,
        hosts=list(found.hosts),
        complete=found.is_complete,
        missing=found.missing,
        checked_at=found.checked_at,
        check_after=found.check_after,
    )


async def refresh(call: Call) -> ConversationShown:
    """Look for what is missing, unless that was done a short while ago.

    The other servers are asked in the background: what they have shows when the conversation is read again.
    """
    shown = await show(call)
    await look_for_rest(call.hub, call.path_id("post_id"))
    return shown
