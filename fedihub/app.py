"""The web application: every area mounted, and what holds for all of them.

Four areas speak to four kinds of clients and say "no" in their own ways: other servers and programs get problem
documents, client apps `{"error": …}`, people a page. What went wrong inside is logged and never shown. Every
request must be for this host, under the name that the settings give it; then nothing that is built from a request
can lead elsewhere.
"""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from aiohttp import web

from federation import endpoints
from federation.endpoints.problems import problem, problem_of
from federation.errors import BadUri, ProtocolError
from federation.identifiers import Host, parse_host
from fedihub import api, hub_api, readiness
from fedihub import web as pages
from fedihub.api.answers import refuse
from fedihub.api.errors import ApiError
from fedihub.directory import HubDirectory
from fedihub.errors import HubError
from fedihub.hub import HUB, VERSION, Hub
from fedihub.media import files as media_files
from fedihub.media import serving
from fedihub.web.errors import error_page, refusal_page
from storage.errors import DatabaseBusy, NotFound, Unstorable

BUSY_SECONDS = 5
_FOR_PROGRAMS = ("/.well-known/", "/nodeinfo/", "/ap/", "/api/hub/", *readiness.PATHS)
_FOR_CLIENTS = ("/api/", "/oauth/token", "/oauth/revoke")
_WELL_KNOWN = "/.well-known/"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_app(hub: Hub) -> web.Application:
    """The application of one hub, ready for a runner."""
    app = web.Application(middlewares=[_errors, _addressed])
    app[HUB] = hub
    app.on_response_prepare.append(_add_headers)
    app.add_routes(readiness.routes())
    endpoints.setup(
        app,
        endpoints.Endpoints(
            gate=hub.gate,
            log=hub.inbox_log,
            directory=HubDirectory(hub),
            now=hub.clock.now,
            name=hub.settings.hub_name,
            description=hub.settings.hub_description,
            software_version=VERSION,
            authorized_fetch=hub.settings.authorized_fetch,
        ),
    )
    api.setup(app)
    hub_api.setup(app)
    serving.setup(app)
    pages.setup(app)
    return app


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong becomes an answer in the area's own shape; only what nobody expected is logged with its
    trace.
    """
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        answer = await _refusal(request, error.status, error.reason)
        if isinstance(error, web.HTTPMethodNotAllowed):
            answer.headers["Allow"] = ",".join(sorted(error.allowed_methods))
        return answer
    except ProtocolError as error:
        return problem_of(error) if _is_for_programs(request) else await _refusal(request, 400, error.public)
    except NotFound:
        return await _refusal(request, 404, "There is no such thing.")
    except Unstorable as error:
        request.app[HUB].log.warning("a request was refused by the database", path=request.path, because=str(error))
        return await _refusal(request, 400, f"That can't be kept: {error}.")
    except DatabaseBusy:
        return await _refusal(request, 503, "The hub is busy: try again in a moment.", retry_after=BUSY_SECONDS)
    except HubError as error:
        return await refusal_page(request, error) if _is_page(request) else await _refused(request, error)
    except Exception:  # noqa: BLE001 - nobody outside ever sees a stack trace
        request.app[HUB].log.exception("a request failed", method=request.method, path=request.path)
        return await _refusal(request, 500, "Something went wrong on our side; it has been noted.")


@web.middleware
async def _addressed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only requests for our own name: whoever rewrites the target or the Host header gets nowhere (security: cache
    poisoning). NUL stands in no address of ours, and no database takes it.
    """
    if not request.raw_path.startswith("/"):
        return problem(400, "The request target must be a path.", reason="bad_target")
    if "%00" in request.raw_path and (_is_for_programs(request) or _is_page(request)):  # the client API looks itself
        return problem(400, "The address holds a NUL character.", reason="nul_in_address")
    if not _is_for_us(request):
        base_url = request.app[HUB].settings.base_url
        return problem(421, f"This is not the host that you asked for; here is {base_url}.", reason="wrong_host")
    return await handler(request)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """What every answer carries, unless its area knows better."""
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    headers["Server"] = "FediHub"
    if request.app[HUB].settings.base_url.startswith("https://"):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def _is_for_us(request: web.Request) -> bool:
    """Our own host; the handle domain where it only sends handles here; any host for uploaded files, whose addresses
    outlive the settings; a loopback address for who checks our health, and in development for everything.
    """
    hub, host = request.app[HUB], _host(request)
    uris = hub.uris
    if host is None:
        return False
    if host == uris.host or (host == uris.handle_domain and request.path.startswith(_WELL_KNOWN)):
        return True
    if request.path.startswith(media_files.PATH):
        return True
    return _is_loopback(host) and (hub.settings.allow_loopback or request.path in readiness.PATHS)


def _host(request: web.Request) -> Host | None:
    """The Host header in its one spelling; a port that is the scheme's own counts as none."""
    try:
        host = parse_host(request.headers.get("Host", ""))
    except BadUri:
        return None
    is_plain = request.app[HUB].settings.base_url.startswith("http://")
    return Host(host.removesuffix(":80")) if is_plain else host


def _is_loopback(host: Host) -> bool:
    name = host.rsplit(":", 1)[0].strip("[]")
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


async def _refused(request: web.Request, error: HubError) -> web.StreamResponse:
    retry_after: int | None = getattr(error, "retry_after", None)
    if error.status == 500:
        request.app[HUB].log.error("a request failed", path=request.path, because=str(error), detail=error.private)
        return await _refusal(request, 500, "Something went wrong on our side; it has been noted.")
    return await _refusal(request, error.status, error.public, retry_after=retry_after)


async def _refusal(
    request: web.Request, status: int, detail: str, *, retry_after: int | None = None
) -> web.StreamResponse:
    """An error in the shape that whoever asks can read."""
    if _is_for_programs(request):
        return problem(status, detail, reason=_reason(status), retry_after=retry_after)
    if request.path.startswith(_FOR_CLIENTS):
        headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
        return refuse(request, ApiError(status, detail, headers=headers))
    return await error_page(request, status, retry_after=retry_after)


def _is_for_programs(request: web.Request) -> bool:
    return request.path.startswith(_FOR_PROGRAMS)


def _is_page(request: web.Request) -> bool:
    return not request.path.startswith((*_FOR_PROGRAMS, *_FOR_CLIENTS))


def _reason(status: int) -> str:
    known = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 503: "busy"}
    return known.get(status, f"http_{status}")
