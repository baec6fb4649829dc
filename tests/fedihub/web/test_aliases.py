"""Addresses that people and programs try without having been told."""

import pytest

from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.visitor import Visitor


@pytest.mark.parametrize("path", ["/@ana/", "/@ana@hub.test", "/@ana@HUB.test"])
async def test_a_profile_is_found_by_what_people_type(home: RunningHub, visitor: Visitor, path: str) -> None:
    await home.member("ana")
    page = await visitor.get(path)
    assert (page.status, page.location) == (303, "/@ana")


async def test_the_handle_of_somebody_elsewhere_leads_out_of_nowhere(
    home: RunningHub, peer: Peer, visitor: Visitor
) -> None:
    """A link with our name in it never leads to another server; our members see what they can do."""
    await home.member("ana")
    peer.add_actor("mia")
    page = await visitor.follow_redirects(await visitor.get("/@mia@peer.test"))
    assert page.asks_for_password
    assert peer.requests == []
    await visitor.sign_in("ana")
    assert "Follow Mia?" in (await visitor.open("/@mia@peer.test")).text


async def test_robots_are_told_what_is_not_for_them(home: RunningHub) -> None:
    answer = await home.get("/robots.txt")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.text.startswith("User-agent: *\nDisallow: /oauth/\n")
    assert "/api/" not in answer.text


async def test_an_icon_is_there_for_who_does_not_read_pages(home: RunningHub) -> None:
    answer = await home.get("/favicon.ico")
    shown = await home.get(answer.headers["Location"])
    assert (shown.status, shown.headers["Content-Type"]) == (200, "image/svg+xml")
