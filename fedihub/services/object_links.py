"""Links to posts in what a member writes (FEP-e232): other servers are told which object a link means, so that their
readers can open it in place.
"""

from typing import Any

from fedihub.errors import HubError
from fedihub.hub import Hub
from fedihub.services.resolving import resolve_url
from fedihub.text.find import find_links
from storage.posts import OPEN, Post

MOST_LINKS = 10


async def find_object_links(hub: Hub, text: str) -> list[dict[str, Any]]:
    """The posts to which a text links, each once, as `storage.posts` keeps them. Only open posts that are known here;
    nobody's server is asked.
    """
    found: dict[str, dict[str, Any]] = {}
    for url in dict.fromkeys([link.value for link in find_links(text)][:MOST_LINKS]):
        post = await _find_open(hub, url)
        if post is not None:
            found.setdefault(post.uri, {"url": post.uri, "name": url})
    return list(found.values())


async def _find_open(hub: Hub, url: str) -> Post | None:
    try:
        target = await resolve_url(hub, url, known_only=True)
    except HubError:
        return None
    return target if isinstance(target, Post) and target.audience in OPEN else None
