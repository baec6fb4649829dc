"""How others find us: WebFinger (RFC 7033), host-meta (RFC 6415, in XML and JSON) and NodeInfo.

All of it is public and readable from any web page (CORS).
"""

import json
from typing import Any
from xml.sax.saxutils import quoteattr

from aiohttp import web

from federation.endpoints.context import ENDPOINTS
from federation.endpoints.documents import conditional
from federation.endpoints.problems import problem
from federation.nodeinfo import VERSIONS, write_links, write_nodeinfo
from federation.ports import Absent
from federation.vocabulary.terms import JRD_JSON

SECONDS_FRESH = 3600
_LONGEST_RESOURCE = 2_000


def routes() -> list[web.RouteDef]:
    """The well-known addresses."""
    readable = [
        web.get("/.well-known/webfinger", webfinger),
        web.get("/.well-known/host-meta", host_meta),
        web.get("/.well-known/host-meta.json", host_meta_json),
        web.get("/.well-known/nodeinfo", nodeinfo_links),
        web.get(f"/nodeinfo/{{version:{'|'.join(VERSIONS)}}}", nodeinfo),
    ]
    return [*readable, *(web.options(route.path, preflight) for route in readable)]


async def preflight(_request: web.Request) -> web.StreamResponse:
    """Any page may read these, also with headers of its own, about which its browser asks first."""
    allowed = {
        "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
        "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, If-None-Match",
        "Access-Control-Max-Age": "86400",
    }
    return _open(web.Response(status=204, headers=allowed))


async def webfinger(request: web.Request) -> web.StreamResponse:
    """Whose handle is this? 400 without a resource, 404 for who is not here, 410 for who is here no more."""
    resources = request.query.getall("resource", [])
    if len(resources) != 1 or not resources[0] or len(resources[0]) > _LONGEST_RESOURCE:
        return _open(problem(400, "Ask for one resource.", reason="no_resource"))
    found = await request.app[ENDPOINTS].directory.webfinger(resources[0])
    match found:
        case Absent.NOT_FOUND | Absent.CLOSED:
            return _open(problem(404, "Nobody here has this name.", reason="not_found"))
        case Absent.GONE:
            return _open(problem(410, "This account is no more.", reason="gone"))
        case _:
            return conditional(request, _json(dict(found.body), content_type=JRD_JSON))


async def host_meta(request: web.Request) -> web.StreamResponse:
    """Where to ask for handles, for older software; as JSON for who asks for it."""
    if "json" in request.headers.get("Accept", ""):
        return await host_meta_json(request)
    template = quoteattr(_template(request))
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" template={template}/>\n'
        "</XRD>\n"
    )
    response = web.Response(text=text, content_type="application/xrd+xml", charset="utf-8")
    response.headers["Vary"] = "Accept"
    return _open(_fresh(response))


async def host_meta_json(request: web.Request) -> web.StreamResponse:
    """The same in JSON."""
    response = _json({"links": [{"rel": "lrdd", "template": _template(request)}]})
    response.headers["Vary"] = "Accept"
    return response


async def nodeinfo_links(request: web.Request) -> web.StreamResponse:
    """Which versions of NodeInfo there are, and who the server's own actor is (FEP-2677)."""
    endpoints = request.app[ENDPOINTS]
    actor = await endpoints.directory.server_actor()
    return _json(write_links(endpoints.gate.uris.base_url, server_actor=actor), content_type=JRD_JSON)


async def nodeinfo(request: web.Request) -> web.StreamResponse:
    """What this server runs, and how large it is."""
    endpoints, version = request.app[ENDPOINTS], request.match_info["version"]
    document = write_nodeinfo(
        version,
        endpoints.software_version,
        usage=await endpoints.directory.usage(),
        name=endpoints.name,
        description=endpoints.description,
    )
    response = _json(document)
    response.headers["Content-Type"] = (
        f'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/{version}#"'
    )
    return conditional(request, response)


def _template(request: web.Request) -> str:
    return f"{request.app[ENDPOINTS].gate.uris.base_url}/.well-known/webfinger?resource={{uri}}"


def _json(document: dict[str, Any], *, content_type: str = "application/json") -> web.Response:
    return _open(_fresh(web.Response(body=json.dumps(document).encode(), content_type=content_type)))


def _fresh(response: web.Response) -> web.Response:
    response.headers["Cache-Control"] = f"public, max-age={SECONDS_FRESH}"
    return response


def _open(response: web.Response) -> web.Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
