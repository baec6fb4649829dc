"""What clients mean by the many ways in which they send one value."""

from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from fedihub.api.forms import HIGHEST_ID, Form, RowId, row_id


class Part(Form):
    name: str = ""


class Example(Form):
    clearable: ClassVar[frozenset[str]] = frozenset({"note"})

    text: str = "default"
    note: str | None = None
    flag: bool = False
    number: int | None = None
    ids: tuple[RowId, ...] = ()
    parts: tuple[Part, ...] | None = None


def test_null_and_empty_mean_not_given_except_where_empty_clears() -> None:
    form = Example.read({"text": "", "note": "", "flag": None, "number": "", "ids": None, "parts": None})
    assert form == Example(text="default", note="", flag=False, number=None, ids=(), parts=None)


@pytest.mark.parametrize("said", [True, 1, "1", "true", "True", "on", "t"])
def test_yes_comes_in_many_ways(said: object) -> None:
    assert Example.read({"flag": said}).flag is True


@pytest.mark.parametrize("said", [False, 0, "0", "false", "off"])
def test_no_comes_in_many_ways(said: object) -> None:
    assert Example.read({"flag": said}).flag is False


@pytest.mark.parametrize("said", [["1", "2"], [1, 2], {"0": "1", "1": 2}, ["1", "", "2", None]])
def test_lists_come_as_lists_or_as_maps_of_positions(said: object) -> None:
    assert Example.read({"ids": said}).ids == (1, 2)


def test_one_value_may_stand_for_a_list_and_the_last_of_a_list_for_one_value() -> None:
    form = Example.read({"ids": "7", "text": ["first", "last"], "number": "3600"})
    assert (form.ids, form.text, form.number) == ((7,), "last", 3600)


def test_nested_forms_are_read_in_the_same_way() -> None:
    form = Example.read({"parts": {"10": {"name": "c"}, "2": {"name": "b"}, "1": {"name": None}}})
    assert form.parts == (Part(), Part(name="b"), Part(name="c"))


@pytest.mark.parametrize(
    "wrong",
    [{"flag": "maybe"}, {"number": "many"}, {"ids": ["x"]}, {"ids": ["-1"]}, {"ids": ["９"]}, {"text": {"a": "b"}}],
)
def test_what_breaks_the_rules_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Example.read(wrong)


def test_unknown_names_change_nothing() -> None:
    assert Example.read({"admin": "true", "id": 1}) == Example()


def test_an_id_that_no_row_can_have_is_the_highest() -> None:
    assert row_id("9" * 30) == HIGHEST_ID
    assert row_id(12) == row_id("12") == 12
