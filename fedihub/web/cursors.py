"""The way through long lists: `?before=<id>` shows what is older than that, `?after=<id>` what came next."""

from dataclasses import dataclass

from aiohttp import web

from fedihub.errors import Missing

_MOST_DIGITS = 16


def read_cursor(request: web.Request, name: str = "before") -> int | None:
    """The id in the query; raises Missing for anything that was never in one of our links."""
    text = request.query.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise Missing("there is no such page")
    return int(text)


@dataclass(frozen=True, slots=True)
class Way:
    """The links at the foot of a list: to what is newer and to what is older; empty where there is nothing."""

    newer: str = ""
    older: str = ""


def newest_first(request: web.Request, older: int | None) -> Way:
    """From a part of a list that begins with the newest: back to the beginning, and on below the id `older`."""
    beginning = request.path if "before" in request.query else ""
    return Way(newer=beginning, older=f"{request.path}?before={older}" if older is not None else "")
