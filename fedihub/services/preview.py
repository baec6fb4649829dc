"""What a peer of some kind will make of a post, of ours or of anybody's."""

from dataclasses import dataclass, replace

from federation.errors import ProtocolError
from federation.vocabulary.base import id_of, type_of
from federation.vocabulary.terms import ACTOR_TYPES
from fedihub.errors import Missing, Unreachable
from fedihub.hub import Hub
from fedihub.services.remote_posts import is_temporary
from fedihub.translate.activities import create
from fedihub.translate.chapters import in_chapter
from fedihub.translate.posts import parts_of, post_document
from fedihub.translate.readings import Json, PeerKind, Reading, addressed_in, author_of, reading
from storage.actors import Actor, find_actors_by_uri, get_actor
from storage.database import Session
from storage.groups import GROUP
from storage.openings import approved_openings_around
from storage.posts import Post, find_post
from storage.views.collections import WirePost, load_wire_posts

MOST_ADDRESSED = 10
"""Of so many it is asked whether they are groups."""
NEVER_LEAVES = "it never leaves this hub: it is for members only"


@dataclass(frozen=True, slots=True)
class Previewed:
    """An object as it is sent, and what a peer shows of it."""

    document: Json
    reading: Reading


async def preview_own(hub: Hub, post_id: int, peer: PeerKind) -> Previewed:
    """One of our posts, whoever may see it; in a chapter as Lemmy hears of it there. Raises Missing."""
    found, chapter = await hub.database.read(lambda session: _found(session, post_id))
    now, followers = hub.clock.now(), found.author.followers_url
    parts = parts_of(found, hub.uris, now=now)
    document: Json = post_document(parts, hub.uris)
    if chapter is not None and peer is PeerKind.LEMMY:
        said = in_chapter(create(found.post.uri, parts, hub.uris), chapter, found.post, author=found.author)
        document = said["object"]
    communities = await _communities(hub, document, peer, followers=followers)
    read = reading(document, peer, followers_uri=followers, now=now, communities=communities)
    if found.post.is_local_only:
        read = replace(read, shown_as="nothing", audience="nobody", notes=(NEVER_LEAVES, *read.notes))
    return Previewed(document, read)


async def preview_elsewhere(hub: Hub, uri: str, peer: PeerKind) -> Previewed:
    """What is served at an address elsewhere. Raises Missing, and Unreachable when the server does not answer."""
    try:
        document = await hub.dereferencer.document(uri)
        author = author_of(document)
        owner = await hub.dereferencer.document(author) if author else {}
        followers = id_of(owner.get("followers"))
        now, communities = hub.clock.now(), await _communities(hub, document, peer, followers=followers)
        return Previewed(document, reading(document, peer, followers_uri=followers, now=now, communities=communities))
    except ProtocolError as error:
        if is_temporary(error):
            raise Unreachable(f"{uri} can't be fetched now: {error.public}", private=error.details) from error
        raise Missing(f"{uri} is no post that can be read: {error.public}", private=error.details) from error


async def _communities(hub: Hub, document: Json, peer: PeerKind, *, followers: str | None) -> frozenset[str]:
    """The groups among those to whom a post is addressed, where the peer asks for that; who is not known here is
    fetched.
    """
    if peer is not PeerKind.LEMMY:
        return frozenset()
    addressed = [uri for uri in addressed_in(document) if uri != followers][:MOST_ADDRESSED]
    known = await hub.database.read(lambda session: find_actors_by_uri(session, addressed))
    types = {uri: known[uri].wire_type if uri in known else await _type_elsewhere(hub, uri) for uri in addressed}
    return frozenset(uri for uri, type_ in types.items() if type_ == GROUP)


async def _type_elsewhere(hub: Hub, uri: str) -> str | None:
    try:
        return type_of(await hub.dereferencer.document(uri), ACTOR_TYPES)
    except ProtocolError:
        return None


async def _found(session: Session, post_id: int) -> tuple[WirePost, Actor | None]:
    """The post, and the first of our chapters in which it stands."""
    post: Post | None = await find_post(session, post_id)
    if post is None or not post.is_local:
        raise Missing("there is no such post of ours")
    openings = await approved_openings_around(session, post.uri)
    chapter = await get_actor(session, openings[0].chapter_id) if openings else None
    return (await load_wire_posts(session, [post]))[0], chapter
