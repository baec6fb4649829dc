"""Acting from one's own server: somebody who has an account elsewhere wants to follow, or answer, somebody here.

The visitor says who they are elsewhere, their server says (by WebFinger) where it takes its people for such a thing,
and their browser goes there. Two generations of templates are known: OStatus' `subscribe`, which Mastodon and most
others offer, and the intents of FEP-3b86 (Mastodon 4.6). Only what the server of the handle itself says is used, so
nobody can make a redirect of ours lead to a place of their choice unless the visitor names that place.
"""

from enum import Enum
from urllib.parse import quote

from federation.errors import BadUri, ResolveFailed
from federation.identifiers import parse_uri
from federation.webfinger import INTENT, SUBSCRIBE
from fedihub.errors import Invalid, Unreachable
from fedihub.hub import Hub

_HOLES = ("{uri}", "{object}")


class Wish(Enum):
    """What the visitor wants to do; the relations whose templates lead there, best first."""

    FOLLOW = (f"{INTENT}Follow", f"{INTENT}Object", SUBSCRIBE)
    ANSWER = (f"{INTENT}Object", SUBSCRIBE)


async def find_way(hub: Hub, handle: str, *, uri: str, wish: Wish) -> str:
    """Where the browser of `handle` (`@name@host`) goes to act on `uri`.

    Raises Invalid when this is no handle, nobody has it, or its server offers no such way; Unreachable when it
    does not answer.
    """
    try:
        templates = await hub.webfinger.intents(handle)
    except ResolveFailed as error:
        raise _translated(error) from error
    for relation in wish.value:
        address = _fill(templates.get(relation, ""), uri, http_allowed=hub.settings.allow_loopback)
        if address is not None:
            return address
    raise Invalid(
        "your server knows no such shortcut: please search for the address in your app instead", field="handle"
    )


def _fill(template: str, uri: str, *, http_allowed: bool) -> str | None:
    """The address that a template makes; None if it has no place for the URI, or leads where we send nobody."""
    if not any(hole in template for hole in _HOLES):
        return None
    for hole in _HOLES:
        template = template.replace(hole, quote(uri, safe=""))
    try:
        return parse_uri(template, http_allowed=http_allowed)
    except BadUri:
        return None


def _translated(error: ResolveFailed) -> Invalid | Unreachable:
    if error.reason == "not_a_handle":
        return Invalid("an address looks like @name@server.example", field="handle")
    if error.temporary:
        return Unreachable("your server does not answer: is its name right?", private=str(error))
    return Invalid("your server does not know this name: is it spelled right?", field="handle", private=str(error))
