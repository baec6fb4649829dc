"""What software a host runs."""

import pytest

from federation.identifiers import Host
from federation.nodeinfo import Software, dereference_software, write_links, write_nodeinfo
from federation.ports import Usage
from federation.transport import Transport
from tests.support.peer import Peer

LINKS = "/.well-known/nodeinfo"
REL = "http://nodeinfo.diaspora.software/ns/schema/"
USAGE = Usage(members=3, active_month=2, active_half_year=3, local_posts=40, registrations_open=False)


async def test_a_host_tells_its_software(transport: Transport, peer: Peer) -> None:
    assert await dereference_software(transport, Host("peer.test")) == Software("peer", "1.0")


async def test_the_newer_schema_is_preferred(transport: Transport, peer: Peer) -> None:
    hrefs = [(version, f"http://peer.test/n/{version}") for version in ("2.0", "2.1")]
    peer.serve(LINKS, {"links": [{"rel": REL + version, "href": href} for version, href in hrefs]})
    peer.serve("/n/2.1", {"software": {"name": "new", "version": "2"}})
    assert await dereference_software(transport, Host("peer.test")) == Software("new", "2")


@pytest.mark.parametrize(
    "links",
    [
        {},
        {"links": 7},
        {"links": [{"rel": REL + "2.0", "href": "data:application/json,{}"}]},
        {"links": [{"rel": REL + "2.0", "href": "http://10.0.0.1/"}]},
        {"links": [{"rel": REL + "2.0", "href": "http://peer.test/missing"}]},
        {"links": [{"rel": REL + "2.0", "href": "http://peer.test/odd"}]},
    ],
)
async def test_odd_answers_are_no_answer(transport: Transport, peer: Peer, links: dict[str, object]) -> None:
    peer.serve(LINKS, links)
    peer.serve("/odd", {"software": {"name": ["x"], "version": {}}} | {"software": "mastodon"})
    assert await dereference_software(transport, Host("peer.test")) is None


def test_ours() -> None:
    links = write_links("https://hub.test", server_actor="https://hub.test/ap/actors/1")["links"]
    assert [link["href"] for link in links] == [
        "https://hub.test/nodeinfo/2.1",
        "https://hub.test/nodeinfo/2.0",
        "https://hub.test/ap/actors/1",
    ]
    document = write_nodeinfo("2.1", "0.1.0", usage=USAGE, name="Hub", description="A hub")
    assert document["software"] == {"name": "fedihub", "version": "0.1.0"}
    assert document["usage"]["users"] == {"total": 3, "activeMonth": 2, "activeHalfyear": 3}
    assert document["protocols"] == ["activitypub"]
    assert document["metadata"]["upstream"]["name"] == "mastodon"
