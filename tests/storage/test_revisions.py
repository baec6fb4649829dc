"""Earlier versions of a post: kept in their order, not without end, and gone with the post."""

from datetime import timedelta

from storage.database import Database, Session
from storage.posts import delete_post, find_post, update_post
from storage.revisions import MOST_REVISIONS, keep_revision, list_revisions
from tests.support.rows import NOW, Rows


async def edit(rows: Rows, database: Database, post_id: int, text: str) -> None:
    """Keep what stands, and say something else a minute later."""

    async def unit(session: Session) -> None:
        post = await find_post(session, post_id)
        assert post is not None
        await keep_revision(session, post, id=rows.key(), poll_options=["a", "b"])
        later = (post.edited_at or post.published_at) + timedelta(minutes=1)
        await update_post(session, post_id, {"content_html": text, "edited_at": later})

    await database.write(unit)


async def test_versions_stand_in_their_order_with_their_times(rows: Rows, database: Database) -> None:
    post = await rows.post(await rows.actor("ada"), content_html="one", content_warning="careful")
    assert await database.read(lambda session: list_revisions(session, post.id)) == []
    for text in ("two", "three"):
        await edit(rows, database, post.id, text)
    kept = await database.read(lambda session: list_revisions(session, post.id))
    assert [(each.content_html, each.said_at) for each in kept] == [("one", NOW), ("two", NOW + timedelta(minutes=1))]
    assert (kept[0].content_warning, kept[0].poll_options) == ("careful", ["a", "b"])


async def test_of_endless_edits_the_last_are_kept(rows: Rows, database: Database) -> None:
    post = await rows.post(await rows.actor("ada"), content_html="0")
    for number in range(1, MOST_REVISIONS + 4):
        await edit(rows, database, post.id, str(number))
    kept = await database.read(lambda session: list_revisions(session, post.id))
    assert [each.content_html for each in kept] == [str(number) for number in range(3, MOST_REVISIONS + 3)]


async def test_versions_go_with_their_post(rows: Rows, database: Database) -> None:
    post = await rows.post(await rows.actor("ada"), content_html="one")
    await edit(rows, database, post.id, "two")
    await database.write(lambda session: delete_post(session, post, now=NOW))
    assert await database.read(lambda session: list_revisions(session, post.id)) == []
