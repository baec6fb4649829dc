"""Chapters: founding, showing, changing, and who runs them."""

from fedihub.hub_api.chapter_models import (
    ChapterChanges,
    ChapterList,
    ChapterShown,
    Moderators,
    ModeratorShown,
    NewChapter,
    PartChange,
)
from fedihub.hub_api.models import Page
from fedihub.hub_api.operations import Call
from fedihub.hub_api.projects import further
from fedihub.hub_api.shown import person
from fedihub.services.chapters import (
    ChapterTexts,
    add_moderator,
    create_chapter,
    get_chapter,
    remove_moderator,
    update_chapter,
)
from storage.actors import Actor
from storage.chapters import Chapter, ChapterRole, list_chapters, moderators_of


async def found(call: Call) -> ChapterShown:
    """Found a chapter.

    The member who asks becomes its owner; it can be followed from the whole fediverse at once.
    """
    wish = call.said(NewChapter)
    texts = ChapterTexts(
        display_name=wish.name,
        description=wish.description,
        place=wish.place,
        rules=wish.rules,
        trusts_members=wish.trusts_members,
    )
    actor = await create_chapter(call.hub, founder_id=call.member_id, username=wish.username, texts=texts)
    return await _shown(call, actor.id)


async def show_all(call: Call) -> ChapterList:
    """List the chapters, newest first."""
    page = call.asked(Page)
    before = int(page.before) if page.before else None
    rows = await call.hub.database.read(lambda db: list_chapters(db, before=before, limit=page.limit + 1))
    items = [_chapter(call, actor, chapter) for actor, chapter in rows[: page.limit]]
    older = rows[page.limit - 1][0].id if len(rows) > page.limit else None
    return ChapterList(items=items, next=further(call, "/chapters", older))


async def show(call: Call) -> ChapterShown:
    """Show one chapter."""
    return await _shown(call, call.path_id("id"))


async def change(call: Call) -> ChapterShown:
    """Change what a chapter says about itself.

    Owners may; followers everywhere are told.
    """
    chapter_id, changes = call.path_id("id"), call.said(ChapterChanges)
    given = changes.model_dump(include=changes.model_fields_set - {"name"})
    if "name" in changes.model_fields_set:
        given["display_name"] = changes.name
    by_member_id = call.member_for(chapter_id)
    await update_chapter(call.hub, chapter_id=chapter_id, by_member_id=by_member_id, texts=ChapterTexts(**given))
    return await _shown(call, chapter_id)


async def show_moderators(call: Call) -> Moderators:
    """Show who runs a chapter, owners first."""
    chapter_id = call.path_id("id")
    await _shown(call, chapter_id)
    rows = await call.hub.database.read(lambda db: moderators_of(db, chapter_id))
    parts = [ModeratorShown(member=person(actor, call.hub.uris), role=role) for actor, role in rows]
    return Moderators(items=sorted(parts, key=lambda part: list(ChapterRole).index(part.role)))


async def set_moderator(call: Call) -> Moderators:
    """Let a member run the chapter, or change their part in it. Only an owner may; the last owner stays one."""
    chapter_id = call.path_id("id")
    await add_moderator(
        call.hub,
        chapter_id=chapter_id,
        member_id=call.path_id("member_id"),
        role=call.said(PartChange).role,
        by_member_id=call.member_for(chapter_id),
    )
    return await show_moderators(call)


async def leave(call: Call) -> None:
    """Let a member run the chapter no longer. Owners may, and everybody for themselves; the last owner can't go."""
    chapter_id = call.path_id("id")
    await remove_moderator(
        call.hub,
        chapter_id=chapter_id,
        member_id=call.path_id("member_id"),
        by_member_id=call.member_for(chapter_id),
    )


async def _shown(call: Call, chapter_id: int) -> ChapterShown:
    """A chapter as it is now. Raises Missing."""
    actor, chapter = await call.hub.database.read(lambda db: get_chapter(db, chapter_id))
    return _chapter(call, actor, chapter)


def _chapter(call: Call, actor: Actor, row: Chapter) -> ChapterShown:
    uris = call.hub.uris
    return ChapterShown(
        id=str(actor.id),
        username=actor.username,
        handle=f"@{uris.handle(actor.username)}",
        name=actor.display_name or actor.username,
        uri=actor.uri,
        url=uris.page(actor.username),
        description=actor.bio_source or "",
        description_html=actor.bio_html,
        place=row.place,
        rules=row.rules,
        trusts_members=row.trusts_members,
        created_at=row.created_at,
    )
