"""The only door through which stored HTML reaches a page: cleaned again, although it was cleaned on its way in.

Whoever finds a hole in one cleaning, or writes to the database by another way, meets the second. Only `SafeHtml.of` may
call something safe; everything else on a page is escaped by the templates.
"""

from typing import Self

import nh3
from markupsafe import Markup

_BLOCKS = {"p", "br", "blockquote", "pre", "ul", "ol", "li"}
_INLINE = {"a", "span", "strong", "b", "em", "i", "u", "s", "del", "code", "ruby", "rt", "rp", "bdi"}
_TAGS = _BLOCKS | _INLINE
_CLASSES = {"mention", "hashtag", "ellipsis", "invisible", "u-url", "h-card", "quote-inline"}

_cleaner = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style"},
    attributes={tag: {"lang", "dir"} for tag in _TAGS} | {"a": {"href", "lang", "dir"}, "ol": {"start", "reversed"}},
    allowed_classes={"a": _CLASSES, "span": _CLASSES, "p": _CLASSES},
    url_schemes={"http", "https"},
    link_rel="nofollow noopener noreferrer ugc",
)


class SafeHtml(Markup):
    """HTML that a template may print as it is."""

    @classmethod
    def of(cls, html: str) -> Self:
        """Clean `html`: no pictures, no styles, no scripts, links to http(s) only, and a handful of classes."""
        return cls(_cleaner.clean(html))
