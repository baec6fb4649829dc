"""In a browser: approving followers, changing the password, and what is left to see of who moved or was silenced."""

import pytest

from fedihub.services.lives import end_actor, suspend_actor
from fedihub.services.members import sign_in
from fedihub.services.moves import move_away
from storage.actors import Actor
from storage.follows import FollowState
from storage.views.member_page import follow_state
from tests.support.hub import PASSWORD, RunningHub
from tests.support.peer import Peer
from tests.support.visitor import Visitor

NEW = "battery staple horse"


async def state(home: RunningHub, follower: Actor, followed: Actor) -> FollowState | None:
    return await home.hub.database.read(lambda session: follow_state(session, followed.id, viewer_id=follower.id))


async def test_a_member_lets_people_follow_or_not(home: RunningHub, visitor: Visitor) -> None:
    ana, ben, eve = [await home.member(name) for name in ("ana", "ben", "eve")]
    await visitor.sign_in("ana")
    page = await visitor.get("/you/profile")
    await visitor.send(page.form("/you/profile"), approves_followers="true")
    assert (await visitor.get("/you/profile")).form("/you/profile").fields["approves_followers"] == "true"
    assert "/you/requests" in (await visitor.get("/you")).links
    for asker in (ben, eve):
        await home.follow(asker, ana)
        assert await state(home, asker, ana) is FollowState.REQUESTED
    for asker, act, after in ((eve, "reject", None), (ben, "accept", FollowState.ACCEPTED)):
        page = await visitor.get("/you/requests")
        form = page.form("/you/requests")
        assert form.fields["asker"] == str(asker.id)  # the newest stands first
        page = await visitor.follow_redirects(await visitor.send(form, act=act))
        assert await state(home, asker, ana) is after
    assert "Nobody asks" in page.text
    again = await visitor.send(form, act="accept")
    assert again.location == "/you/requests"


async def test_a_member_changes_the_password_and_stays_signed_in_here(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    other = Visitor(home)
    await other.sign_in("ana")
    await visitor.sign_in("ana")
    form = (await visitor.get("/you/password")).form("/you/password")
    assert "wrong" in (await visitor.send(form, old="guess", new=NEW, again=NEW)).text
    assert "not the same" in (await visitor.send(form, old=PASSWORD, new=NEW, again="another")).text
    assert (await visitor.send(form, old=PASSWORD, new="x", again="x")).status == 422
    assert await sign_in(home.hub, email_or_username="ana", password=PASSWORD) is not None
    assert (await visitor.send(form, old=PASSWORD, new=NEW, again=NEW)).location == "/you"
    assert await sign_in(home.hub, email_or_username="ana", password=PASSWORD) is None
    assert await sign_in(home.hub, email_or_username="ana", password=NEW) is not None
    assert "Your place" in (await visitor.open("/you")).text
    assert (await other.open("/you")).asks_for_password


@pytest.mark.parametrize("path", ["/you/requests", "/you/password"])
async def test_strangers_are_asked_to_sign_in(visitor: Visitor, path: str) -> None:
    assert (await visitor.open(path)).asks_for_password


async def test_who_is_suspended_is_signed_out_and_hidden(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    post = await home.say(ana, "hello world")
    await visitor.sign_in("ana")
    await suspend_actor(home.hub, actor_id=ana.id)
    assert (await visitor.open("/you")).asks_for_password
    refused = await visitor.sign_in("ana")
    assert (refused.status, "suspended" in refused.text) == (403, True)
    assert "go together" in (await visitor.sign_in("ana", password="guess")).text
    for path in ("/@ana", f"/@ana/{post.id}", "/@ana/feed.atom"):
        page = await visitor.get(path)
        assert page.status in (403, 404), path
        assert "hello world" not in page.html
    assert "ana" not in (await visitor.get("/members")).text


async def test_of_who_was_deleted_nothing_is_left_to_see(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    post = await home.say(ana, "hello world")
    await end_actor(home.hub, actor_id=ana.id)
    for path in ("/@ana", f"/@ana/{post.id}", "/@ana/feed.atom"):
        page = await visitor.get(path)
        assert page.status == 410, path
        assert "hello world" not in page.html
    for path in ("/members", "/"):
        assert "ana" not in (await visitor.get(path)).text.split()
    assert (await visitor.sign_in("ana")).status == 422


async def test_the_page_of_who_moved_says_where_to(home: RunningHub, visitor: Visitor, peer: Peer) -> None:
    ana = await home.member("ana")
    new = peer.add_actor("ana", extra={"alsoKnownAs": [ana.uri]})
    await move_away(home.hub, actor_id=ana.id, handle=new.handle)
    page = await visitor.get("/@ana")
    assert new.uri in page.links
    assert "Has moved to" in page.text
    assert "/@ana/follow" not in page.html
