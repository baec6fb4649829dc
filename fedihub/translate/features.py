"""Consent to be listed in somebody's collection of accounts (FEP-7aa9, Mastodon 4.6): who may list one of our actors,
and how we answer who asks.
"""

from typing import Any

from federation.vocabulary.context import FEATURE_STAMP_CONTEXT
from federation.vocabulary.quotes import FEATURE_AUTHORIZATION, STAMPED
from federation.vocabulary.terms import PUBLIC
from storage.actors import Actor

Json = dict[str, Any]


def feature_policy(actor: Actor) -> Json:
    """Who wants to be found may be listed by anybody, others by nobody. That is said by naming the actor alone: an
    empty list is none in JSON-LD.
    """
    return {"canFeature": {"automaticApproval": [PUBLIC if actor.discoverable else actor.uri]}}


def accept_feature(uri: str, request: str, *, by: str, to: str, stamp: str) -> Json:
    """Our actor agrees; the request is named by its id alone, as Mastodon 4.6 reads it."""
    return _answer(uri, "Accept", request, by=by, to=to) | {"result": stamp}


def reject_feature(uri: str, request: str, *, by: str, to: str) -> Json:
    """Our actor does not agree."""
    return _answer(uri, "Reject", request, by=by, to=to)


def feature_stamp(uri: str, *, actor: str, collection: str) -> Json:
    """The proof that an actor agreed to stand in a collection."""
    return {"@context": FEATURE_STAMP_CONTEXT} | _stamp(uri, actor=actor, collection=collection)


def delete_feature_stamp(uri: str, stamp: str, *, actor: str, collection: str) -> Json:
    """The actor no longer agrees. Whole, as the FEP wants it."""
    head = {"@context": FEATURE_STAMP_CONTEXT, "id": uri, "type": "Delete", "actor": actor, "to": [PUBLIC]}
    return head | {"object": _stamp(stamp, actor=actor, collection=collection)}


def _stamp(uri: str, *, actor: str, collection: str) -> Json:
    """The FEP names no author; who the stamp is by is told all the same, for those who check all stamps alike."""
    head = {"id": uri, "type": FEATURE_AUTHORIZATION, "attributedTo": actor}
    return head | dict(zip(STAMPED, (collection, actor), strict=True))


def _answer(uri: str, type_: str, request: str, *, by: str, to: str) -> Json:
    return {"@context": FEATURE_STAMP_CONTEXT, "id": uri, "type": type_, "actor": by, "to": [to], "object": request}
