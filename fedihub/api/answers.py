"""How an answer goes out: JSON whatever happens (masto.js throws on anything else), with the headers that all of
the API carries.
"""

from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import hdrs, web
from pydantic import BaseModel

from fedihub.api.errors import ApiError, explained
from fedihub.cors import CORS_HEADERS
from fedihub.hub import HUB


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a status or headers of its own."""

    body: Any
    status: int = 200
    headers: dict[str, str] | None = None


def respond(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """The response with this body. What an account sees is for nobody's cache."""
    shared = CORS_HEADERS | {hdrs.CACHE_CONTROL: "private, no-store"} | (headers or {})
    text = orjson.dumps(body, default=_plain)
    return web.Response(body=text, status=status, headers=shared, content_type="application/json", charset="utf-8")


def refuse(request: web.Request, error: Exception) -> web.Response:
    """The answer to an error; one that nobody expected is logged, and the client learns nothing of it."""
    answer = explained(error)
    if answer is None:
        request.app[HUB].log.error("api.failed", path=request.path, method=request.method, exc_info=error)
        answer = ApiError(500, "Something went wrong on our side")
    return respond(answer.body, status=answer.status, headers=answer.headers)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, exclude_unset=True)
    raise TypeError(f"{type(value).__name__} is nothing that the API shows")
