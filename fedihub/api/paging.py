"""Paging as clients do it: `limit`, `max_id`, `since_id`, `min_id` in, a Link header out.

masto.js and toot follow `next` for as long as there is one, so a page that is not full has none; masto.js splits
the header at commas, so no address has a comma in it; Mastodon.py reads the cursors out of the addresses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from fedihub.api.forms import Form, RowId
from fedihub.api.parameters import Nested
from fedihub.settings import Settings
from storage.paging import Window

T = TypeVar("T")

DEFAULT = 20
MOST = 40
CURSORS = {"max_id", "since_id", "min_id"}
_NEVER_REPEATED = CURSORS | {"access_token"}


class _Cursors(Form):
    max_id: RowId | None = None
    since_id: RowId | None = None
    min_id: RowId | None = None


class _Limit(Form):
    limit: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list with the keys of its first and last row; `full` when there may be more below."""

    items: Sequence[T]
    newest: int | None
    oldest: int | None
    full: bool


def page(items: Sequence[T], *, cursors: Sequence[int], window: Window) -> Page[T]:
    """The page that these items, newest first, make; `cursors` are the keys of their rows."""
    newest, oldest = (cursors[0], cursors[-1]) if cursors else (None, None)
    return Page(items=items, newest=newest, oldest=oldest, full=len(cursors) >= window.limit)


def read_window(parameters: Nested, *, default: int = DEFAULT, most: int = MOST) -> Window:
    """Which stretch a request asks for; a limit beyond what is offered is brought into its bounds."""
    cursors = _Cursors.read(parameters)
    limit = read_limit(parameters, default=default, most=most)
    return Window(limit=limit, max_id=cursors.max_id, since_id=cursors.since_id, min_id=cursors.min_id)


def read_limit(parameters: Nested, *, default: int = DEFAULT, most: int = MOST) -> int:
    """How many items a request asks for, between 1 and `most`; `default` for what is no number."""
    text = _Limit.read(parameters).limit or ""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        return default
    return max(1, min(most, int(text))) if len(digits) < 10 else (1 if text.startswith("-") else most)


def link_header(request: web.Request, settings: Settings, shown: Page[T]) -> str | None:
    """The Link header of a page, with our public address whatever name the request came under; None for an empty
    page.
    """
    links = []
    if shown.full and shown.oldest is not None:
        links.append(f'<{_address(request, settings, max_id=shown.oldest)}>; rel="next"')
    if shown.newest is not None:
        links.append(f'<{_address(request, settings, min_id=shown.newest)}>; rel="prev"')
    return ", ".join(links) or None


def _address(request: web.Request, settings: Settings, **cursor: int) -> str:
    query = parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)
    kept = [(name, value) for name, value in query if name not in _NEVER_REPEATED]
    path = request.rel_url.raw_path.replace(",", "%2C")
    return f"{settings.base_url}{path}?{urlencode([*kept, *cursor.items()])}"
