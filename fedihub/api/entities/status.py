"""Status: a post, or a boost that wraps one."""

from typing import Any

from pydantic import Field

from federation.uris import LocalUris
from fedihub.api.entities.account import Account, account, acct
from fedihub.api.entities.base import Entity, Id, Moment
from fedihub.api.entities.media import MediaAttachment, media_attachment
from storage.posts import Audience
from storage.views.actors import ActorRef
from storage.views.posts import BoostView, PostView

VISIBILITY = {
    Audience.PUBLIC: "public",
    Audience.QUIET: "unlisted",
    Audience.FOLLOWERS: "private",
    Audience.MENTIONED: "direct",
}
AUDIENCE = {word: audience for audience, word in VISIBILITY.items()}


class Application(Entity):
    """The app that a status was written with."""

    name: str
    website: str | None


class Mention(Entity):
    """Somebody whom a status names; `url` is what the link in its content leads to."""

    id: Id
    username: str
    acct: str
    url: str


class StatusTag(Entity):
    """A hashtag in a status."""

    name: str
    url: str


class QuoteApproval(Entity):
    """Who may quote a status."""

    automatic: list[str]
    manual: list[str]
    viewer: str = Field(alias="current_user")


NOT_QUOTABLE = QuoteApproval.model_validate({"automatic": [], "manual": [], "current_user": "denied"})
"""Quotes are nothing that this hub knows, so there is nobody who could make one."""


class Status(Entity):
    """What somebody said. The last fields are shown to an account only; `text` when a status is deleted, to be
    written anew.
    """

    id: Id
    uri: str
    url: str
    created_at: Moment
    edited_at: Moment | None
    account: Account
    content: str
    visibility: str
    sensitive: bool
    spoiler_text: str
    language: str | None
    in_reply_to_id: Id | None
    in_reply_to_account_id: Id | None
    reblog: "Status | None"
    application: Application | None
    media_attachments: list[MediaAttachment]
    mentions: list[Mention]
    tags: list[StatusTag]
    emojis: list[Entity]
    card: None
    poll: None
    quote: None
    quote_approval: QuoteApproval
    replies_count: int
    reblogs_count: int
    favourites_count: int
    quotes_count: int
    favourited: bool = False
    reblogged: bool = False
    muted: bool = False
    bookmarked: bool = False
    pinned: bool = False
    filtered: list[Entity] = Field(default_factory=list)
    text: str | None = None


class StatusSource(Entity):
    """What the author wrote, before it became HTML."""

    id: Id
    text: str
    spoiler_text: str


class StatusEdit(Entity):
    """One version of a status; `created_at` is when it was made."""

    content: str
    spoiler_text: str
    sensitive: bool
    created_at: Moment
    account: Account
    media_attachments: list[MediaAttachment]
    emojis: list[Entity]
    poll: None
    quote: None


class Context(Entity):
    """What a status answers, and what answers it."""

    ancestors: list[Status]
    descendants: list[Status]


def status(view: PostView, uris: LocalUris, *, viewer_id: int | None) -> Status:
    """The status that a post, or the boost of one, is to this viewer (None: nobody who is known)."""
    original = Status(**_original(view, uris), **_for_viewer(view, viewer_id))
    return original if view.boost is None else _wrapper(view.boost, original=original, uris=uris)


def _original(view: PostView, uris: LocalUris) -> dict[str, Any]:
    return {
        "id": view.id,
        "uri": view.uri,
        "url": view.url or view.uri,
        "created_at": view.published_at,
        "edited_at": view.edited_at,
        "account": account(view.author, uris),
        "content": view.content_html,
        "visibility": VISIBILITY[view.audience],
        "sensitive": view.sensitive,
        "spoiler_text": view.content_warning,
        "language": view.language,
        "in_reply_to_id": view.in_reply_to_id,
        "in_reply_to_account_id": view.in_reply_to_author_id if view.in_reply_to_id else None,
        "reblog": None,
        "application": Application(name=view.app_name, website=view.app_website) if view.app_name else None,
        "media_attachments": [
            media_attachment(each, post_id=view.id, position=n) for n, each in enumerate(view.attachments)
        ],
        "mentions": [_mention(each) for each in view.mentions],
        "tags": [StatusTag(name=each.name, url=uris.tag_page(each.name)) for each in view.tags],
        "emojis": [],
        "card": None,
        "poll": None,
        "quote": None,
        "quote_approval": NOT_QUOTABLE,
        "replies_count": view.replies_count,
        "reblogs_count": view.boosts_count,
        "favourites_count": view.likes_count,
        "quotes_count": 0,
    }


def edits(view: PostView, uris: LocalUris) -> list[StatusEdit]:
    """The versions of a post that are kept: the one that stands."""
    shown = Status(**_original(view, uris))
    version = StatusEdit(
        content=shown.content,
        spoiler_text=shown.spoiler_text,
        sensitive=shown.sensitive,
        created_at=view.edited_at or view.published_at,
        account=shown.account,
        media_attachments=shown.media_attachments,
        emojis=[],
        poll=None,
        quote=None,
    )
    return [version]


def _for_viewer(view: PostView, viewer_id: int | None) -> dict[str, Any]:
    if viewer_id is None:
        return {}
    flags: dict[str, Any] = {
        "favourited": view.liked,
        "reblogged": view.boosted,
        "muted": False,
        "bookmarked": False,
        "filtered": [],
    }
    if view.author.id == viewer_id and view.audience in (Audience.PUBLIC, Audience.QUIET):
        flags["pinned"] = False
    return flags


def _wrapper(boost: BoostView, *, original: Status, uris: LocalUris) -> Status:
    """A boost has an id, a time and an author of its own; the rest it repeats, also the page where it is read."""
    told = {name: getattr(original, name) for name in original.model_fields_set if name != "pinned"}
    told |= {
        "id": boost.id,
        "created_at": boost.published_at,
        "edited_at": None,
        "account": account(boost.booster, uris),
        "uri": boost.uri or original.uri,
        "visibility": VISIBILITY[boost.audience],
    }
    told |= {"reblog": original, "application": None, "in_reply_to_id": None, "in_reply_to_account_id": None}
    return Status.model_validate(told)


def _mention(actor: ActorRef) -> Mention:
    return Mention(
        id=actor.id, username=actor.username, acct=acct(actor.username, actor.host), url=actor.url or actor.uri
    )
