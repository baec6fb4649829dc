"""Openings in a chapter: submitted by mentioning it, decided by its moderators.

Whoever says something to everybody that begins a conversation and names the chapter submits it; once, whatever comes of
it. Nobody is told of a refusal: who submitted sees a post that was not passed on, as most posts are not. Moderators are
members; nothing that a server elsewhere says can decide anything here.
"""

from collections.abc import Iterable

from federation.identifiers import host_of
from fedihub.errors import Conflict, Invalid, Missing
from fedihub.hub import Hub
from fedihub.outbox import new_activity
from fedihub.services.chapters import demand_moderator, get_chapter
from fedihub.services.host_software import learn_software
from fedihub.services.passing_on import (
    announce_opening,
    announce_removal,
    pass_on,
    pass_on_own,
    withdraw_opening,
)
from fedihub.services.sayings import newest_said
from fedihub.services.threads import want_rest
from fedihub.text.clean import clean_text
from fedihub.translate.activities import Json
from storage.actors import Actor, ActorKind, find_actor
from storage.blocks import is_blocked
from storage.chapters import ChapterBan, delete_ban, find_chapter, first_owner, insert_ban, is_banned, moderators_of
from storage.database import Session
from storage.home import add_boost_to_homes
from storage.notifications import NotificationKind, insert_notification
from storage.openings import (
    Opening,
    OpeningState,
    approved_openings_around,
    count_waiting_of,
    decline_all_of,
    find_local_chapters,
    find_opening,
    insert_opening,
    update_opening,
)
from storage.posts import Audience, Post, find_post
from storage.reactions import Boost, delete_boost, find_boost, insert_boost
from storage.recipients import inboxes_of_followers

LONGEST_REASON = 500
MOST_WAITING = 5
"""Posts of one author that may wait for the moderators of one chapter: nobody can bury them in work."""
_MEMBERS = {ActorKind.MEMBER, ActorKind.PROJECT}
_UNDECIDED = (OpeningState.SUBMITTED,)


async def submit_post(session: Session, hub: Hub, post: Post, *, named_ids: Iterable[int]) -> None:
    """Put a post into every chapter among those whom it names, if it is for everybody and begins a conversation.

    Once only: what was decided about it before stays. A chapter that trusts the members of the hub passes theirs on at
    once.
    """
    if post.audience is not Audience.PUBLIC or post.in_reply_to_uri is not None or post.is_local_only:
        return
    for chapter in await _chapters(session, set(named_ids) - {post.author_id}):
        author = await find_actor(session, post.author_id)
        if author is not None and await _may_submit(session, chapter, author):
            await _submit(session, hub, post, chapter=chapter, author=author)


async def hear_post(session: Session, hub: Hub, post: Post, *, author: Actor, mentions: Iterable[Actor]) -> None:
    """What a new or changed post of ours means to chapters, after it was published: it may be submitted, and in the
    conversation of an opening it goes on to the communities that follow the chapter.
    """
    openings = await approved_openings_around(session, post.uri)
    await submit_post(session, hub, post, named_ids=[actor.id for actor in mentions if actor.is_local])
    said = await newest_said(session, post) if openings else None
    if said is not None:
        await pass_on(session, hub, said, by=author, about=post, openings=openings)


async def hear_end(session: Session, hub: Hub, post: Post, *, author: Actor, document: Json) -> None:
    """What the end of a post of ours (the Delete in `document`) means to chapters, before it goes."""
    await pass_on_own(session, hub, document, by=author, about=post)
    for chapter, boost in await boosts_of_openings(session, post):
        await withdraw_opening(session, hub, boost, chapter=chapter, post=post)


async def approve_opening(hub: Hub, *, opening_id: int, by_member_id: int | None) -> None:
    """Pass an opening on to all who follow the chapter; also one that was declined or removed before.

    `by_member_id` is None for the operator. Raises Missing, NotAllowed, and Conflict when it is approved already, or
    when the operator wants less to be heard of its author or of the chapter.
    """
    hosts = await hub.database.read(lambda session: _hosts(session, opening_id))
    await learn_software(hub, hosts)

    async def unit(session: Session) -> None:
        opening, chapter, post = await _get(session, opening_id, by_member_id=by_member_id)
        await _check_standing(session, chapter, post)
        if not await _approve(session, hub, opening, chapter=chapter, post=post, by_id=by_member_id):
            raise Conflict("this opening is approved already")

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def decline_opening(hub: Hub, *, opening_id: int, by_member_id: int | None, reason: str = "") -> None:
    """Leave an opening that waits in peace, for a reason that only the moderators see. Nobody is told.

    Raises Missing, NotAllowed, Invalid, and Conflict when it does not wait any more.
    """
    values = _verdict(hub, OpeningState.DECLINED, by_member_id, reason)

    async def unit(session: Session) -> None:
        opening, _, _ = await _get(session, opening_id, by_member_id=by_member_id)
        if not await update_opening(session, opening.id, values, was=_UNDECIDED):
            raise Conflict("this opening was decided already")

    await hub.database.write(unit)


async def remove_opening(hub: Hub, *, opening_id: int, by_member_id: int | None, reason: str = "") -> None:
    """Take an approved opening out of the chapter again, everywhere. Communities elsewhere hear the reason.

    Raises Missing, NotAllowed, Invalid, and Conflict when it is not approved.
    """
    values = _verdict(hub, OpeningState.REMOVED, by_member_id, reason) | {"boost_id": None}

    async def unit(session: Session) -> None:
        opening, chapter, post = await _get(session, opening_id, by_member_id=by_member_id)
        if not await update_opening(session, opening.id, values, was=(OpeningState.APPROVED,)):
            raise Conflict("only an approved opening can be removed")
        boost = await delete_boost(session, actor_id=chapter.id, post_id=post.id)
        if boost is not None:
            await withdraw_opening(session, hub, boost, chapter=chapter, post=post)
        moderator = await _moderator(session, chapter.id, by_member_id)
        if moderator is not None:
            text = str(values["reason"])
            await announce_removal(session, hub, chapter=chapter, post=post, moderator=moderator, reason=text)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def ban_actor(hub: Hub, *, chapter_id: int, actor_id: int, by_member_id: int | None, reason: str = "") -> None:
    """Let somebody take no part in a chapter: what they submit is left aside, what they say is not passed on. What of
    them was approved stays until it is removed. Raises Missing, NotAllowed, and Invalid for who runs the chapter.
    """
    values = _verdict(hub, OpeningState.DECLINED, by_member_id, reason)

    async def unit(session: Session) -> None:
        await get_chapter(session, chapter_id)
        await demand_moderator(session, chapter_id, member_id=by_member_id)
        if await find_actor(session, actor_id) is None:
            raise Missing("there is no such account")
        if any(actor.id == actor_id for actor, _ in await moderators_of(session, chapter_id)):
            raise Invalid("who runs a chapter cannot be banned from it: remove them as a moderator first")
        row = ChapterBan(
            chapter_id=chapter_id,
            actor_id=actor_id,
            reason=str(values["reason"]),
            banned_by_id=by_member_id,
            created_at=hub.clock.now(),
        )
        await insert_ban(session, row)
        await decline_all_of(session, values, chapter_id=chapter_id, author_id=actor_id)

    await hub.database.write(unit)


async def unban_actor(hub: Hub, *, chapter_id: int, actor_id: int, by_member_id: int | None) -> None:
    """Let somebody take part again; nothing happens to who may. Raises Missing and NotAllowed."""

    async def unit(session: Session) -> None:
        await get_chapter(session, chapter_id)
        await demand_moderator(session, chapter_id, member_id=by_member_id)
        await delete_ban(session, chapter_id=chapter_id, actor_id=actor_id)

    await hub.database.write(unit)


async def boosts_of_openings(session: Session, post: Post) -> list[tuple[Actor, Boost]]:
    """The chapters that have passed a post on, each with the boost by which it did."""
    openings = [each for each in await approved_openings_around(session, post.uri) if each.post_id == post.id]
    found = []
    for opening in openings:  # nearly always one
        chapter = await find_actor(session, opening.chapter_id)
        boost = await find_boost(session, actor_id=opening.chapter_id, post_id=post.id)
        if chapter is not None and boost is not None:
            found.append((chapter, boost))
    return found


async def _chapters(session: Session, ids: set[int]) -> list[Actor]:
    """The chapters among these; mostly one of ours is named, and that is no chapter."""
    if len(ids) != 1:
        return await find_local_chapters(session, ids)
    actor = await find_actor(session, ids.pop())
    return [actor] if actor is not None and actor.kind is ActorKind.CHAPTER and actor.gone_at is None else []


async def _may_submit(session: Session, chapter: Actor, author: Actor) -> bool:
    if chapter.is_hidden or _is_held_back(author):
        return False
    if await is_blocked(session, chapter.id, author.id):
        return False
    if await is_banned(session, chapter_id=chapter.id, actor_id=author.id):
        return False
    return await count_waiting_of(session, chapter_id=chapter.id, author_id=author.id) < MOST_WAITING


async def _check_standing(session: Session, chapter: Actor, post: Post) -> None:
    """Between the submission and now the operator, or the author's server, may have decided otherwise about them."""
    author = await find_actor(session, post.author_id)
    if chapter.is_hidden:
        raise Conflict("this chapter is suspended and passes nothing on: ask the operator of the hub")
    if author is None or _is_held_back(author):
        raise Conflict(
            "its author is suspended or limited on this hub, so it cannot be passed on: decline it, or ask the operator"
        )


def _is_held_back(actor: Actor) -> bool:
    """Of whom less is to be heard, by the decision of the operator or of the actor's own server."""
    return actor.is_hidden or actor.is_limited


async def _submit(session: Session, hub: Hub, post: Post, *, chapter: Actor, author: Actor) -> None:
    now = hub.clock.now()
    opening = Opening(id=hub.ids.next(), chapter_id=chapter.id, post_id=post.id, created_at=now)
    row = await find_chapter(session, chapter.id)
    if not await insert_opening(session, opening) or row is None:
        return
    if row.trusts_members and author.kind in _MEMBERS:
        await _approve(session, hub, opening, chapter=chapter, post=post, by_id=None)


async def _approve(
    session: Session, hub: Hub, opening: Opening, *, chapter: Actor, post: Post, by_id: int | None
) -> bool:
    """The chapter boosts the post, in its followers' home timelines here and everywhere else; False if somebody has
    approved it meanwhile.
    """
    # Somebody may have boosted it as the chapter before.
    earlier = await find_boost(session, actor_id=chapter.id, post_id=post.id)
    boost = earlier or _new_boost(hub, chapter, post)
    values = _verdict(hub, OpeningState.APPROVED, by_id, "") | {"boost_id": boost.id}
    others = [state for state in OpeningState if state is not OpeningState.APPROVED]
    if not await update_opening(session, opening.id, values, was=others):
        return False
    if earlier is None:
        await _boost(session, hub, boost, post)
    await announce_opening(session, hub, boost, chapter=chapter, post=post, is_boosted=earlier is not None)
    await want_rest(session, hub, post.id)
    return True


def _new_boost(hub: Hub, chapter: Actor, post: Post) -> Boost:
    key, uri = new_activity(hub)
    return Boost(id=key, uri=uri, actor_id=chapter.id, post_id=post.id, published_at=hub.clock.now())


async def _boost(session: Session, hub: Hub, boost: Boost, post: Post) -> None:
    """The boost of a post by a chapter, with all that it means on this hub."""
    await insert_boost(session, boost)
    await add_boost_to_homes(session, boost, post)
    if post.is_local:
        await insert_notification(
            session,
            id=hub.ids.next(),
            recipient_id=post.author_id,
            kind=NotificationKind.BOOST,
            actor_id=boost.actor_id,
            post_id=post.id,
            now=boost.published_at,
        )


async def _get(session: Session, opening_id: int, *, by_member_id: int | None) -> tuple[Opening, Actor, Post]:
    """An opening with its chapter and its post, for somebody who may decide about it."""
    opening = await find_opening(session, opening_id)
    post = await find_post(session, opening.post_id) if opening is not None else None
    if opening is None or post is None:
        raise Missing("there is no such opening")
    chapter, _ = await get_chapter(session, opening.chapter_id)
    await demand_moderator(session, chapter.id, member_id=by_member_id)
    return opening, chapter, post


async def _hosts(session: Session, opening_id: int) -> list[str]:
    """Where those are who will hear of an opening."""
    opening = await find_opening(session, opening_id)
    inboxes = await inboxes_of_followers(session, opening.chapter_id) if opening is not None else []
    return [host_of(inbox) for inbox in inboxes]


async def _moderator(session: Session, chapter_id: int, member_id: int | None) -> Actor | None:
    """In whose name something is moderated: the operator acts for the chapter's first owner."""
    return await find_actor(session, member_id) if member_id is not None else await first_owner(session, chapter_id)


def _verdict(hub: Hub, state: OpeningState, by_id: int | None, reason: str) -> dict[str, object]:
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"a reason has at most {LONGEST_REASON} characters", field="reason")
    return {
        "state": state,
        "reason": clean_text(reason, limit=LONGEST_REASON),
        "decided_by_id": by_id,
        "decided_at": hub.clock.now(),
    }
