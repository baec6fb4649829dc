"""What a hashtag is, whoever writes it."""

import re

import pytest

from federation.vocabulary.hashtags import hashtag_of, tag_pattern


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("#Bridge", "Bridge"),
        ("Bridge", "Bridge"),
        ("##x", "x"),
        ("#cafe\u0301", "caf\u00e9"),
        ("#\uff46\uff55\uff4c\uff4c", "full"),
        ("#\u0939\u093f\u0928\u094d\u0926\u0940", "\u0939\u093f\u0928\u094d\u0926\u0940"),
        ("#\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("#a\u00b7b", "a\u00b7b"),
        ("#a_b2", "a_b2"),
        ("#", None),
        ("", None),
        ("#two words", None),
        ("#<b>", None),
        ("#\u0301", None),
        ("#a\u00b7", None),
    ],
)
def test_one_spelling_for_all_ways_to_write_it(written: str, name: str | None) -> None:
    assert hashtag_of(written) == name


def test_the_pattern_has_no_groups() -> None:
    assert re.compile(tag_pattern()).groups == 0
