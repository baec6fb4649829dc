"""Accounts: one's own profile, looking somebody up, and what they said. Who follows whom is in `relations`."""

from typing import Any, ClassVar

from fedihub.api.endpoint import Call
from fedihub.api.entities.account import Account, CredentialAccount, account, credential_account, moved_account
from fedihub.api.errors import invalid, not_found
from fedihub.api.finding import AccountSearch, find_accounts, known_account
from fedihub.api.forms import Form
from fedihub.api.paging import Page, read_limit, read_window
from fedihub.api.shown import get_account, show_entries, show_post
from fedihub.services.profiles import ProfileChanges, update_profile
from fedihub.text.find import fold_tag
from storage.actors import Actor, find_actor, find_actor_by_uri
from storage.database import Session
from storage.follows import count_requests
from storage.views.pins import list_pinned_posts
from storage.views.timelines import AuthorFilter, list_by_author

_PICTURES = ("avatar", "header")


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


class _StatusesForm(Form):
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    only_media: bool = False
    pinned: bool = False
    tagged: str | None = None


async def verify_credentials(call: Call) -> CredentialAccount:
    """`GET /api/v1/accounts/verify_credentials`: who the token acts as."""
    return await _own(call)


async def update_credentials(call: Call) -> CredentialAccount:
    """`PATCH /api/v1/accounts/update_credentials`. As a project, a member whose role allows it changes the
    project's profile.
    """
    for name in _PICTURES:
        if call.parameters.get(name):
            raise invalid(f"{name.capitalize()} can't be uploaded to this server yet")
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
    return await _own(call)


async def _own(call: Call) -> CredentialAccount:
    actor_id = call.actor_id

    async def unit(session: Session) -> tuple[Actor | None, int]:
        return await find_actor(session, actor_id), await count_requests(session, actor_id)

    actor, requests = await call.hub.database.read(unit)
    if actor is None:
        raise not_found()
    return credential_account(actor, call.hub.uris, requests=requests)


async def show_account(call: Call) -> Account:
    """`GET /api/v1/accounts/:id`."""
    return await _shown(call, await get_account(call))


async def lookup(call: Call) -> Account:
    """`GET /api/v1/accounts/lookup?acct=`: only among those that we know; search is what asks other servers."""
    return await _shown(call, await known_account(call, call.form(_HandleForm).acct))


async def _shown(call: Call, actor: Actor) -> Account:
    """An account; of who has moved, with the new one, if we know it."""
    to_uri = actor.moved_to_uri
    new = await call.hub.database.read(lambda session: find_actor_by_uri(session, to_uri)) if to_uri else None
    if new is None or new.gone_at is not None or new.is_hidden:
        return account(actor, call.hub.uris)
    return moved_account(actor, new, call.hub.uris)


async def search(call: Call) -> list[Account]:
    """`GET /api/v1/accounts/search`: by the beginning of a name; a whole handle with `resolve` is asked for at its
    server.
    """
    form = call.form(AccountSearch)
    limit = read_limit(call.parameters, default=40, most=80)
    return [account(actor, call.hub.uris) for actor in await find_accounts(call, form, limit=limit)]


async def list_statuses(call: Call) -> Page[Any] | list[Any]:
    """`GET /api/v1/accounts/:id/statuses`: what they said and passed on, as far as the viewer may see it."""
    actor, form, window = await get_account(call), call.form(_StatusesForm), read_window(call.parameters)
    if form.pinned:
        views = await call.hub.database.read(
            lambda session: list_pinned_posts(session, actor.id, viewer_id=call.viewer_id)
        )
        return [show_post(call, view) for view in views]
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
