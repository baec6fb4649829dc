"""How peers find our actors: the answer to a WebFinger question."""

from typing import Any

from federation.uris import LocalUris
from federation.vocabulary.terms import ACTIVITY_JSON
from storage.actors import Actor

PROFILE_PAGE = "http://webfinger.net/rel/profile-page"


def jrd(actor: Actor, uris: LocalUris) -> dict[str, Any]:
    """The JRD of a local actor: `subject` is its canonical handle, the `self` link its id, byte for byte."""
    page = actor.url or actor.uri
    return {
        "subject": f"acct:{uris.handle(actor.username)}",
        "aliases": [page, actor.uri],
        "links": [
            {"rel": PROFILE_PAGE, "type": "text/html", "href": page},
            {"rel": "self", "type": ACTIVITY_JSON, "href": actor.uri},
        ],
    }
