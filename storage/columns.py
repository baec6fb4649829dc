"""The column types that all tables share, so that SQLite and PostgreSQL behave alike."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from storage.errors import Unstorable

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

E = TypeVar("E", bound=StrEnum)

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both databases; SQLite needs the word INTEGER to make it the row's own key."""

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""Small structured values that no query looks into."""


class Instant(TypeDecorator[datetime]):
    """An aware UTC moment. Naive values are refused; SQLite stores and returns the same moment."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse a naive datetime; hand everything else on in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime may not be stored: give it a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give SQLite's naive answer back its zone."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Word(TypeDecorator[E]):
    """One of a few words: text in the database, a member of `words` in the program. Any other word raises
    ValueError.
    """

    impl = String
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: E | None, dialect: Dialect) -> Any:
        """The word's text; a plain text is checked first."""
        return None if value is None else self.words(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        """The member that the text names."""
        return None if value is None else self.words(value)


def refuse_nul(values: Iterable[Any]) -> None:
    """PostgreSQL can't store the character NUL, and SQLite would: so neither gets it. Raises Unstorable."""
    for value in values:
        if isinstance(value, str) and "\x00" in value:
            raise Unstorable("a text with the character NUL can't be stored")


def big_id_key() -> Any:
    """A primary key that the program chooses (see `storage.ids`)."""
    return Field(sa_type=BigId, primary_key=True, sa_column_kwargs={"autoincrement": False})
