"""When and where an Event takes place, as Mobilizon, Gancio and WordPress's event plugins say it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.vocabulary.base import as_list, instant_of, string_of
from federation.vocabulary.parse import Json

MAX_PLACE = 500
_ADDRESS = ("streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")


@dataclass(frozen=True, slots=True)
class Happening:
    """The time of an Event, in the zone in which it was told, and its place in words."""

    starts_at: datetime | None
    ends_at: datetime | None
    place: str | None


def read_happening(document: Json, *, type_: str) -> Happening | None:
    """When and where; None of what is no Event, or does not say."""
    if type_ != "Event":
        return None
    places = [_place(item) for item in as_list(document.get("location"))[:5]]
    place = "; ".join(dict.fromkeys(each for each in places if each))[:MAX_PLACE] or None
    found = Happening(instant_of(document.get("startTime")), instant_of(document.get("endTime")), place)
    return None if found == Happening(None, None, None) else found


def _place(item: object) -> str | None:
    """`Town hall, Main street 1, 1234 Bridges`; a place on the network is its address there."""
    if not isinstance(item, Mapping):
        return string_of(item, limit=MAX_PLACE)
    name = string_of(item.get("name"), limit=MAX_PLACE)
    parts = [name, *_address(item.get("address")), string_of(item.get("url"), limit=MAX_PLACE) if not name else None]
    return ", ".join(dict.fromkeys(part for part in parts if part)) or None


def _address(value: Any) -> list[str | None]:
    if isinstance(value, Mapping):
        return [string_of(value.get(name), limit=MAX_PLACE) for name in _ADDRESS]
    return [string_of(value, limit=MAX_PLACE)]
