"""How peers find our actors: the answer to a WebFinger question."""

from typing import Any

from federation.uris import LocalUris
from federation.vocabulary.terms import ACTIVITY_JSON
from federation.webfinger import INTENT, SUBSCRIBE
from storage.actors import Actor, ActorKind

PROFILE_PAGE = "http://webfinger.net/rel/profile-page"


def jrd(actor: Actor, uris: LocalUris) -> dict[str, Any]:
    """The JRD of a local actor: `subject` is its canonical handle, the `self` link its id, byte for byte."""
    page = actor.url or actor.uri
    intents = _intents(uris) if actor.kind is ActorKind.MEMBER else []  # only people sign in
    return {
        "subject": f"acct:{uris.handle(actor.username)}",
        "aliases": [page, actor.uri],
        "links": [
            {"rel": PROFILE_PAGE, "type": "text/html", "href": page},
            {"rel": "self", "type": ACTIVITY_JSON, "href": actor.uri},
            *intents,
        ],
    }


def _intents(uris: LocalUris) -> list[dict[str, str]]:
    """Where a "follow from your server" button elsewhere takes our people: in the old way, and in that of FEP-3b86."""
    return [
        {"rel": SUBSCRIBE, "template": uris.interaction("uri")},
        *({"rel": INTENT + name, "template": uris.interaction("object")} for name in ("Follow", "Object")),
    ]
