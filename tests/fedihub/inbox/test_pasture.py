"""What the fediverse's table of support tries on servers, one property of an object at a time, through our inbox."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from fedihub.text.clean import plain_text
from storage.actors import Actor
from storage.database import Session
from storage.posts import Mention, Post, PostTag
from storage.received import ReceivedState
from tests.support.hub import RunningHub
from tests.support.pasture import THEIR_ACTOR, THEIR_BASE, inputs
from tests.support.peer import AS_CONTEXT, PUBLIC, Peer
from tests.support.peer_actor import PeerActor
from tests.support.stories import post_of

NOT_TAKEN = {
    "necessary_properties": {1, 4},  # without id or type; one without author is its sender's
    "object_types": {7, 8, 9, 10, 12, 13},  # Place, Profile, Relationship, Tombstone, two types, none
}
"""What is rightly not stored."""
ASKS_FOR_MORE = {"in_reply_to", "quotes"}
"""Groups in which something else is named that must be fetched."""


pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # it is about reading


@dataclass
class Table:
    """Our member, and somebody who sends her one example after another."""

    home: RunningHub
    peer: Peer
    ada: Actor
    rosa: PeerActor

    def note(self, group: str, number: int) -> dict[str, Any]:
        """A plain note to our member, with the properties of one example laid over it."""
        plain = {
            "@context": AS_CONTEXT,
            "id": f"{self.rosa.uri}/{group}/{number}",
            "type": "Note",
            "attributedTo": self.rosa.uri,
            "to": [PUBLIC],
            "cc": [self.ada.uri],
            "published": "2026-08-20T10:00:00Z",
        }
        text = json.dumps(plain | inputs()[group][number]).replace(THEIR_ACTOR, self.rosa.uri)
        laid: dict[str, Any] = json.loads(text.replace(THEIR_BASE, self.peer.base))
        return laid

    async def hears(self, laid: dict[str, Any]) -> Post | None:
        """The note arrives in a Create; gives what is stored of it."""
        more = {"to": [PUBLIC], "cc": [], "@context": laid.pop("@context")}
        create = self.peer.activity(self.rosa, "Create", laid, **more)
        answer = await self.peer.send(self.home.shared_inbox, create, by=self.rosa)
        assert answer.status == 202, answer.body
        await self.home.drain()
        return await post_of(self.home, str(laid.get("id")))

    async def stored(self, group: str, number: int) -> Post:
        """What is stored of an example that is taken."""
        stored = await self.hears(self.note(group, number))
        assert stored is not None
        return stored


@pytest.fixture
async def table(home: RunningHub, peer: Peer) -> Table:
    return Table(home, peer, await home.member("ada"), peer.add_actor("rosa"))


@pytest.mark.parametrize("group", sorted(inputs()))
async def test_each_example_is_taken_for_what_it_is(table: Table, group: str) -> None:
    for number in range(len(inputs()[group])):
        laid = table.note(group, number)
        stored = await table.hears(laid)
        state = (await table.home.log())[0].state
        if number in NOT_TAKEN.get(group, ()):
            assert stored is None
            assert state in {ReceivedState.IGNORED, ReceivedState.REFUSED}
        else:
            assert stored is not None, (group, number, laid)
            assert state is ReceivedState.APPLIED or group in ASKS_FOR_MORE
            assert "<script" not in stored.content_html
    asked = {seen.path for seen in table.peer.requests if seen.method == "GET"} - {"/users/rosa"}
    assert {uri for uri in asked if "/.well-known/" not in uri} == set() or group in ASKS_FOR_MORE


@pytest.mark.parametrize("number", range(3))
async def test_all_spellings_of_public(table: Table, number: int) -> None:
    assert (await table.stored("public_addressing", number)).audience.value == "public"


@pytest.mark.parametrize(
    ("number", "tags"), [(0, ["test"]), (5, ["with123"]), (7, ["camelcase"]), (11, ["牛"]), (3, [])]
)
async def test_hashtags(table: Table, number: int, tags: list[str]) -> None:
    stored = await table.stored("hashtags", number)

    async def unit(session: Session) -> list[str]:
        return list(await session.scalars(select(col(PostTag.name)).where(col(PostTag.post_id) == stored.id)))

    assert await table.home.hub.database.read(unit) == tags


@pytest.mark.parametrize("number", [0, 1, 2, 3, 9])
async def test_mentions_are_known_by_their_href(table: Table, number: int) -> None:
    rosa, ada = table.rosa, table.ada
    laid = json.loads(json.dumps(table.note("mentions", number)).replace(rosa.uri, ada.uri))
    stored = await table.hears(laid | {"id": f"{rosa.uri}/m/{number}", "attributedTo": rosa.uri})
    assert stored is not None
    assert await table.home.hub.database.read(lambda session: session.get(Mention, (stored.id, ada.id))) is not None


@pytest.mark.parametrize(
    ("number", "text", "language"),
    [(0, "text", None), (1, "text", "de"), (5, "Deutsch", "de"), (7, "English", "en"), (8, "Deutsch", "de")],
)
async def test_languages(table: Table, number: int, text: str, language: str | None) -> None:
    stored = await table.stored("language", number)
    assert (plain_text(stored.content_html).strip(), stored.language) == (text, language)


@pytest.mark.parametrize(
    ("number", "warning", "sensitive"), [(0, "", True), (1, "summary", True), (2, "summary", True), (4, "", True)]
)
async def test_content_warnings(table: Table, number: int, warning: str, *, sensitive: bool) -> None:
    stored = await table.stored("content_warnings", number)
    assert (stored.content_warning, stored.sensitive) == (warning, sensitive)


@pytest.mark.parametrize(
    ("group", "number", "descriptions"),
    [
        ("attachments", 0, ["a cow"]),
        ("attachments", 4, []),  # a link
        ("attachments", 9, []),  # a recipe
        ("image_attachments", 12, None),  # the address stands in a Link
        ("image_attachments", 15, None),  # in the first of two Links
        ("recommended_attachments", 3, None),
    ],
)
async def test_attachments(table: Table, group: str, number: int, descriptions: list[str] | None) -> None:
    stored = await table.stored(group, number)
    if descriptions is None:
        assert len(stored.attachments) == 1
    else:
        assert [file.get("description") for file in stored.attachments] == descriptions
