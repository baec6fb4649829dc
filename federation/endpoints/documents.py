"""Our documents: actors, posts, activities and collections, as other servers fetch them.

Everything here is public, so it may be cached (a popular post is fetched by thousands of servers within a minute) and
is answered with 304 when it has not changed. A document that may not be seen is as absent as one that never was; one
that was deleted is gone (410), with a Tombstone.
"""

import hashlib

import orjson
from aiohttp import web

from federation.endpoints.context import ENDPOINTS
from federation.endpoints.negotiation import wants_page
from federation.endpoints.problems import problem
from federation.ports import Absent, Document
from federation.uris import KEY
from federation.vocabulary.terms import ACTIVITY_JSON, AS_CONTEXT

SECONDS_FRESH = 60
_CURSOR = "page"


def routes() -> list[web.RouteDef]:
    """All addresses below /ap that can be read."""
    key = f"{{key:{KEY}}}"
    return [
        web.get(f"/ap/actors/{key}", actor),
        web.get(f"/ap/actors/{key}/{{name:outbox|followers|following|featured}}", actor_collection),
        web.get(f"/ap/posts/{key}", post),
        web.get(f"/ap/posts/{key}/{{name:replies|likes|shares}}", post_collection),
        web.get(f"/ap/contexts/{key}", context),
        web.get(f"/ap/activities/{key}", activity),
    ]


async def actor(request: web.Request) -> web.StreamResponse:
    """An actor; a browser is led to its page."""
    found = await request.app[ENDPOINTS].directory.actor(request.match_info["key"])
    return respond(request, found)


async def actor_collection(request: web.Request) -> web.StreamResponse:
    """One of an actor's collections, or a page of it."""
    key, name = request.match_info["key"], request.match_info["name"]
    return respond(request, await request.app[ENDPOINTS].directory.actor_collection(key, name, cursor=_cursor(request)))


async def post(request: web.Request) -> web.StreamResponse:
    """A post; a browser is led to its page."""
    found = await request.app[ENDPOINTS].directory.post(request.match_info["key"])
    return respond(request, found)


async def post_collection(request: web.Request) -> web.StreamResponse:
    """One of a post's collections, or a page of it."""
    key, name = request.match_info["key"], request.match_info["name"]
    return respond(request, await request.app[ENDPOINTS].directory.post_collection(key, name, cursor=_cursor(request)))


async def context(request: web.Request) -> web.StreamResponse:
    """A conversation (FEP-7888), or a page of it."""
    key = request.match_info["key"]
    return respond(request, await request.app[ENDPOINTS].directory.context(key, cursor=_cursor(request)))


async def activity(request: web.Request) -> web.StreamResponse:
    """An activity of ours, as it was sent."""
    return respond(request, await request.app[ENDPOINTS].directory.activity(request.match_info["key"]))


def respond(request: web.Request, found: Document | Absent) -> web.StreamResponse:
    """A document with its validators, 304 for who has it already, 404 or 410 where there is none.

    Pages that are documents, too, use it for their other half.
    """
    uris = request.app[ENDPOINTS].gate.uris
    match found:
        case Absent.NOT_FOUND:
            return _varied(problem(404, "There is no such document.", reason="not_found"))
        case Absent.GONE:
            tombstone = {"@context": AS_CONTEXT, "id": uris.base_url + request.path, "type": "Tombstone"}
            return _json(orjson.dumps(tombstone), status=410)
        case Document(page=page) if page is not None and wants_page(request):
            return _varied(web.Response(status=303, headers={"Location": page}))
        case Document(body=body):
            return conditional(request, _json(orjson.dumps(body)))


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


def _json(body: bytes, *, status: int = 200) -> web.Response:
    headers = {"Cache-Control": f"public, max-age={SECONDS_FRESH}"}
    return _varied(web.Response(body=body, status=status, content_type=ACTIVITY_JSON, headers=headers))


def _varied(response: web.Response) -> web.Response:
    response.headers["Vary"] = "Accept"
    return response


def _cursor(request: web.Request) -> str | None:
    return request.query.get(_CURSOR)
