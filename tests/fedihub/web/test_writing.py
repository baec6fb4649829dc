"""Writing in a browser: posts of members and projects, and one's own profile."""

from fedihub.services.projects import add_role
from storage.actors import Actor
from storage.posts import Audience, Post, PostKind
from storage.projects import TeamRole
from storage.views.member_page import newest_posts
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.stories import follows
from tests.support.visitor import Visitor


async def posts_of(home: RunningHub, author: Actor) -> list[Post]:
    views, _ = await home.hub.database.read(
        lambda session: newest_posts(session, author.id, viewer_id=author.id, before=None)
    )
    return [await home.post(view.id) for view in views]


async def test_an_author_posts_an_update_as_the_project(home: RunningHub, peer: Peer, visitor: Visitor) -> None:
    ana, ben, mia = await home.member("ana"), await home.member("ben"), peer.add_actor("mia")
    bench = await home.project("bench", founder=ana)
    await add_role(home.hub, project_id=bench.id, member_id=ben.id, role=TeamRole.AUTHOR)
    await follows(peer, mia, home, bench)
    await visitor.sign_in("ben")
    assert "/@bench/write" in (await visitor.get("/@bench")).links
    page = await visitor.get("/@bench/write")
    done = await visitor.send(page.form("/@bench/write"), text="The first bench stands.")
    (post,) = await posts_of(home, bench)
    assert done.location == f"/@bench/{post.id}"
    assert (post.kind, post.audience, post.writer_id) == (PostKind.UPDATE, Audience.PUBLIC, ben.id)
    await home.drain()
    await peer.wait_for(lambda activity: activity["type"] == "Create" and activity["actor"] == bench.uri)


async def test_a_member_posts_as_themselves(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    await visitor.sign_in("ana")
    form = (await visitor.get("/@ana/write")).form("/@ana/write")
    await visitor.send(form, text="Oak?", kind="ask", audience="followers", content_warning="Wood")
    (post,) = await posts_of(home, ana)
    assert (post.kind, post.audience, post.writer_id) == (PostKind.ASK, Audience.FOLLOWERS, None)
    assert post.content_warning == "Wood"


async def test_a_text_that_is_far_too_long_comes_back_in_the_form(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    await visitor.sign_in("ana")
    form = (await visitor.get("/@ana/write")).form("/@ana/write")
    page = await visitor.send(form, text="x" * 60_000)
    assert page.status == 422
    assert len(page.form("/@ana/write").fields["text"] + page.text) >= 60_000
    assert await posts_of(home, ana) == []


async def test_a_text_or_a_name_that_nobody_can_see_is_none(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    await visitor.sign_in("ana")
    form = (await visitor.get("/@ana/write")).form("/@ana/write")
    assert (await visitor.send(form, text="\u200b\u2060 \u00ad")).status == 422
    assert await posts_of(home, ana) == []
    await visitor.send((await visitor.get("/you/profile")).form("/you/profile"), display_name=" \u200b ")
    assert "ana" in (await visitor.get("/@ana")).text
    assert (await home.actor(ana)).display_name in ("", "ana")


async def test_a_second_click_posts_nothing(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    await visitor.sign_in("ana")
    form = (await visitor.get("/@ana/write")).form("/@ana/write")
    first, second = [await visitor.send(form, text="once") for _ in range(2)]
    assert first.location == second.location
    assert len(await posts_of(home, ana)) == 1


async def test_nobody_else_writes_for_a_project_or_a_member(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    await home.member("ben")
    bench = await home.project("bench", founder=ana)
    assert (await visitor.get("/@bench/write")).location == "/sign-in?next=%2F%40bench%2Fwrite"
    await visitor.sign_in("ben")
    own = (await visitor.get("/@ben/write")).form("/@ben/write")
    for author in (ana, bench):
        address = f"/@{author.username}/write"
        assert address not in (await visitor.get(f"/@{author.username}")).links
        assert (await visitor.get(address)).status == 403
        own.action = address
        assert (await visitor.send(own, text="in a strange name")).status == 403
        assert await posts_of(home, author) == []


async def test_a_form_from_another_site_posts_nothing(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    await visitor.sign_in("ana")
    form = (await visitor.get("/@ana/write")).form("/@ana/write")
    assert (await visitor.send(form, text="x", csrf="wrong")).status == 403
    assert (await visitor.send(form, text="x", headers={"Origin": "https://evil.example"})).status == 403
    assert await posts_of(home, ana) == []


async def test_what_can_not_be_posted_stays_in_the_form(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    await visitor.sign_in("ana")
    form = (await visitor.get("/@ana/write")).form("/@ana/write")
    long = "x" * (home.hub.settings.post_max_characters + 1)
    wrong = [{"text": " "}, {"text": long}, {"text": "y", "kind": "update"}, {"text": "y", "audience": "mentioned"}]
    for changes in wrong:
        form.fields |= {"kind": "talk", "audience": "public", "content_warning": "A <warning>"} | changes
        page = await visitor.send(form)
        assert page.status == 422
        assert page.form("/@ana/write").fields["content_warning"] == "A <warning>"
        assert changes["text"] in page.html
    assert await posts_of(home, ana) == []


async def test_a_member_changes_their_profile_and_followers_hear_of_it(
    home: RunningHub, peer: Peer, visitor: Visitor
) -> None:
    ana, mia = await home.member("ana"), peer.add_actor("mia")
    await follows(peer, mia, home, ana)
    await visitor.sign_in("ana")
    form = (await visitor.get("/you/profile")).form("/you/profile")
    done = await visitor.send(form, display_name="Ana <Petersen>", bio="Joiner.\r\n\r\nAsk me about #oak.")
    assert done.location == "/@ana"
    assert "Ana <Petersen>" in (await visitor.get("/@ana")).text
    assert (await home.actor(ana)).bio_source == "Joiner.\n\nAsk me about #oak."
    await home.drain()
    update = await peer.wait_for(lambda activity: activity["type"] == "Update")
    assert update["object"]["name"] == "Ana <Petersen>"


async def test_a_profile_that_is_too_long_or_not_ones_own_is_not_changed(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    assert (await visitor.get("/you/profile")).location.startswith("/sign-in")
    await visitor.sign_in("ana")
    form = (await visitor.get("/you/profile")).form("/you/profile")
    page = await visitor.send(form, display_name="x" * 101, bio="keep me")
    assert page.status == 422
    assert "keep me" in page.text
    assert (await visitor.send(form, display_name="Eve", csrf="")).status == 403
    assert (await home.actor(ana)).display_name == ana.display_name
