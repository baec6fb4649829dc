"""How often something may be tried from a browser: signing in, and sending us to look at other servers.

Behind a reverse proxy all addresses may look alike, so the limit on an address is much wider than that on a name. Each
guess at a password also costs an argon2 hash.
"""

from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from fedihub.api.limits import Limiter
from fedihub.errors import TooMany
from fedihub.hub import HUB

_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class WebLimits:
    """The limiters of the pages."""

    sign_in_name: Limiter
    sign_in_address: Limiter
    look_elsewhere: Limiter


WEB_LIMITS: web.AppKey[WebLimits] = web.AppKey("web_limits", WebLimits)


def make_limits() -> WebLimits:
    """Fresh limiters: nobody has tried anything yet."""
    return WebLimits(
        sign_in_name=Limiter(10, period=_QUARTER),
        sign_in_address=Limiter(100, period=_QUARTER),
        look_elsewhere=Limiter(60, period=_QUARTER),
    )


def take(request: web.Request, limiter: Limiter, *, key: str | None = None) -> None:
    """Count one attempt under `key`, or under the address that it came from. Raises TooMany."""
    now = request.app[HUB].clock.now()
    standing = limiter.take(key if key is not None else request.remote or "", now)
    if standing.exceeded:
        wait = max(1, int((standing.reset - now).total_seconds()))
        raise TooMany("too many attempts: please wait a few minutes and try again", retry_after=wait)
