"""Walking through a collection of somebody else's: page after page, within bounds.

What stands in it is a list of hints: only the ids are taken, whatever the documents around them say, and each must be
fetched from its own origin (FEP-fe34). Pages are only read from the collection's own origin, each once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from federation.dereference import Budget, Dereferencer
from federation.errors import ProtocolError
from federation.vocabulary.base import id_of, type_of
from federation.vocabulary.collections import CollectionPage, read_collection
from federation.vocabulary.terms import ACTIVITY_TYPES


@dataclass(frozen=True, slots=True)
class Walk:
    """The ids that were found, in their order, each once. `failure` says why the walk ended early, if it did."""

    ids: tuple[str, ...]
    failure: ProtocolError | None = None


@dataclass(slots=True)
class _Way:
    most_pages: int
    most_items: int
    ids: dict[str, None] = field(default_factory=dict)
    visited: set[str] = field(default_factory=set)

    def take(self, page: CollectionPage) -> None:
        for item in page.items:
            uri = _item_id(item)
            if uri is not None and len(self.ids) < self.most_items:
                self.ids[uri] = None

    def may_visit(self, uri: str | None) -> bool:
        return uri is not None and uri not in self.visited and len(self.visited) < self.most_pages


async def walk(
    dereferencer: Dereferencer, uri: str, *, budget: Budget, most_pages: int = 10, most_items: int = 500
) -> Walk:
    """The ids in a collection (ActivityPub, Collections; FEP-7458 for `replies`, FEP-f228 for `context`).

    The first page may be embedded. Of an activity that wraps a post (as Hubzilla's conversations have them) the post's
    id is taken. Never raises `ProtocolError`: what was found before the failure counts.
    """
    way = _Way(most_pages, most_items)
    try:
        page = await _read(dereferencer, uri, way, budget)
        way.take(page)
        if isinstance(page.first, dict):
            page = read_collection(page.first, origin=uri)
            way.take(page)
        following = page.first if isinstance(page.first, str) else page.next
        while following is not None and way.may_visit(following):
            page = await _read(dereferencer, following, way, budget)
            way.take(page)
            following = page.next
    except ProtocolError as error:
        return Walk(tuple(way.ids), failure=error)
    return Walk(tuple(way.ids))


async def _read(dereferencer: Dereferencer, uri: str, way: _Way, budget: Budget) -> CollectionPage:
    way.visited.add(uri)
    return read_collection(await dereferencer.document(uri, budget=budget), origin=uri)


def _item_id(item: object) -> str | None:
    if isinstance(item, Mapping) and type_of(item, ACTIVITY_TYPES) in ACTIVITY_TYPES:
        return id_of(item.get("object"))
    return id_of(item)
