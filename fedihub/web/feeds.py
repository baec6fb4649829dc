"""Atom feeds (RFC 4287) of members, projects and chapters: their newest public posts, for people who read in a feed
reader.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape
from xml.etree.ElementTree import Element, SubElement, tostring

from aiohttp import web

from federation.endpoints.documents import conditional
from fedihub.hub import HUB, Hub
from fedihub.web.display import plain, short, words
from fedihub.web.pages.profile import USERNAME, local_actor
from fedihub.web.safe_html import SafeHtml
from storage.actors import Actor, ActorKind
from storage.database import Session
from storage.openings import OpeningState
from storage.posts import Audience
from storage.views.chapter_page import load_openings
from storage.views.member_page import newest_posts
from storage.views.posts import PostView

ATOM = "http://www.w3.org/2005/Atom"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def routes() -> list[web.RouteDef]:
    """One feed for each member, project and chapter."""
    return [web.get(f"/@{USERNAME}/feed.atom", serve, allow_head=True)]


async def serve(request: web.Request) -> web.Response:
    """The feed; unchanged since the reader last asked, 304."""
    hub, actor = request.app[HUB], await local_actor(request)
    posts = await hub.database.read(lambda db: _posts(db, actor))
    body = _feed(hub, actor, [post for post in posts if post.audience == Audience.PUBLIC])
    headers = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
    feed = web.Response(body=body, content_type="application/atom+xml", charset="utf-8", headers=headers)
    return conditional(request, feed)


async def _posts(session: Session, actor: Actor) -> list[PostView]:
    """The newest that an actor said; of a chapter, what it passed on."""
    if actor.kind is not ActorKind.CHAPTER:
        return (await newest_posts(session, actor.id, viewer_id=None, before=None))[0]
    approved = (OpeningState.APPROVED,)
    openings, _ = await load_openings(session, actor.id, states=approved, viewer_id=None, before=None)
    return [opening.post for opening in openings]


def _feed(hub: Hub, actor: Actor, posts: Sequence[PostView]) -> bytes:
    page = hub.uris.page(actor.username)
    feed = Element("feed", {"xmlns": ATOM})
    _text(feed, "id", actor.uri)
    _text(feed, "title", plain(actor.display_name) or actor.username)
    if actor.bio_html:
        _text(feed, "subtitle", short(words(actor.bio_html)))
    _text(feed, "updated", _moment(max((_changed(post) for post in posts), default=actor.created_at)))
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": f"{page}/feed.atom"})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": page})
    _author(feed, hub, actor)
    for post in posts:
        _entry(feed, hub, post)
    _make_writable(feed)
    written: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _entry(feed: Element, hub: Hub, post: PostView) -> None:
    entry = SubElement(feed, "entry", {_XML_LANG: post.language} if post.language else {})
    page = hub.uris.post_page(post.author.username, str(post.id))
    address = page if post.is_local else post.url or post.uri
    _text(entry, "id", post.uri)
    _text(entry, "title", short(post.content_warning or post.title or words(post.content_html), 80) or "Post")
    _text(entry, "published", _moment(post.published_at))
    _text(entry, "updated", _moment(_changed(post)))
    SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": address})
    for file in post.attachments:
        kind = {"type": file["media_type"]} if file["media_type"] else {}  # an empty type would be no media type
        SubElement(entry, "link", {"rel": "enclosure", **kind, "href": file["url"]})
    content = f"{SafeHtml.of(post.content_html)}{_answers(post)}"
    if post.content_warning:
        _text(entry, "summary", post.content_warning)
    else:
        _text(entry, "content", content).set("type", "html")


def _answers(post: PostView) -> str:
    """What a poll lets people choose from; how it stands, they see on its page."""
    options = post.poll.options if post.poll is not None else ()
    items = "".join(f"<li>{escape(plain(option.title))}</li>" for option in options)
    return f"<ul>{items}</ul>" if items else ""


def _author(feed: Element, hub: Hub, actor: Actor) -> None:
    author = SubElement(feed, "author")
    _text(author, "name", plain(actor.display_name) or actor.username)
    _text(author, "uri", hub.uris.page(actor.username))


def _text(parent: Element, name: str, text: str) -> Element:
    child = SubElement(parent, name)
    child.text = text
    return child


def _make_writable(feed: Element) -> None:
    """Leave out the characters that XML cannot carry, wherever somebody wrote them: one would break the whole feed."""
    for element in feed.iter():
        element.text = _NOT_IN_XML.sub("", element.text or "")
        for name, value in element.items():
            element.set(name, _NOT_IN_XML.sub("", value))


def _changed(post: PostView) -> datetime:
    return post.edited_at or post.published_at


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
