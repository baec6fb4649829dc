"""What the hub does not have, said in a way that leaves clients' pages whole: as empty lists.

Clients ask for these at every start and show an error page when they hear anything but a list. What acts on
something that the hub does not have is not a route at all, and so a 404.
"""

from typing import Any

from fedihub.api.endpoint import Call
from fedihub.api.forms import Form


class _IdsForm(Form):
    id: tuple[str, ...] = ()


async def nothing(_call: Call) -> list[Any]:
    """An empty list."""
    return []


async def nobody_familiar(call: Call) -> list[dict[str, Any]]:
    """`GET /api/v1/accounts/familiar_followers`: an answer for each id asked about, with nobody in it."""
    return [{"id": each, "accounts": []} for each in call.form(_IdsForm).id]
