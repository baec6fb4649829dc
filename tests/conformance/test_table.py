"""The table of docs/reference/conformance.md is made from the tests in this folder, and says what they say now."""

from tests.support.conformance import FOLDER, PAGE, page, rows, rows_tested_in, shown_rows
from tests.support.source import Module


def test_the_written_table_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run scripts/docs"


def test_every_test_is_named_after_a_row_that_there_is() -> None:
    assert set(shown_rows()) - {row.id for row in rows()} == set()


def test_no_row_of_priority_1_or_2_is_open() -> None:
    assert [row.id for row in rows() if row.priority < 3 and row.is_open] == []


def test_a_row_that_is_left_out_has_no_tests() -> None:
    assert [row.id for row in rows() if row.left_out and row.files] == []


def test_every_file_of_tests_says_what_it_shows() -> None:
    for path in FOLDER.glob("test_*.py"):
        module = Module(path.name, path.read_text())
        assert module.text.startswith('"""'), module.name


def test_a_row_is_read_from_the_name_of_a_test() -> None:
    source = "async def test_h12_a_picture(): ...\ndef test_table(): ...\ndef helper_h1_x(): ...\n"
    assert rows_tested_in(source) == ["H12"]
