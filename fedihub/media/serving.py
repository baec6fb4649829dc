"""The addresses of uploaded files: `/media/<name>`, for whoever knows the name, as long as the file is to be seen.

Other servers and people's apps fetch files without saying who they are, so the name, which nobody can guess, is the
key.
A file is served as what it was found to be and as nothing else, and may do nothing in a browser: it has no origin, runs
no script, loads nothing. Bytes under a name never change.
"""

import asyncio
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from fedihub.cors import CORS_HEADERS, preflight
from fedihub.hub import HUB
from fedihub.media.files import NAME, PATH, kind_of_name
from storage.media import is_media_open

_YEAR = 31_536_000
_SHARED = "public, s-maxage=600"
"""A cache that serves others asks again: the post may be deleted. Whoever has seen a file may keep it."""


def setup(app: web.Application) -> None:
    """Add the addresses; the hub must be at `app[HUB]`."""
    path = f"{PATH}{{name:{NAME}}}"
    app.router.add_get(path, serve, allow_head=True)
    app.router.add_route("OPTIONS", path, _preflight)
    app.router.add_get(f"{PATH}{{rest:.*}}", _nothing_here, allow_head=True)


async def serve(request: web.Request) -> web.StreamResponse:
    """One file, or the part of it that is asked for; 404 also for what is not to be seen any more."""
    hub, name = request.app[HUB], request.match_info["name"]
    kind = kind_of_name(name)
    is_open = await hub.database.read(lambda session: is_media_open(session, name))
    file: Path | None = None
    if kind is not None and is_open is not None:
        file = await asyncio.to_thread(hub.workshop.files.find, name)
    if kind is None or file is None:
        return _nothing()
    headers = CORS_HEADERS | {
        "Content-Type": kind.media_type,
        "Content-Disposition": f'inline; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": f"{_SHARED if is_open else 'private'}, max-age={_YEAR}, immutable",
    }
    return _File(file, headers=headers)


class _File(web.FileResponse):
    """What becomes of a file is decided when it is sent: a part that it does not have, or the file is gone meanwhile.
    No cache may keep such an answer in the place of the file.
    """

    def set_status(self, status: int, reason: str | None = None) -> None:
        super().set_status(status, reason)
        if status >= HTTPStatus.BAD_REQUEST:
            self.headers["Cache-Control"] = "no-store"


def _nothing() -> web.Response:
    headers = CORS_HEADERS | {"Cache-Control": "no-store"}
    return web.Response(status=404, text="There is no such file.", headers=headers)


async def _nothing_here(_request: web.Request) -> web.Response:
    return _nothing()


async def _preflight(_request: web.Request) -> web.Response:
    return preflight()
