"""Pictures in the place of shortcodes, and nowhere else."""

from dataclasses import dataclass, field

import pytest
from markupsafe import Markup

from fedihub.web.emoji import with_emoji


@dataclass
class Somebody:
    id: int = 7
    emojis: list[dict[str, str]] = field(
        default_factory=lambda: [{"shortcode": "blob", "url": "https://peer.example/blob.png"}]
    )


PICTURE = '<img class="emoji" src="/emoji/actors/7/blob" alt=":blob:" title=":blob:" loading="lazy">'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ana :blob:", f"Ana {PICTURE}"),
        (":blob::blob:", PICTURE * 2),
        (":blub: :blob :", ":blub: :blob :"),
        ("<b>:blob:", f"&lt;b&gt;{PICTURE}"),
        (Markup("<b>:blob:</b>"), f"<b>{PICTURE}</b>"),
        (Markup('<a href="https://x.example/:blob:?a>:blob:">x</a>'),) * 2,
        (Markup("a < :blob:"), f"a < {PICTURE}"),
        ("", ""),
    ],
)
def test_where_pictures_stand(text: str, shown: str) -> None:
    assert with_emoji(text, Somebody()) == shown


def test_who_has_none_is_only_escaped() -> None:
    assert with_emoji("<b> :blob:", Somebody(emojis=[])) == "&lt;b&gt; :blob:"
