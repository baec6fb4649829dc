"""From what a member types or pastes to somebody or something: a handle, a profile's address, a post's address."""

import asyncio
from collections.abc import Iterable

from federation.dereference import Budget
from federation.errors import BadUri, DereferenceFailed, ProtocolError, ResolveFailed
from federation.identifiers import parse_host, parse_uri
from federation.vocabulary.base import type_of
from federation.vocabulary.terms import ACTOR_TYPES
from federation.webfinger import Handle as WireHandle
from fedihub.errors import Missing, Unreachable
from fedihub.hub import Hub
from fedihub.services.remote_actors import bury_actor, dereference_actor, is_fresh, note_use, store_actor
from fedihub.services.remote_posts import dereference_post, is_temporary
from fedihub.text.find import Handle
from fedihub.text.render import Named
from storage.actors import Actor, find_actor_by_uri, find_by_handle, find_by_handles, find_local_by_username
from storage.database import Session
from storage.posts import Post, find_post, find_post_by_uri

MENTION_SECONDS = 5.0
_HANDLE_GONE = "http_410"
"""What the host of a handle answers of an account that has ended, as Mastodon, GoToSocial and we do."""
MOST_RESOLVED = 10
"""Unknown handles that one post may make us look up."""


async def resolve_handle(hub: Hub, handle: str) -> Actor:
    """The actor behind `@name@host` (or `name`, for one of ours). Raises Missing, and Unreachable when its server does
    not answer.
    """
    username, _, host = handle.strip().removeprefix("acct:").removeprefix("@").partition("@")
    if not host or _is_ours(hub, host):
        actor = await hub.database.read(lambda session: find_local_by_username(session, username.lower()))
        if actor is None or actor.is_hidden:
            raise Missing(f"nobody here is called {username}")
        return actor
    try:
        parsed = WireHandle.parse(handle)
        known = await hub.database.read(lambda session: find_by_handle(session, parsed.username, host=parsed.host))
        if known is not None and known.is_hidden:
            note_use(hub, known)
            raise Missing(f"{handle} is not shown on this server")
        if known is not None and is_fresh(hub, known):
            return known
        return await _dereference_handle(hub, str(parsed), known)
    except ProtocolError as error:
        raise _translated(error, handle) from error


async def resolve_url(hub: Hub, url: str, *, known_only: bool = False) -> Actor | Post:
    """What an address leads to, page or id, ours or a peer's; with `known_only` no server is asked. Raises Missing, and
    Unreachable when the server does not answer.
    """
    try:
        uri = parse_uri(url.strip(), http_allowed=hub.settings.allow_loopback)
    except BadUri as error:
        raise Missing("this is no address that leads to anybody") from error
    known = await hub.database.read(lambda session: _find(session, hub, uri))
    if isinstance(known, Actor):
        note_use(hub, known)
    if isinstance(known, Actor) and known.is_hidden:
        raise Missing("this account is not shown on this server")
    if known is not None:
        return known
    if known_only or hub.uris.is_local(uri):
        raise Missing("there is nothing at this address")
    try:
        return await _dereference(hub, uri)
    except ProtocolError as error:
        raise _translated(error, url) from error


async def resolve_mentions(hub: Hub, handles: Iterable[Handle]) -> dict[Handle, Named]:
    """Everyone whom a text names and who can be found, here at once or at their servers in a few seconds.

    A handle that leads nowhere, or whose server is slow, stays text: a dead peer must not fail a member's post.
    """
    wanted = {handle: _in_full(hub, handle) for handle in handles}
    found = await hub.database.read(lambda session: find_by_handles(session, set(wanted.values())))
    named = {handle: found[full] for handle, full in wanted.items() if full in found and not found[full].is_hidden}
    unknown = [handle for handle, full in wanted.items() if full not in found and full[1]]
    named |= await _resolve_soon(hub, unknown[:MOST_RESOLVED])
    return {handle: Named(actor.id, actor.username, actor.url or actor.uri) for handle, actor in named.items()}


async def _resolve_soon(hub: Hub, handles: list[Handle]) -> dict[Handle, Actor]:
    if not handles:
        return {}
    tasks = {asyncio.create_task(resolve_handle(hub, f"{each.username}@{each.host}")): each for each in handles}
    done, late = await asyncio.wait(tasks, timeout=MENTION_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    return {tasks[task]: task.result() for task in done if task.exception() is None}


async def _dereference_handle(hub: Hub, handle: str, known: Actor | None) -> Actor:
    """What we know already is better than nothing when a server does not answer just now."""
    try:
        uri = await hub.webfinger.resolve_handle(handle)
        actor = await dereference_actor(hub, uri)
        hub.unread_pins.note(actor.uri)
        return actor
    except (ResolveFailed, DereferenceFailed) as error:
        if known is not None and is_temporary(error):
            return known
        if known is not None and isinstance(error, ResolveFailed) and error.reason == _HANDLE_GONE:
            await bury_actor(hub, known.uri)
        raise


async def _dereference(hub: Hub, uri: str) -> Actor | Post:
    budget = Budget()
    document = await hub.dereferencer.document_of_page(uri, budget=budget)
    if type_of(document, ACTOR_TYPES) in ACTOR_TYPES:
        actor = await store_actor(hub, document)
        hub.unread_pins.note(actor.uri)
        return actor
    post = await dereference_post(hub, str(document["id"]), budget=budget)
    if post is None:
        raise Missing("this post was deleted")
    return post


async def _find(session: Session, hub: Hub, uri: str) -> Actor | Post | None:
    """Look for an id, or for one of our own pages."""
    found = await find_actor_by_uri(session, uri) or await find_post_by_uri(session, uri)
    if found is not None or not uri.startswith(f"{hub.uris.base_url}/@"):
        return found
    username, _, post_id = uri.removeprefix(f"{hub.uris.base_url}/@").partition("/")
    actor = await find_local_by_username(session, username.lower())
    if actor is None or not post_id:
        return actor
    post = await find_post(session, int(post_id)) if post_id.isdecimal() and len(post_id) < 19 else None
    return post if post is not None and post.author_id == actor.id else None


def _in_full(hub: Hub, handle: Handle) -> tuple[str, str]:
    """Username and host as actors are stored: '' for our own host, under any of its names."""
    if handle.host is None or _is_ours(hub, handle.host):
        return handle.username, ""
    try:
        return handle.username, parse_host(handle.host)
    except BadUri:
        return handle.username, handle.host


def _is_ours(hub: Hub, host: str) -> bool:
    return host.lower() in (hub.uris.handle_domain, hub.uris.host)


def _translated(error: ProtocolError, wanted: str) -> Missing | Unreachable:
    if is_temporary(error):
        return Unreachable(f"the server of {wanted} does not answer: try again later", private=error.details)
    return Missing(f"{wanted} could not be found: {error.public}", private=error.details)
