"""Actors of other servers: found here, or fetched, confirmed and stored.

A remote actor's identity is the URI of its document. Its handle is only believed when the host in the handle says the
same (WebFinger), because a handle is what people see and trust.
"""

from datetime import datetime, timedelta
from http import HTTPStatus

from federation.dereference import Budget
from federation.errors import HostBlocked, OriginMismatch, ProtocolError, ResolveFailed
from federation.identifiers import Host, host_of
from federation.trust import check_identity
from federation.vocabulary.actors import RemoteActor, read_actor
from federation.vocabulary.parse import Json
from federation.webfinger import Handle
from fedihub.hub import Hub
from fedihub.services.passing_on import take_back_all_of
from fedihub.services.refollowing import follow_anew
from fedihub.services.rejected_media import allowed_profile
from fedihub.translate.incoming import actor_values
from storage.actors import (
    Actor,
    find_actor_by_uri,
    find_by_handle,
    hold_actor_by_uri,
    mark_gone,
    rename_actor,
    upsert_remote_actor,
)
from storage.database import Session
from storage.erasure import erase_remote_actor
from storage.host_policies import HostLevel
from storage.statements import take_turns

FRESH = timedelta(days=1)
STALE = timedelta(days=7)
_NOT_ITS_OWN = {"handle_of_another", "handle_disputed", HostBlocked.default_reason}
"""Why a handle can't be had, where the name on the actor's own host will not do either."""
_DENIED = {"handle_of_another", "handle_disputed", "no_actor_link"}
_NOT_THERE = {"http_404", "http_410"}
"""What a host answers that takes a handle back; the latter only when we refresh the profile, which mends it if it was
a mistake.
"""
_ASKED_LATER = {"host_busy", "host_down"}
"""Why nobody was asked at all (`federation.patience`)."""


async def known_actor(hub: Hub, uri: str, *, budget: Budget | None = None) -> Actor:
    """The actor with this URI: from the database, or else from its server. Raises ProtocolError."""
    actor = await hub.database.read(lambda session: find_actor_by_uri(session, uri))
    if actor is not None and (actor.is_local or actor.gone_at is None):
        return actor
    return await dereference_actor(hub, uri, budget=budget)


async def dereference_actor(hub: Hub, uri: str, *, budget: Budget | None = None) -> Actor:
    """Fetch an actor, confirm its handle, store it. Raises ProtocolError; then nothing was stored.

    Where the actor's own address answers 410, it has ended (as Mastodon 4.7 takes it), and all of theirs goes. 404 says
    less: a server that is set up anew or hides somebody answers that, too. If it still does so after a week, nothing is
    sent there any more; what they said stays.
    """
    try:
        document = await hub.dereferencer.document(uri, budget=budget)
        check_identity(document, uri)
    except ProtocolError as error:
        if is_gone(error):
            await bury_actor(hub, uri)
        elif error.reason == "http_404":
            await _note_missing(hub, uri)
        raise
    return await store_actor(hub, document, budget=budget)


async def bury_actor(hub: Hub, uri: str) -> None:
    """An actor elsewhere has ended, its own host says so: delete what we have of them. Nothing happens to who is not
    known, or was buried before.
    """

    async def unit(session: Session) -> None:
        await take_turns(session, [uri])  # nothing that it has said is applied meanwhile
        actor = await hold_actor_by_uri(session, uri)
        if actor is not None and not actor.is_local and actor.gone_at is None:
            await take_back_all_of(session, hub, actor)
            await erase_remote_actor(session, actor.id, now=hub.clock.now())

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def store_actor(hub: Hub, document: Json, *, budget: Budget | None = None) -> Actor:
    """Store an actor from a document whose `id` is proved, be it fetched or sent by the actor itself. A `budget` says
    that somebody else's activity is the cause. Raises ProtocolError.
    """
    remote = read_actor(document, now=hub.clock.now())
    if hub.uris.is_local(remote.uri):
        raise OriginMismatch("our own actors are not taken from elsewhere", reason="uri_is_local", private=remote.uri)
    known = await hub.database.read(lambda session: find_actor_by_uri(session, remote.uri))
    handle = await _confirmed(hub, remote, known, patiently=budget is not None)
    former = await _former(hub, remote, handle, budget=budget) if known is None else None
    values = actor_values(remote, handle, now=hub.clock.now()) | {"origin_suspended_at": _silenced(hub, remote, known)}
    key = known.id if known is not None else hub.ids.next()

    async def unit(session: Session) -> Actor:
        book = await hub.host_gate.book_in(session)
        level = book.level_at(handle.host, remote.uri, values["inbox_url"])
        if level is HostLevel.BLOCKED:
            raise HostBlocked("the actor's host is blocked here", private=remote.uri)
        if former is not None:
            await rename_actor(session, former.id, uri=remote.uri)
        standing = {"host_level": level} | await _standing(session, handle, uri=remote.uri)
        shown = allowed_profile(book, values | standing)
        actor = await upsert_remote_actor(session, shown, id=key)
        if former is not None:
            await follow_anew(session, hub, followed=actor)
        return actor

    return await hub.database.write(unit)


async def _standing(session: Session, handle: Handle, *, uri: str) -> dict[str, datetime]:
    """What the operator decided about whoever had this handle until now: nobody gets rid of that under a new id."""
    former = await find_by_handle(session, handle.username, host=handle.host)
    if former is None or former.uri == uri:
        return {}
    decided = {"suspended_at": former.suspended_at, "limited_at": former.limited_at}
    return {name: moment for name, moment in decided.items() if moment is not None}


async def _note_missing(hub: Hub, uri: str) -> None:
    async def unit(session: Session) -> None:
        actor = await find_actor_by_uri(session, uri)
        if actor is not None and not is_fresh(hub, actor, age=STALE):
            await mark_gone(session, actor.id, now=hub.clock.now())

    await hub.database.write(unit)


def is_fresh(hub: Hub, actor: Actor, *, age: timedelta = FRESH) -> bool:
    """Whether what we know of a remote actor is young enough."""
    return actor.is_local or (actor.fetched_at is not None and hub.clock.now() - actor.fetched_at < age)


def note_use(hub: Hub, actor: Actor, *, age: timedelta = FRESH) -> None:
    """Somebody looks at a remote profile, or hears of it: if it is older than `age`, it will be fetched anew soon."""
    if actor.gone_at is None and not is_fresh(hub, actor, age=age):
        hub.stale.note(actor.uri)


async def _former(hub: Hub, remote: RemoteActor, handle: Handle, *, budget: Budget | None) -> Actor | None:
    """Whoever had this handle under another id of the same host, if nobody is found there any more: a server that was
    set up anew gives its people new ids, and they are the same people. (Lemmy has persons and communities of one name:
    there both are at home.) One whose server says that they have ended is buried: their name may be somebody else's by
    now, but never what they wrote and who followed them.
    """
    former = await hub.database.read(lambda session: find_by_handle(session, handle.username, host=handle.host))
    if former is None or former.gone_at is not None or host_of(former.uri) != host_of(remote.uri):
        return None
    try:
        await hub.dereferencer.document(former.uri, budget=budget)
    except ProtocolError as error:
        if is_gone(error):
            await bury_actor(hub, former.uri)
        if error.reason in _ASKED_LATER:
            raise
        return former if getattr(error, "status", None) == HTTPStatus.NOT_FOUND else None
    return None


def _silenced(hub: Hub, remote: RemoteActor, known: Actor | None) -> datetime | None:
    """Since when an actor's own server has silenced it. Our own decision about it is another column."""
    if not remote.is_suspended:
        return None
    return (known.origin_suspended_at if known is not None else None) or hub.clock.now()


async def _confirmed(hub: Hub, remote: RemoteActor, known: Actor | None, *, patiently: bool) -> Handle:
    """The handle to store. For one that the actor has already its host is asked again whenever we refresh the profile,
    and another host than the actor's own also when the actor changes something: it can take back what it gave. If it
    does not answer just now, or not with WebFinger, the handle stays.

    Where the host answers no WebFinger at all, the name on the actor's own host will do: nobody but that host could
    contradict it.
    """
    own = Handle(remote.username, host_of(remote.uri))
    has = Handle(known.username, Host(known.host)) if known is not None and _claims(remote, known) else None
    if has is not None and has.host == own.host and patiently:
        return has
    try:
        return await hub.webfinger.confirm_handle(remote, patiently=patiently)
    except ResolveFailed as error:
        if error.reason == HostBlocked.default_reason:
            raise
        if has is not None:
            return own if error.reason in (_DENIED if patiently else _DENIED | _NOT_THERE) else has
        if error.temporary or error.reason in _NOT_ITS_OWN:
            raise
        return own


def _claims(remote: RemoteActor, known: Actor) -> bool:
    """Whether an actor goes by the handle that we know; without `webfinger` it names no host."""
    if known.gone_at is not None:
        return False
    claimed = (remote.webfinger or "").lower().removeprefix("acct:").removeprefix("@")
    return claimed == f"{known.username}@{known.host}".lower() or (
        not claimed and remote.username.lower() == known.username.lower()
    )


def is_gone(error: ProtocolError) -> bool:
    """Whether a fetch failed because what was asked for is gone for good."""
    return bool(getattr(error, "gone", False))
