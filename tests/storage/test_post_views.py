"""Posts as they are shown: everything in place, in the order asked for, in a constant number of queries."""

from sqlalchemy import event

from storage.database import Database, Session
from storage.posts import Audience, PostKind, delete_post
from storage.views.actors import ActorView, view_actor
from storage.views.posts import Entry, PostView, load_posts
from tests.support.rows import NOW, Rows

PEER = "peer.example"


async def load(database: Database, *entries: int | Entry, viewer_id: int | None = None) -> list[PostView]:
    return await database.read(lambda session: load_posts(session, entries, viewer_id=viewer_id))


async def test_a_post_has_all_that_showing_it_needs(rows: Rows, database: Database) -> None:
    ada, solar, bob = await rows.actor("ada"), await rows.actor("solar"), await rows.actor("bob", host=PEER)
    attachments = [{"url": "https://peer.example/1.png", "media_type": "image/png"}]
    post = await rows.post(
        solar,
        writer_id=ada.id,
        kind=PostKind.VICTORY,
        mentions=[bob, ada],
        tags=[("solar", "Solar")],
        attachments=attachments,
        content_html="<p>hi</p>",
    )
    await rows.like(bob, post)
    [view] = await load(database, post.id)
    assert (view.id, view.uri, view.kind, view.audience) == (post.id, post.uri, PostKind.VICTORY, Audience.PUBLIC)
    assert isinstance(view.kind, PostKind)
    assert isinstance(view.audience, Audience)
    assert (view.attachments, view.published_at, view.likes_count) == (attachments, NOW, 1)
    assert view.author == view_actor(await rows.fresh_actor(solar))
    assert isinstance(view.author, ActorView)
    assert view.writer is not None
    assert view.writer.username == "ada"
    assert [(each.username, each.host) for each in view.mentions] == [("ada", ""), ("bob", PEER)]
    assert [(tag.name, tag.display) for tag in view.tags] == [("solar", "Solar")]
    assert (view.boost, view.liked, view.boosted) == (None, False, False)


async def test_what_the_viewer_did_is_marked(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    liked, boosted = await rows.post(ada), await rows.post(ada)
    await rows.like(bob, liked)
    await rows.boost(bob, boosted)
    for viewer, flags in (
        (bob, [(True, False), (False, True)]),
        (ada, [(False, False)] * 2),
        (None, [(False, False)] * 2),
    ):
        views = await load(database, liked.id, boosted.id, viewer_id=viewer.id if viewer else None)
        assert [(view.liked, view.boosted) for view in views] == flags


async def test_entries_keep_their_order_and_what_is_gone_is_left_out(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    first, second, gone = [await rows.post(ada) for _ in range(3)]
    boost = await rows.boost(bob, first)
    await database.write(lambda session: delete_post(session, gone, now=NOW))
    views = await load(database, second.id, Entry(first.id, boost.id), gone.id, first.id, Entry(second.id, 1))
    assert [view.entry_id for view in views] == [second.id, boost.id, first.id]
    shown = views[1].boost
    assert shown is not None
    assert (shown.id, shown.booster.id, shown.published_at) == (boost.id, bob.id, NOW)
    assert await load(database) == []


async def test_many_posts_cost_as_many_queries_as_one(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    posts = [await rows.post(ada, mentions=[bob], tags=[("t", "t")]) for _ in range(5)]
    boosts = [await rows.boost(bob, post) for post in posts]
    entries = [Entry(post.id, boost.id) for post, boost in zip(posts, boosts, strict=True)]

    async def count(session: Session, wanted: list[Entry]) -> int:
        statements: list[str] = []
        engine = session.get_bind().engine
        event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
        await load_posts(session, wanted, viewer_id=bob.id)
        return sum(statement.startswith("SELECT") for statement in statements)

    one = await database.read(lambda session: count(session, entries[:1]))
    many = await database.read(lambda session: count(session, entries))
    assert 0 < many <= one == 4
