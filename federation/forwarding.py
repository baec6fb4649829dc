"""Forwarded activities: somebody passes on, over their own signature, what somebody else did.

Servers do so with replies (ActivityPub 7.1.2), so that those who follow a conversation hear all of it. Their proof is a
Linked Data signature, which we don't read (see `docs/reference/wire.md`). Without it the body proves nothing; but it
is a good hint that something happened to an object, and the object's own origin can be asked. So a forwarded activity
goes on as a `FORWARD` by the one who signed the request, and whoever applies it takes nothing from it but where to
look.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from federation.identifiers import ActorUri, same_origin
from federation.proofs import has_linked_data_signature, read_proof
from federation.signatures.lookup import KeyLookup
from federation.signatures.verify import is_proof_of
from federation.uris import LocalUris
from federation.vocabulary.activities import Activity
from federation.vocabulary.parse import Json

FORWARD = "Forward"
"""The type under which a forwarded activity goes on; `raw` keeps what it said of itself."""

_PASSED_ON = frozenset({"Create", "Update", "Delete"})


def is_forwardable(activity: Activity, uris: LocalUris) -> bool:
    """Whether there is an object whose origin, and the actor's, could confirm the activity; not one of ours."""
    uri = activity.object_id
    if activity.type not in _PASSED_ON or uri is None or uri == activity.actor:
        return False
    return same_origin(uri, activity.actor) and not uris.is_local(uri)


async def can_be_proved(document: Json, owner: ActorUri, keys: KeyLookup, *, now: datetime, window: timedelta) -> bool:
    """Whether others can prove who wrote an activity that its owner sent us: an integrity proof must be right, a Linked
    Data signature be there, since we can't judge it.
    """
    proof = read_proof(document, owner=owner, now=now, window=window)
    if proof is None:
        return has_linked_data_signature(document)
    return await is_proof_of(owner, proof, keys)


def as_forward(activity: Activity, signer: ActorUri) -> Activity:
    """The same as a hint by the actor who passed it on."""
    return replace(activity, type=FORWARD, actor=signer, object=activity.object_id)
