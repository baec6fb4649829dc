"""Posts: stored with their parts, counted where they are shown, deleted with all that hangs on them, never forgotten as
deleted.
"""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from storage.actors import Actor
from storage.database import Database
from storage.errors import AlreadyExists
from storage.home import HomeEntry, add_boost_to_homes, add_post_to_homes
from storage.ids import span_of
from storage.notifications import Notification, NotificationKind, insert_notification
from storage.posts import (
    Audience,
    Mention,
    Post,
    PostKey,
    PostTag,
    Tombstone,
    delete_old_post_keys,
    delete_post,
    find_local_tombstone,
    find_mentioned,
    find_post,
    find_post_by_uri,
    find_post_key,
    find_posts_by_uri,
    find_tags,
    find_tombstone,
    insert_post_key,
    insert_tombstone,
    update_post,
)
from storage.reactions import Boost, Like
from storage.visibility import is_visible
from tests.support.rows import NOW, Rows

PEER = "peer.example"


async def delete(database: Database, post: Post) -> None:
    await database.write(lambda session: delete_post(session, post, now=NOW))


async def test_a_post_is_found_with_its_parts(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    tags = [("solar", "Solar"), ("wind", "wind"), ("solar", "SOLAR")]
    post = await rows.post(ada, mentions=[bob, bob], tags=tags, attachments=[{"url": "https://x.example/1"}])
    assert await database.read(lambda session: find_post(session, post.id)) == post
    assert await database.read(lambda session: find_post_by_uri(session, post.uri)) == post
    assert await database.read(lambda session: find_posts_by_uri(session, [post.uri, "https://no.example"])) == {
        post.uri: post
    }
    assert await database.read(lambda session: find_mentioned(session, post.id)) == [bob]
    assert await database.read(lambda session: find_tags(session, post.id)) == [("solar", "Solar"), ("wind", "wind")]


async def test_one_uri_is_one_post(rows: Rows) -> None:
    ada = await rows.actor("ada")
    post = await rows.post(ada)
    with pytest.raises(AlreadyExists):
        await rows.post(ada, uri=post.uri)
    assert (await rows.fresh_actor(ada)).posts_count == 1


async def test_many_posts_of_one_moment_have_each_a_key(rows: Rows) -> None:
    """Peers say when a post was written, and so which key it gets: more of them come than there are keys."""
    bob = await rows.actor("bob", host=PEER)
    key = rows.key()
    posts = [await rows.post(bob, uri=f"https://peer.example/{number}", id=key) for number in range(20)]
    assert len({post.id for post in posts}) == 20
    assert max(post.id for post in posts) < key + span_of(timedelta(seconds=2))
    for post in posts:
        assert (await rows.fresh_post(post)).uri == post.uri


async def test_the_author_counts_what_their_page_shows(rows: Rows) -> None:
    ada = await rows.actor("ada")
    for audience in Audience:
        await rows.post(ada, audience=audience)
    await rows.post(ada, published_at=NOW - timedelta(days=3))
    stored = await rows.fresh_actor(ada)
    assert stored.posts_count == 4
    assert stored.last_post_at == NOW


async def test_a_parent_counts_the_answers_that_anybody_may_read(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    parent = await rows.post(ada)
    answers = [await rows.post(bob, answers=parent, audience=audience) for audience in Audience]
    assert (await rows.fresh_post(parent)).replies_count == 2
    for answer in answers:
        await delete(database, answer)
    assert (await rows.fresh_post(parent)).replies_count == 0
    assert (await rows.fresh_actor(bob)).posts_count == 0


async def test_an_edit_replaces_what_is_given_and_leaves_the_rest(rows: Rows, database: Database) -> None:
    ada, bob, eve = [await rows.actor(name) for name in ("ada", "bob", "eve")]
    post = await rows.post(ada, mentions=[bob], tags=[("solar", "solar")], content_html="<p>one</p>")
    edited = {"content_html": "<p>two</p>", "edited_at": NOW}
    await database.write(lambda session: update_post(session, post.id, edited, mentioned_ids=[eve.id]))
    stored = await rows.fresh_post(post)
    assert (stored.content_html, stored.edited_at, stored.audience) == ("<p>two</p>", NOW, Audience.PUBLIC)
    assert await database.read(lambda session: find_mentioned(session, post.id)) == [eve]
    assert await database.read(lambda session: find_tags(session, post.id)) == [("solar", "solar")]
    await database.write(lambda session: update_post(session, post.id, {}, tags=[]))
    assert await database.read(lambda session: find_tags(session, post.id)) == []


async def test_whom_an_edit_names_no_more_may_still_read_it(rows: Rows, database: Database) -> None:
    ada, bob, eve = [await rows.actor(name) for name in ("ada", "bob", "eve")]
    post = await rows.post(ada, audience=Audience.MENTIONED, mentions=[bob])

    async def named_and_seeing() -> tuple[list[Actor], list[bool]]:
        named = await database.read(lambda session: find_mentioned(session, post.id))
        seeing = [
            await database.read(lambda session, who=who: is_visible(session, post, viewer_id=who.id))
            for who in (bob, eve)
        ]
        return named, seeing

    for names, seeing in (([eve], [True, True]), ([], [True, True]), ([bob], [True, True])):
        ids = [each.id for each in names]
        await database.write(lambda session, ids=ids: update_post(session, post.id, {}, mentioned_ids=ids))
        assert await named_and_seeing() == (names, seeing)


async def test_what_hangs_on_a_post_goes_with_it(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob")
    await rows.follow(bob, ada)
    post = await rows.post(ada, mentions=[bob], tags=[("solar", "solar")])
    answer = await rows.post(bob, answers=post)
    await rows.like(bob, post)
    boost = await rows.boost(bob, post)
    key = PostKey(id=rows.key(), actor_id=ada.id, key="k", post_id=post.id, created_at=NOW)
    told = {"recipient_id": bob.id, "actor_id": ada.id, "post_id": post.id, "now": NOW}
    await database.write(lambda session: add_post_to_homes(session, post))
    await database.write(lambda session: add_boost_to_homes(session, boost, post))
    await database.write(lambda session: insert_post_key(session, key))
    await database.write(
        lambda session: insert_notification(session, id=rows.key(), kind=NotificationKind.MENTION, **told)
    )
    await delete(database, post)
    for table in (Mention, PostTag, Like, Boost, HomeEntry, Notification, PostKey):
        assert await database.read(lambda session, t=table: session.scalar(select(func.count()).select_from(t))) == 0
    left = await rows.fresh_post(answer)
    assert (left.in_reply_to_id, left.in_reply_to_uri) == (None, post.uri)


@pytest.mark.parametrize("audience", Audience)
async def test_a_tombstone_says_whether_the_post_was_open(rows: Rows, database: Database, audience: Audience) -> None:
    ada = await rows.actor("ada")
    post = await rows.post(ada, audience=audience)
    await delete(database, post)
    await delete(database, post)
    tombstone = await database.read(lambda session: find_local_tombstone(session, post.uri))
    was_public = audience in (Audience.PUBLIC, Audience.QUIET)
    assert tombstone == Tombstone(uri=post.uri, actor_uri=ada.uri, was_public=was_public, deleted_at=NOW)
    assert (await rows.fresh_actor(ada)).posts_count == 0


async def test_something_that_never_came_can_be_deleted_once(database: Database) -> None:
    tombstone = Tombstone(uri="https://peer.example/1", actor_uri="https://peer.example/bob", deleted_at=NOW)
    assert await database.write(lambda session: insert_tombstone(session, tombstone))
    assert not await database.write(lambda session: insert_tombstone(session, tombstone))


async def test_a_tombstone_counts_for_its_actor_alone(rows: Rows, database: Database) -> None:
    bob, eve = await rows.actor("bob", host=PEER), await rows.actor("eve", host=PEER)
    post = await rows.post(bob)

    async def is_buried_for(author: Actor) -> bool:
        found = await database.read(lambda session: find_tombstone(session, post.uri, author_uri=author.uri))
        return found is not None

    told = Tombstone(uri=post.uri, actor_uri=eve.uri, deleted_at=NOW)
    assert await database.write(lambda session: insert_tombstone(session, told))
    assert [await is_buried_for(author) for author in (bob, eve)] == [False, True]
    await delete(database, post)
    assert [await is_buried_for(author) for author in (bob, eve)] == [True, True]


async def test_an_idempotency_key_leads_to_one_post_until_it_is_old(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    first, second = await rows.post(ada), await rows.post(ada)
    for post, new in ((first, True), (second, False)):
        key = PostKey(id=rows.key(), actor_id=ada.id, key="k", post_id=post.id, created_at=NOW)
        assert await database.write(lambda session, row=key: insert_post_key(session, row)) is new
    assert await database.read(lambda session: find_post_key(session, actor_id=ada.id, key="k")) == first.id
    for before, deleted in ((NOW, 0), (NOW + timedelta(seconds=1), 1)):
        assert (
            await database.write(lambda session, b=before: delete_old_post_keys(session, before=b, limit=9)) == deleted
        )
    assert await database.read(lambda session: find_post_key(session, actor_id=ada.id, key="k")) is None
