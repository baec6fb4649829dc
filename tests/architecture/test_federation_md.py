"""FEDERATION.md is true: what is implemented stands in it, and what stands in it is implemented."""

import re

import pytest

from federation.forwarding import FORWARD
from federation.vocabulary.terms import ACTOR_TYPES
from fedihub.inbox import INBOX
from tests.support.source import ROOT, modules

TEXT = (ROOT / "FEDERATION.md").read_text()
FEP = re.compile(r"FEP-([0-9a-f]{4})\b")


def mentioned(text: str) -> set[str]:
    """The FEPs that a text names."""
    return set(FEP.findall(text))


def row(activity: str) -> str:
    """The line of the table that speaks of an activity."""
    return next((line for line in TEXT.splitlines() if re.match(rf"\| [^|]*\b{activity}\b", line)), "")


def test_every_fep_of_the_wire_stands_in_it() -> None:
    wire = (ROOT / "docs/reference/wire.md").read_text()
    assert mentioned(wire) - mentioned(TEXT) == set()


def test_every_fep_that_the_code_follows_stands_in_it() -> None:
    code = {fep for module in modules() for fep in mentioned(module.text)}
    assert code - mentioned(TEXT) == set()


def test_every_fep_in_it_leads_to_its_page() -> None:
    links = re.findall(r"\[FEP-([0-9a-f]{4})\]\((\S+)\)", TEXT)
    assert [fep for fep, link in links if not link.endswith(f"/fep/{fep}/fep-{fep}.md")] == []
    assert len(links) == len(set(links)) >= 20


@pytest.mark.parametrize("activity", sorted(name for name in INBOX.types if name != FORWARD))
def test_every_activity_that_is_understood_stands_in_it(activity: str) -> None:
    assert row(activity), f"FEDERATION.md has no row for {activity}"


def test_it_names_our_actor_types() -> None:
    named = set(re.findall(r"`(Person|Organization|Group|Application|Service)`", TEXT))
    assert named <= set(ACTOR_TYPES)
    assert named == {"Person", "Organization", "Group", "Application"}
