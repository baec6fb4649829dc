"""What a hashtag is: one spelling for members and peers, so that both find each other under it.

Two ways to write the same letters (an é of one or of two characters, full-width Latin) are one tag: names are
normalised (NFKC), as Mastodon 4.6 does (`app/models/tag.rb`). Letters with marks of their own (Devanagari, Arabic,
Hebrew) count as letters with their marks; `·`, `・` and the zero-width non-joiner of Persian may stand inside a name.
"""

import re
import unicodedata
from functools import cache

MAX_TAG_NAME = 200
_INSIDE = "·・\u200c"


def hashtag_of(text: str) -> str | None:
    """The name of a hashtag, with or without its `#`, normalised but in the author's capitals; None if it is no tag."""
    name = unicodedata.normalize("NFKC", text[:MAX_TAG_NAME]).lstrip("#").strip()
    return name if re.fullmatch(tag_pattern(), name) else None


@cache
def tag_pattern() -> str:
    """The pattern of a name, without groups and without nested repetition: its time grows with the text, not faster."""
    letter = rf"[\w{_marks()}]"
    return rf"\w(?:{letter}|[{_INSIDE}](?=\w))*"


def _marks() -> str:
    """The inside of a character class: the combining marks of living scripts, which `re` takes for no letters."""
    marks = [code for code in range(0x300, 0x12000) if unicodedata.category(chr(code))[0] == "M"]
    ranges: list[list[int]] = []
    for code in marks:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
