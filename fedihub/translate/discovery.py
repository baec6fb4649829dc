"""How peers find our actors: the answer to a WebFinger question."""

from typing import Any

from federation.uris import LocalUris
from federation.vocabulary.terms import ACTIVITY_JSON
from federation.webfinger import SUBSCRIBE, Intent
from storage.actors import Actor, ActorKind

PROFILE_PAGE = "http://webfinger.net/rel/profile-page"


def jrd(actor: Actor, uris: LocalUris) -> dict[str, Any]:
    """The JRD of a local actor: `subject` is its canonical handle, the `self` link its id, byte for byte.

    That of the server's own actor also stands for the server's address (FEP-d556).
    """
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
    """Where a "follow from your server" button elsewhere takes our people: in the old way, and in that of FEP-3b86.

    The FEP calls the template `href`, Mastodon 4.6 `template`; each reads only its own.
    """
    templates = {
        Intent.OBJECT: uris.interaction("object"),
        Intent.FOLLOW: uris.interaction("object", wish="follow"),
        Intent.LIKE: uris.interaction("object", wish="like"),
        Intent.ANNOUNCE: uris.interaction("object", wish="boost"),
        Intent.CREATE: uris.share(),
    }
    intents = [{"rel": str(rel), "template": text, "href": text} for rel, text in templates.items()]
    return [{"rel": SUBSCRIBE, "template": uris.interaction("uri")}, *intents]
