"""Who asks: another server, or a person with a browser?

The same address may have a document and a page. `Accept` decides, by its quality values: Mastodon's search asks for
ActivityPub first and for HTML as a last resort (`text/html;q=0.1`), a browser the other way round.
"""

import re
from collections.abc import Iterator

from aiohttp import web

_ACTIVITY = {"application/activity+json", "application/ld+json"}
_PAGE = {"text/html", "application/xhtml+xml"}
_QUALITY = re.compile(r"\bq=([01](?:\.[0-9]{0,3})?)")
_SPLIT = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')
_LONGEST_ACCEPT = 2_000


def wants_activity(request: web.Request) -> bool:
    """Whether an address that is a page first should answer with its document."""
    document, page = _wishes(request)
    return document > 0 and document > page


def wants_page(request: web.Request) -> bool:
    """Whether an address that is a document first should lead to its page: only for who asks for HTML by name."""
    document, page = _wishes(request)
    return page > 0 and page > document


def _wishes(request: web.Request) -> tuple[float, float]:
    """How much a document and how much a page is wanted, each from 0 to 1."""
    document = page = 0.0
    for media_type, quality in _accepted(request):
        if media_type in _ACTIVITY:
            document = max(document, quality)
        elif media_type in _PAGE:
            page = max(page, quality)
    return document, page


def _accepted(request: web.Request) -> Iterator[tuple[str, float]]:
    header = ",".join(request.headers.getall("Accept", []))[:_LONGEST_ACCEPT]
    for part in _SPLIT.split(header):
        media_type, _, parameters = part.partition(";")
        quality = _QUALITY.search(parameters)
        yield media_type.strip().lower(), min(float(quality[1]), 1.0) if quality else 1.0
