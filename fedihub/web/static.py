"""Style sheet, fonts and icon: few and small, so they are read once and served from memory."""

import hashlib
from functools import cache
from importlib.resources import files

from aiohttp import web

from federation.endpoints.documents import conditional

_TYPES = {
    "style.css": "text/css",
    "mark.svg": "image/svg+xml",
    "card.png": "image/png",
    "avatar.png": "image/png",
    "header.png": "image/png",
    "figtree-latin.woff2": "font/woff2",
    "figtree-latin-ext.woff2": "font/woff2",
    "figtree-license.txt": "text/plain",
}
_DAY = 86_400


def routes() -> list[web.RouteDef]:
    """One route; only the names above exist behind it."""
    return [web.get("/static/{name}", serve, allow_head=True)]


def address(name: str) -> str:
    """Where a page finds a file; the address changes with the content, so browsers may keep it for ever."""
    return f"/static/{name}?v={_load(name)[1]}"


async def serve(request: web.Request) -> web.Response:
    """One file, for ever if it was asked for by its version, for a day otherwise."""
    name = request.match_info["name"]
    if name not in _TYPES:
        raise web.HTTPNotFound
    body, version = _load(name)
    keep = "max-age=31536000, immutable" if request.query.get("v") == version else f"max-age={_DAY}"
    headers = {"Cache-Control": f"public, {keep}", "X-Content-Type-Options": "nosniff"}
    if name.endswith(".png"):
        headers["Access-Control-Allow-Origin"] = "*"  # web clients draw the pictures of who has none
    return conditional(request, web.Response(body=body, content_type=_TYPES[name], headers=headers))


@cache
def _load(name: str) -> tuple[bytes, str]:
    body = files("fedihub.web").joinpath("static", name).read_bytes()
    return body, hashlib.sha256(body).hexdigest()[:16]
