"""Chapters: who runs them, who is kept out, and what is in them."""

from storage.actors import Actor, ActorKind
from storage.chapters import (
    Chapter,
    ChapterBan,
    ChapterModerator,
    ChapterRole,
    chapters_of,
    count_chapter_owners,
    delete_ban,
    insert_ban,
    insert_chapter,
    is_banned,
    list_bans,
    list_chapters,
    moderator_role_of,
    moderators_of,
    remove_moderator,
    set_moderator,
)
from storage.database import Database
from storage.deliveries import OutgoingActivity, enqueue, has_announced, has_told_of
from storage.members import Member, insert_member
from storage.openings import (
    Opening,
    OpeningState,
    approved_openings_around,
    count_waiting_of,
    decline_all_of,
    find_local_chapters,
    find_opening_of,
    find_passed_on_of,
    insert_opening,
    update_opening,
)
from storage.posts import Audience, Post, delete_post
from tests.support.rows import NOW, Rows


async def _chapter(rows: Rows, name: str = "pune") -> Actor:
    actor = await rows.actor(name, kind=ActorKind.CHAPTER)
    row = Chapter(actor_id=actor.id, created_at=NOW)
    await rows.database.write(lambda session: insert_chapter(session, row))
    return actor


async def _member(rows: Rows, name: str) -> Actor:
    actor = await rows.actor(name)
    row = Member(actor_id=actor.id, email=f"{name}@mail.example", password_hash="-", created_at=NOW)
    await rows.database.write(lambda session: insert_member(session, row))
    return actor


async def _submit(rows: Rows, chapter: Actor, post: Post) -> bool:
    row = Opening(id=rows.key(), chapter_id=chapter.id, post_id=post.id, created_at=NOW)
    return await rows.database.write(lambda session: insert_opening(session, row))


async def _decide(rows: Rows, chapter: Actor, post: Post, state: OpeningState) -> bool:
    pair = {"chapter_id": chapter.id, "post_id": post.id}
    found = await rows.database.read(lambda session: find_opening_of(session, **pair))
    assert found is not None
    was = (OpeningState.SUBMITTED,)
    return await rows.database.write(lambda session: update_opening(session, found.id, {"state": state}, was=was))


async def _around(rows: Rows, post: Post) -> list[int]:
    found = await rows.database.read(lambda session: approved_openings_around(session, post.uri))
    return [opening.chapter_id for opening in found]


async def test_members_run_a_chapter_each_with_one_part(rows: Rows, database: Database) -> None:
    pune, ana, ben = await _chapter(rows), await _member(rows, "ana"), await _member(rows, "ben")
    parts = [(ana, ChapterRole.OWNER), (ben, ChapterRole.MODERATOR), (ben, ChapterRole.OWNER)]
    for member, role in parts:
        row = ChapterModerator(id=rows.key(), chapter_id=pune.id, member_id=member.id, role=role, created_at=NOW)
        await database.write(lambda session, row=row: set_moderator(session, row))
    found = await database.read(lambda session: moderators_of(session, pune.id))
    assert [(actor.username, role) for actor, role in found] == [("ana", "owner"), ("ben", "owner")]
    assert await database.read(lambda session: count_chapter_owners(session, pune.id)) == 2
    assert await database.write(lambda session: remove_moderator(session, chapter_id=pune.id, member_id=ana.id))
    assert not await database.write(lambda session: remove_moderator(session, chapter_id=pune.id, member_id=ana.id))
    assert await database.read(lambda session: moderator_role_of(session, chapter_id=pune.id, member_id=ana.id)) is None
    assert [actor.id for actor, _ in await database.read(lambda session: chapters_of(session, ben.id))] == [pune.id]


async def test_chapters_are_listed_newest_first(rows: Rows, database: Database) -> None:
    pune, goa = await _chapter(rows, "pune"), await _chapter(rows, "goa")
    await _chapter(rows, "old")
    listed = await database.read(lambda session: list_chapters(session, before=goa.id + 1))
    assert [actor.id for actor, _ in listed] == [goa.id, pune.id]
    ada = await rows.actor("ada")
    found = await database.read(lambda session: find_local_chapters(session, {pune.id, ada.id, 5}))
    assert [actor.id for actor in found] == [pune.id]


async def test_somebody_is_kept_out_until_let_in_again(rows: Rows, database: Database) -> None:
    pune, goa, eve = await _chapter(rows), await _chapter(rows, "goa"), await rows.actor("eve", host="peer.example")
    ban = ChapterBan(chapter_id=pune.id, actor_id=eve.id, reason="adverts", created_at=NOW)
    assert await database.write(lambda session: insert_ban(session, ban))
    assert not await database.write(lambda session: insert_ban(session, ban))
    assert await database.read(lambda session: is_banned(session, chapter_id=pune.id, actor_id=eve.id))
    assert not await database.read(lambda session: is_banned(session, chapter_id=goa.id, actor_id=eve.id))
    listed = await database.read(lambda session: list_bans(session, pune.id))
    assert [(actor.id, row.reason) for actor, row in listed] == [(eve.id, "adverts")]
    assert await database.write(lambda session: delete_ban(session, chapter_id=pune.id, actor_id=eve.id))
    assert not await database.write(lambda session: delete_ban(session, chapter_id=pune.id, actor_id=eve.id))


async def test_a_post_is_in_a_chapter_once_and_decided_once(rows: Rows) -> None:
    pune, goa = await _chapter(rows), await _chapter(rows, "goa")
    post = await rows.post(await rows.actor("ada"))
    assert await _submit(rows, pune, post)
    assert not await _submit(rows, pune, post)
    assert await _submit(rows, goa, post)
    assert await _decide(rows, pune, post, OpeningState.DECLINED)
    assert not await _decide(rows, pune, post, OpeningState.APPROVED)
    assert not await _submit(rows, pune, post)


async def test_the_conversation_of_an_approved_opening_is_the_chapters(rows: Rows, database: Database) -> None:
    pune, ada = await _chapter(rows), await rows.actor("ada")
    post, other = await rows.post(ada), await rows.post(ada)
    answer = await rows.post(ada, answers=post)
    deeper = await rows.post(ada, answers=answer)
    await _submit(rows, pune, post)
    await _submit(rows, pune, other)
    assert await _around(rows, deeper) == []
    await _decide(rows, pune, post, OpeningState.APPROVED)
    assert [await _around(rows, each) for each in (post, answer, deeper, other)] == [[pune.id]] * 3 + [[]]
    await database.write(lambda session: delete_post(session, post, now=NOW))
    assert await _around(rows, answer) == []


async def _tell(rows: Rows, chapter: Actor, post: Post) -> None:
    """The chapter says something of a post to others."""
    key = rows.key()
    activity = OutgoingActivity(
        id=key,
        uri=f"https://hub.example/ap/activities/{key}",
        actor_id=chapter.id,
        activity_type="Announce",
        object_uri=f"{post.uri}/said",
        post_id=post.id,
        body=b"{}",
        created_at=NOW,
    )
    await rows.database.write(lambda session: enqueue(session, activity, [], now=NOW, order_key=None))


async def test_what_a_chapter_has_passed_on_of_an_author_and_stands_for(rows: Rows, database: Database) -> None:
    pune, ada, eve = await _chapter(rows), await rows.actor("ada"), await rows.actor("eve")
    post, removed = await rows.post(eve), await rows.post(ada)
    told, untold = await rows.post(eve, answers=post), await rows.post(eve, answers=post)
    private = await rows.post(eve, answers=post, audience=Audience.FOLLOWERS)
    below_removed, by_ada = await rows.post(eve, answers=removed), await rows.post(ada, answers=post)
    for opening, state in ((post, OpeningState.APPROVED), (removed, OpeningState.REMOVED)):
        await _submit(rows, pune, opening)
        await _decide(rows, pune, opening, state)
    for each in (post, told, private, below_removed, by_ada):
        await _tell(rows, pune, each)
    found = await database.read(lambda session: find_passed_on_of(session, eve.id, limit=9))
    assert [(chapter.id, each.id, root.id) for chapter, each, root in found] == [
        (pune.id, told.id, post.id),
        (pune.id, post.id, post.id),
    ]
    assert len(await database.read(lambda session: find_passed_on_of(session, eve.id, limit=1))) == 1
    assert await database.read(lambda session: has_told_of(session, pune.id, post_id=told.id))
    assert not await database.read(lambda session: has_told_of(session, pune.id, post_id=untold.id))
    assert not await database.read(lambda session: has_told_of(session, ada.id, post_id=told.id))
    assert await database.read(lambda session: has_announced(session, pune.id, object_uri=f"{told.uri}/said"))
    assert not await database.read(lambda session: has_announced(session, ada.id, object_uri=f"{told.uri}/said"))


async def test_what_waits_of_one_author_is_counted_and_left_aside_together(rows: Rows, database: Database) -> None:
    pune, ada, ben = await _chapter(rows), await rows.actor("ada"), await rows.actor("ben")
    posts = [await rows.post(author) for author in (ada, ada, ben)]
    for post in posts:
        await _submit(rows, pune, post)
    of_ada = {"chapter_id": pune.id, "author_id": ada.id}
    assert await database.read(lambda session: count_waiting_of(session, **of_ada)) == 2
    values = {"state": OpeningState.DECLINED}
    assert await database.write(lambda session: decline_all_of(session, values, **of_ada)) == 2
    assert await database.read(lambda session: count_waiting_of(session, **of_ada)) == 0
    assert await database.read(lambda session: count_waiting_of(session, chapter_id=pune.id, author_id=ben.id)) == 1
