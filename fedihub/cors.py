"""Web clients (Phanpy, Elk, a hub's own web site) call from other origins: every answer of the two APIs says that they
may, errors and preflights too.

Never with credentials: a token is the only thing that opens the APIs, a cookie opens nothing there.
"""

from aiohttp import web

_EXPOSED = "ETag, Link, Location, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
_METHODS = "POST, PUT, DELETE, GET, PATCH, OPTIONS"
_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-None-Match"  # by name: `*` does not cover Authorization
_MAX_AGE = "86400"

CORS_HEADERS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED}


def preflight() -> web.Response:
    """The answer to a browser that asks whether it may ask."""
    asked = {
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": _HEADERS,
        "Access-Control-Max-Age": _MAX_AGE,
    }
    return web.Response(status=204, headers=CORS_HEADERS | asked)
