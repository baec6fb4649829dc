"""Templates and the answers made of them: what every page is given, and the headers that every page carries."""

from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

import aiohttp_jinja2
import jinja2
from aiohttp import web

from federation.vocabulary.terms import ACTIVITY_JSON
from fedihub.hub import HUB, Hub
from fedihub.web import display, labels, static
from fedihub.web.csrf import form_token
from fedihub.web.emoji import with_emoji
from fedihub.web.quotes import with_quote_line
from fedihub.web.safe_html import SafeHtml
from fedihub.web.sessions import member_of
from storage.actors import Actor, find_actor
from storage.views.actors import ActorRef, ActorView
from storage.views.posts import PostView

_POLICY = "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'"
_VIEWER: web.RequestKey[Actor | None] = web.RequestKey("viewer")

Named = Actor | ActorView | ActorRef


class FormsLead(Enum):
    """Where the forms of a page may take the browser, redirects included: Chromium holds `form-action` against them."""

    HERE = "here"
    TO_SERVERS = "to servers"
    """Somewhere on the web: the visitor's own server."""
    ANYWHERE = "anywhere"
    """Also to an app on the device, by a scheme of its own: signing in and consenting, on their way back to the app."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where things are: pages of our own by path, everything else at its own server."""

    hub: Hub

    def handle(self, actor: Named) -> str:
        """`name@host`, whole, so that everybody can see who is from where."""
        return f"{actor.username}@{actor.host or self.hub.uris.handle_domain}"

    def actor(self, actor: Named) -> str:
        """The page of an actor."""
        return web_url(actor.url or actor.uri) if actor.host else f"/@{actor.username}"

    def post(self, post: PostView) -> str:
        """The page of a post: its conversation here, or the original at the server that it came from."""
        return f"/@{post.author.username}/{post.id}" if post.is_local else web_url(post.url or post.uri)

    def page(self, actor: Named) -> str:
        """The whole address of a local actor's page."""
        return self.hub.uris.page(actor.username)


def web_url(url: str) -> str:
    """A URL that a page may link to; anything but http(s) leads nowhere."""
    return url if urlsplit(url).scheme in ("http", "https") else "#"


def setup(app: web.Application) -> None:
    """Load the templates, escaping on and unknown names refused, with the hub's links and words in reach."""
    hub, links = app[HUB], Links(app[HUB])
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.PackageLoader("fedihub.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "plain": display.plain,
        "safe_html": SafeHtml.of,
        "web_url": web_url,
        "shown_url": display.shown_url,
        "breakable": display.breakable,
        "with_emoji": with_emoji,
        "with_quote_line": with_quote_line,
    }
    environment.globals |= {
        name: getattr(display, name) for name in ("colour", "counted", "host", "initials", "short", "when", "words")
    }
    environment.globals |= {
        name: getattr(labels, name)
        for name in ("audience_name", "kind_name", "media_name", "opening_state_name", "role_name", "stage_name")
    }
    environment.globals |= {
        "path_of_stages": labels.PATH_OF_STAGES,
        "handle": links.handle,
        "actor_link": links.actor,
        "post_link": links.post,
        "page_url": links.page,
    }
    environment.globals |= {
        "static": static.address,
        "hub_name": hub.settings.hub_name,
        "hub_description": hub.settings.hub_description,
        "contact_email": hub.settings.contact_email,
        "base_url": hub.settings.base_url,
        "domain": hub.settings.domain,
    }


async def viewer_of(request: web.Request) -> Actor | None:
    """The member who looks at this page, if somebody is signed in. Asked once for each request."""
    if _VIEWER not in request:
        member_id = await member_of(request)
        request[_VIEWER] = None if member_id is None else await _find(request.app[HUB], member_id)
    return request[_VIEWER]


def forget_viewer(request: web.Request) -> None:
    """Show this page as to anybody, without a look at the session."""
    request[_VIEWER] = None


async def _find(hub: Hub, actor_id: int) -> Actor | None:
    return await hub.database.read(lambda session: find_actor(session, actor_id))


async def render(
    request: web.Request,
    template: str,
    *,
    status: int = 200,
    forms_lead: FormsLead = FormsLead.HERE,
    has_form: bool = False,
    **values: Any,
) -> web.Response:
    """A page. With `has_form`, or for somebody who is signed in, the template has a `csrf` token for its forms."""
    hub, viewer = request.app[HUB], await viewer_of(request)
    with_token = has_form or viewer is not None
    context = {
        "now": hub.clock.now(),
        "path": request.path,
        "status": status,
        "viewer": viewer,
        "csrf": await form_token(request) if with_token else "",
        **values,
    }
    response = aiohttp_jinja2.render_template(template, request, context, status=status)
    response.headers.update(_headers(hub, forms_lead, private=with_token))
    return response


def with_document(page: web.Response, uri: str) -> web.Response:
    """The page, saying in its head where other servers find the same thing: they need not read the page for it."""
    page.headers["Link"] = f'<{uri}>; rel="alternate"; type="{ACTIVITY_JSON}"'
    return page


def see_other(location: str) -> web.Response:
    """On to another page, which is to be fetched anew: the end of every form that did something."""
    return web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})


def _headers(hub: Hub, forms_lead: FormsLead, *, private: bool) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": _POLICY + _pictures(hub) + _form_action(hub, forms_lead),
        "Cache-Control": "private, no-store" if private else "no-cache",
        "Vary": "Accept, Cookie",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }
    if (
        forms_lead is not FormsLead.ANYWHERE
    ):  # apps open the sign-in and consent pages as a window that must find its opener again
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return headers


def _pictures(hub: Hub) -> str:
    """Our own, also where uploaded files have an origin of their own."""
    return f"; img-src 'self'{f' {hub.settings.media_url}' if hub.settings.media_url else ''}"


def _form_action(hub: Hub, forms_lead: FormsLead) -> str:
    match forms_lead:
        case FormsLead.HERE:
            return "; form-action 'self'"
        case FormsLead.TO_SERVERS:
            return f"; form-action 'self' https:{' http:' if hub.settings.allow_loopback else ''}"
        case FormsLead.ANYWHERE:
            return ""
