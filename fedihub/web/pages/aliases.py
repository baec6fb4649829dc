"""Addresses that people and programs try without having been told: whole handles, a slash too many, robots.txt."""

from urllib.parse import urlencode

from aiohttp import web

from fedihub.hub import HUB
from fedihub.web import static
from fedihub.web.pages.profile import USERNAME
from fedihub.web.rendering import see_other

_CLOSED_TO_ROBOTS = ("/oauth/", "/authorize_interaction", "/share", "/sign-in", "/you")
"""Not what other servers read: GoToSocial 0.20 asks here whether it may look at `/api/v1/instance`."""
_DAY = 86_400


def routes() -> list[web.RouteDef]:
    """Each leads to the one address of what is meant."""
    return [
        web.get(f"/@{USERNAME}/", with_slash, allow_head=True),
        web.get(f"/@{USERNAME}@{{host:[^/@]{{1,260}}}}", whole_handle, allow_head=True),
        web.get("/robots.txt", robots, allow_head=True),
        web.get("/favicon.ico", icon, allow_head=True),
    ]


async def with_slash(request: web.Request) -> web.Response:
    """`/@name/` is `/@name`."""
    return see_other(f"/@{request.match_info['username']}")


async def whole_handle(request: web.Request) -> web.Response:
    """`/@name@host`: the page of one of ours; of somebody elsewhere, what our members can do about them.

    No way out of the hub: else our name in a link would lead wherever its maker wants.
    """
    username, host = request.match_info["username"], request.match_info["host"]
    uris = request.app[HUB].uris
    if host.lower() in (uris.host, uris.handle_domain):
        return see_other(f"/@{username}")
    return see_other(f"/authorize_interaction?{urlencode({'uri': f'@{username}@{host}'})}")


async def robots(_request: web.Request) -> web.Response:
    """What is for people who are signed in is not to be searched. Pages say more in their head."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _CLOSED_TO_ROBOTS)]
    return web.Response(text="\n".join(lines) + "\n", headers={"Cache-Control": f"public, max-age={_DAY}"})


async def icon(_request: web.Request) -> web.Response:
    """For who does not read the page's head."""
    return see_other(static.address("mark.svg"))
