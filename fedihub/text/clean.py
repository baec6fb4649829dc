"""HTML from elsewhere, made harmless: an allow-list of elements, attributes, classes and link schemes.

The list is what Mastodon 4.6 keeps (`lib/sanitize_ext/sanitize_config.rb`), so that a post looks here as its author
saw it there. No images (they would tell a stranger who reads what), no styles, no ids. Headings become bold
paragraphs: a page has its own outline. Of a formula (MathML) its source is shown. What is not on the list loses its
tags and keeps its text; scripts lose both.
"""

import re
import unicodedata

import nh3

from fedihub.text.taming import release, tame, tame_names

_TEXT_TAGS = {
    "p",
    "br",
    "span",
    "del",
    "s",
    "pre",
    "blockquote",
    "code",
    "b",
    "strong",
    "u",
    "i",
    "em",
    "ruby",
    "rt",
    "rp",
}
_LIST_TAGS = {"ul", "ol", "li"}
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_TAGS = tame_names(_TEXT_TAGS | _LIST_TAGS | _HEADINGS | {"a"})

_ATTRIBUTES = {
    "*": {"lang"},
    "a": {"href", "class", "translate"},
    "p": {"class"},
    "span": {"class", "translate"},
    "ol": {"start", "reversed"},
    "li": {"value"},
}
_LINK_SCHEMES = {"http", "https", "dat", "dweb", "ipfs", "ipns", "ssb", "gopher", "xmpp", "magnet", "gemini"}
_LINK_REL = "nofollow noopener noreferrer"

_CLASS = re.compile(r"(?:[hpu]|dt|e)-[a-z0-9-]{1,40}|mention|hashtag|ellipsis|invisible|quote-inline")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}")
_NUMBER = re.compile(r"-?[0-9]{1,5}")
_ABSOLUTE = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*:")
_HEADING = re.compile(r"<(/?)h[1-6](?: [^>]*)?>")

_FORMULA = re.compile(r"<math(?:\s[^<>]*)?>", re.IGNORECASE)
_FORMULA_END = re.compile(r"</math\s*>", re.IGNORECASE)
_TEX = re.compile(r'<annotation\s+encoding="application/x-tex"\s*>([^<]*)</annotation>', re.IGNORECASE)
_PLAIN = re.compile(r'<annotation\s+encoding="text/plain"\s*>([^<]*)</annotation>', re.IGNORECASE)
_IS_BLOCK = re.compile(r"\sdisplay=[\"']?block", re.IGNORECASE)

_OVERRIDES = re.compile("[\u202d\u202e]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ACCENT = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACKED = re.compile(f"({_ACCENT}{{4}}){_ACCENT}+")
_CONTROL = re.compile("[\ud800-\udfff\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")

LONGEST_HTML = 100_000


def clean_html(html: str) -> str:
    """HTML that may be stored and shown; plain text comes out as the same text, escaped."""
    cleaned = nh3.clean(
        tame(_without_formulas(_readable(html[:LONGEST_HTML]))),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter,
        url_schemes=_LINK_SCHEMES,
        link_rel=_LINK_REL,
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return _without_headings(release(cleaned))


def clean_own_html(html: str) -> str:
    """The same for what we rendered ourselves, whose links already say how they relate (`rel="tag"`)."""
    own = _ATTRIBUTES | {"a": _ATTRIBUTES["a"] | {"rel", "target"}}
    cleaned = nh3.clean(
        tame(html), tags=_TAGS, attributes=own, attribute_filter=_filter, url_schemes=_LINK_SCHEMES, link_rel=None
    )
    return _without_headings(release(cleaned))


def clean_name(text: str, *, limit: int) -> str:
    """A name on one line: without control characters, without marks that turn the text around it, cut at `limit`."""
    return " ".join(_BIDI.sub("", _readable(text[: limit * 4])).split())[:limit]


def clean_text(text: str, *, limit: int) -> str:
    """Plain text of several lines, without control characters, cut at `limit`."""
    return _readable(text[: limit * 4]).strip()[:limit]


def can_be_seen(text: str) -> bool:
    """Whether anything of a text shows: not only spaces, marks and characters without a shape."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


def plain_text(html: str) -> str:
    """The words of some HTML, without any mark-up; of what is endless, the beginning."""
    spaced = re.sub(r"<br\s*/?>|</p>\s*<p[^>]*>|</li>", "\n", html[:LONGEST_HTML])
    bare: str = nh3.clean(tame(spaced), tags=set())
    return (
        bare.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", '"')
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
        .strip()
    )


def _without_formulas(html: str) -> str:
    """The TeX of a formula, or its text, in the place of its MathML, as Mastodon 4.6 shows it. One pass, so that a text
    full of beginnings without an end costs no more than another.
    """
    parts, position = [], 0
    while (start := _FORMULA.search(html, position)) and (end := _FORMULA_END.search(html, start.end())):
        parts += [html[position : start.start()], _source(start[0], html[start.end() : end.start()])]
        position = end.end()
    return "".join([*parts, html[position:]])


def _source(opening: str, formula: str) -> str:
    if tex := _TEX.search(formula):
        mark = "$$" if _IS_BLOCK.search(opening) else "$"
        return f"{mark}{tex[1].strip()}{mark}"
    plain = _PLAIN.search(formula)
    return plain[1] if plain else ""


def _without_headings(html: str) -> str:
    return _HEADING.sub(lambda match: "</strong></p>" if match[1] else "<p><strong>", html)


def _readable(text: str) -> str:
    """Without control characters, overrides of direction, and towers of accents."""
    return _STACKED.sub(r"\1", _OVERRIDES.sub("", _CONTROL.sub("", text)))


def _filter(_tag: str, name: str, value: str) -> str | None:
    match name:
        case "class":
            return " ".join(word for word in value.split()[:10] if _CLASS.fullmatch(word)) or None
        case "lang":
            return value if _LANGUAGE.fullmatch(value) else None
        case "href":  # a relative one would lead into our own hub
            return value if _ABSOLUTE.match(value) else None
        case "translate":
            return "no" if value == "no" else None
        case "start" | "value":
            return value if _NUMBER.fullmatch(value) else None
        case _:
            return value
