"""How often something may be tried from a browser: signing in, and sending us to look at other servers.

Many people may share one address (a school, a mobile network, a reverse proxy that the settings don't name), so the
limit on an address is much wider than that on a name tried from there. A name alone has a wide one, too: who knows
somebody's name must not be able to keep them from signing in with a few wrong guesses. Good attempts count for nothing.
Each guess at a password also costs an argon2 hash.
"""

from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from fedihub.client_address import client_address
from fedihub.errors import TooMany
from fedihub.hub import HUB
from fedihub.limits import Limiter

_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class WebLimits:
    """The limiters of the pages."""

    sign_in_guess: Limiter
    sign_in_name: Limiter
    sign_in_address: Limiter
    look_elsewhere: Limiter


WEB_LIMITS: web.AppKey[WebLimits] = web.AppKey("web_limits", WebLimits)


def make_limits() -> WebLimits:
    """Fresh limiters: nobody has tried anything yet."""
    return WebLimits(
        sign_in_guess=Limiter(10, period=_QUARTER),
        sign_in_name=Limiter(100, period=_QUARTER),
        sign_in_address=Limiter(100, period=_QUARTER),
        look_elsewhere=Limiter(60, period=_QUARTER),
    )


def take(request: web.Request, limiter: Limiter, *, key: str | None = None) -> None:
    """Count one attempt under `key`, or under the address that it came from. Raises TooMany."""
    now = request.app[HUB].clock.now()
    standing = limiter.take(key if key is not None else client_address(request), now)
    if standing.exceeded:
        wait = max(1, int((standing.reset - now).total_seconds()))
        raise TooMany("too many attempts: please wait a few minutes and try again", retry_after=wait)


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """One attempt to sign in under a name, counted before the password is looked at."""

    counted: tuple[tuple[Limiter, str], ...]

    def was_good(self) -> None:
        """It was no guess."""
        for limiter, key in self.counted:
            limiter.give_back(key)


def take_sign_in(request: web.Request, name: str) -> SignInAttempt:
    """Count an attempt by name, by address, and by both together. Raises TooMany."""
    limits, address, name = request.app[WEB_LIMITS], client_address(request), name.strip().lower()
    counted = (
        (limits.sign_in_address, address),
        (limits.sign_in_guess, f"{address} {name}"),
        (limits.sign_in_name, name),
    )
    for limiter, key in counted:
        take(request, limiter, key=key)
    return SignInAttempt(counted)
