"""How results look: for people, for programs, and on a terminal that obeys whatever it is sent."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest

from fedihub.cli.output import duration, print_fields, print_json, print_table, to_text


class Colour(StrEnum):
    """Something with a few values."""

    GREEN = "green"


@dataclass(frozen=True)
class Row:
    """Something with an id."""

    id: int
    name: str
    colour: Colour
    post_id: int | None
    at: datetime


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_a_table_is_aligned_and_says_when_it_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [Row(1, "Ada", Colour.GREEN, None, NOON), Row(22, "Charles Babbage", Colour.GREEN, 5, NOON)]
    print_table(rows, {"id": "ID", "name": "NAME", "post_id": "POST"}, nothing="nobody")
    print_table([], {"id": "ID"}, nothing="nobody")
    assert capsys.readouterr().out == (
        "ID  NAME             POST\n"
        "1   Ada              -\n"
        "22  Charles Babbage  5\n"
        "nobody\n"
    )  # fmt: skip


def test_fields_without_a_value_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_fields({"name": "Ada", "bio": "", "projects": ["pumps", "mills"], "since": NOON})
    assert capsys.readouterr().out == (
        "name      Ada\n"
        "projects  pumps, mills\n"
        "since     2026-05-01 12:00:00\n"
    )  # fmt: skip


def test_json_has_ids_as_strings_and_times_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([Row(2**60, "Ada", Colour.GREEN, None, NOON)])
    assert json.loads(capsys.readouterr().out) == [
        {"id": str(2**60), "name": "Ada", "colour": "green", "post_id": None, "at": "2026-05-01T12:00:00.000Z"}
    ]


@pytest.mark.parametrize("evil", ["\x1b[2J", "\x9b2J", "a\nb", "\u202eadA", "\r"])
def test_what_strangers_send_does_not_move_the_cursor(evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": evil})
    printed = capsys.readouterr().out + to_text(evil)
    assert evil not in printed
    assert json.loads(printed.rpartition("}")[0] + "}") == {"name": evil}


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (200_000, "2 d")]
)
def test_a_span_is_said_in_its_largest_unit(seconds: int, said: str) -> None:
    assert duration(timedelta(seconds=seconds)) == said
