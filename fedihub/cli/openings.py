"""`fedihub chapter …`, its other half: what waits in a chapter, what becomes of it, and who may take no part."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fedihub.cli.actors import bare, get_chapter
from fedihub.cli.chapters import ChapterName, app
from fedihub.cli.failures import Failure
from fedihub.cli.help import examples
from fedihub.cli.output import AsJson, Limit, print_json, print_list
from fedihub.cli.running import acting, reading, run

if TYPE_CHECKING:
    from storage.actors import Actor
    from storage.chapters import ChapterBan
    from storage.database import Session
    from storage.openings import Opening, OpeningState
    from storage.views.actors import ActorView
    from storage.views.chapter_page import OpeningView

__all__ = ["app"]

OpeningId = Annotated[
    int, typer.Argument(metavar="OPENING", help="The opening, as `fedihub chapter queue` names it, or its post's id.")
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; for the moderators.")]
Who = Annotated[str, typer.Argument(metavar="HANDLE", help="@name@host, or @name for one of ours.")]
State = Literal["submitted", "approved", "declined", "removed"]
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class OpeningEntry:
    """A post in a chapter, as lists show it."""

    id: int
    state: "OpeningState"
    author: str
    text: str
    uri: str
    reason: str
    submitted_at: datetime

    @classmethod
    def of(cls, view: "OpeningView") -> "OpeningEntry":
        """From what the chapter's page shows."""
        from fedihub.text.clean import plain_text

        post, author = view.post, view.post.author
        text = " ".join((post.title or plain_text(post.content_html)).split())
        return cls(
            id=view.id,
            state=view.state,
            author=_handle_of(author),
            text=text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…",
            uri=post.uri,
            reason=view.reason,
            submitted_at=view.submitted_at,
        )


@dataclass(frozen=True, slots=True)
class BanEntry:
    """Somebody who may take no part in a chapter."""

    handle: str
    uri: str
    reason: str
    since: datetime

    @classmethod
    def of(cls, actor: "Actor", ban: "ChapterBan") -> "BanEntry":
        """From the two rows."""
        return cls(_handle_of(actor), actor.uri, ban.reason, ban.created_at)


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a post in a chapter."""

    id: int
    post_id: int
    state: "OpeningState"
    reason: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether somebody takes part in a chapter."""

    handle: str
    uri: str
    is_banned: bool


@app.command("queue", epilog=examples("fedihub chapter queue pune", "fedihub chapter queue pune --state declined"))
def queue(
    username: ChapterName,
    *,
    state: Annotated[State, typer.Option(help="Show what became of others, too.")] = "submitted",
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """The posts that wait for a moderator, the newest first."""
    columns = {"id": "OPENING", "author": "BY", "text": "SAYS", "submitted_at": "SINCE"}
    nothing = "Nothing waits." if state == "submitted" else f"Nothing is {state}."
    print_list(run(_queue(username, state, limit)), columns, nothing=nothing, as_json=as_json)


@app.command("approve", epilog=examples("fedihub chapter approve pune 3375019612016640"))
def approve(username: ChapterName, opening: OpeningId, *, as_json: AsJson = False) -> None:
    """Pass a post on to all who follow the chapter."""
    from fedihub.services.openings import approve_opening

    decided = run(_decide(username, opening, approve_opening))
    _print(decided, f"{bare(username)} passes it on", as_json=as_json)


@app.command("decline", epilog=examples("fedihub chapter decline pune 3375019612016640 --reason 'an advertisement'"))
def decline(username: ChapterName, opening: OpeningId, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Leave a post aside; its author is not told."""
    from fedihub.services.openings import decline_opening

    decided = run(_decide(username, opening, decline_opening, reason=reason))
    _print(decided, "it is left aside; nobody was told", as_json=as_json)


@app.command("remove", epilog=examples("fedihub chapter remove pune 3375019612016640 --reason 'sold'"))
def remove(username: ChapterName, opening: OpeningId, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Take an approved post out of the chapter again, everywhere; Lemmy's modlog shows the reason."""
    from fedihub.services.openings import remove_opening

    decided = run(_decide(username, opening, remove_opening, reason=reason))
    _print(decided, f"{bare(username)} has taken it back", as_json=as_json)


@app.command("ban", epilog=examples("fedihub chapter ban pune @eve@peer.example --reason 'adverts again and again'"))
def ban(username: ChapterName, handle: Who, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Let somebody take no part in a chapter: what they submit is left aside, what they say is not passed on."""
    from fedihub.services.openings import ban_actor

    actor = run(_about(username, handle, ban_actor, reason=reason))
    banned = Standing(_handle_of(actor), actor.uri, is_banned=True)
    _print(banned, f"{handle} takes no part in {bare(username)}", as_json=as_json)


@app.command("unban", epilog=examples("fedihub chapter unban pune @eve@peer.example"))
def unban(username: ChapterName, handle: Who, *, as_json: AsJson = False) -> None:
    """Let somebody take part again."""
    from fedihub.services.openings import unban_actor

    actor = run(_about(username, handle, unban_actor))
    free = Standing(_handle_of(actor), actor.uri, is_banned=False)
    _print(free, f"{handle} may take part in {bare(username)}", as_json=as_json)


@app.command("bans", epilog=examples("fedihub chapter bans pune"))
def bans(username: ChapterName, *, limit: Limit = 1000, as_json: AsJson = False) -> None:
    """Who may take no part in a chapter, and why."""
    columns = {"handle": "WHO", "reason": "WHY", "since": "SINCE"}
    print_list(run(_bans(username, limit)), columns, nothing="Nobody is banned.", as_json=as_json)


async def _queue(username: str, state: State, limit: int) -> list[OpeningEntry]:
    from storage.openings import OpeningState
    from storage.views.chapter_page import load_openings

    async with reading() as database:
        chapter, _ = await database.read(lambda session: get_chapter(session, username))
        states = (OpeningState(state),)
        views, _ = await database.read(
            lambda session: load_openings(session, chapter.id, states=states, viewer_id=None, before=None, limit=limit)
        )
        return [OpeningEntry.of(view) for view in views]


async def _decide(username: str, id: int, decide: Callable[..., Awaitable[None]], **how: Any) -> Decided:
    """Let something become of an opening of just this chapter, in the operator's name."""
    async with acting() as hub:
        chapter, _ = await hub.database.read(lambda session: get_chapter(session, username))
        opening = await hub.database.read(lambda session: _find(session, id, chapter=chapter))
        await decide(hub, opening_id=opening.id, by_member_id=None, **how)
        row = await hub.database.read(lambda session: _find(session, opening.id, chapter=chapter))
        return Decided(row.id, row.post_id, row.state, row.reason, row.decided_at)


async def _find(session: "Session", id: int, *, chapter: "Actor") -> "Opening":
    """The opening in this chapter that has this id, or whose post has it: no two things have the same."""
    from storage.openings import find_opening, find_opening_of

    opening = await find_opening(session, id) or await find_opening_of(session, chapter_id=chapter.id, post_id=id)
    if opening is None or opening.chapter_id != chapter.id:
        raise Failure(f"{chapter.username} has no such opening; fedihub chapter queue {chapter.username} shows them")
    return opening


async def _about(username: str, handle: str, decide: Callable[..., Awaitable[None]], **how: Any) -> "Actor":
    from fedihub.services.moderation import find_anybody

    async with acting() as hub:
        chapter, _ = await hub.database.read(lambda session: get_chapter(session, username))
        actor = await find_anybody(hub, handle)
        await decide(hub, chapter_id=chapter.id, actor_id=actor.id, by_member_id=None, **how)
        return actor


async def _bans(username: str, limit: int) -> list[BanEntry]:
    from storage.chapters import list_bans

    async with reading() as database:
        chapter, _ = await database.read(lambda session: get_chapter(session, username))
        found = await database.read(lambda session: list_bans(session, chapter.id, limit=limit))
        return [BanEntry.of(actor, row) for actor, row in found]


def _handle_of(actor: "Actor | ActorView") -> str:
    return f"@{actor.username}@{actor.host}" if actor.host else f"@{actor.username}"


def _print(found: Decided | Standing, text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        typer.echo(text)
