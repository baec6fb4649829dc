"""Hashtags: how much one was used."""

from fedihub.api.endpoint import Call
from fedihub.api.entities.tag import Tag, tag
from fedihub.text.find import fold_tag
from storage.views.tags import load_tags


async def show_tag(call: Call) -> Tag:
    """`GET /api/v1/tags/:name`: every name is a hashtag, even if nobody has used it yet."""
    name, now = call.path("name").removeprefix("#"), call.hub.clock.now()
    (view,) = await call.hub.database.read(lambda session: load_tags(session, [fold_tag(name)], now=now))
    return tag(view, call.hub.uris, viewer_id=call.viewer_id)
