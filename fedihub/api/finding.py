"""Finding accounts by what somebody typed: the beginning of a name, or a whole handle, which its server can be asked
about.
"""

import re

from fedihub.api.endpoint import Call
from fedihub.api.errors import not_found
from fedihub.api.forms import Form
from fedihub.errors import HubError
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor, find_by_handle
from storage.blocks import blocked_among
from storage.database import Session
from storage.views.actor_search import search_actors

MOST_OFFSET = 10_000
_HANDLE = re.compile(r"@?[^@\s/]+@[^@\s/]+")


class AccountSearch(Form):
    """What may be said of the accounts that are looked for."""

    q: str = ""
    resolve: bool = False
    following: bool = False
    offset: int = 0

    @property
    def start(self) -> int:
        """How many are passed over."""
        return min(max(self.offset, 0), MOST_OFFSET)


async def find_accounts(call: Call, form: AccountSearch, *, limit: int) -> list[Actor]:
    """Those whom we know whose name, or name and host, begins as typed. A whole handle is asked for at its server, if
    that is wanted; nobody is no error in a search.
    """
    text = form.q.strip()
    if form.resolve and not form.following and not form.offset and _HANDLE.fullmatch(text):
        try:
            return [await resolve_handle(call.hub, text.removeprefix("@"))]
        except HubError:
            return []
    name, at, host = text.removeprefix("@").partition("@")
    known_host = None if not at else ("" if host.lower() == call.hub.settings.domain else host.lower())
    followed_by = call.viewer_id if form.following else None
    if not name:
        return []

    async def unit(session: Session) -> list[Actor]:
        found = await search_actors(
            session, name, host=known_host, followed_by=followed_by, limit=limit, offset=form.start
        )
        if call.viewer_id is None:
            return found
        blocked = await blocked_among(session, call.viewer_id, [actor.id for actor in found])
        return [actor for actor in found if actor.id not in blocked]

    return await call.hub.database.read(unit)


async def known_account(call: Call, handle: str) -> Actor:
    """Who has this handle, of those that we know; 404 otherwise."""
    name, _, host = handle.strip().removeprefix("@").partition("@")
    own = host.lower() in {"", call.hub.settings.domain, call.hub.settings.host}
    actor = await call.hub.database.read(
        lambda session: find_by_handle(session, name, host="" if own else host.lower())
    )
    if actor is None or actor.gone_at is not None or actor.is_hidden:
        raise not_found()
    return actor
