"""Why is a post of ours on another server, or why is it not? What is known here, and the one thing that decides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import orjson

from federation.errors import BadUri
from federation.identifiers import parse_host
from federation.vocabulary.base import uri_of
from fedihub.errors import Invalid, Missing
from fedihub.hub import Hub
from fedihub.translate.activities import takes_back
from storage.actors import Actor, get_actor
from storage.database import Session
from storage.deliveries import DeliveryState
from storage.host_policies import HostLevel
from storage.posts import Audience, Post, find_local_tombstone, find_post, find_post_by_uri
from storage.views.delivery_log import DeliveryEntry
from storage.views.reach import Reach, find_said, load_reach, load_remains


class Why(StrEnum):
    """What decides: of what was said there, else why nothing was."""

    DELIVERED = "delivered"
    TAKEN_BACK = "taken_back"
    WAITING = "waiting"
    HELD = "held"
    GAVE_UP = "gave_up"
    DROPPED = "dropped"
    SUSPENDED = "suspended"
    NOT_OURS = "not_ours"
    LOCAL_ONLY = "local_only"
    BLOCKED = "blocked"
    UNAVAILABLE = "unavailable"
    NOBODY_THERE = "nobody_there"
    FOLLOWED_LATER = "followed_later"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is known. `text` says it in words; `deliveries` are this post's to that host, newest first. A deleted
    post has no `audience`.
    """

    post: str
    host: str
    why: Why
    text: str
    audience: str
    local_only: bool
    host_level: str
    host_held_until: datetime | None
    host_unavailable_since: datetime | None
    host_last_error: str | None
    followers_there: int
    followers: tuple[str, ...]
    mentioned_there: tuple[str, ...]
    deliveries: tuple[DeliveryEntry, ...]


async def find_id_of(hub: Hub, address: str) -> int:
    """The post of another server that has this address as its id on the wire, if it is known here. Raises Missing."""
    uri = uri_of(address) or address
    post = await hub.database.read(lambda session: find_post_by_uri(session, uri))
    if post is None:
        raise Missing(f"no post is known here by the id {address} (fedihub fed lookup {address} fetches it and its id)")
    return post.id


async def explain(hub: Hub, post_id: int, host: str) -> Explanation:
    """Look at a post and a host. Raises Invalid for what is no host, or ours; Missing for a post that is not here,
    unless the host was told of it before it was deleted.
    """
    name = _other_host(hub, host)
    book = await hub.host_gate.book()

    async def unit(session: Session) -> Explanation:
        post = await find_post(session, post_id)
        if post is None:
            return await _explain_end(session, hub, post_id, host=name, level=book.level(name))
        author = await get_actor(session, post.author_id)
        reach = await load_reach(session, post, host=name)
        said = await _deciding(session, reach.deliveries, author=author)
        why, text = _decide(post, author, reach, said, host=name, level=book.level(name))
        told = _told(reach, post.uri, host=name, level=book.level(name))
        return replace(told, why=why, text=text, audience=post.audience.value, local_only=post.is_local_only)

    return await hub.database.read(unit)


def _other_host(hub: Hub, host: str) -> str:
    if not host.strip():
        raise Invalid("the host is missing: name the other server, like peer.example")
    try:
        name = parse_host(host, scheme="http" if hub.settings.allow_loopback else "https")
    except BadUri as error:
        raise Invalid(f"{host} is no host name") from error
    if name in (hub.uris.host, hub.uris.handle_domain):
        raise Invalid(f"{host} is this hub itself: name the other server, like peer.example")
    return name


async def _explain_end(session: Session, hub: Hub, post_id: int, *, host: str, level: HostLevel) -> Explanation:
    """Of a deleted post there is only what was said of it; the last of that should have been its end."""
    uri = hub.uris.post(str(post_id))
    if await find_local_tombstone(session, uri) is None:
        raise Missing("there is no such post")
    reach = await load_remains(session, post_id, host=host)
    said = await _deciding(session, reach.deliveries, author=None)
    if said is None:
        raise Missing(f"this post was deleted, and nothing is known of it that was for {host}")
    why, text = _delivery(said, host=host)
    text = text if said.is_end else f"it is deleted here, of which {host} was not told; before that, {text}"
    return replace(_told(reach, uri, host=host, level=level), why=why, text=text)


@dataclass(frozen=True, slots=True)
class _Said:
    """What decides of all that was said: whether it `is_end`, the post taken back."""

    entry: DeliveryEntry
    is_end: bool


async def _deciding(session: Session, deliveries: Sequence[DeliveryEntry], *, author: Actor | None) -> _Said | None:
    """The last word of the author, who alone can take a post back; else that of a chapter that passed it on."""
    own = [entry for entry in deliveries if author is not None and entry.sender == author.username]
    for entry in [*own, *deliveries][:1]:
        return _Said(entry, takes_back(orjson.loads(await find_said(session, entry))))
    return None


def _told(reach: Reach, uri: str, *, host: str, level: HostLevel) -> Explanation:
    """What is known, before it is decided."""
    known = reach.host
    return Explanation(
        post=uri,
        host=host,
        why=Why.FORGOTTEN,
        text="",
        audience="",
        local_only=False,
        host_level=level.value,
        host_held_until=known.held_until if known else None,
        host_unavailable_since=known.unavailable_at if known else None,
        host_last_error=known.last_error if known else None,
        followers_there=reach.followers_count,
        followers=tuple(f"@{name}@{host}" for name in reach.followers),
        mentioned_there=tuple(f"@{name}@{host}" for name in reach.mentioned),
        deliveries=tuple(reach.deliveries),
    )


def _decide(
    post: Post, author: Actor, reach: Reach, said: _Said | None, *, host: str, level: HostLevel
) -> tuple[Why, str]:
    if not author.is_local and said is None:
        return Why.NOT_OURS, f"it was written on {author.host}, and only that server sends it"
    if post.is_local_only:
        return Why.LOCAL_ONLY, "it is for members of this hub only, and never leaves it"
    if level is HostLevel.BLOCKED:
        return Why.BLOCKED, f"{host} is blocked here: nothing is sent there (fedihub host show {host})"
    return _delivery(said, host=host) if said is not None else _no_delivery(post, reach, host=host)


def _delivery(said: _Said, *, host: str) -> tuple[Why, str]:
    why, text = _progress(said.entry, host=host)
    if not said.is_end:
        return why, text
    if why is Why.DELIVERED:
        return Why.TAKEN_BACK, f"it was taken back, and {host} was told so (status {said.entry.last_status})"
    return why, f"it was taken back, of which {host} has not heard: {text}"


def _progress(newest: DeliveryEntry, *, host: str) -> tuple[Why, str]:
    error = f": {newest.last_error}" if newest.last_error else ""
    match newest.state:
        case DeliveryState.DELIVERED:
            return (
                Why.DELIVERED,
                f"{host} took it (status {newest.last_status}); what it shows of it, it decides itself",
            )
        case DeliveryState.WAITING if newest.held_until is not None and newest.held_until > newest.next_try_at:
            return Why.HELD, f"{host} does not answer, so all that is for it waits{error}"
        case DeliveryState.WAITING:
            tried = f"it was tried {_times(newest.attempts)}{error}" if newest.attempts else "it was not tried yet"
            return Why.WAITING, f"it waits for its next try; {tried}"
        case DeliveryState.DEAD:
            return Why.GAVE_UP, f"given up: tried {_times(newest.attempts)}{error} (fedihub delivery retry {newest.id})"
        case DeliveryState.SUSPENDED:
            return Why.SUSPENDED, "its author was suspended before it arrived; it goes out afterwards, if still true"
        case _:
            return Why.DROPPED, "an operator dropped the delivery, or it was no longer true"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _no_delivery(post: Post, reach: Reach, *, host: str) -> tuple[Why, str]:
    if reach.host is not None and reach.host.unavailable_at is not None:
        return Why.UNAVAILABLE, f"{host} has failed for so long that nothing is sent there until it is heard of again"
    is_for_followers = post.audience is not Audience.MENTIONED and reach.followers_count > 0
    if not is_for_followers and not reach.mentioned:
        return Why.NOBODY_THERE, f"nobody on {host} follows the author, and nobody there is mentioned"
    if reach.first_follow is not None and reach.first_follow > post.created_at and not reach.mentioned:
        return Why.FOLLOWED_LATER, f"the first follower on {host} came after the post; old posts are not sent again"
    return Why.FORGOTTEN, "it was sent too long ago to know what became of it: finished deliveries are kept for 30 days"
