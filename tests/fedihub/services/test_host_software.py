"""What software a host runs: asked when a chapter needs to know, believed for a week, and only for itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedihub.clock import ManualClock
from fedihub.services.host_software import GOOD_FOR, learn_software, lemmy_like
from storage.hosts import HostFailure, HostState, find_hosts, store_failures
from tests.support.chapters import chapter
from tests.support.hub import RunningHub, running_hub
from tests.support.peer import Peer
from tests.support.resolver import TestResolver
from tests.support.stories import follows

WELL_KNOWN = "/.well-known/nodeinfo"


async def _known(home: RunningHub, host: str = "peer.test") -> HostState | None:
    return (await home.hub.database.read(lambda session: find_hosts(session, [host]))).get(host)


async def _is_lemmy_like(home: RunningHub, host: str = "peer.test") -> bool:
    return host in await home.hub.database.read(lambda session: lemmy_like(session, [host]))


@pytest.mark.parametrize("name", ["lemmy", "PieFed", "mbin", "kbin", "mastodon", "fedihub"])
async def test_servers_of_communities_are_known_by_their_name(home: RunningHub, peer: Peer, name: str) -> None:
    peer.software = name
    await learn_software(home.hub, ["peer.test"])
    assert await _is_lemmy_like(home) is (name not in {"mastodon", "fedihub"})
    known = await _known(home)
    assert known is not None
    assert (known.software, known.software_version) == (name, "1.0")


async def test_who_follows_a_chapter_is_asked_and_nobody_else(home: RunningHub, peer: Peer) -> None:
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    await follows(peer, rosa, home, ada)
    assert not peer.seen(WELL_KNOWN)
    await follows(peer, rosa, home, await chapter(home, "pune", founder=ada))
    assert len(peer.seen(WELL_KNOWN)) == 1


async def test_it_is_asked_again_after_a_week(database_url: str, resolver: TestResolver, peer: Peer) -> None:
    clock = ManualClock(datetime.now(UTC))
    async with running_hub(database_url, resolver, clock=clock) as home:
        await learn_software(home.hub, ["peer.test"])
        clock.advance(GOOD_FOR - timedelta(minutes=1))
        await learn_software(home.hub, ["peer.test"])
        assert len(peer.seen(WELL_KNOWN)) == 1
        peer.software = "lemmy"
        clock.advance(timedelta(minutes=2))
        await learn_software(home.hub, ["peer.test"])
        assert await _is_lemmy_like(home)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404},
        {"body": "{", "content_type": "application/json"},
        {"body": {"links": [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": "ftp://x"}]}},
        {"body": {"links": "lemmy"}},
    ],
)
async def test_who_says_nothing_that_can_be_read_is_a_microblog(
    home: RunningHub, peer: Peer, answer: dict[str, Any]
) -> None:
    peer.serve(WELL_KNOWN, **answer)
    await learn_software(home.hub, ["peer.test", "nowhere.test"])
    assert not await _is_lemmy_like(home)
    assert not await _is_lemmy_like(home, "nowhere.test")
    known = await _known(home)
    assert known is not None
    assert known.software_checked_at is not None


async def test_what_was_known_of_a_host_stays(home: RunningHub, peer: Peer) -> None:
    now = home.hub.clock.now()
    failure = HostFailure(now + timedelta(hours=1), "down")
    await home.hub.database.write(lambda session: store_failures(session, {"peer.test": failure}, now=now))
    await learn_software(home.hub, ["peer.test"])
    known = await _known(home)
    assert known is not None
    assert (known.failures, known.last_error, known.software) == (1, "down", "peer")
