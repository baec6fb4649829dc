"""The inputs of the package `fediverse-pasture-inputs` 0.3: what servers put into an object, one property at a time.

Only its data is used. What the package depends on is not installed (see pyproject.toml), so the one name that it asks
for is put in its place.
"""

import sys
from functools import cache
from types import ModuleType
from typing import Any

_MISSING = ("fediverse_pasture", "fediverse_pasture.runner", "fediverse_pasture.runner.entry")
THEIR_ACTOR = "http://pasture-one-actor/actor"
THEIR_BASE = "http://pasture-one-actor"


@cache
def inputs() -> dict[str, list[dict[str, Any]]]:
    """Group -> its examples: properties that are laid over a plain note."""
    for name in _MISSING:
        sys.modules.setdefault(name, ModuleType(name))
    vars(sys.modules[_MISSING[-1]]).setdefault("Entry", object)
    from fediverse_pasture_inputs import available

    return {name: list(data.examples) for name, data in sorted(available.items())}
