"""The pictures of custom emoji, at `/emoji/posts/<id>/<shortcode>` and `/emoji/actors/<id>/<shortcode>`.

Only what a post that the viewer may see, or an actor, really names: this is no open proxy.
"""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from federation.endpoints.documents import conditional
from fedihub.errors import Missing
from fedihub.hub import HUB
from fedihub.services.pictures import Picture, Pictures
from fedihub.web.rendering import viewer_of
from storage.actors import find_actor
from storage.posts import OPEN
from storage.views.timelines import find_visible

PICTURES: web.AppKey[Pictures] = web.AppKey("pictures", Pictures)
_ID = "{id:[1-9][0-9]{0,15}}"
_SHORTCODE = "{shortcode:[A-Za-z0-9_-]{1,100}}"
_DAY = 86_400


def routes() -> list[web.RouteDef]:
    """One address for each picture."""
    return [
        web.get(f"/emoji/posts/{_ID}/{_SHORTCODE}", of_post, allow_head=True),
        web.get(f"/emoji/actors/{_ID}/{_SHORTCODE}", of_actor, allow_head=True),
    ]


async def of_post(request: web.Request) -> web.Response:
    """An emoji of a post, for whoever may see the post."""
    viewer, post_id = await viewer_of(request), int(request.match_info["id"])
    viewer_id = viewer.id if viewer is not None else None
    post = await request.app[HUB].database.read(lambda db: find_visible(db, post_id, viewer_id=viewer_id))
    if post is None:
        raise Missing("there is no such picture")
    return await _show(request, post.emojis, is_open=post.audience in OPEN)


async def of_actor(request: web.Request) -> web.Response:
    """An emoji in the name of an actor."""
    actor = await request.app[HUB].database.read(lambda db: find_actor(db, int(request.match_info["id"])))
    if actor is None or actor.gone_at is not None or actor.is_hidden:
        raise Missing("there is no such picture")
    return await _show(request, actor.emojis, is_open=True)


async def _show(request: web.Request, emojis: Iterable[dict[str, Any]], *, is_open: bool) -> web.Response:
    shortcode = request.match_info["shortcode"]
    url = next((each["url"] for each in emojis if each["shortcode"] == shortcode), None)
    picture = await request.app[PICTURES].find(url) if url is not None else None
    if picture is None:
        raise Missing("there is no such picture")
    return conditional(request, _answer(picture, is_open=is_open))


def _answer(picture: Picture, *, is_open: bool) -> web.Response:
    headers = {
        "Cache-Control": f"{'public' if is_open else 'private'}, max-age={_DAY}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=picture.content, content_type=picture.media_type, headers=headers)
