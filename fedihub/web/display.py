"""How values become words on a page: times, names, initials, hosts.

Pure functions, offered to the templates as filters.
"""

import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from markupsafe import Markup

from fedihub.text.clean import clean_name, plain_text

COLOURS = 8
LONGEST_NAME = 200


def plain(name: str) -> str:
    """A name without what plays tricks on its neighbours: direction and control characters, towers of accents."""
    return clean_name(name, limit=LONGEST_NAME)


def words(html: str) -> str:
    """The words of some HTML on one line, for titles and descriptions."""
    return " ".join(plain_text(html).split())


def initials(name: str) -> str:
    """One or two letters that stand for a picture; `·` for a name without any letter. Emoji are no letters."""
    words = [word for word in re.split(r"(?::[A-Za-z0-9_-]+:|[\W_])+", plain(name)) if word]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper() or "·"


def colour(handle: str) -> int:
    """A number from 0 to 7, always the same for one handle: which colour its initials stand on."""
    return zlib.crc32(handle.lower().encode()) % COLOURS


def when(moment: datetime, now: datetime) -> Markup:
    """A `<time>` that says it as a person would, and exactly for machines and for who points at it."""
    exact = f"{moment.day} {moment:%B %Y}, {moment:%H:%M} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"), exact, _spoken(moment, now)
    )


def _spoken(moment: datetime, now: datetime) -> str:
    age = now - moment
    if age < timedelta(minutes=1):
        return "just now"
    if age < timedelta(hours=1):
        return _count(int(age.total_seconds() // 60), "minute") + " ago"
    if age < timedelta(days=1):
        return _count(int(age.total_seconds() // 3600), "hour") + " ago"
    if age < timedelta(days=7):
        return _count(age.days, "day") + " ago"
    return f"{moment.day} {moment:%B}" if moment.year == now.year else f"{moment.day} {moment:%B %Y}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: 1 reply, 2 replies."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def host(url: str) -> str:
    """The host of a URL as people know it, for telling where a link leads."""
    return (urlsplit(url).hostname or url).removeprefix("www.")


def short(text: str, length: int = 160) -> str:
    """At most `length` characters, cut between words; within a word that is too long by itself."""
    if len(text) <= length:
        return text
    cut = text[:length]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:.") + "…"


def breakable(handle: str) -> Markup:
    """A handle that may break between name and host on a narrow screen."""
    name, at, host = handle.rpartition("@")
    return Markup("{}<wbr>{}{}").format(name, at, host)


def shown_url(url: str) -> str:
    """A URL as one reads it aloud: without scheme, `www.` and the last slash."""
    return short(url.partition("://")[2].removeprefix("www.").rstrip("/") or url, 60)


@dataclass(frozen=True, slots=True)
class About:
    """What a page is called, and what is said of it where it is linked to."""

    title: str
    description: str
