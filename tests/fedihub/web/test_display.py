"""How values are shown: times, names, initials, handles, and HTML that is cleaned again on its way out."""

from datetime import UTC, datetime, timedelta

import pytest

from fedihub.web import display
from fedihub.web.paths import local_path
from fedihub.web.safe_html import SafeHtml

NOW = datetime(2025, 6, 15, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "spoken"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=3, minutes=59), "3 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=30), "16 May"),
        (timedelta(days=400), "11 May 2024"),
    ],
)
def test_a_time_is_said_as_a_person_would(age: timedelta, spoken: str) -> None:
    moment = NOW - age
    shown = str(display.when(moment, NOW))
    assert f">{spoken}</time>" in shown
    assert f'datetime="{moment:%Y-%m-%dT%H:%M:%SZ}"' in shown


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ana Duarte", "AD"),
        ("cleo_meyer", "CM"),
        ("Ünal", "Ü"),
        ("✨", "·"),
        ("", "·"),
        ("李 小龍", "李小"),
        ("Ana :blob_x: :y:", "A"),
    ],
)
def test_initials_stand_for_a_picture(name: str, letters: str) -> None:
    assert display.initials(name) == letters


def test_the_colour_of_a_handle_never_changes() -> None:
    assert display.colour("Ana@hub.example") == display.colour("ana@hub.example")
    assert 0 <= display.colour("anybody@anywhere.example") < display.COLOURS


def test_a_name_cannot_turn_the_page_around() -> None:
    assert display.plain("Ana\u202egnp.exe\u2066\x00") == "Anagnp.exe"


def test_a_handle_breaks_before_its_host_and_is_escaped() -> None:
    assert display.breakable("@a<b@hub.example") == "@a&lt;b<wbr>@hub.example"


def test_words_are_cut_between_words() -> None:
    assert display.short("one two three four", 9) == "one two…"
    assert display.short("onetwothree", 6) == "onetwo…"


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<p style="position:fixed" onclick="alert(1)" id="main">x</p>',
        '<iframe src="https://peer.example"></iframe>',
        "<style>*{display:none}</style>",
        '<form action="/sign-out"><button>x</button></form>',
        "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    ],
)
def test_nothing_dangerous_leaves_the_database(html: str) -> None:
    shown = SafeHtml.of(html).lower()
    for word in (
        "script",
        'alert(1)"',
        "onerror",
        "onload",
        "onclick",
        "style",
        "<img",
        "<iframe",
        "<form",
        "<button",
        "id=",
    ):
        assert word not in shown


def test_links_keep_their_address_and_tell_nobody_where_we_came_from() -> None:
    shown = SafeHtml.of('<a href="https://peer.example/x" class="mention evil" target="_top">x</a>')
    assert shown == '<a href="https://peer.example/x" class="mention" rel="nofollow noopener noreferrer ugc">x</a>'


@pytest.mark.parametrize("path", ["/you", "/oauth/authorize?client_id=a&state=%2F%2Fevil", "/@ana/3375019612016640"])
def test_a_path_on_this_hub_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil",
        "https:evil",
        "evil",
        " /x",
        "/x\r\nSet-Cookie: a=b",
        "/\t/evil.example",
        "/a\\b",
        "/" + "x" * 5000,
    ],
)
def test_an_address_that_might_lead_away_is_not(path: str) -> None:
    assert local_path(path) == "/you"
