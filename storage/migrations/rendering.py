"""How column types are written into a new revision: as what they are in the database, never as classes of the program.

A revision must run the same in ten years, whatever became of the program's own types; `script.py.mako` defines these
three names.
"""

from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, BigInteger
from sqlalchemy.types import TypeEngine
from sqlmodel.sql.sqltypes import AutoString

from storage.columns import Instant, Word

_SPELLINGS: tuple[tuple[type[Any], str], ...] = (
    (Instant, "MOMENT"),
    (Word, "sa.String()"),
    (AutoString, "sa.String()"),
    (BigInteger, "BIG"),
    (JSON, "JSON"),
)


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Our spelling of a column type; False leaves the rest to Alembic."""
    return _type(item) if kind == "type" and isinstance(item, TypeEngine) else False


def _type(item: TypeEngine[Any]) -> str | Literal[False]:
    for ours, spelling in _SPELLINGS:
        if isinstance(item, ours):
            return spelling
    return False
