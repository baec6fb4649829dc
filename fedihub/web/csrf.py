"""A form may only be sent from our own pages: a token that no other site knows, and a look at where it came from.

The token is derived from the session's cookie, which scripts and other sites can't read; so it needs no storage, and
changes when somebody signs in or out.
"""

import hashlib
import hmac

from aiohttp import web

from fedihub.errors import NotAllowed
from fedihub.hub import HUB
from fedihub.web.sessions import session_token

FIELD = "csrf"
_EXPIRED = "This form has expired. Please go back, reload the page and try again."


async def form_token(request: web.Request) -> str:
    """What the hidden field of a form on this page must carry."""
    return _derive(await session_token(request))


async def check_form(request: web.Request, token: str) -> None:
    """Raises NotAllowed unless the form came from one of our pages, opened in this very browser session."""
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.app[HUB].settings.base_url:
        raise NotAllowed("This form was sent from another site.", private=f"Origin {origin[:200]}")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise NotAllowed("This form was sent from another site.", private="Sec-Fetch-Site")
    if not hmac.compare_digest(token.encode(), _derive(await session_token(request)).encode()):
        raise NotAllowed(_EXPIRED)


def _derive(secret: str) -> str:
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()
