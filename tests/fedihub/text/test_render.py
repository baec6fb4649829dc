"""What members write, as the HTML that other servers understand."""

from federation.uris import LocalUris
from fedihub.text.find import Handle
from fedihub.text.render import Format, Named, Rendered, render

URIS = LocalUris("https://hub.example")
NAMED = {
    Handle("ana"): Named(1, "ana", "https://hub.example/@ana"),
    Handle("bob", "peer.example"): Named(2, "bob", "https://peer.example/@bob"),
}


def rendered(text: str, format: Format = "plain") -> Rendered:
    return render(text, URIS, named=NAMED, format=format)


def test_paragraphs_and_lines() -> None:
    assert rendered("a\nb\n\nc").html == "<p>a<br />b</p><p>c</p>"


def test_html_stays_text() -> None:
    assert rendered("<b>&").html == "<p>&lt;b&gt;&amp;</p>"


def test_a_mention_links_to_the_profile_page() -> None:
    result = rendered("hi @bob@peer.example")
    assert result.mentioned_ids == [2]
    assert (
        '<span class="h-card" translate="no">'
        '<a href="https://peer.example/@bob" class="u-url mention">@<span>bob</span></a></span>' in result.html
    )


def test_a_handle_that_nobody_has_stays_text() -> None:
    assert rendered("hi @eve@peer.example").html == "<p>hi @eve@peer.example</p>"


def test_a_hashtag_is_marked_as_one() -> None:
    result = rendered("#FediHub")
    assert result.tags == [("fedihub", "FediHub")]
    assert 'class="mention hashtag" rel="tag">#<span>FediHub</span></a>' in result.html


def test_a_long_link_is_shown_shortened() -> None:
    html = rendered("https://www.example.com/" + "a" * 40).html
    assert '<span class="invisible">https://www.</span>' in html
    assert 'class="ellipsis"' in html


def test_markdown_keeps_its_marks_and_nothing_else() -> None:
    html = rendered(
        "**@ana** _x_ `#code` [y](javascript:alert(1)) <b>z</b> ![i](https://x.example/i.png)", "markdown"
    ).html
    assert "<strong><span" in html
    assert "<em>x</em>" in html
    assert "<code>#code</code>" in html
    assert 'href="javascript' not in html
    assert "<b>" not in html
    assert "<img" not in html


def test_nothing_inside_a_link_becomes_another_link() -> None:
    assert rendered("[@ana](https://x.example/)", "markdown").mentioned_ids == []
