"""Status: a post, or a boost that wraps one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from federation.uris import LocalUris
from fedihub.api.entities.account import Account, account, acct
from fedihub.api.entities.base import Entity, Id, Moment
from fedihub.api.entities.emoji import CustomEmoji, custom_emojis
from fedihub.api.entities.media import MediaAttachment, media_attachments
from fedihub.api.entities.poll import Poll, PollEdit, poll, poll_edit
from fedihub.translate.quotes import content_of, policy_of
from storage.posts import Audience
from storage.quotes import QuotePolicy, QuoteState
from storage.revisions import PostRevision
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


_APPROVAL = {
    QuotePolicy.ANYONE: (["public"], []),
    QuotePolicy.FOLLOWERS: (["followers"], []),
    QuotePolicy.ASK: ([], ["public"]),
    QuotePolicy.NOBODY: ([], []),
}


class ShallowQuote(Entity):
    """What a status that is quoted itself quotes."""

    state: str
    quoted_status_id: Id | None


class Quote(Entity):
    """What a status quotes; the quoted status only where that was allowed, and may be seen."""

    state: str
    quoted_status: "Status | None"


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
    local_only: bool
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
    emojis: list[CustomEmoji]
    card: None
    poll: Poll | None
    quote: Quote | ShallowQuote | None
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
    emojis: list[CustomEmoji]
    poll: PollEdit | None
    quote: None


class Context(Entity):
    """What a status answers, and what answers it."""

    ancestors: list[Status]
    descendants: list[Status]


def status(view: PostView, uris: LocalUris, *, viewer_id: int | None, now: datetime) -> Status:
    """The status that a post, or the boost of one, is to this viewer (None: nobody who is known).

    Of likes and boosts the larger figure is shown: most of those of a remote post never reach us, and its server's
    figure grows old.
    """
    original = _shown(view, uris, viewer_id=viewer_id, now=now, quote=_quote(view, uris, viewer_id=viewer_id, now=now))
    return original if view.boost is None else _wrapper(view.boost, original=original, uris=uris)


def _shown(
    view: PostView, uris: LocalUris, *, viewer_id: int | None, now: datetime, quote: Quote | ShallowQuote | None
) -> Status:
    asked = {
        "poll": poll(view, viewer_id=viewer_id, now=now),
        "quote": quote,
        "quote_approval": _approval(view, viewer_id=viewer_id),
    }
    return Status(**_original(view, uris) | asked, **_for_viewer(view, viewer_id))


def _original(view: PostView, uris: LocalUris) -> dict[str, Any]:
    return {
        "id": view.id,
        "uri": view.uri,
        "url": view.url or view.uri,
        "created_at": view.published_at,
        "edited_at": view.edited_at,
        "account": account(view.author, uris),
        "content": content_of(view),
        "visibility": VISIBILITY[view.audience],
        "local_only": view.is_local_only,
        "sensitive": view.sensitive,
        "spoiler_text": view.content_warning,
        "language": view.language,
        "in_reply_to_id": view.in_reply_to_id,
        "in_reply_to_account_id": view.in_reply_to_author_id if view.in_reply_to_id else None,
        "reblog": None,
        "application": Application(name=view.app_name, website=view.app_website) if view.app_name else None,
        "media_attachments": media_attachments(view.attachments, post_id=view.id),
        "mentions": [_mention(each) for each in view.mentions],
        "tags": [StatusTag(name=each.name, url=uris.tag_page(each.name)) for each in view.tags],
        "emojis": custom_emojis(view.emojis),
        "card": None,
        "poll": None,
        "quote": None,
        "quote_approval": _approval(view, viewer_id=None),
        "replies_count": view.replies_count,
        "reblogs_count": max(view.boosts_count, view.origin_boosts or 0),
        "favourites_count": max(view.likes_count, view.origin_likes or 0),
        "quotes_count": view.quotes_count,
    }


def edits(view: PostView, revisions: Sequence[PostRevision], uris: LocalUris) -> list[StatusEdit]:
    """The versions of a post, oldest first: those that are kept, and the one that stands."""
    shown = Status(**_original(view, uris))
    standing = StatusEdit(
        content=shown.content,
        spoiler_text=shown.spoiler_text,
        sensitive=shown.sensitive,
        created_at=view.edited_at or view.published_at,
        account=shown.account,
        media_attachments=shown.media_attachments,
        emojis=shown.emojis,
        poll=poll_edit([option.title for option in view.poll.options]) if view.poll else None,
        quote=None,
    )
    return [*(_edit(revision, shown) for revision in revisions), standing]


def _edit(revision: PostRevision, shown: Status) -> StatusEdit:
    return StatusEdit(
        content=revision.content_html,
        spoiler_text=revision.content_warning,
        sensitive=revision.sensitive,
        created_at=revision.said_at,
        account=shown.account,
        media_attachments=media_attachments(revision.attachments, post_id=shown.id),
        emojis=custom_emojis(revision.emojis),
        poll=poll_edit(revision.poll_options),
        quote=None,
    )


def _quote(view: PostView, uris: LocalUris, *, viewer_id: int | None, now: datetime) -> Quote | None:
    """What a status quotes, with the quoted status as far as it may be shown."""
    state, quote = _quote_state(view), view.quote
    if state is None or quote is None:
        return None
    if state != "accepted" or quote.post is None:
        return Quote(state="unauthorized" if state == "accepted" else state, quoted_status=None)
    quoted = _shown(quote.post, uris, viewer_id=viewer_id, now=now, quote=_shallow(quote.post))
    return Quote(state=state, quoted_status=quoted)


def _shallow(view: PostView) -> ShallowQuote | None:
    """What a quoted status quotes itself, by its id alone: quotes of quotes would have no end."""
    state = _quote_state(view)
    shown_id = view.quote.quoted_id if view.quote is not None and state == "accepted" else None
    return ShallowQuote(state=state, quoted_status_id=shown_id) if state is not None else None


def _quote_state(view: PostView) -> str | None:
    """What somebody elsewhere quotes without consent is no quote at all: there the text has the link."""
    quote = view.quote
    if quote is None or (quote.state is QuoteState.PENDING and not view.is_local):
        return None
    if quote.state is QuoteState.ACCEPTED and quote.quoted_id is None:
        return "deleted"
    return quote.state.value


def _approval(view: PostView, *, viewer_id: int | None) -> QuoteApproval:
    """Who may quote a status, and whether the viewer may."""
    policy = policy_of(view)
    automatic, manual = _APPROVAL[policy]
    may = policy is QuotePolicy.ANYONE or (policy is QuotePolicy.FOLLOWERS and view.follows_author)
    word = "automatic" if may or view.author.id == viewer_id else "manual" if manual else "denied"
    told = {"automatic": automatic, "manual": manual, "current_user": word if viewer_id is not None else "denied"}
    return QuoteApproval.model_validate(told)


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
    if view.author.id == viewer_id and view.audience is not Audience.MENTIONED:
        flags["pinned"] = view.pinned
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
