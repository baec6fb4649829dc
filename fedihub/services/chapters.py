"""Chapters: founding one, telling what it is for, choosing who runs it, and ending it.

What its moderators decide about openings and people is in `fedihub.services.openings`.
"""

from dataclasses import dataclass

from fedihub.errors import Conflict, Invalid, Missing, NotAllowed
from fedihub.hub import Hub
from fedihub.outbox import publish_actor_update
from fedihub.services.actors import RESERVED, check_display_name, check_username, key_row, new_actor
from fedihub.services.projects import LONGEST_DESCRIPTION
from fedihub.text.clean import clean_name, clean_text
from fedihub.text.render import render_simple
from storage.access import delete_access_as
from storage.actors import (
    Actor,
    ActorKind,
    find_actor,
    find_local_by_username,
    hold_actor,
    insert_actor,
    insert_keys,
    update_actor,
)
from storage.chapters import (
    Chapter,
    ChapterModerator,
    ChapterRole,
    count_chapter_owners,
    find_chapter,
    insert_chapter,
    lock_chapter,
    moderator_role_of,
    set_moderator,
)
from storage.chapters import remove_moderator as delete_moderator
from storage.chapters import update_chapter as store_chapter
from storage.database import Session
from storage.errors import AlreadyExists
from storage.members import find_member

LONGEST_PLACE = 100
LONGEST_RULES = 2_000
"""Mastodon 4.6 shows so much of a profile field (2047)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterTexts:
    """What a chapter says of itself; None stays as it is (or, for a new one, empty)."""

    display_name: str | None = None
    description: str | None = None
    place: str | None = None
    rules: str | None = None
    trusts_members: bool | None = None


async def create_chapter(
    hub: Hub, *, founder_id: int, username: str, texts: ChapterTexts, by_operator: bool = False
) -> Actor:
    """A new chapter with an actor and keys of its own; its founder becomes its owner.

    Raises Invalid, Conflict when the name is taken or kept for the operator, Missing when the founder is no member.
    """
    username = check_username(username)
    if username in RESERVED and not by_operator:
        raise Conflict("this username is kept for whoever runs the hub")
    if await hub.database.read(lambda session: find_local_by_username(session, username)) is not None:
        raise Conflict("this username is taken")
    actor = new_actor(hub, ActorKind.CHAPTER, username=username, display_name=username)
    chapter = Chapter(actor_id=actor.id, founder_id=founder_id, created_at=actor.created_at)
    _describe(hub, actor, chapter, texts=texts)
    keys = key_row(actor.id, await hub.make_keys())

    async def unit(session: Session) -> Actor:
        if await find_member(session, founder_id) is None:
            raise Missing("only a member can found a chapter")
        await insert_actor(session, actor)
        await insert_keys(session, keys)
        await insert_chapter(session, chapter)
        await set_moderator(session, _part(hub, actor.id, founder_id, role=ChapterRole.OWNER))
        return actor

    try:
        return await hub.database.write(unit)
    except AlreadyExists as error:  # somebody else was faster
        raise Conflict("this username is taken") from error


async def update_chapter(hub: Hub, *, chapter_id: int, by_member_id: int | None, texts: ChapterTexts) -> Actor:
    """Change what is given, leave the rest, and tell the followers. `by_member_id` is None for the operator.

    Raises Missing, Invalid, and NotAllowed for a member who is no owner.
    """

    async def unit(session: Session) -> Actor:
        await hold_actor(session, chapter_id)
        actor, chapter = await get_chapter(session, chapter_id)
        await demand_owner(session, chapter_id, member_id=by_member_id)
        _describe(hub, actor, chapter, texts=texts)
        actor.updated_at = hub.clock.now()
        await update_actor(session, actor)
        await store_chapter(session, chapter)
        await publish_actor_update(session, hub, actor=actor)
        return actor

    actor = await hub.database.write(unit)
    hub.wake.outbound.set()
    return actor


async def add_moderator(
    hub: Hub, *, chapter_id: int, member_id: int, role: ChapterRole, by_member_id: int | None = None
) -> None:
    """Let a member run the chapter, or change their part in it. Only an owner (or the operator: None) may.

    Raises Missing, NotAllowed, and Conflict when the last owner would be lost.
    """

    async def unit(session: Session) -> None:
        await get_chapter(session, chapter_id)
        await demand_owner(session, chapter_id, member_id=by_member_id)
        if await find_member(session, member_id) is None:
            raise Missing("there is no such member")
        if role is not ChapterRole.OWNER:
            await _keep_an_owner(session, chapter_id, leaving=member_id)
        await set_moderator(session, _part(hub, chapter_id, member_id, role=role))

    await hub.database.write(unit)


async def remove_moderator(hub: Hub, *, chapter_id: int, member_id: int, by_member_id: int | None = None) -> None:
    """A member runs the chapter no longer; they may always leave by themselves. Tokens with which they act as the
    chapter end.

    Raises Missing, NotAllowed, and Conflict when the last owner would be lost.
    """

    async def unit(session: Session) -> None:
        await get_chapter(session, chapter_id)
        if by_member_id != member_id:
            await demand_owner(session, chapter_id, member_id=by_member_id)
        if await moderator_role_of(session, chapter_id=chapter_id, member_id=member_id) is None:
            raise Missing("this member does not run the chapter")
        await _keep_an_owner(session, chapter_id, leaving=member_id)
        await delete_moderator(session, chapter_id=chapter_id, member_id=member_id)
        await delete_access_as(session, member_id=member_id, actor_id=chapter_id)

    await hub.database.write(unit)


async def get_chapter(session: Session, chapter_id: int) -> tuple[Actor, Chapter]:
    """A chapter that is still here. Raises Missing."""
    actor, chapter = await find_actor(session, chapter_id), await find_chapter(session, chapter_id)
    if actor is None or chapter is None or actor.gone_at is not None:
        raise Missing("there is no such chapter")
    return actor, chapter


async def demand_owner(session: Session, chapter_id: int, *, member_id: int | None) -> None:
    """Raises NotAllowed for a member who is no owner of the chapter; None is the operator."""
    if member_id is None:
        return
    if await moderator_role_of(session, chapter_id=chapter_id, member_id=member_id) is not ChapterRole.OWNER:
        raise NotAllowed("only an owner of this chapter may do that")


async def demand_moderator(session: Session, chapter_id: int, *, member_id: int | None) -> None:
    """Raises NotAllowed for a member who does not run the chapter; None is the operator."""
    if member_id is not None and await moderator_role_of(session, chapter_id=chapter_id, member_id=member_id) is None:
        raise NotAllowed("only those who run this chapter may do that")


async def show_place_and_rules(session: Session, hub: Hub, actor: Actor) -> None:
    """Write into the (unsaved) row of a chapter's actor the profile fields that other servers show of it."""
    _, chapter = await get_chapter(session, actor.id)
    _describe(hub, actor, chapter, texts=ChapterTexts())


def _describe(hub: Hub, actor: Actor, chapter: Chapter, *, texts: ChapterTexts) -> None:
    """Change both rows. Place and rules become profile fields, which every server shows. Raises Invalid."""
    if texts.display_name is not None:
        actor.display_name = check_display_name(texts.display_name, otherwise=actor.username)
    if texts.description is not None:
        actor.bio_source = _text(texts.description, limit=LONGEST_DESCRIPTION, field="description")
        actor.bio_html = render_simple(actor.bio_source, hub.uris)
    if texts.place is not None:
        _text(texts.place, limit=LONGEST_PLACE, field="place")
        chapter.place = clean_name(texts.place, limit=LONGEST_PLACE)
    if texts.rules is not None:
        chapter.rules = _text(texts.rules, limit=LONGEST_RULES, field="rules")
    if texts.trusts_members is not None:
        chapter.trusts_members = texts.trusts_members
    shown = {"Place": chapter.place, "Rules": chapter.rules}
    actor.fields = [
        {"name": name, "value": render_simple(text, hub.uris), "source": text} for name, text in shown.items() if text
    ]


def _text(text: str, *, limit: int, field: str) -> str:
    if len(text) > limit:
        raise Invalid(f"the {field} of a chapter has at most {limit} characters", field=field)
    return clean_text(text, limit=limit)


def _part(hub: Hub, chapter_id: int, member_id: int, *, role: ChapterRole) -> ChapterModerator:
    return ChapterModerator(
        id=hub.ids.next(), chapter_id=chapter_id, member_id=member_id, role=role, created_at=hub.clock.now()
    )


async def _keep_an_owner(session: Session, chapter_id: int, *, leaving: int) -> None:
    await lock_chapter(session, chapter_id)  # two owners who leave at once must not each count on the other
    if await moderator_role_of(session, chapter_id=chapter_id, member_id=leaving) is not ChapterRole.OWNER:
        return
    if await count_chapter_owners(session, chapter_id) <= 1:
        raise Conflict("a chapter needs an owner: name another one first")
