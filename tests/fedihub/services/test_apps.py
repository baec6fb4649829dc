"""Apps: what one may register with."""

import pytest

from fedihub.errors import Invalid
from fedihub.services.apps import register_app
from tests.support.client import CALLBACK
from tests.support.hub import RunningHub


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 61},
        {"redirect_uris": []},
        {"redirect_uris": [""]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": [f"https://app.example/{n}" for n in range(30)]},
        {"scopes": ("read", "everything")},
        {"website": "javascript:alert(1)"},
        {"website": "https://app.example/" + "x" * 2000},
    ],
)
async def test_an_app_registers_with_what_makes_sense(home: RunningHub, wrong: dict[str, object]) -> None:
    right: dict[str, object] = {"name": "App", "redirect_uris": [CALLBACK], "scopes": ("read",), "website": None}
    with pytest.raises(Invalid):
        await register_app(home.hub, **(right | wrong))  # type: ignore[arg-type]  # wrong on purpose
