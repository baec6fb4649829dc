"""The hub in a browser: pages rendered on the server, which need no script and speak to no third party.

A page is read from one view of `storage.views` and printed by a template; what a member does there goes through the
same services as everything else. `setup` adds all of it to the application.
"""

import warnings

import aiohttp_session
from aiohttp import web

from fedihub.hub import HUB
from fedihub.services.pictures import Pictures
from fedihub.web import feeds, rendering, static
from fedihub.web.limits import WEB_LIMITS, make_limits
from fedihub.web.pages import (
    aliases,
    authorize,
    conversation,
    developers,
    edit_profile,
    follow,
    follow_requests,
    home,
    interact,
    lists,
    openings,
    password,
    pictures,
    polls,
    profile,
    sign_in,
    tags,
    versions,
    write,
    you,
)
from fedihub.web.sessions import SessionStore

_FOR_ALL = (home, lists, tags, profile, conversation, follow, developers, aliases, pictures, versions)
_FOR_MEMBERS = (interact, sign_in, authorize, you, write, edit_profile, openings, follow_requests, password, polls)


def setup(app: web.Application) -> None:
    """Add sessions, templates and routes; the hub must be at `app[HUB]`."""
    # aiohttp-session 2.12 keeps its things under plain names, and aiohttp 3.14 warns of that at each request.
    warnings.filterwarnings("ignore", category=web.NotAppKeyWarning, module="aiohttp_session")
    aiohttp_session.setup(app, SessionStore(app[HUB]))
    rendering.setup(app)
    app[WEB_LIMITS] = make_limits()
    app[pictures.PICTURES] = Pictures(app[HUB].transport)
    app.add_routes(static.routes())
    app.add_routes(feeds.routes())
    for page in (*_FOR_ALL, *_FOR_MEMBERS):
        app.add_routes(page.routes())
