"""Collections: reading pages of others, writing ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from federation.errors import BadDocument
from federation.identifiers import same_origin
from federation.vocabulary.base import as_list, count_of, id_of, type_of, uri_of
from federation.vocabulary.parse import Json
from federation.vocabulary.terms import AS_CONTEXT, COLLECTION_TYPES

MAX_ITEMS = 1000


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """A collection or one of its pages: items as they came (ids or documents), and where it goes on.

    `first` is the first page of a collection: its URI, or the page itself where it is embedded. `first` and `next`
    always lie on the collection's own origin; others are left out.
    """

    id: str | None
    items: tuple[Any, ...]
    total: int | None
    first: str | Json | None
    next: str | None


def read_collection(document: Json, *, origin: str) -> CollectionPage:
    """`origin` is the URI that the document came from. Raises `BadDocument` for what is no collection.

    As Mastodon 4.6 reads: `orderedItems` in the ordered types, `items` in the others; we take whichever is there.
    """
    if type_of(document, COLLECTION_TYPES) not in COLLECTION_TYPES:
        raise BadDocument("the document is not a collection", reason="not_a_collection")
    first, next_page = document.get("first"), id_of(document.get("next"))
    if not isinstance(first, dict):
        first_uri = id_of(first)
        first = first_uri if first_uri is not None and same_origin(first_uri, origin) else None
    return CollectionPage(
        id=uri_of(document.get("id")),
        items=tuple(as_list(document.get("orderedItems", document.get("items")))[:MAX_ITEMS]),
        total=count_of(document.get("totalItems")),
        first=first,
        next=next_page if next_page is not None and same_origin(next_page, origin) else None,
    )


def write_collection(
    id: str,
    *,
    total: int,
    first: str | None,
    last: str | None = None,
    ordered: bool = True,
    items: Sequence[Any] | None = None,
) -> Json:
    """A collection that shows its size and where its first (and last) page is, or has all its `items`; else they are
    hidden.
    """
    document: Json = {
        "@context": AS_CONTEXT,
        "id": id,
        "type": "OrderedCollection" if ordered else "Collection",
        "totalItems": total,
    }
    if first is not None:
        document["first"] = first
    if last is not None:
        document["last"] = last
    if items is not None:
        document["orderedItems" if ordered else "items"] = list(items)
    return document


def write_page(
    id: str,
    *,
    part_of: str,
    items: Sequence[Any],
    next: str | None = None,
    total: int | None = None,
    ordered: bool = True,
) -> Json:
    """One page of a collection. An empty page still has its list: Mastodon takes a missing one for an error."""
    document: Json = {
        "@context": AS_CONTEXT,
        "id": id,
        "type": "OrderedCollectionPage" if ordered else "CollectionPage",
        "partOf": part_of,
        "orderedItems" if ordered else "items": list(items),
    }
    if total is not None:
        document["totalItems"] = total
    if next is not None:
        document["next"] = next
    return document
