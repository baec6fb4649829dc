"""Accounts: looking somebody up, one's own profile, and who follows whom."""

from typing import Any, ClassVar

from fedihub.api.endpoint import Call
from fedihub.api.entities.account import Account, CredentialAccount, account, credential_account
from fedihub.api.errors import ApiError, not_found
from fedihub.api.forms import Form
from fedihub.api.paging import Page, read_limit, read_window
from fedihub.api.shown import get_account, show_entries
from fedihub.errors import HubError
from fedihub.services.profiles import ProfileChanges, update_profile
from fedihub.services.resolving import resolve_handle
from fedihub.text.find import fold_tag
from storage.actors import Actor, find_actor, find_by_handle
from storage.database import Session
from storage.follows import count_requests
from storage.views.actor_search import search_actors
from storage.views.timelines import AuthorFilter, list_by_author

_PICTURES = ("avatar", "header")
_MOST_PEOPLE = 80


class _FieldForm(Form):
    clearable: ClassVar[frozenset[str]] = frozenset({"name", "value"})
    name: str = ""
    value: str = ""


class _ProfileForm(Form):
    clearable: ClassVar[frozenset[str]] = frozenset({"display_name", "note"})
    display_name: str | None = None
    note: str | None = None
    locked: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    fields_attributes: tuple[_FieldForm, ...] | None = None


class _HandleForm(Form):
    acct: str = ""


class _SearchForm(Form):
    q: str = ""
    resolve: bool = False
    following: bool = False
    offset: int = 0


class _StatusesForm(Form):
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    only_media: bool = False
    pinned: bool = False
    tagged: str | None = None


async def verify_credentials(call: Call) -> CredentialAccount:
    """`GET /api/v1/accounts/verify_credentials`: who the token acts as."""
    return await _own(call, call.actor_id)


async def update_credentials(call: Call) -> CredentialAccount:
    """`PATCH /api/v1/accounts/update_credentials`. As a project, a member whose role allows it changes the
    project's profile.
    """
    for name in _PICTURES:
        if call.parameters.get(name):
            raise ApiError(422, f"Validation failed: {name.capitalize()} can't be uploaded to this server yet")
    form = call.form(_ProfileForm)
    fields = form.fields_attributes
    changes = ProfileChanges(
        display_name=form.display_name,
        bio=form.note,
        fields=tuple((each.name, each.value) for each in fields) if fields is not None else None,
        approves_followers=form.locked,
        discoverable=form.discoverable,
        indexable=form.indexable,
    )
    await update_profile(
        call.hub, actor_id=call.actor_id, by_member_id=call.writer_id or call.actor_id, changes=changes
    )
    return await _own(call, call.actor_id)


async def _own(call: Call, actor_id: int) -> CredentialAccount:
    async def unit(session: Session) -> tuple[Actor | None, int]:
        return await find_actor(session, actor_id), await count_requests(session, actor_id)

    actor, requests = await call.hub.database.read(unit)
    if actor is None:
        raise not_found()
    return credential_account(actor, call.hub.uris, requests=requests)


async def show_account(call: Call) -> Account:
    """`GET /api/v1/accounts/:id`."""
    return account(await get_account(call), call.hub.uris)


async def lookup(call: Call) -> Account:
    """`GET /api/v1/accounts/lookup?acct=`: only among those that we know; search is what asks other servers."""
    text = call.form(_HandleForm).acct.strip().removeprefix("@")
    if not text:
        raise not_found()
    return account(await known_account(call, text), call.hub.uris)


async def search(call: Call) -> list[Account]:
    """`GET /api/v1/accounts/search`: by the beginning of a name; a whole handle with `resolve` is asked for at its
    server.
    """
    form, limit = call.form(_SearchForm), read_limit(call.parameters, default=40, most=80)
    text = form.q.strip().removeprefix("@")
    if not text:
        return []
    if form.resolve and "@" in text and not form.following:
        return [account(actor, call.hub.uris) for actor in await resolved_account(call, text)]
    found = await known_accounts(
        call, text, limit=limit, offset=form.offset, followed_by=call.viewer_id if form.following else None
    )
    return [account(actor, call.hub.uris) for actor in found]


async def known_accounts(
    call: Call, text: str, *, limit: int, offset: int, followed_by: int | None = None
) -> list[Actor]:
    """Those whom we know whose name, or name and host, begins like this."""
    name, at, host = text.partition("@")
    known_host = None if not at else ("" if host.lower() == call.hub.settings.domain else host.lower())
    bounds = {"limit": limit, "offset": min(max(offset, 0), 10_000)}
    return await call.hub.database.read(
        lambda session: search_actors(session, name, host=known_host, followed_by=followed_by, **bounds)
    )


async def resolved_account(call: Call, handle: str) -> list[Actor]:
    """Whoever has this handle, asked for at its server if need be; nobody is no error in a search."""
    try:
        return [await resolve_handle(call.hub, handle)]
    except HubError:
        return []


async def known_account(call: Call, handle: str) -> Actor:
    """Who has this handle, of those that we know; 404 otherwise."""
    name, _, host = handle.partition("@")
    own = host.lower() in {"", call.hub.settings.domain, call.hub.settings.host}
    actor = await call.hub.database.read(
        lambda session: find_by_handle(session, name, host="" if own else host.lower())
    )
    if actor is None or actor.gone_at is not None:
        raise not_found()
    return actor


async def list_statuses(call: Call) -> Page[Any] | list[Any]:
    """`GET /api/v1/accounts/:id/statuses`: what they said and passed on, as far as the viewer may see it."""
    actor, form, window = await get_account(call), call.form(_StatusesForm), read_window(call.parameters)
    if form.pinned:
        return []
    wanted = AuthorFilter(
        with_replies=not form.exclude_replies,
        with_boosts=not form.exclude_reblogs,
        only_media=form.only_media,
        tag=fold_tag(form.tagged.removeprefix("#")) if form.tagged else None,
    )
    views = await call.hub.database.read(
        lambda session: list_by_author(session, actor.id, wanted=wanted, viewer_id=call.viewer_id, window=window)
    )
    return show_entries(call, views, window=window)
