"""Polls in a browser: asking, voting, and seeing how it stands."""

from datetime import timedelta

from fedihub.services.polls import NewPoll
from storage.actors import Actor
from storage.views.member_page import newest_posts
from storage.views.polls import PollView, load_polls
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC, Peer
from tests.support.stories import post_of, tell
from tests.support.visitor import Visitor

HOUR = timedelta(hours=1)


async def poll_of(home: RunningHub, post_id: int, *, viewer: Actor) -> PollView:
    """A poll as it stands."""
    polls = await home.hub.database.read(lambda session: load_polls(session, [post_id], viewer_id=viewer.id))
    return polls[post_id]


async def test_a_member_asks_and_another_votes(home: RunningHub, visitor: Visitor) -> None:
    ana, ben = await home.member("ana"), await home.member("ben")
    await visitor.sign_in("ana")
    form = (await visitor.get("/@ana/write")).form("/@ana/write")
    done = await visitor.send(form, text="Which wood?", option1="Oak", option3="Ash <b>", poll_hours="6")
    page = await visitor.open(done.location)
    assert "Oak" in page.text
    assert "Ash <b>" in page.text
    assert "0 people voted" in page.text
    post_id = int(done.location.rpartition("/")[2])
    action = f"/polls/{post_id}/votes"
    assert page.forms(action) == []  # nobody votes in their own poll

    other = Visitor(home)
    await other.sign_in("ben")
    page = await other.open(done.location)
    voted = await other.send(page.form(action), choice="1")
    page = await other.open(voted.location)
    assert "your vote" in page.text
    assert "1 person voted" in page.text
    assert page.forms(action) == []
    poll = await poll_of(home, post_id, viewer=ben)
    assert (poll.chosen, [option.votes_count for option in poll.options]) == ([1], [0, 1])
    assert poll.ends_at is not None
    assert poll.ends_at - home.hub.clock.now() > timedelta(hours=5)
    assert (await poll_of(home, post_id, viewer=ana)).chosen == []


async def test_what_could_not_be_asked_stays_in_the_form(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    await visitor.sign_in("ana")
    form = (await visitor.get("/@ana/write")).form("/@ana/write")
    page = await visitor.send(form, text="Which wood?", option2="Oak", poll_multiple="on")
    assert page.status == 422
    assert "A poll needs at least 2 options." in page.text
    fields = page.form("/@ana/write").fields
    assert (fields["option2"], fields["poll_multiple"]) == ("Oak", "")
    views, _ = await home.hub.database.read(lambda db: newest_posts(db, ana.id, viewer_id=ana.id, before=None))
    assert views == []


async def test_several_answers_are_chosen_in_a_poll_from_elsewhere(
    home: RunningHub, peer: Peer, visitor: Visitor
) -> None:
    ana, rosa = await home.member("ana"), peer.add_actor("rosa")
    listed = [{"type": "Note", "name": name} for name in ("Oak", "Ash", "<script>x</script>")]
    asked = peer.note(rosa, type="Question", anyOf=listed, to=[PUBLIC], cc=[ana.uri])
    await tell(peer, rosa, home, peer.create(asked, by=rosa))
    post = await post_of(home, asked["id"])
    assert post is not None
    await visitor.sign_in("ana")
    page = await visitor.get("/authorize_interaction", params={"uri": asked["id"]})
    assert "<script>" not in page.html
    form = page.form(f"/polls/{post.id}/votes")
    form.fields |= {"choice-0": "on", "choice-2": "on", "choice-x": "on"}
    voted = await visitor.send(form)
    assert (await visitor.open(voted.location)).text.count("your vote") == 2
    await home.drain()
    assert [each["object"]["name"] for each in peer.received] == ["Oak", "<script>x</script>"]


async def test_nobody_votes_without_signing_in_or_from_another_site(home: RunningHub, visitor: Visitor) -> None:
    ana, ben = await home.member("ana"), await home.member("ben")
    post = await home.say(ana, "Which wood?", poll=NewPoll(["Oak", "Ash"], HOUR))
    page = await visitor.open(f"/@ana/{post.id}")
    assert page.forms(f"/polls/{post.id}/votes") == []
    await visitor.sign_in("ben")
    form = (await visitor.open(f"/@ana/{post.id}")).form(f"/polls/{post.id}/votes")
    refused = await visitor.send(form, choice="0", csrf="made up")
    assert refused.status == 403
    assert (await poll_of(home, post.id, viewer=ben)).votes_count == 0


async def test_a_vote_that_cannot_be_is_explained(home: RunningHub, visitor: Visitor) -> None:
    ana, _ = await home.member("ana"), await home.member("ben")
    post = await home.say(ana, "Which wood?", poll=NewPoll(["Oak", "Ash"], HOUR))
    await visitor.sign_in("ben")
    form = (await visitor.open(f"/@ana/{post.id}")).form(f"/polls/{post.id}/votes")
    assert "Choose an answer first." in (await visitor.send(form)).text
    await visitor.send(form, choice="0")
    again = await visitor.send(form, choice="1")
    assert again.status == 422
    assert "You have already voted on this poll." in again.text
