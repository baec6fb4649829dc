"""What a member wrote, as HTML: marked up the way other servers do it, so that their apps recognise handles and
hashtags.

The mark-up is that of Mastodon 4.6 (`app/lib/text_formatter.rb`): its web app opens a handle or a hashtag in place
only when the link's classes, and for handles the address of the profile page, are just so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from federation.uris import LocalUris
from fedihub.text.clean import clean_own_html, clean_text
from fedihub.text.find import MOST_MENTIONS, MOST_TAGS, Found, Handle, find_entities, fold_tag, handle_of

Format = Literal["plain", "markdown"]
LONGEST_SHOWN_LINK = 30
MOST_READ = 20_000
"""So many characters of Markdown are read of a stranger."""


@dataclass(frozen=True, slots=True)
class Named:
    """An actor that a text names: where its page is (what the link must say), and its name."""

    actor_id: int
    username: str
    url: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """The HTML, whom it names (each once), and its hashtags as (folded name, as written)."""

    html: str
    mentioned_ids: list[int]
    tags: list[tuple[str, str]]


def render(text: str, uris: LocalUris, *, named: Mapping[Handle, Named], format: Format = "plain") -> Rendered:
    """Render a text; a handle that is not in `named` stays text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    renderer = _Renderer(uris, named)
    html = renderer.markdown(text) if format == "markdown" else renderer.plain(text)
    return Rendered(html, list(renderer.mentioned)[:MOST_MENTIONS], list(renderer.tags.items())[:MOST_TAGS])


def render_simple(text: str, uris: LocalUris) -> str:
    """A description or a profile: paragraphs, links and hashtags, but nobody is named by it."""
    return render(clean_text(text, limit=20_000), uris, named={}).html


def render_strangers(text: str, *, format: Format) -> str:
    """Text of a stranger who wrote no HTML. It names nobody, and is still to be cleaned like all that comes in."""
    if format == "markdown":
        return str(_markdown().render(clean_text(text, limit=MOST_READ)))
    paragraphs = [part.strip("\n") for part in text.replace("\r", "").strip().split("\n\n")]
    return "".join(f"<p>{escape(part).replace(chr(10), '<br />')}</p>" for part in paragraphs if part)


def link_to(url: str) -> str:
    """A link that shows its own address, shortened for the eye but whole for a copying hand."""
    prefix, shown, rest = _shortened(url)
    cut = ' class="ellipsis"' if rest else ""
    return (
        f'<a href="{escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{escape(prefix)}</span><span{cut}>{escape(shown)}</span>'
        f'<span class="invisible">{escape(rest)}</span></a>'
    )


class _Renderer:
    """Renders one text and remembers whom and what it names."""

    def __init__(self, uris: LocalUris, named: Mapping[Handle, Named]) -> None:
        self._uris = uris
        self._named = named
        self.mentioned: dict[int, None] = {}
        self.tags: dict[str, str] = {}

    def plain(self, text: str) -> str:
        """Blank lines part paragraphs, single ones break the line."""
        paragraphs = [part.strip("\n") for part in text.strip().split("\n\n")]
        return "".join(f"<p>{self._marked(part).replace(chr(10), '<br />')}</p>" for part in paragraphs if part)

    def markdown(self, text: str) -> str:
        """CommonMark without HTML and images; handles, hashtags and addresses are marked up in all text that is not
        code or a link.
        """
        parser = _markdown()
        tokens = parser.parse(text)
        for token in tokens:
            if token.children:
                token.children = self._with_entities(token.children)
        return clean_own_html(parser.renderer.render(tokens, parser.options, {}))

    def _with_entities(self, children: list[Token]) -> list[Token]:
        inside_link = 0
        result = []
        for child in children:
            inside_link += child.nesting if child.type in ("link_open", "link_close") else 0
            if child.type == "text" and not inside_link:
                child = Token("html_inline", "", 0, content=self._marked(child.content))  # noqa: PLW2901
            result.append(child)
        return result

    def _marked(self, text: str) -> str:
        parts: list[str] = []
        position = 0
        for found in find_entities(text):
            parts += [escape(text[position : found.start]), self._entity(found, text[found.start : found.end])]
            position = found.end
        return "".join([*parts, escape(text[position:])])

    def _entity(self, found: Found, written: str) -> str:
        match found.kind:
            case "link":
                return link_to(found.value)
            case "tag":
                return self._tag(found.value)
            case "mention":
                return self._mention(handle_of(found), written)

    def _tag(self, tag: str) -> str:
        name = fold_tag(tag)
        self.tags.setdefault(name, tag)
        page = escape(self._uris.tag_page(name))
        return f'<a href="{page}" class="mention hashtag" rel="tag">#<span>{escape(tag)}</span></a>'

    def _mention(self, handle: Handle, written: str) -> str:
        actor = self._named.get(handle)
        if actor is None:
            return escape(written)
        self.mentioned.setdefault(actor.actor_id)
        return (
            f'<span class="h-card" translate="no"><a href="{escape(actor.url)}" class="u-url mention">'
            f"@<span>{escape(actor.username)}</span></a></span>"
        )


def _shortened(url: str) -> tuple[str, str, str]:
    scheme, separator, rest = url.partition("://")
    prefix = scheme + separator
    if rest.startswith("www."):
        prefix, rest = prefix + "www.", rest[4:]
    return prefix, rest[:LONGEST_SHOWN_LINK], rest[LONGEST_SHOWN_LINK:]


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("strikethrough").disable("image")
