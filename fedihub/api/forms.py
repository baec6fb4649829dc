"""The base of all forms: what clients mean by the many ways in which they send one value.

`null` means: not given (masto.js, Ice Cubes). An empty text too, except where it clears something. Numbers and
booleans come as texts, also in JSON (Mastodon.py 2.3.3 sends `"sensitive": "0"`); ids come as numbers (Mastodon.py
again). A list may come as a JSON list, as `id[]=`, as `id=` once or often, or as a map of positions
(`fields_attributes`).
"""

from types import UnionType
from typing import Annotated, Any, ClassVar, Self, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic.fields import FieldInfo

from fedihub.api.parameters import Nested

HIGHEST_ID = 2**63 - 1


def row_id(value: object) -> int:
    """An id as clients send it: decimal digits (ASCII only), as text or number. One that no row can have becomes
    the highest one.
    """
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()) or len(text) > 64:
        raise ValueError("is not an id")
    return min(int(text), HIGHEST_ID)


RowId = Annotated[int, BeforeValidator(row_id)]


class Form(BaseModel):
    """What a request may carry; names that a form does not know are passed over, as Mastodon does."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True, populate_by_name=True)

    clearable: ClassVar[frozenset[str]] = frozenset()
    """The fields for which an empty text is a value."""

    @classmethod
    def read(cls, parameters: Nested) -> Self:
        """The form that these parameters fill; raises pydantic's ValidationError."""
        return cls.model_validate(parameters)

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = {field.alias or name: (name, field) for name, field in cls.model_fields.items()}
        meant = {}
        for key, (name, field) in known.items():
            value = _shaped(data.get(key), field)
            if value is not None and (value != "" or name in cls.clearable):
                meant[key] = value
        return meant


def _shaped(value: Any, field: FieldInfo) -> Any:
    """Lists where lists are wanted, single values where not."""
    if value is None:
        return None
    if _wants_list(field.annotation):
        return _listed(value)
    return value[-1] if isinstance(value, list) and value else value


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict):
        ordered = sorted(value, key=lambda position: (len(position), position))
        return [value[position] for position in ordered]
    items = value if isinstance(value, list | tuple) else [value]
    return [item for item in items if item not in ("", None)]


def _wants_list(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return any(_wants_list(part) for part in get_args(annotation))
    return origin in (list, tuple)
