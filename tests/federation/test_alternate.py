"""The document behind a page: found in its head, in time that grows with the page and no faster."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from federation.alternate import find_alternate
from federation.transport import Response

PAGE = "https://peer.example/@rosa/1"
DOCUMENT = "https://peer.example/notes/1"


def page(body: str, **headers: str) -> Response:
    """A page for people."""
    given = CIMultiDict({"Content-Type": "text/html; charset=utf-8"} | headers)
    return Response(200, CIMultiDictProxy(given), body.encode(), PAGE)


@pytest.mark.parametrize(
    "tag",
    [
        f'<link rel="alternate" type="application/activity+json" href="{DOCUMENT}">',
        f"<LINK href='{DOCUMENT}' TYPE='application/activity+json' rel='alternate' />",
        '<link rel = "nofollow alternate" type=application/activity+json href=/notes/1>',
        f'<link data-x="y" hreflang="de" href="{DOCUMENT}" type="application/activity+json" rel="alternate">',
    ],
)
def test_a_link_in_the_head_leads_to_it(tag: str) -> None:
    assert find_alternate(page(f"<html><head><title>x</title>{tag}</head>")) == DOCUMENT


@pytest.mark.parametrize(
    "tag",
    [
        f'<link rel="alternate" type="application/atom+xml" href="{DOCUMENT}">',
        f'<link rel="canonical" type="application/activity+json" href="{DOCUMENT}">',
        '<link rel="alternate" type="application/activity+json">',
        "<p>nothing</p>",
    ],
)
def test_other_links_do_not(tag: str) -> None:
    assert find_alternate(page(tag)) is None


def test_a_page_that_was_written_for_it_takes_no_longer_than_others() -> None:
    """With a name looked for at each letter this would take a quarter of a minute."""
    storm = f"<link {'a' * 2046}>" * 128
    tag = f'<link rel="alternate" type="application/activity+json" href="{DOCUMENT}">'
    assert find_alternate(page(storm + tag)) is None  # it stands behind what is read
    assert find_alternate(page(tag + storm)) == DOCUMENT
