"""How the errors of services become sentences."""

import pytest

from fedihub.text.words import sentence


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nobody here is called eve", "Nobody here is called eve."),
        ("who are you?", "Who are you?"),
        ("https://peer.test/@nobody could not be found", "https://peer.test/@nobody could not be found."),
    ],
)
def test_a_sentence_begins_with_a_capital_but_no_address_does(text: str, shown: str) -> None:
    assert sentence(text) == shown
