"""Search: accounts and hashtags by the beginning of their name; a handle or an address, with `resolve`, wherever it
leads.

An address is how every client opens links and replies across servers, so what it leads to is fetched if it is not
known yet.
"""

import re
from typing import Any

from fedihub.api.endpoint import Call
from fedihub.api.entities.account import account
from fedihub.api.entities.tag import tag
from fedihub.api.errors import invalid, invalid_token, needs_account
from fedihub.api.finding import AccountSearch, find_accounts
from fedihub.api.paging import read_limit
from fedihub.api.shown import show_post
from fedihub.errors import HubError
from fedihub.services.resolving import resolve_url
from fedihub.text.find import fold_tag
from storage.actors import Actor
from storage.database import Session
from storage.views.tags import TagView, load_tags, search_tags
from storage.views.timelines import find_visible

TYPES = ("accounts", "statuses", "hashtags")
_ADDRESS = re.compile(r"https?://\S+")

Found = dict[str, list[Any]]


class _SearchForm(AccountSearch):
    type: str | None = None


async def search(call: Call) -> Found:
    """`GET /api/v2/search`. Anybody may look among what is known; asking other servers and paging need a token."""
    form = call.form(_SearchForm)
    if call.viewer_id is None and (form.resolve or form.offset):
        raise invalid_token() if call.caller is None else needs_account()
    if form.type is not None and form.type not in TYPES:
        raise invalid("Type is unknown")
    found, text = Found(accounts=[], statuses=[], hashtags=[]), form.q.strip()
    wanted = TYPES if form.type is None else (form.type,)
    if _ADDRESS.fullmatch(text):
        found |= await _at_address(call, text, resolve=form.resolve)
    elif text:
        found |= {"accounts": await _accounts(call, form)} if "accounts" in wanted else {}
        found |= {"hashtags": await _hashtags(call, form, text)} if "hashtags" in wanted else {}
    return {name: found[name] if name in wanted else [] for name in TYPES}


async def _at_address(call: Call, address: str, *, resolve: bool) -> Found:
    """The account or status at an address; nothing, if nothing is there that the viewer may see."""
    try:
        known = await resolve_url(call.hub, address, known_only=not resolve)
    except HubError:
        return {}
    if isinstance(known, Actor):
        return {"accounts": [account(known, call.hub.uris)]}
    post_id, viewer_id = known.id, call.viewer_id
    view = await call.hub.database.read(lambda session: find_visible(session, post_id, viewer_id=viewer_id))
    return {"statuses": [show_post(call, view)]} if view else {}


async def _accounts(call: Call, form: _SearchForm) -> list[Any]:
    found = await find_accounts(call, form, limit=read_limit(call.parameters))
    return [account(each, call.hub.uris) for each in found]


async def _hashtags(call: Call, form: _SearchForm, text: str) -> list[Any]:
    begin, limit = fold_tag(text.removeprefix("#")), read_limit(call.parameters)
    offset, now = form.start, call.hub.clock.now()

    async def unit(session: Session) -> list[TagView]:
        return await load_tags(session, await search_tags(session, begin, limit=limit, offset=offset), now=now)

    return [tag(view, call.hub.uris, viewer_id=call.viewer_id) for view in await call.hub.database.read(unit)]
