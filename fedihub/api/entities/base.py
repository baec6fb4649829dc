"""The values that all entities are made of."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer


class Entity(BaseModel):
    """The base of all that is shown."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def moment_text(moment: datetime) -> str:
    """`2026-11-24T10:00:00.000Z`: three digits and Z, since Ice Cubes reads nothing else (and takes "now" instead)."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


Id = Annotated[int, PlainSerializer(str, return_type=str)]
"""Ids are numbers here and decimal texts on the wire."""

Moment = Annotated[datetime, PlainSerializer(moment_text, return_type=str)]

Day = Annotated[date, PlainSerializer(date.isoformat, return_type=str)]
