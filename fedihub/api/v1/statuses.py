"""Statuses: saying something, changing it, taking it back, and looking at what was said around it."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, Literal, Protocol

from fedihub.api.endpoint import Call
from fedihub.api.entities.account import Account
from fedihub.api.entities.status import AUDIENCE, Context, Status, StatusEdit, StatusSource, edits
from fedihub.api.errors import invalid, not_found
from fedihub.api.forms import Form, RowId
from fedihub.api.paging import Page
from fedihub.api.shown import get_post, list_accounts, show_post
from fedihub.api.v1.media import MediaForm
from fedihub.api.v1.quotes import POLICY, PolicyWord
from fedihub.hub import Hub
from fedihub.services import pins, reactions
from fedihub.services.attaching import Files
from fedihub.services.media import details
from fedihub.services.polls import NewPoll
from fedihub.services.posting import delete_post, edit_post, publish_post
from fedihub.services.quotes import set_quote_policy
from fedihub.services.threads import look_for_rest
from storage.posts import Audience
from storage.quotes import QuotePolicy
from storage.revisions import list_revisions
from storage.views.context import load_context
from storage.views.people import list_boosters, list_likers
from storage.views.posts import PostView

_LONGEST_KEY = 255
_MOST_FOR_ACCOUNTS = 4096
_MOST_FOR_ANYONE = 60


class _PollForm(Form):
    options: tuple[str, ...] = ()
    expires_in: int = 0
    multiple: bool = False
    hide_totals: bool = False

    def as_asked(self) -> NewPoll:
        """What the hub is to ask; a time that is far too long is as wrong as one that is a little too long."""
        seconds = max(0, min(self.expires_in, 10**9))
        return NewPoll(self.options, timedelta(seconds=seconds), self.multiple, self.hide_totals)


class _FileForm(MediaForm):
    id: RowId

    def details(self) -> dict[str, Any]:
        """What is said of the file from now on."""
        return details(self.description, self.point)


class _TextForm(Form):
    status: str = ""
    spoiler_text: str = ""
    sensitive: bool = False
    language: str | None = None
    media_ids: tuple[RowId, ...] = ()
    media_attributes: tuple[_FileForm, ...] = ()
    poll: _PollForm | None = None
    content_type: str | None = None
    quote_approval_policy: PolicyWord | None = None

    @property
    def quote_policy(self) -> QuotePolicy | None:
        """Who may quote it, if that was said."""
        return POLICY[self.quote_approval_policy] if self.quote_approval_policy else None


class _StatusForm(_TextForm):
    in_reply_to_id: RowId | None = None
    quoted_status_id: RowId | None = None
    visibility: Literal["public", "unlisted", "private", "direct"] | None = None
    local_only: bool = False
    scheduled_at: str | None = None


class _DeleteForm(Form):
    delete_media: bool = False


class _ReblogForm(Form):
    visibility: str = "public"


async def create_status(call: Call) -> Status:
    """`POST /api/v1/statuses`. The same `Idempotency-Key` again answers the first status."""
    form = call.form(_StatusForm)
    _check_text(form)
    if form.scheduled_at:
        raise invalid("Statuses can't be scheduled on this server yet")
    parent = await get_post(call, form.in_reply_to_id) if form.in_reply_to_id else None
    quoted = await get_post(call, form.quoted_status_id) if form.quoted_status_id else None
    post_id = await publish_post(
        call.hub,
        author_id=call.actor_id,
        writer_id=call.writer_id,
        text=form.status,
        audience=_audience(form.visibility, parent),
        in_reply_to_id=parent.id if parent else None,
        quoted_id=quoted.id if quoted else None,
        quote_policy=form.quote_policy,
        local_only=form.local_only,
        content_warning=form.spoiler_text,
        sensitive=form.sensitive or bool(form.spoiler_text),
        language=form.language,
        idempotency_key=call.request.headers.get("Idempotency-Key", "")[:_LONGEST_KEY] or None,
        app_name=call.caller.app_name if call.caller else None,
        app_website=call.caller.app_website if call.caller else None,
        format="markdown" if form.content_type == "text/markdown" else "plain",
        poll=form.poll.as_asked() if form.poll and form.poll.options else None,
        media_ids=form.media_ids,
    )
    return show_post(call, await get_post(call, post_id))


def _check_text(form: _TextForm) -> None:
    if not form.status.strip() and not form.media_ids:
        raise invalid("Text can't be blank")


def _audience(visibility: str | None, parent: PostView | None) -> Audience:
    """What the client asked for; without a word of it a reply speaks to no more people than what it answers."""
    if visibility is not None:
        return AUDIENCE[visibility]
    return parent.audience if parent else Audience.PUBLIC


async def show_status(call: Call) -> Status:
    """`GET /api/v1/statuses/:id`."""
    return show_post(call, await get_post(call))


async def update_status(call: Call) -> Status:
    """`PUT /api/v1/statuses/:id`: only one's own; who may read it stays as it was. Files that are not named are taken
    away.
    """
    form, view = call.form(_TextForm), await _get_own(call)
    _check_text(form)
    if form.quote_policy is not None:
        await set_quote_policy(call.hub, post_id=view.id, by_actor_id=call.actor_id, policy=form.quote_policy)
    await edit_post(
        call.hub,
        post_id=view.id,
        by_actor_id=call.actor_id,
        text=form.status,
        content_warning=form.spoiler_text,
        sensitive=form.sensitive or bool(form.spoiler_text),
        language=form.language or view.language,
        format="markdown" if form.content_type == "text/markdown" else "plain",
        poll=form.poll.as_asked() if form.poll and form.poll.options else None,
        files=Files(form.media_ids, {each.id: each.details() for each in form.media_attributes}),
    )
    return show_post(call, await get_post(call, view.id))


async def delete_status(call: Call) -> Status:
    """`DELETE /api/v1/statuses/:id`: answers what was there, with its source, to be written anew; so its files can be
    used once more, unless `delete_media` says otherwise. A boost is taken back.
    """
    view = await get_post(call)
    if view.boost is not None and view.boost.booster.id == call.actor_id:
        await reactions.unboost(call.hub, actor_id=call.actor_id, post_id=view.id)
        return show_post(call, view)
    _check_own(call, view)
    keep_files = not call.form(_DeleteForm).delete_media
    await delete_post(call.hub, post_id=view.id, by_actor_id=call.actor_id, keep_files=keep_files)
    return show_post(call, view).model_copy(update={"text": view.source_text or ""})


async def show_source(call: Call) -> StatusSource:
    """`GET /api/v1/statuses/:id/source`: what its author wrote, for nobody else."""
    view = await _get_own(call)
    return StatusSource(id=view.id, text=view.source_text or "", spoiler_text=view.content_warning)


async def show_history(call: Call) -> list[StatusEdit]:
    """`GET /api/v1/statuses/:id/history`: all versions, oldest first; of what was never edited the only one."""
    view = await get_post(call)
    revisions = await call.hub.database.read(lambda session: list_revisions(session, view.id))
    return edits(view, revisions, call.hub.uris)


async def show_context(call: Call) -> Context:
    """`GET /api/v1/statuses/:id/context`: the thread above and below, as far as the viewer may see it."""
    view, viewer_id = await get_post(call), call.viewer_id
    most = _MOST_FOR_ACCOUNTS if viewer_id is not None else _MOST_FOR_ANYONE
    thread = await call.hub.database.read(
        lambda session: load_context(session, view.id, viewer_id=viewer_id, most=most)
    )
    if viewer_id is not None:
        await look_for_rest(call.hub, view.id)
    above, below = ([show_post(call, each) for each in part] for part in (thread.ancestors, thread.descendants))
    return Context(ancestors=above, descendants=below)


async def list_favourited_by(call: Call) -> Page[Account]:
    """`GET /api/v1/statuses/:id/favourited_by`."""
    return await list_accounts(call, list_likers, of_id=(await get_post(call)).id)


async def list_reblogged_by(call: Call) -> Page[Account]:
    """`GET /api/v1/statuses/:id/reblogged_by`."""
    return await list_accounts(call, list_boosters, of_id=(await get_post(call)).id)


async def favourite(call: Call) -> Status:
    """`POST /api/v1/statuses/:id/favourite`."""
    return await _after(call, reactions.like)


async def unfavourite(call: Call) -> Status:
    """`POST /api/v1/statuses/:id/unfavourite`."""
    return await _after(call, reactions.unlike)


async def pin(call: Call) -> Status:
    """`POST /api/v1/statuses/:id/pin`: show one's own status first on one's profile."""
    return await _after(call, pins.pin)


async def unpin(call: Call) -> Status:
    """`POST /api/v1/statuses/:id/unpin`."""
    return await _after(call, pins.unpin)


async def reblog(call: Call) -> Status:
    """`POST /api/v1/statuses/:id/reblog`: answers the wrapper, with the original in `reblog`. A boost for fewer people
    than all is refused, and not made for all.
    """
    view = await get_post(call)
    if call.form(_ReblogForm).visibility != "public":
        raise invalid("Statuses can only be boosted publicly on this server yet")
    boost_id = await reactions.boost(call.hub, actor_id=call.actor_id, post_id=view.id)
    return show_post(call, await get_post(call, boost_id))


async def unreblog(call: Call) -> Status:
    """`POST /api/v1/statuses/:id/unreblog`: answers the original."""
    return await _after(call, reactions.unboost)


class _Reaction(Protocol):
    """What `services.reactions` and `services.pins` can do to a post."""

    def __call__(self, hub: Hub, /, *, actor_id: int, post_id: int) -> Awaitable[object]: ...


async def _after(call: Call, react: _Reaction) -> Status:
    """Do it, and show the post as it is then."""
    view = await get_post(call)
    await react(call.hub, actor_id=call.actor_id, post_id=view.id)
    return show_post(call, await get_post(call, view.id))


async def _get_own(call: Call) -> PostView:
    view = await get_post(call)
    _check_own(call, view)
    return view


def _check_own(call: Call, view: PostView) -> None:
    """Somebody else's status can't be changed; that is no news to whoever may see it, but Mastodon says 404 too."""
    if view.author.id != call.actor_id or view.boost is not None:
        raise not_found()
