"""Openings: what a chapter passes on, what waits in it, and what its moderators decide."""

from collections.abc import Collection

from fedihub.hub_api.chapter_models import (
    Author,
    Bans,
    BanShown,
    Decision,
    OpeningList,
    OpeningPost,
    OpeningShown,
    QueuePage,
)
from fedihub.hub_api.models import Page
from fedihub.hub_api.operations import PREFIX, Call
from fedihub.hub_api.problems import Refused
from fedihub.services import openings
from fedihub.services.chapters import demand_moderator, get_chapter
from storage.actors import Actor
from storage.chapters import list_bans
from storage.database import Session
from storage.openings import OpeningState, find_opening
from storage.views.actors import ActorView
from storage.views.chapter_page import OpeningView, load_opening, load_openings


async def show_all(call: Call) -> OpeningList:
    """List what a chapter passes on, newest first, as far as the token's account may see it."""
    chapter_id, page = call.path_id("id"), call.asked(Page)
    await call.hub.database.read(lambda db: get_chapter(db, chapter_id))
    states = (OpeningState.APPROVED,)
    return await _list(call, f"/chapters/{chapter_id}/openings?", page, states=states, chapter_id=chapter_id)


async def show_queue(call: Call) -> OpeningList:
    """List what waits for a moderator, newest first, or what became of the rest. Moderators may."""
    chapter_id, page = call.path_id("id"), call.asked(QueuePage)
    await _demand_moderator(call, chapter_id)
    path = f"/chapters/{chapter_id}/queue?state={page.state}&"
    return await _list(call, path, page, states=(OpeningState(page.state),), chapter_id=chapter_id)


async def approve(call: Call) -> OpeningShown:
    """Pass a post on to all who follow the chapter. Moderators may."""
    opening_id = await _opening_id(call)
    by_member_id = call.member_for(call.path_id("id"))
    await openings.approve_opening(call.hub, opening_id=opening_id, by_member_id=by_member_id)
    return await _shown(call, opening_id)


async def decline(call: Call) -> OpeningShown:
    """Leave a post aside. Moderators may; its author is not told."""
    opening_id, reason = await _opening_id(call), call.said(Decision).reason
    by_member_id = call.member_for(call.path_id("id"))
    await openings.decline_opening(call.hub, opening_id=opening_id, by_member_id=by_member_id, reason=reason)
    return await _shown(call, opening_id)


async def remove(call: Call) -> OpeningShown:
    """Take an approved post out of the chapter again, everywhere. Moderators may."""
    opening_id, reason = await _opening_id(call), call.said(Decision).reason
    by_member_id = call.member_for(call.path_id("id"))
    await openings.remove_opening(call.hub, opening_id=opening_id, by_member_id=by_member_id, reason=reason)
    return await _shown(call, opening_id)


async def show_bans(call: Call) -> Bans:
    """List who may take no part in the chapter. Moderators may."""
    chapter_id = call.path_id("id")
    await _demand_moderator(call, chapter_id)
    rows = await call.hub.database.read(lambda db: list_bans(db, chapter_id))
    return Bans(
        items=[BanShown(actor=_author(call, who), reason=ban.reason, since=ban.created_at) for who, ban in rows]
    )


async def ban(call: Call) -> Bans:
    """Let an account take no part in the chapter: what it submits is left aside, what it says is not passed on.
    Moderators may.
    """
    chapter_id = call.path_id("id")
    await openings.ban_actor(
        call.hub,
        chapter_id=chapter_id,
        actor_id=call.path_id("actor_id"),
        by_member_id=call.member_for(chapter_id),
        reason=call.said(Decision).reason,
    )
    return await show_bans(call)


async def unban(call: Call) -> None:
    """Let an account take part again. Moderators may."""
    chapter_id = call.path_id("id")
    await openings.unban_actor(
        call.hub,
        chapter_id=chapter_id,
        actor_id=call.path_id("actor_id"),
        by_member_id=call.member_for(chapter_id),
    )


async def _list(call: Call, path: str, page: Page, *, states: Collection[OpeningState], chapter_id: int) -> OpeningList:
    before = int(page.before) if page.before else None
    views, older = await call.hub.database.read(
        lambda db: load_openings(
            db, chapter_id, states=states, viewer_id=call.viewer_id, before=before, limit=page.limit
        )
    )
    rest = f"{path}before={older}&limit={page.limit}"
    address = f"{call.hub.settings.base_url}{PREFIX}{rest}" if older is not None else None
    return OpeningList(items=[_opening(call, view) for view in views], next=address)


async def _demand_moderator(call: Call, chapter_id: int) -> None:
    member_id = call.member_for(chapter_id)

    async def unit(session: Session) -> None:
        await get_chapter(session, chapter_id)
        await demand_moderator(session, chapter_id, member_id=member_id)

    await call.hub.database.read(unit)


async def _opening_id(call: Call) -> int:
    """The opening that the path names, if it is one of the chapter that the path names."""
    chapter_id, opening_id = call.path_id("id"), call.path_id("opening_id")
    opening = await call.hub.database.read(lambda db: find_opening(db, opening_id))
    if opening is None or opening.chapter_id != chapter_id:
        raise Refused(404, "There is no such opening.")
    return opening_id


async def _shown(call: Call, opening_id: int) -> OpeningShown:
    view = await call.hub.database.read(lambda db: load_opening(db, opening_id, viewer_id=call.viewer_id))
    if view is None:
        raise Refused(404, "There is no such opening.")
    return _opening(call, view)


def _opening(call: Call, view: OpeningView) -> OpeningShown:
    post = view.post
    shown = OpeningPost(
        id=str(post.id),
        uri=post.uri,
        url=post.url or post.uri,
        author=_author(call, post.author),
        title=post.title,
        content_html=post.content_html,
        content_warning=post.content_warning,
        published_at=post.published_at,
        edited_at=post.edited_at,
    )
    return OpeningShown(
        id=str(view.id),
        state=view.state,
        reason=view.reason,
        submitted_at=view.submitted_at,
        decided_at=view.decided_at,
        post=shown,
    )


def _author(call: Call, actor: Actor | ActorView) -> Author:
    handle = f"{actor.username}@{actor.host}" if actor.host else call.hub.uris.handle(actor.username)
    return Author(id=str(actor.id), handle=f"@{handle}", name=actor.display_name or actor.username, uri=actor.uri)
