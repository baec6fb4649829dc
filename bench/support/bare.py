"""The least that aiohttp can do: read a body, answer 202. What the hub's figures are held against.

Usage: `python -m bench.support.bare PORT`.
"""

import sys

import uvloop
from aiohttp import web


async def _answer(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=202 if request.method == "POST" else 200, body=b"ok")


async def _serve() -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", _answer)
    return app


if __name__ == "__main__":
    web.run_app(
        _serve(), host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None, loop=uvloop.new_event_loop()
    )
