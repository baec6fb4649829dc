"""Who may speak for what: the rules of origins (FEP-fe34), all of them, and where each is held.

A proved sender speaks for their own origin and for nothing else; an origin is a scheme, a host and a port
(`identifiers.same_origin`).

| what is said | counts only if | held by |
|---|---|---|
| a request is somebody's | the key's owner lists that key, on the key's own origin | `signatures.lookup` |
| an activity is its actor's | the key's owner is the actor, or the actor's own proof is in it | `receive`, `proofs` |
| an activity has this id | the id is on its actor's host | `receive` |
| an actor has ended, says its Delete | the actor's key signed, or its own address answers 410 | `receive` |
| an activity passed on without a proof | nothing of it does: its object's origin is asked | `forwarding`, inbox |
| an embedded object is the sender's | its id is on their origin, and it names no other author | `own_object` |
| an object given by its id | it is on the sender's origin, and fetched there, whoever asks | `speaks_for`, inbox |
| a post is edited, deleted, pinned | its stored author is the sender | inbox |
| a post is by another than its stored author | it is fetched, and its origin says so | inbox (`settle`) |
| a post is gone that never was here | it is the sender's, if it comes | `storage.posts`, inbox |
| a fetched document | its id is the address that served it, or leads there; on the origin asked | `dereference` |
| an actor is the one that was asked for | its id is exactly that, wherever the address leads | `check_identity` |
| a fetched post is its author's | author and post are of one origin | `check_fetched` |
| an actor's inboxes and collections | they are of the actor's own origin | `vocabulary.actors` |
| a collection goes on | its pages are of its own origin | `vocabulary.collections` |
| items of a collection | as ids, each to be asked for at its own origin | `walking` |
| who follows whom (FEP-8fcf) | collection and list are of the sender's origin, and it signed that | `followers` |
| a stamp of consent (FEP-044f) | it is of the origin of whoever consents, and fetched from there | quotes |
| anything about our own host | never, from outside | `LocalUris.is_local`, everywhere above |

So an object inside an activity counts only if its id is on the sender's host and it is the sender's: it names them as
its author, or nobody at all. Everything else must be fetched from where its id points, and must name its author there.
"""

from dataclasses import replace
from datetime import datetime

from federation.errors import OriginMismatch
from federation.identifiers import ActorUri, same_origin
from federation.ports import Received
from federation.uris import LocalUris
from federation.vocabulary.activities import Activity
from federation.vocabulary.base import first_of, id_of, uri_of
from federation.vocabulary.objects import RemoteObject, read_object
from federation.vocabulary.parse import Json

_ABSENT: tuple[object, ...] = (None, [])
"""What is as if it were not there, in JSON-LD."""


def speaks_for(actor: str, uri: str) -> bool:
    """Whether a proved actor may say something about this URI: same scheme, host and port."""
    return same_origin(actor, uri)


def own_object(received: Received[Activity], uris: LocalUris, *, now: datetime) -> RemoteObject | None:
    """The post that the sender embeds as their own; None if the object is only an id (then fetch it).

    Raises `OriginMismatch` for a post of somebody else, or of ours, and `BadDocument` for what is no post.
    """
    return _own(received.activity.embedded, received, uris, now=now)


def own_instrument(received: Received[Activity], uris: LocalUris, *, now: datetime) -> RemoteObject | None:
    """The post that a QuoteRequest embeds as what is to quote; the same rules as for `own_object`."""
    instrument = first_of(received.activity.raw.get("instrument"))
    return _own(instrument if isinstance(instrument, dict) else None, received, uris, now=now)


def _own(embedded: Json | None, received: Received[Activity], uris: LocalUris, *, now: datetime) -> RemoteObject | None:
    if embedded is None:
        return None
    found = read_object(embedded, now=now)
    if uris.is_local(found.uri) or not speaks_for(received.actor, found.uri):
        raise OriginMismatch(
            "the object is on another host than its sender", reason="object_elsewhere", private=found.uri
        )
    author = found.author if embedded.get("attributedTo") not in _ABSENT else _unattributed(embedded, received)
    if author != received.actor:
        raise OriginMismatch("the object is not by its sender", reason="author_is_not_sender", private=str(author))
    return replace(found, author=author)


def _unattributed(embedded: Json, received: Received[Activity]) -> ActorUri | None:
    """Whose an embedded object is that names no author at all, or has them as its `actor`: nobody else is named, and
    what somebody signs they say themselves. ActivityPub (6.2) has it so, and Mastodon 4.6 never looks at
    `attributedTo` in a Create.
    """
    if embedded.get("actor") in _ABSENT:
        return received.actor
    actor = id_of(embedded["actor"])
    return ActorUri(actor) if actor is not None else None


def check_fetched(found: RemoteObject) -> RemoteObject:
    """A post from `Dereferencer.document`: its author must be on the host that served it. Raises `OriginMismatch`."""
    if found.author is None or not speaks_for(found.author, found.uri):
        raise OriginMismatch("the post's author is on another host", reason="author_elsewhere", private=found.uri)
    return found


def check_identity(document: Json, uri: str) -> None:
    """An actor's document must be the one that was asked for: an address that leads to somebody else's would make them
    the sender of what its owner says. Raises `OriginMismatch`.
    """
    own_id = uri_of(document.get("id"))
    if own_id is None or own_id != uri_of(uri):
        raise OriginMismatch("the address leads to another actor", reason="id_elsewhere", private=f"{uri} is {own_id}")
