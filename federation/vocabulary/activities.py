"""Activities as they arrive: who, did what, to what.

One value for all types. `raw` keeps the whole document for handlers that need more than the common part; the object
stays as it came (an id, an embedded document or a list), since only its handler knows how far an embedded copy may be
trusted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation.errors import BadDocument
from federation.identifiers import ActivityUri, ActorUri
from federation.vocabulary.base import addresses_of, id_of, ids_of, type_of, uri_of
from federation.vocabulary.parse import Json
from federation.vocabulary.terms import ACTIVITY_TYPES

MAX_OBJECTS = 100


@dataclass(frozen=True, slots=True)
class Activity:
    """`id` may be None (Mastodon's Add and Remove have none). `object_id` is the id of the only (or first) object."""

    id: ActivityUri | None
    type: str
    actor: ActorUri
    object: Json | str | list[Any] | None
    object_id: str | None
    target: str | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    raw: Json

    @property
    def object_ids(self) -> tuple[str, ...]:
        """All objects by id; a Flag has several."""
        return ids_of(self.raw.get("object"), limit=MAX_OBJECTS)

    @property
    def embedded(self) -> Json | None:
        """The object, where it came as a document. Trust it only as far as `federation.trust` allows."""
        return self.object if isinstance(self.object, dict) else None


def read_activity(document: Json, *, signer: str | None = None) -> Activity:
    """Raises `BadDocument` without a clear type or actor; everything else may be missing.

    `signer` is who claims to have signed it: Mastodon 4.6 names no actor in a FeatureRequest, as the examples of
    FEP-7aa9 do, and whoever signed such a one is meant.
    """
    type_ = type_of(document, ACTIVITY_TYPES)
    if type_ is None:
        raise BadDocument("the activity has no single type", reason="type_unclear")
    actors = document.get("actor")
    if actors is None and type_ == "FeatureRequest":
        actors = signer
    actor = id_of(actors)
    if actor is None or (isinstance(actors, list) and len(actors) != 1):
        raise BadDocument("the activity has no single actor", reason="actor_missing")
    return Activity(
        id=_activity_id(document),
        type=type_,
        actor=ActorUri(actor),
        object=_object(document.get("object")),
        object_id=id_of(document.get("object")),
        target=id_of(document.get("target")),
        to=addresses_of(document.get("to")),
        cc=addresses_of(document.get("cc")),
        raw=document,
    )


def _activity_id(document: Mapping[str, Any]) -> ActivityUri | None:
    given = document.get("id")
    if given is None or given == "":
        return None
    uri = uri_of(given)
    if uri is None:
        raise BadDocument("the activity's id is no URI", reason="id_unreadable")
    return ActivityUri(uri)


def _object(value: object) -> Json | str | list[Any] | None:
    """A list of one is that one: JSON-LD makes no difference, and neither should a handler."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict | str | list) else None
