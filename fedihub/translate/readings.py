"""What other kinds of servers make of an object: what they show of it, to whom, and what they leave out.

Each rule was seen in the software's source or on its wire: Mastodon 4.6 (`app/lib/activitypub/activity/create.rb`,
`lib/sanitize_ext`), GoToSocial 0.20, Lemmy 0.19 (`crates/apub`), Misskey 2025 (`ApNoteService`).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from federation.addressing import Audience, audience_of
from federation.vocabulary.attachments import Attachment
from federation.vocabulary.base import addresses_of, id_of
from federation.vocabulary.objects import RemoteObject, read_object
from federation.vocabulary.terms import is_public
from fedihub.text.clean import clean_text, plain_text

Json = Mapping[str, Any]
LONGEST_TITLE = 200


class PeerKind(StrEnum):
    """The kinds of servers whose reading is known here."""

    MASTODON = "mastodon"
    GOTOSOCIAL = "gotosocial"
    LEMMY = "lemmy"
    MISSKEY = "misskey"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a peer shows. `shown_as` is "nothing" where it drops the object; `dropped` are properties that it does not
    read, `notes` what its people will see differently from ours.
    """

    peer: PeerKind
    shown_as: str
    audience: str
    title: str = ""
    warning: str = ""
    text: str = ""
    language: str = ""
    attachments: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Peer:
    """How one kind reads. `shown_whole` are the types whose `content` it shows, `converted` those of which it shows
    title, summary and link.
    """

    audiences: Mapping[Audience, str]
    reads: frozenset[str]
    shown_whole: frozenset[str]
    converted: frozenset[str]
    most_attachments: int
    notes: Callable[["_Object"], list[str]]


@dataclass(frozen=True, slots=True)
class _Object:
    """An object and what several rules ask about it; `is_in_community`: one of those to whom it is addressed is one."""

    raw: Json
    found: RemoteObject
    audience: Audience
    is_in_community: bool

    @property
    def names_somebody(self) -> bool:
        return bool(self.found.mentions)


def reading(
    document: Json, peer: PeerKind, *, followers_uri: str | None, now: datetime, communities: Collection[str] = ()
) -> Reading:
    """What a peer of this kind makes of a post; `communities` are the groups among those to whom it is addressed.
    Raises `BadDocument` for what is no post.
    """
    found = read_object(dict(document), now=now)
    rules = _PEERS[peer]
    audience = audience_of(found.to, found.cc, followers_uri=followers_uri)
    thing = _Object(document, found, audience, any(uri in communities for uri in addressed_in(document)))
    shown_as = _shown_as(thing, peer, rules)
    shown_to = rules.audiences.get(audience, "nobody")
    if shown_as == "nothing" or shown_to == "nobody":
        return Reading(peer, "nothing", shown_to, notes=tuple(rules.notes(thing)))
    return Reading(
        peer=peer,
        shown_as=shown_as,
        audience=shown_to,
        title=_title(thing, peer),
        warning=_warning(thing, peer),
        text=_text(thing, rules),
        language=(found.language or "") if "contentMap" in rules.reads else "",
        attachments=tuple(_file(file) for file in found.attachments[: rules.most_attachments]),
        options=tuple(option.title for option in found.poll.options) if found.poll else (),
        told=tuple(
            mention.name or mention.href for mention in found.mentions if mention.href in (*found.to, *found.cc)
        ),
        hashtags=tuple(found.hashtags),
        dropped=tuple(sorted(name for name, value in document.items() if _says(value) and name not in rules.reads)),
        notes=(*_about_files(thing, rules), *rules.notes(thing)),
    )


def author_of(document: Json) -> str | None:
    """Who wrote it, as it says itself."""
    return id_of(document.get("attributedTo"))


def addressed_in(document: Json) -> list[str]:
    """To whom it is addressed, in whatever way; without everybody."""
    found = [uri for name in ("to", "cc", "audience") for uri in addresses_of(document.get(name))]
    return [uri for uri in dict.fromkeys(found) if not is_public(uri)]


def _shown_as(thing: _Object, peer: PeerKind, rules: _Peer) -> str:
    found = thing.found
    if found.type not in rules.shown_whole | rules.converted:
        return "nothing"
    if peer is not PeerKind.LEMMY:
        return "poll" if found.poll else "post"
    if found.in_reply_to is not None:
        return "comment"
    return "post in a community" if thing.is_in_community else "nothing"


def _title(thing: _Object, peer: PeerKind) -> str:
    """Lemmy needs one, and takes the first line of the text where there is none."""
    if thing.found.type not in ("Note", "Question"):
        return clean_text(thing.found.name or "", limit=LONGEST_TITLE)
    if peer is PeerKind.LEMMY and thing.found.in_reply_to is None:
        text = thing.found.name or plain_text(thing.found.content or "").strip()
        return clean_text(text.partition("\n")[0], limit=LONGEST_TITLE)
    return ""


def _warning(thing: _Object, peer: PeerKind) -> str:
    found = thing.found
    match peer:
        case PeerKind.LEMMY:
            return ""
        case PeerKind.GOTOSOCIAL:
            return clean_text(found.summary or found.name or "", limit=LONGEST_TITLE)
        case _:
            return clean_text(found.summary or "", limit=LONGEST_TITLE) if found.type in ("Note", "Question") else ""


def _text(thing: _Object, rules: _Peer) -> str:
    found = thing.found
    if found.type in rules.shown_whole:
        return plain_text(found.content or "").strip()
    parts = [found.name or "", plain_text(found.summary or ""), found.url or found.uri]
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _file(file: Attachment) -> str:
    return f"{file.url} ({file.alt})" if file.alt else file.url


def _says(value: Any) -> bool:
    return value not in (None, "", [], {}, False)


def _about_files(thing: _Object, rules: _Peer) -> list[str]:
    files = thing.found.attachments
    over = len(files) - rules.most_attachments
    notes = [f"only the first {rules.most_attachments} of {len(files)} attachments are shown"] if over > 0 else []
    if any(not file.alt for file in files[: rules.most_attachments]):
        notes.append("an attachment has no description")
    return notes


def _mastodon_notes(thing: _Object) -> list[str]:
    found, notes = thing.found, []
    if found.type not in ("Note", "Question"):
        notes.append("the text of this type is never shown: only title, summary and a link to the original")
    if found.name and found.type == "Note":
        notes.append("`name` is not shown: a title must stand in the text")
    if any(not _is_playable(file.media_type) for file in found.attachments[:4]):
        notes.append("an attachment of this kind becomes a bare link")
    return notes


def _gotosocial_notes(thing: _Object) -> list[str]:
    notes = []
    if thing.found.name and not thing.found.summary:
        notes.append("`name` becomes the content warning, and the text is folded behind it")
    if not thing.names_somebody:
        notes.append("only who follows the author gets it: nobody is tagged as mentioned")
    return notes


def _lemmy_notes(thing: _Object) -> list[str]:
    found, notes = thing.found, []
    if thing.audience not in (Audience.PUBLIC, Audience.QUIET):
        notes.append("posts for few people are not taken")
    if found.poll is not None:
        notes.append("polls are not known there")
    elif found.in_reply_to is None and not thing.is_in_community:
        notes.append("what answers nothing and is addressed to no community is dropped")
    if found.summary and found.type == "Note":
        notes.append("the content warning is not shown: everybody sees the text at once")
    if found.in_reply_to is not None:
        notes.append("the answer is shown only if the post that it answers is in a community there")
    return notes


def _misskey_notes(thing: _Object) -> list[str]:
    notes = ["the HTML is turned into its own markup: what that does not know loses its look"]
    if thing.raw.get("updated"):
        notes.append("edits of posts are not taken: what came first stays")
    return notes


def _is_playable(media_type: str | None) -> bool:
    """What Mastodon shows in place; other files, PDFs among them, are links there."""
    return media_type is None or media_type.startswith(("image/", "video/", "audio/"))


_COMMON = frozenset({"@context", "id", "type", "attributedTo", "to", "cc", "published", "content", "inReplyTo", "tag"})
_SOCIAL = _COMMON | {"url", "summary", "sensitive", "attachment", "replies", "oneOf", "anyOf", "endTime", "closed"}
_PEERS = {
    PeerKind.MASTODON: _Peer(
        audiences={
            Audience.PUBLIC: "public",
            Audience.QUIET: "quiet public",
            Audience.FOLLOWERS: "followers",
            Audience.MENTIONED: "private mention",
        },
        reads=_SOCIAL
        | {"contentMap", "updated", "conversation", "likes", "shares", "votersCount", "interactionPolicy", "quote"}
        | {"_misskey_quote", "quoteUrl", "quoteUri", "quoteAuthorization"},
        shown_whole=frozenset({"Note", "Question"}),
        converted=frozenset({"Article", "Page", "Event", "Image", "Video", "Audio"}),
        most_attachments=4,
        notes=_mastodon_notes,
    ),
    PeerKind.GOTOSOCIAL: _Peer(
        audiences={
            Audience.PUBLIC: "public",
            Audience.QUIET: "unlisted",
            Audience.FOLLOWERS: "followers-only",
            Audience.MENTIONED: "direct",
        },
        reads=_SOCIAL | {"name", "contentMap", "updated", "votersCount", "interactionPolicy"},
        shown_whole=frozenset({"Note", "Question", "Article", "Page", "Event", "Image", "Video", "Audio"}),
        converted=frozenset(),
        most_attachments=6,
        notes=_gotosocial_notes,
    ),
    PeerKind.LEMMY: _Peer(
        audiences={Audience.PUBLIC: "everybody", Audience.QUIET: "everybody"},
        reads=_COMMON
        | {"name", "audience", "mediaType", "source", "updated", "attachment", "image", "sensitive", "language"},
        shown_whole=frozenset({"Note", "Page", "Article"}),
        converted=frozenset({"Page", "Article", "Video", "Event"}),
        most_attachments=16,
        notes=_lemmy_notes,
    ),
    PeerKind.MISSKEY: _Peer(
        audiences={
            Audience.PUBLIC: "public",
            Audience.QUIET: "home",
            Audience.FOLLOWERS: "followers",
            Audience.MENTIONED: "specified",
        },
        reads=_SOCIAL | {"_misskey_quote", "quoteUrl", "quoteUri", "_misskey_content", "source"},
        shown_whole=frozenset({"Note", "Question", "Article", "Audio", "Image", "Page", "Video", "Event"}),
        converted=frozenset(),
        most_attachments=16,
        notes=_misskey_notes,
    ),
}
