"""Acting from one's own server: somebody who has an account elsewhere wants to do something with what stands here.

The visitor says who they are elsewhere, their server says (by WebFinger) where it takes its people for such a thing,
and their browser goes there. Two generations of templates are known: OStatus' `subscribe`, which Mastodon and most
others offer, and the intents of FEP-3b86 (Mastodon 4.6). Only what the server of the handle itself says is used, so
nobody can make a redirect of ours lead to a place of their choice unless the visitor names that place.
"""

import re
from enum import Enum
from urllib.parse import quote

from federation.errors import BadUri, ResolveFailed
from federation.identifiers import parse_uri
from federation.webfinger import PLACES_FOR_URI, SUBSCRIBE, Intent
from fedihub.errors import Invalid, Unreachable
from fedihub.hub import Hub

_HOLE = re.compile(r"\{([A-Za-z-]{1,40})\}")


class Wish(Enum):
    """What the visitor wants to do; the relations whose templates lead there, best first."""

    FOLLOW = (Intent.FOLLOW, Intent.OBJECT, SUBSCRIBE)
    ANSWER = (Intent.OBJECT, SUBSCRIBE, Intent.CREATE)
    BOOST = (Intent.ANNOUNCE, Intent.OBJECT, SUBSCRIBE)
    LIKE = (Intent.LIKE, Intent.OBJECT, SUBSCRIBE)


async def find_way(hub: Hub, handle: str, *, uri: str, wish: Wish, page: str) -> str:
    """Where the browser of `handle` (`@name@host`) goes to act on `uri`; their server may send it back to `page`.

    Raises Invalid when this is no handle, nobody has it, or its server offers no such way; Unreachable when it
    does not answer.
    """
    try:
        templates = await hub.webfinger.intents(handle)
    except ResolveFailed as error:
        raise _translated(error) from error
    for relation in wish.value:
        address = _fill(templates.get(relation, ""), uri, page=page, http_allowed=hub.settings.allow_loopback)
        if address is not None:
            return address
    raise Invalid(
        "your server knows no such shortcut: please search for the address in your app instead", field="handle"
    )


def _fill(template: str, uri: str, *, page: str, http_allowed: bool) -> str | None:
    """The address that a template makes; None if it has no place for the URI, or leads where we send nobody.

    Holes that are not known are filled with nothing, as FEP-3b86 asks.
    """
    if not any(f"{{{hole}}}" in template for hole in PLACES_FOR_URI):
        return None
    known = dict.fromkeys(PLACES_FOR_URI, uri) | {"on-success": page, "on-cancel": page}
    filled = _HOLE.sub(lambda hole: quote(known.get(hole[1], ""), safe=""), template)
    try:
        return parse_uri(filled, http_allowed=http_allowed)
    except BadUri:
        return None


def _translated(error: ResolveFailed) -> Invalid | Unreachable:
    if error.reason == "not_a_handle":
        return Invalid("an address looks like @name@server.example", field="handle")
    if error.temporary:
        return Unreachable("your server does not answer: is its name right?", private=error.details)
    return Invalid("your server does not know this name: is it spelled right?", field="handle", private=error.details)
