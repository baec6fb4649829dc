"""Who reads our documents, as far as it matters: a reader's name costs a key fetch where we never met them.

A reader is exactly the actor who signed, as with Mastodon and GoToSocial: who signs as their server reads as their
server, which follows nobody and is named nowhere. So a server gets a post for followers only on behalf of one of them.
"""

from federation.ports import Document, Reader
from fedihub.hub import Hub
from storage.actors import find_actor_by_uri
from storage.visibility import depends_on_reader


async def viewer_of_post(hub: Hub, post_id: int, reader: Reader) -> int | None:
    """The actor who reads a post of ours, if for this post it makes a difference. Raises `HostBlocked`."""
    host = reader.host
    if host is None or not await hub.database.read(lambda session: depends_on_reader(session, post_id, host=host)):
        return None
    return await viewer_of(hub, reader)


async def viewer_of(hub: Hub, reader: Reader) -> int | None:
    """The actor who reads, if we know them; None for everybody else and whom this hub hides. Raises `HostBlocked`."""
    uri = await reader.identify()
    if uri is None:
        return None
    actor = await hub.database.read(lambda session: find_actor_by_uri(session, uri))
    return actor.id if actor is not None and not actor.is_hidden and actor.gone_at is None else None


def for_viewer(document: Document, viewer_id: int | None) -> Document:
    """The same, for nobody but this viewer, if there is one."""
    return document if viewer_id is None else Document(document.body, document.page, is_open=False)
