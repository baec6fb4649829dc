"""The text of a remote post, whatever kind of thing it is: one piece of clean HTML that can stand in a thread.

A Note and a Question are shown as they are. Of an Article, a Page, an Event, a film or a picture people see what
Mastodon 4.6 shows of them (title, summary, link), and besides that what it leaves out: a text that is short enough to
be read in a thread, when and where an Event takes place, the page that a Lemmy post is about. A title stands in the
text and never becomes a content warning, and neither does the summary of what is no Note.
"""

from datetime import datetime
from html import escape

from federation.vocabulary.happenings import Happening
from federation.vocabulary.objects import RemoteObject
from fedihub.text.clean import clean_html, clean_name, clean_text, plain_text
from fedihub.text.render import Format, link_to, render_strangers

SHOWN_AS_THEY_ARE = ("Note", "Question")
LONGEST_TITLE = 200
LONG = 2_000
"""An Article with more characters is read where it was written, if there is a shorter text to show here."""

_FORMATS: dict[str, Format] = {"text/markdown": "markdown", "text/plain": "plain"}
_ONE_LINE = 1_000


def title_of(found: RemoteObject) -> str | None:
    """The title of a post, in plain text."""
    return clean_name(found.name, limit=LONGEST_TITLE) or None if found.name else None


def content_of(found: RemoteObject) -> str:
    """All that is shown of a post. Each part is cleaned by itself: none can swallow the next."""
    body = _body(found)
    parts = [_title(found, body), _happening(found.happening)]
    if found.type in SHOWN_AS_THEY_ARE:
        parts.append(body)
    else:
        parts += [_summary(found, body), body, _links(found, body)]
    return "".join(clean_html(part) for part in parts if part)


def _body(found: RemoteObject) -> str:
    """The text itself; of a long Article its summary, or the short form that comes with it (FEP-b2b8)."""
    content = found.content or ""
    if (format := _FORMATS.get((found.media_type or "").lower())) is not None:
        content = render_strangers(content, format=format)
    if found.type == "Article" and len(plain_text(content)) > LONG and (found.summary or found.preview):
        return found.preview or "" if not found.summary else ""
    return content


def _title(found: RemoteObject, body: str) -> str:
    """Unless the text begins with it: WordPress and Ghost repeat the title there."""
    title = title_of(found)
    if title is None or plain_text(body[:_ONE_LINE]).startswith(title):
        return ""
    return f"<p><strong>{escape(title)}</strong></p>"


def _summary(found: RemoteObject, body: str) -> str:
    """The summary, which may be HTML, unless it only repeats the beginning of the text."""
    summary = (found.summary or "").strip()
    words = plain_text(summary).removesuffix("…").removesuffix("[...]").strip()
    if not words or plain_text(body).startswith(words):
        return ""
    return summary if summary.startswith("<") else f"<p>{summary}</p>"


def _links(found: RemoteObject, body: str) -> str:
    """The pages that a post is about, and its own page, as far as the text does not lead there already."""
    urls = dict.fromkeys([*found.pages, found.url or found.uri])
    return "".join(f"<p>{link_to(url)}</p>" for url in urls if f'"{escape(url)}"' not in body)


def _happening(happening: Happening | None) -> str:
    """`12 February 2026, 14:08 (UTC+01:00) – 16:00`, and below it the place."""
    if happening is None:
        return ""
    place = escape(clean_text(happening.place or "", limit=_ONE_LINE))
    lines = [_span(happening.starts_at, happening.ends_at), place]
    return f"<p>{'<br>'.join(line for line in lines if line)}</p>"


def _span(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return _moment(start) if start is not None else f"until {_moment(end)}" if end is not None else ""
    is_same_day = (start.date(), start.utcoffset()) == (end.date(), end.utcoffset())
    return f"{_moment(start)} – {f'{end:%H:%M}' if is_same_day else _moment(end)}"


def _moment(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M} ({moment.tzname()})"
