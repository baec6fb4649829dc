"""The hub: what every service needs, in one frozen value, put together in one place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

import structlog
from aiohttp import web
from aiohttp.abc import AbstractResolver

from federation.bounded import BoundedMap
from federation.dereference import Dereferencer
from federation.patience import Patience
from federation.receive import Gate
from federation.signatures.lookup import KeyLookup
from federation.transport import Transport
from federation.uris import LocalUris
from federation.webfinger import WebFinger
from fedihub.clock import Clock, SystemClock
from fedihub.health import Health
from fedihub.host_gate import HostGate
from fedihub.inbox_log import InboxLog
from fedihub.key_store import KeyStore
from fedihub.keys import KeyMaker, make_keys
from fedihub.media.files import MediaFiles
from fedihub.media.workshop import Workshop
from fedihub.settings import Settings
from fedihub.signers import Signers
from fedihub.stale import StaleActors
from fedihub.unsynced import UnsyncedFollowers
from storage.database import Database
from storage.ids import IdMaker

VERSION = version("fedihub")
HINTS_REST = timedelta(minutes=1)
"""How long a post is not asked for again at its origin, whatever is passed on about it: anybody can make that up."""
REMEMBERED_HINTS = 10_000


@dataclass(frozen=True, slots=True)
class Wake:
    """Rung when there is work, so that the workers need not look every moment."""

    inbound: asyncio.Event = field(default_factory=asyncio.Event)
    outbound: asyncio.Event = field(default_factory=asyncio.Event)
    threads: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Hub:
    """One process of the hub. Made by `open_hub`; tests make theirs the same way, with a resolver and a clock of
    their own.
    """

    settings: Settings
    clock: Clock
    database: Database
    ids: IdMaker
    uris: LocalUris
    transport: Transport
    dereferencer: Dereferencer
    webfinger: WebFinger
    host_gate: HostGate
    signers: Signers
    keys: KeyLookup
    gate: Gate
    inbox_log: InboxLog
    wake: Wake
    stale: StaleActors
    unread_pins: StaleActors
    unsynced: UnsyncedFollowers
    hints: BoundedMap[str, datetime]
    """When posts were last asked for because somebody passed on something about them."""
    health: Health
    make_keys: KeyMaker
    workshop: Workshop
    log: Any


HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
"""Where request handlers find the hub: `request.app[HUB]`."""


@asynccontextmanager
async def open_hub(
    settings: Settings,
    *,
    resolver: AbstractResolver | None = None,
    clock: Clock | None = None,
    key_maker: KeyMaker = make_keys,
    slot: int = 0,
) -> AsyncIterator[Hub]:
    """Put the hub together and take it apart at the end. The database must be migrated; nothing is read from it yet.

    `resolver` replaces the name look-up of outgoing connections, `key_maker` the source of new actors' keys;
    `slot` must differ between processes on one database.
    """
    hub = _assemble(settings, resolver=resolver, clock=clock or SystemClock(), key_maker=key_maker, slot=slot)
    try:
        yield hub
    finally:
        await hub.workshop.close()
        await hub.inbox_log.close()
        await hub.transport.close()
        await hub.database.close()


def _assemble(
    settings: Settings, *, resolver: AbstractResolver | None, clock: Clock, key_maker: KeyMaker, slot: int
) -> Hub:
    database = Database(settings.database)
    uris = LocalUris(settings.base_url, settings.domain)
    signers, host_gate = Signers(database, uris), HostGate(database, clock)
    transport = Transport(
        user_agent=f"FediHub/{VERSION} (+{settings.base_url}/)",
        resolver=resolver,
        allow_loopback=settings.allow_loopback,
        ca_file=settings.ca_file,
        hosts=host_gate,
        now=clock.now,
    )
    patience = Patience(clock=clock.monotonic)
    dereferencer = Dereferencer(transport, signers, uris=uris, patience=patience)
    key_store = KeyStore(database)
    keys = KeyLookup(key_store, dereferencer, uris=uris, now=clock.now, clock=clock.monotonic)
    ids, wake = IdMaker(clock.now, slot=slot), Wake()
    return Hub(
        settings=settings,
        clock=clock,
        database=database,
        ids=ids,
        uris=uris,
        transport=transport,
        dereferencer=dereferencer,
        webfinger=WebFinger(transport, patience=patience),
        host_gate=host_gate,
        signers=signers,
        keys=keys,
        gate=Gate(uris, keys, key_store, timedelta(seconds=settings.signature_window), host_gate),
        inbox_log=InboxLog(database, ids, clock, wake=wake.inbound),
        wake=wake,
        stale=StaleActors(clock.monotonic),
        unread_pins=StaleActors(clock.monotonic),
        unsynced=UnsyncedFollowers(clock.monotonic),
        hints=BoundedMap(REMEMBERED_HINTS, HINTS_REST, clock=clock.monotonic),
        health=Health(clock),
        make_keys=key_maker,
        workshop=Workshop(MediaFiles(settings.media_folder, settings.media_origin)),
        log=structlog.get_logger("fedihub"),
    )
