"""The hub's own API at `/api/hub/v1`, for what Mastodon's has no words: projects, their stage, team and updates.

`table.py` lists every operation, once; the routes and the OpenAPI document are both made from it, so neither can say
what the other does not do. Answers are JSON, refusals problem documents (RFC 9457), and a request that says something
we do not know is refused rather than half understood.
"""

from fedihub.hub_api.routes import setup

__all__ = ["setup"]
