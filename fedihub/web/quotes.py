"""Quotes on pages: the quoted post stands in a frame under the text, or a link to it in the text."""

from fedihub.translate.quotes import content_of
from storage.revisions import PostRevision
from storage.views.posts import PostView


def with_quote_line(version: PostView | PostRevision) -> str:
    """The HTML of a post with the line that names what it quotes, which the page hides where it shows the quote; an
    earlier version has none.
    """
    return content_of(version) if isinstance(version, PostView) else version.content_html
