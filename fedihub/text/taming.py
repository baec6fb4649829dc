"""Bounds on what a text from elsewhere may make an HTML parser do.

HTML's rules for elements like <b> that were never closed open all of them anew in each paragraph that follows: eleven
kilobytes became four and a half million characters, a hundred would have filled the memory. Elements with names of
their own have no such rule. So those are called `x-b` while the parser works, and by their own names again in what
comes out. And a text with thousands of tags is no text for people: it is read as plain text.
"""

import re
from html import escape, unescape

FORMATTING = ("b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")
"""The elements with that rule (HTML, 13.2.4.3), but for `a`: a second `a` closes the first."""
MOST_TAGS = 5_000
"""A long article has a few hundred."""

_NAMES = "|".join(FORMATTING)
_OPEN = re.compile(rf"<(/?)({_NAMES})(?=[\s/>])", re.IGNORECASE)
_TAME = re.compile(rf"<(/?)x-({_NAMES})(?=[\s>])")
_TAG = re.compile(r"<[^<>]*>")


def tame(html: str) -> str:
    """The same text, safe to be parsed: formatting elements under other names (see `tame_names`), or no elements at
    all.
    """
    if html.count("<") > MOST_TAGS:
        return escape(unescape(_TAG.sub(" ", html)), quote=False)
    return _OPEN.sub(r"<\1x-\2", html)


def release(html: str) -> str:
    """What came out of the parser, with the elements under their own names again."""
    return _TAME.sub(r"<\1\2", html)


def tame_names(names: set[str]) -> set[str]:
    """The names that elements have between `tame` and `release`."""
    return {f"x-{name}" if name in FORMATTING else name for name in names}
