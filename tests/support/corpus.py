"""The documents of `tests/corpus`, see its README."""

import json
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[1] / "corpus"


def document(name: str) -> dict[str, Any]:
    """`gotosocial/actor` -> the document."""
    loaded: dict[str, Any] = json.loads((CORPUS / f"{name}.json").read_text())
    return loaded


def names() -> list[str]:
    """All documents, `software/name`."""
    return sorted(str(path.relative_to(CORPUS).with_suffix("")) for path in CORPUS.glob("*/*.json"))
