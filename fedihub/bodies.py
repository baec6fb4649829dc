"""How long a request may take to arrive: whoever sends slowly must not hold a connection, and memory, for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

BODY_SECONDS = 15.0


@asynccontextmanager
async def arriving() -> AsyncIterator[None]:
    """Read a body in here. Raises HTTPRequestTimeout (408) when it does not arrive in time."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            yield
    except TimeoutError:
        raise web.HTTPRequestTimeout(reason="The request did not arrive in time") from None
