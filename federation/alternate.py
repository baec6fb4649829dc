"""From a page for people to the document that says the same: what servers write into their pages for who searches.

Link: <https://peer.example/notes/1>; rel="alternate"; type="application/activity+json"
<link rel="alternate" type="application/activity+json" href="https://peer.example/notes/1">
"""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urljoin

from federation.media_types import is_activity_type
from federation.transport import Response

MOST_READ = 256 * 1024
"""So much of a page is read for its links: they stand in its head.

By patterns whose time grows with the text and no faster: an HTML parser has been made to take minutes over a page that
was written for it (CVE-2025-6069).
"""

_LINK = re.compile(r'<([^<>]{1,2048})>((?:\s*;\s*[a-zA-Z*]+\s*=\s*(?:"[^"]*"|[^\s",;]+))*)')
_TAG = re.compile(r"<link\s([^<>]{1,2048})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"(?<![a-z])([a-z]{1,20})\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=`]+))", re.IGNORECASE
)
"""A name begins where no letter stands before it: else two thousand letters would be two thousand beginnings."""
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
        if _is_wanted({name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(parameters)}):
            return str(target)
    return None


def _in_head(response: Response) -> str | None:
    if "html" not in response.headers.get("Content-Type", "").lower():
        return None
    for tag in _TAG.findall(response.body[:MOST_READ].decode("utf-8", errors="replace")):
        given = {
            name.lower(): unescape(double or single or bare) for name, double, single, bare in _ATTRIBUTE.findall(tag)
        }
        if _is_wanted(given):
            return given.get("href")
    return None


def _is_wanted(link: Mapping[str, str]) -> bool:
    return "alternate" in link.get("rel", "").lower().split() and is_activity_type(link.get("type"))
