"""Which `Content-Type` is an ActivityPub document.

Of what is fetched, strictness is protection (CVE-2024-25623): a file that a member of some server uploaded must not
pass as an actor because it happens to be JSON. Only `application/activity+json`, or `application/ld+json` with the
profile of ActivityStreams, counts; a charset may follow either.

What is posted to an inbox is proved by its signature, so there any word for JSON will do: Takahē before 0.11 says
`application/json`, and Mastodon does not look.
"""

import re

from federation.vocabulary.terms import ACTIVITY_JSON, AS_CONTEXT, LD_JSON

_PARAMETER = re.compile(r'\s*;\s*([A-Za-z0-9_-]{1,40})\s*=\s*("[^"]{0,500}"|[^\s;"]{1,500})')
_POSTED = frozenset({ACTIVITY_JSON, LD_JSON, "application/json"})
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


def is_posted_type(content_type: str | None) -> bool:
    """Whether a Content-Type header may stand above an activity that is posted to an inbox."""
    return (content_type or "").partition(";")[0].strip().lower() in _POSTED


def _profiles(parameters: str) -> list[str]:
    for match in _PARAMETER.finditer(parameters):
        if match[1].lower() == "profile":
            return match[2].strip('"').split()
    return []
