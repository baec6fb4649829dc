"""From a page for people to the document that says the same: what servers write into their pages for who searches.

Link: <https://peer.example/notes/1>; rel="alternate"; type="application/activity+json"
<link rel="alternate" type="application/activity+json" href="https://peer.example/notes/1">
"""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

from federation.media_types import is_activity_type
from federation.transport import Response

MOST_READ = 256 * 1024
"""So much of a page is read for its links: they stand in its head."""

_LINK = re.compile(r'<([^<>]{1,2048})>((?:\s*;\s*[a-zA-Z*]+\s*=\s*(?:"[^"]*"|[^\s",;]+))*)')
_PARAMETER = re.compile(r';\s*([a-zA-Z*]+)\s*=\s*(?:"([^"]*)"|([^\s",;]+))')


def find_alternate(response: Response) -> str | None:
    """The address of the document that a page names as its own other form, in its headers or its head."""
    found = _in_headers(response) or _in_head(response)
    try:
        return urljoin(response.url, found) if found else None
    except ValueError:
        return None


def _in_headers(response: Response) -> str | None:
    for target, parameters in _LINK.findall(response.headers.get("Link", "")[:8192]):
        given = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(parameters)}
        if _is_wanted(given.get("rel"), given.get("type")):
            return str(target)
    return None


def _in_head(response: Response) -> str | None:
    if "html" not in response.headers.get("Content-Type", "").lower():
        return None
    reader = _Links()
    reader.feed(response.body[:MOST_READ].decode("utf-8", errors="replace"))
    return reader.found


class _Links(HTMLParser):
    """Remembers the first link that is wanted."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "link" and self.found is None:
            given = dict(attrs)
            if _is_wanted(given.get("rel"), given.get("type")):
                self.found = given.get("href")


def _is_wanted(rel: str | None, type_: str | None) -> bool:
    return "alternate" in (rel or "").lower().split() and is_activity_type(type_)
