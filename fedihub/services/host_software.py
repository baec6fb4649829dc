"""What software other servers run, asked once a week (NodeInfo): it decides how a chapter speaks to them.

A chapter boosts an opening for microblogs, and passes on activities to servers that read FEP-1b12 (see
`fedihub.services.passing_on`). What a host says of itself is not proved; it chooses only what it is sent itself. A host
that says nothing counts as a microblog.
"""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from federation.identifiers import Host
from federation.nodeinfo import Software, dereference_software
from fedihub.hub import Hub
from storage.database import Session
from storage.hosts import find_hosts, store_software

LEMMY_LIKE = frozenset({"lemmy", "piefed", "mbin", "kbin"})
"""Servers of communities, which hold threads together by the activities that a group announces (FEP-1b12)."""
GOOD_FOR = timedelta(days=7)
MOST_ASKED = 20
"""Hosts that one act may make us ask; the others are microblogs until the next time."""
SECONDS = 5.0


async def learn_software(hub: Hub, hosts: Iterable[str]) -> None:
    """Ask those of these hosts about which we know nothing, or nothing new: a few seconds, all at once. Never raises
    for what a host does.
    """
    wanted = dict.fromkeys(hosts)
    known = await hub.database.read(lambda session: find_hosts(session, wanted))
    oldest = hub.clock.now() - GOOD_FOR
    checked = {host: state.software_checked_at for host, state in known.items()}
    unknown = [host for host in wanted if (moment := checked.get(host)) is None or moment < oldest]
    found = await asyncio.gather(*(_ask(hub, host) for host in unknown[:MOST_ASKED]))
    answers = dict(zip(unknown, found, strict=False))
    if answers:
        await hub.database.write(lambda session: _store(session, hub, answers))


async def lemmy_like(session: Session, hosts: Iterable[str]) -> set[str]:
    """Those of these hosts that are known to run software which reads FEP-1b12."""
    known = await find_hosts(session, hosts)
    return {host for host, state in known.items() if (state.software or "").lower() in LEMMY_LIKE}


async def _ask(hub: Hub, host: str) -> Software | None:
    try:
        async with asyncio.timeout(SECONDS):
            return await dereference_software(hub.transport, Host(host))
    except TimeoutError:
        return None


async def _store(session: Session, hub: Hub, answers: dict[str, Software | None]) -> None:
    for host, software in sorted(answers.items()):
        name, version = (software.name, software.version) if software else (None, None)
        await store_software(session, host, name=name, version=version, now=hub.clock.now())
