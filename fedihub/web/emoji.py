"""Custom emoji on pages: `:shortcode:` in a name or a text becomes a small picture, served by ourselves.

The picture's `alt` is the shortcode, so whoever does not see it reads what its author typed.
"""

import re
from typing import Any, Protocol

from markupsafe import Markup, escape

from storage.views.posts import PostView

_TAG_OR_TEXT = re.compile(r'<(?:[^>"]|"[^"]*")*>|[^<]+|<')
_SHORTCODE = re.compile(r":([A-Za-z0-9_-]{1,100}):")


class Owner(Protocol):
    """A post or an actor, whose emoji are meant. Somebody who is only named (`ActorRef`) has none."""

    @property
    def id(self) -> int:
        """Its key."""


def with_emoji(text: str | Markup, owner: Owner) -> Markup:
    """A text (escaped here) or HTML that is safe already, with pictures in the place of its owner's emoji."""
    html = str(escape(text))
    known = {each["shortcode"] for each in getattr(owner, "emojis", ())}
    if not known or ":" not in html:
        return Markup(html)  # noqa: S704 - escaped, or made safe by `SafeHtml`
    parts = (part if part.startswith("<") else _shown(part, known, owner) for part in _TAG_OR_TEXT.findall(html))
    return Markup("".join(parts))  # noqa: S704 - the same


def picture_path(owner: Any, shortcode: str) -> str:
    """Where we serve an emoji of a post or an actor."""
    kind = "posts" if isinstance(owner, PostView) else "actors"
    return f"/emoji/{kind}/{owner.id}/{shortcode}"


def _shown(text: str, known: set[str], owner: Owner) -> str:
    return _SHORTCODE.sub(lambda match: _picture(match[1], owner) if match[1] in known else match[0], text)


def _picture(shortcode: str, owner: Owner) -> str:
    label = escape(f":{shortcode}:")
    src = escape(picture_path(owner, shortcode))
    return f'<img class="emoji" src="{src}" alt="{label}" title="{label}" loading="lazy">'
