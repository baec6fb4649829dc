"""Steps that stories of quotes have in common."""

from typing import Any

from storage.quotes import Quote, QuoteState, find_quote
from tests.support.hub import RunningHub
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.stories import post_of


def stamp_of(
    peer: Peer, author: PeerActor, *, quoting: str, quoted: str, path: str = "/stamps/1", **changed: Any
) -> str:
    """A server has a QuoteAuthorization by this author; gives its address. `changed` replaces any property."""
    uri = peer.base + path
    stamp = {"@context": "https://www.w3.org/ns/activitystreams", "id": uri, "type": "QuoteAuthorization"}
    stamp |= {"attributedTo": author.uri, "interactingObject": quoting, "interactionTarget": quoted}
    peer.serve(path, stamp | changed)
    return uri


def quote_request(peer: Peer, by: PeerActor, *, quoted: str, instrument: Any) -> Activity:
    """Somebody asks whether a post may quote another."""
    return peer.activity(by, "QuoteRequest", quoted, instrument=instrument)


async def quote_in(home: RunningHub, uri: str) -> Quote | None:
    """What the post with this id quotes, as our hub has it."""
    post = await post_of(home, uri)
    assert post is not None
    return await home.hub.database.read(lambda session: find_quote(session, post.id))


async def state_of(home: RunningHub, uri: str) -> QuoteState | None:
    """How the quote in the post with this id stands."""
    quote = await quote_in(home, uri)
    return quote.state if quote is not None else None
