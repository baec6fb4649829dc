"""Tag: a hashtag with its use in the last days."""

import hashlib
from typing import Any

from federation.uris import LocalUris
from fedihub.api.entities.base import Entity, Id
from storage.views.tags import TagView


class TagDay(Entity):
    """One day's use. All three are texts: Ice Cubes drops the page for numbers."""

    day: str
    accounts: str
    uses: str


class Tag(Entity):
    """A hashtag; the last two are shown to an account only."""

    id: Id
    name: str
    url: str
    history: list[TagDay]
    following: bool = False
    featuring: bool = False


def tag(view: TagView, uris: LocalUris, *, viewer_id: int | None) -> Tag:
    """The hashtag as clients see it. It has no row of its own, so its id is a number made from its name."""
    told: dict[str, Any] = {"id": _number(view.name), "name": view.name, "url": uris.tag_page(view.name)}
    told["history"] = [
        TagDay(day=str(int(each.day.timestamp())), accounts=str(each.authors), uses=str(each.posts))
        for each in view.days
    ]
    return Tag(**told) if viewer_id is None else Tag(**told, following=False, featuring=False)


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6])
