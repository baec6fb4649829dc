"""Our documents: actors, posts, activities and collections, as other servers fetch them.

Nearly everything here is public, so it may be cached (a popular post is fetched by thousands of servers within a
minute) and is answered with 304 when it has not changed. A document that may not be seen is as absent as one that never
was; one that was deleted is gone (410), with a Tombstone. Who signs may see more (see `federation.reader`); what is for
one reader is never cached.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from federation.endpoints.context import ENDPOINTS
from federation.endpoints.negotiation import wants_page
from federation.endpoints.problems import problem, problem_of
from federation.errors import ProtocolError
from federation.ports import ANYBODY, Absent, Document, Reader
from federation.reader import SignedReader
from federation.requests import InboundRequest
from federation.uris import KEY
from federation.vocabulary.terms import ACTIVITY_JSON, AS_CONTEXT

SECONDS_FRESH = 60
CACHED = f"public, max-age={SECONDS_FRESH}"
NOT_CACHED = "private, no-store"
_CURSOR = "page"

Find = Callable[[Reader], Awaitable[Document | Absent]]


def routes() -> list[web.RouteDef]:
    """All addresses below /ap that can be read."""
    key = f"{{key:{KEY}}}"
    return [
        web.get(f"/ap/actors/{key}", actor),
        web.get(f"/ap/actors/{key}/{{name:outbox|followers|following|featured|moderators}}", actor_collection),
        web.get(f"/ap/actors/{key}/followers/synchronization", followers_at),
        web.get(f"/ap/posts/{key}", post),
        web.get(f"/ap/posts/{key}/{{name:replies|likes|shares}}", post_collection),
        web.get(f"/ap/contexts/{key}", context),
        web.get(f"/ap/activities/{key}", activity),
        web.get(f"/ap/quotes/{key}", quote_stamp),
        web.get(f"/ap/features/{key}", feature_stamp),
    ]


async def actor(request: web.Request) -> web.StreamResponse:
    """An actor; a browser is led to its page."""
    return await respond_actor(request, request.match_info["key"])


async def actor_collection(request: web.Request) -> web.StreamResponse:
    """One of an actor's collections, or a page of it."""
    key, name = request.match_info["key"], request.match_info["name"]
    directory, cursor = request.app[ENDPOINTS].directory, _cursor(request)
    return await serve(request, lambda reader: directory.actor_collection(key, name, cursor=cursor, reader=reader))


async def followers_at(request: web.Request) -> web.StreamResponse:
    """Who follows an actor from the reader's own host (FEP-8fcf); never for readers without a name."""
    directory, key = request.app[ENDPOINTS].directory, request.match_info["key"]
    return await serve(request, lambda reader: directory.followers_at(key, reader=reader), demand=True)


async def post(request: web.Request) -> web.StreamResponse:
    """A post; a browser is led to its page."""
    return await respond_post(request, request.match_info["key"])


async def post_collection(request: web.Request) -> web.StreamResponse:
    """One of a post's collections, or a page of it."""
    key, name = request.match_info["key"], request.match_info["name"]
    directory, cursor = request.app[ENDPOINTS].directory, _cursor(request)
    return await serve(request, lambda reader: directory.post_collection(key, name, cursor=cursor, reader=reader))


async def context(request: web.Request) -> web.StreamResponse:
    """A conversation (FEP-7888), or a page of it."""
    directory, key, cursor = request.app[ENDPOINTS].directory, request.match_info["key"], _cursor(request)
    return await serve(request, lambda _: directory.context(key, cursor=cursor))


async def activity(request: web.Request) -> web.StreamResponse:
    """An activity of ours, as it was sent."""
    directory, key = request.app[ENDPOINTS].directory, request.match_info["key"]
    return await serve(request, lambda reader: directory.activity(key, reader=reader))


async def quote_stamp(request: web.Request) -> web.StreamResponse:
    """The consent to a quote (FEP-044f)."""
    directory, key = request.app[ENDPOINTS].directory, request.match_info["key"]
    return await serve(request, lambda _: directory.quote_stamp(key))


async def feature_stamp(request: web.Request) -> web.StreamResponse:
    """The consent to stand in somebody's collection (FEP-7aa9)."""
    directory, key = request.app[ENDPOINTS].directory, request.match_info["key"]
    return await serve(request, lambda _: directory.feature_stamp(key))


async def respond_actor(request: web.Request, key: str) -> web.StreamResponse:
    """An actor, also where its page is asked for its document. It is never wholly closed: its keys prove signatures."""
    directory = request.app[ENDPOINTS].directory
    return await serve(request, lambda reader: directory.actor(key, reader=reader), demand=False)


async def respond_post(request: web.Request, key: str) -> web.StreamResponse:
    """A post, also where its page is asked for its document."""
    directory = request.app[ENDPOINTS].directory
    return await serve(request, lambda reader: directory.post(key, reader=reader))


async def serve(request: web.Request, find: Find, *, demand: bool | None = None) -> web.StreamResponse:
    """What `find` has for this reader. With `demand`, only for readers who prove their name (without: as the hub is
    set); never for those of blocked hosts.
    """
    endpoints = request.app[ENDPOINTS]
    inbound = InboundRequest.of(request.method, request.raw_path, headers=request.raw_headers)
    reader = SignedReader(inbound, endpoints.gate, now=endpoints.now())
    is_demanded = endpoints.authorized_fetch if demand is None else demand
    try:
        if is_demanded and wants_page(request) and _leads_to_page(found := await find(ANYBODY)):
            return respond(request, found)  # what people read is open, whatever servers must show
        await reader.check_host()
        if is_demanded:
            await reader.demand()
        return respond(request, await find(reader))
    except ProtocolError as error:
        return _varied(request, problem_of(error, method=request.method))


def _leads_to_page(found: Document | Absent) -> bool:
    return isinstance(found, Document) and found.page is not None


def respond(request: web.Request, found: Document | Absent) -> web.StreamResponse:
    """A document with its validators, 304 for who has it already, 404 or 410 where there is none.

    Pages that are documents, too, use it for their other half.
    """
    uris = request.app[ENDPOINTS].gate.uris
    match found:
        case Absent.NOT_FOUND:
            response = problem(404, "There is no such document.", reason="not_found")
        case Absent.CLOSED:
            response = problem(403, "This is closed for the time being.", reason="suspended")
        case Absent.GONE if "name" in request.match_info:  # a collection goes with what it was of, and was no object
            response = problem(410, "What this belonged to was deleted.", reason="gone")
        case Absent.GONE:
            tombstone = {"@context": AS_CONTEXT, "id": uris.base_url + request.path, "type": "Tombstone"}
            response = _json(tombstone, status=410)
        case Document(page=page) if page is not None and wants_page(request):
            response = web.Response(status=303, headers={"Location": page})
        case Document(body=body, is_open=False):
            response = _json(body, caching=NOT_CACHED)
        case Document(body=body):
            is_closed = request.app[ENDPOINTS].authorized_fetch
            return conditional(request, _varied(request, _json(body, caching=NOT_CACHED if is_closed else CACHED)))
    return _varied(request, response)


def conditional(request: web.Request, response: web.Response) -> web.Response:
    """Give a response an ETag; an empty 304 in its place if the asker has the same already."""
    content = response.body if isinstance(response.body, bytes) else b""
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    if etag not in known and known != ["*"]:
        return response
    kept = {name: response.headers[name] for name in ("ETag", "Cache-Control", "Vary") if name in response.headers}
    return web.Response(status=304, headers=kept)


def _json(body: Mapping[str, Any], *, status: int = 200, caching: str = CACHED) -> web.Response:
    headers = {"Cache-Control": caching}
    return web.Response(body=orjson.dumps(body), status=status, content_type=ACTIVITY_JSON, headers=headers)


def _varied(request: web.Request, response: web.Response) -> web.Response:
    """In public, the answer is the same whoever asks, and a cache may keep it for all; what is for one reader is never
    kept.
    """
    is_closed = request.app[ENDPOINTS].authorized_fetch
    response.headers["Vary"] = "Accept, Signature" if is_closed else "Accept"
    return response


def _cursor(request: web.Request) -> str | None:
    return request.query.get(_CURSOR)
