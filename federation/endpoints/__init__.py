"""The aiohttp routes that other servers call: discovery, documents, inboxes.

They know the protocol and ask the program around them for the rest (`federation.ports`). Whoever builds an application
hands an `Endpoints` to `setup`. Errors of the protocol become problem documents (RFC 9457) here; what other errors
mean is decided outside.
"""

from aiohttp import web

from federation.endpoints import discovery, documents, inbox
from federation.endpoints.context import ENDPOINTS, Endpoints

__all__ = ["ENDPOINTS", "Endpoints", "setup"]


def setup(app: web.Application, endpoints: Endpoints) -> None:
    """Add all routes to an application."""
    app[ENDPOINTS] = endpoints
    app.add_routes([*discovery.routes(), *documents.routes(), *inbox.routes()])
