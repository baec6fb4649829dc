"""From a request to what it names, and from views to the pages of entities that a viewer is shown."""

from collections.abc import Awaitable, Sequence
from typing import Protocol

from fedihub.api.endpoint import Call
from fedihub.api.entities.account import Account, account
from fedihub.api.entities.status import Status, status
from fedihub.api.errors import not_found
from fedihub.api.paging import Page, page, read_window
from fedihub.services.remote_actors import note_use
from storage.actors import Actor, find_actor
from storage.blocks import blocked_among
from storage.database import Session
from storage.paging import Window
from storage.views.people import People
from storage.views.posts import PostView
from storage.views.timelines import find_visible

_PEOPLE, _MOST_PEOPLE = 40, 80


async def get_account(call: Call) -> Actor:
    """The actor that the path names; 404 when there is none (any more), or nobody is shown it."""
    actor_id = call.path_id()
    actor = await call.hub.database.read(lambda session: find_actor(session, actor_id))
    if actor is None or actor.gone_at is not None or actor.is_hidden:
        raise not_found()
    note_use(call.hub, actor)
    return actor


async def get_post(call: Call, post_id: int | None = None) -> PostView:
    """The post (or boost) that the path names; 404 also when the viewer may not see it: that it exists is a secret
    too.
    """
    wanted, viewer_id = post_id or call.path_id(), call.viewer_id
    view = await call.hub.database.read(lambda session: find_visible(session, wanted, viewer_id=viewer_id))
    if view is None:
        raise not_found()
    return view


def show_post(call: Call, view: PostView) -> Status:
    """One post as a status."""
    return status(view, call.hub.uris, viewer_id=call.viewer_id, now=call.hub.clock.now())


def show_entries(call: Call, views: Sequence[PostView], *, window: Window) -> Page[Status]:
    """A page of a timeline; a boost stands, and turns the page, under its own id."""
    shown = [show_post(call, view) for view in views]
    return page(shown, cursors=[each.id for each in shown], window=window)


class _Listing(Protocol):
    """A list of people in `storage.views.people`: the followers of an actor, those who like a post …"""

    def __call__(self, session: Session, of_id: int, /, *, window: Window) -> Awaitable[People]: ...


async def list_accounts(call: Call, listing: _Listing, *, of_id: int, with_blocked: bool = False) -> Page[Account]:
    """A page of a list of accounts; it is turned by the rows that list them, not by their ids. Who blocks the viewer,
    or is blocked by them, is left out.
    """
    window = read_window(call.parameters, default=_PEOPLE, most=_MOST_PEOPLE)

    async def unit(session: Session) -> tuple[People, set[int]]:
        people = await listing(session, of_id, window=window)
        if call.viewer_id is None or with_blocked:
            return people, set()
        return people, await blocked_among(session, call.viewer_id, [actor.id for _, actor in people])

    people, blocked = await call.hub.database.read(unit)
    shown = [account(actor, call.hub.uris) for _, actor in people if actor.id not in blocked]
    return page(shown, cursors=[key for key, _ in people], window=window)
