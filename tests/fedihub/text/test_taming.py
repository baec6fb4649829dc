"""Texts that were written to break a parser cost no more than others, and stay readable."""

import random

import pytest

from fedihub.text.clean import clean_html, plain_text
from fedihub.text.taming import MOST_TAGS

MANY = MOST_TAGS // 2 - 10
"""So many tags of two kinds are still read as HTML."""
TAGS = (
    *("a", "b", "i", "p", "div", "li", "table", "td", "caption", "button", "select", "h1"),
    *("pre", "ruby", "svg", "math", "object", "template", "font", "dd"),
)


def bomb(element: str, block: str) -> str:
    """Elements that are never closed, and then as many blocks, in each of which they all hold."""
    opened = "".join(f"<{element} id={number}>" for number in range(MANY))
    return f"<p>{opened}</p>" + f"<{block}>x" * MANY


@pytest.mark.parametrize("element", ["b", "B", "code", "font", "nobr", "tt", "a", "x-b", "div"])
def test_what_is_never_closed_does_not_multiply(element: str) -> None:
    """800 such <b> and 800 <p> once became four and a half million characters."""
    for block in ("p", "li", "td"):
        text = bomb(element, block)
        assert len(clean_html(text)) < 12 * len(text)  # an `a` says how it relates, in each block anew
        assert len(plain_text(text)) < 2 * len(text)


def test_thousands_of_tags_are_read_as_plain_text() -> None:
    text = clean_html("<div>" * 6_000 + "Hello &lt;b&gt; &amp; <b>you</b>")
    assert "Hello &lt;b&gt; &amp;  you" in text
    assert "<" not in text


def test_no_mixture_of_tags_multiplies() -> None:
    dice = random.Random(7)
    for _ in range(60):
        some = dice.sample(TAGS, 4)
        text = "".join(
            dice.choice((f"<{tag} href=http://x/{n}>", f"<{tag}>x", f"</{tag}>"))
            for n in range(600)
            for tag in [dice.choice(some)]
        )
        assert len(clean_html(text)) < 6 * len(text)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("<p><b>x</b> <STRONG class=y>y</STRONG> <em/>z</p>", "<p><b>x</b> <strong>y</strong> <em>z</em></p>"),
        ("<b><i>both</b></i>", "<b><i>both</i></b>"),
        ("<p><code>a &lt;b</code> <s>gone</s></p>", "<p><code>a &lt;b</code> <s>gone</s></p>"),
        ("a < b and <bold>c</bold>", "a &lt; b and c"),
    ],
)
def test_formatting_is_what_it_was(given: str, shown: str) -> None:
    assert clean_html(given) == shown
