"""Handles, hashtags and links in what a member wrote.

One pass finds links first, so that `https://peer.example/@ana` is a link and mentions nobody. The patterns have no
nested repetition, so their time grows with the text and never faster.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

from linkify_it import LinkifyIt

from federation.vocabulary.hashtags import tag_pattern

_NAME = r"[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*"
_HOST = r"[A-Za-z0-9\u00a1-\uffff](?:[A-Za-z0-9\u00a1-\uffff.-]*[A-Za-z0-9\u00a1-\uffff])?(?::[0-9]{1,5})?"
_MENTION = rf"(?<![\w/@.])@(?P<username>{_NAME})(?:@(?P<host>{_HOST}))?"
_TAG = rf"(?<![\w/#&])#(?P<tag>(?=[\d_]*[^\W\d_]){tag_pattern()})"
_ENTITY = re.compile(f"{_MENTION}|{_TAG}")

MOST_MENTIONS = 50
MOST_TAGS = 50
LONGEST_TAG = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of the text that is more than text. `host` is None for a handle of ours; `value` is the name, the tag
    or the URL.
    """

    kind: Literal["mention", "tag", "link"]
    start: int
    end: int
    value: str
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Handle:
    """Whom a text names: lower case; `host` is None for one of ours."""

    username: str
    host: str | None = None


def find_entities(text: str) -> list[Found]:
    """Everything that will be marked up, in the order of the text and never overlapping."""
    links = find_links(text)
    found: list[Found] = []
    position = 0
    for link in links:
        found += _between(text, position, end=link.start)
        found.append(link)
        position = link.end
    return found + _between(text, position, end=len(text))


def find_links(text: str) -> list[Found]:
    """The http(s) URLs that are written out in full."""
    if "://" not in text:
        return []
    matches = _links().match(text) or []
    return [Found("link", each.index, each.last_index, each.url) for each in matches]


def find_handles(text: str) -> list[Handle]:
    """Whom the text names, each once, at most MOST_MENTIONS."""
    handles = (handle_of(each) for each in find_entities(text) if each.kind == "mention")
    return list(dict.fromkeys(handles))[:MOST_MENTIONS]


def handle_of(mention: Found) -> Handle:
    """The handle in a mention."""
    return Handle(mention.value.lower(), mention.host.lower() if mention.host else None)


def fold_tag(tag: str) -> str:
    """The name under which a hashtag is stored: lower case, without #, and one for all ways to write it."""
    return unicodedata.normalize("NFKC", tag).lstrip("#").casefold()[:LONGEST_TAG]


def _between(text: str, start: int, *, end: int) -> list[Found]:
    return [_entity(match) for match in _ENTITY.finditer(text, start, end)]


def _entity(match: re.Match[str]) -> Found:
    if match["tag"]:
        return Found("tag", match.start(), match.end(), match["tag"])
    return Found("mention", match.start(), match.end(), match["username"], match["host"])


@cache
def _links() -> LinkifyIt:
    """Only full URLs: `example.com` in a sentence stays a word, `mailto:` and `//host` too."""
    finder = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    for scheme in ("ftp:", "mailto:", "//"):
        finder.add(scheme, None)
    return finder
