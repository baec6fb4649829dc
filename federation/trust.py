"""How far an embedded document may be believed.

A proved sender speaks for their own origin and for nothing else (FEP-fe34). So an object inside an activity counts
only if its id is on the sender's host and it names the sender as its author; everything else must be fetched from
where its id points.
"""

from datetime import datetime

from federation.errors import OriginMismatch
from federation.identifiers import same_origin
from federation.ports import Received
from federation.uris import LocalUris
from federation.vocabulary.activities import Activity
from federation.vocabulary.objects import RemoteObject, read_object


def speaks_for(actor: str, uri: str) -> bool:
    """Whether a proved actor may say something about this URI: same scheme, host and port."""
    return same_origin(actor, uri)


def own_object(received: Received[Activity], uris: LocalUris, *, now: datetime) -> RemoteObject | None:
    """The post that the sender embeds as their own; None if the object is only an id (then fetch it).

    Raises `OriginMismatch` for a post of somebody else, or of ours, and `BadDocument` for what is no post.
    """
    if received.activity.embedded is None:
        return None
    found = read_object(received.activity.embedded, now=now)
    if uris.is_local(found.uri) or not speaks_for(received.actor, found.uri):
        raise OriginMismatch(
            "the object is on another host than its sender", reason="object_elsewhere", private=found.uri
        )
    if found.author != received.actor:
        raise OriginMismatch(
            "the object is not by its sender", reason="author_is_not_sender", private=str(found.author)
        )
    return found


def check_fetched(found: RemoteObject) -> RemoteObject:
    """A post from `Dereferencer.document`: its author must be on the host that served it. Raises `OriginMismatch`."""
    if found.author is None or not speaks_for(found.author, found.uri):
        raise OriginMismatch("the post's author is on another host", reason="author_elsewhere", private=found.uri)
    return found
