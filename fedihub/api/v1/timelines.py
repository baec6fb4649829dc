"""Timelines: home, everybody, a hashtag; and what the account has favourited."""

from fedihub.api.endpoint import Call
from fedihub.api.entities.status import Status
from fedihub.api.forms import Form
from fedihub.api.paging import Page, page, read_window
from fedihub.api.shown import show_entries, show_post
from fedihub.text.find import fold_tag
from storage.views.timelines import PublicFilter, list_home, list_liked, list_public


class _PublicForm(Form):
    local: bool = False
    remote: bool = False
    only_media: bool = False


class _TagForm(_PublicForm):
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


async def show_home(call: Call) -> Page[Status]:
    """`GET /api/v1/timelines/home`."""
    owner_id, window = call.actor_id, read_window(call.parameters)
    return show_entries(
        call, await call.hub.database.read(lambda session: list_home(session, owner_id, window=window)), window=window
    )


async def show_public(call: Call) -> Page[Status]:
    """`GET /api/v1/timelines/public`, all of it or only what is local or remote."""
    form = call.form(_PublicForm)
    return await _public(call, PublicFilter(local=form.local, remote=form.remote, only_media=form.only_media))


async def show_tag(call: Call) -> Page[Status]:
    """`GET /api/v1/timelines/tag/:hashtag`, with other hashtags that must, may or must not be there too."""
    form = call.form(_TagForm)
    wanted = PublicFilter(
        local=form.local,
        remote=form.remote,
        only_media=form.only_media,
        any_tag=_folded(call.path("hashtag"), *form.any),
        all_tags=_folded(*form.all),
        no_tag=_folded(*form.none),
    )
    return await _public(call, wanted)


async def _public(call: Call, wanted: PublicFilter) -> Page[Status]:
    viewer_id, window = call.viewer_id, read_window(call.parameters)
    views = await call.hub.database.read(
        lambda session: list_public(session, wanted, viewer_id=viewer_id, window=window)
    )
    return show_entries(call, views, window=window)


def _folded(*tags: str) -> tuple[str, ...]:
    return tuple(fold_tag(tag.removeprefix("#")) for tag in tags[:10])


async def list_favourites(call: Call) -> Page[Status]:
    """`GET /api/v1/favourites`: turned by when they were favourited."""
    owner_id, window = call.actor_id, read_window(call.parameters)
    liked = await call.hub.database.read(lambda session: list_liked(session, owner_id, window=window))
    return page([show_post(call, view) for _, view in liked], cursors=[key for key, _ in liked], window=window)
