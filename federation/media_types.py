"""Which `Content-Type` is an ActivityPub document.

Strictness is protection (CVE-2024-25623): a file that a member of some server uploaded must not pass as an actor
because it happens to be JSON. Only `application/activity+json`, or `application/ld+json` with the profile of
ActivityStreams, counts; a charset may follow either.
"""

import re

from federation.vocabulary.terms import ACTIVITY_JSON, AS_CONTEXT, LD_JSON

_PARAMETER = re.compile(r'\s*;\s*([A-Za-z0-9_-]{1,40})\s*=\s*("[^"]{0,500}"|[^\s;"]{1,500})')
_PROFILES = frozenset({AS_CONTEXT})


def is_activity_type(content_type: str | None) -> bool:
    """Whether a Content-Type header names an ActivityPub document."""
    if content_type is None:
        return False
    essence, semicolon, rest = content_type.partition(";")
    essence = essence.strip().lower()
    if essence == ACTIVITY_JSON:
        return True
    return essence == LD_JSON and bool(_PROFILES.intersection(_profiles(semicolon + rest)))


def _profiles(parameters: str) -> list[str]:
    for match in _PARAMETER.finditer(parameters):
        if match[1].lower() == "profile":
            return match[2].strip('"').split()
    return []
