"""Polls: what our people ask, how they vote, what others hear of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from fedihub.clock import ManualClock
from fedihub.errors import Invalid, Missing
from fedihub.services.following import block
from fedihub.services.lives import suspend_actor
from fedihub.services.polls import CHECK_AFTER, NewPoll, refresh_poll, vote
from fedihub.services.posting import delete_post, edit_post
from storage.actors import Actor
from storage.notifications import NotificationKind
from storage.posts import Audience, Post
from storage.views.polls import PollView, load_polls
from tests.support.hub import RunningHub, running_hub
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import actor_of, follows, post_of, tell, told

HALF_HOUR = timedelta(minutes=30)  # less than a signature may be old: strangers sign by the real clock
TEA = NewPoll(["Tea", "Coffee"], HALF_HOUR)
MANY = NewPoll(["Tea", "Coffee", "Water"], HALF_HOUR, is_multiple=True)


@pytest.fixture
def clock() -> ManualClock:
    """The hub's time."""
    return ManualClock()


@pytest.fixture
async def home(database_url: str, resolver: TestResolver, clock: ManualClock) -> AsyncIterator[RunningHub]:
    """A hub whose time the test moves."""
    async with running_hub(database_url, resolver, clock=clock) as running:
        yield running


@pytest.fixture
async def ada(home: RunningHub) -> Actor:
    """A member."""
    return await home.member("ada")


@pytest.fixture
async def ben(home: RunningHub) -> Actor:
    """Another member."""
    return await home.member("ben")


@pytest.fixture
def rosa(peer: Peer) -> PeerActor:
    """A stranger, elsewhere."""
    return peer.add_actor("rosa")


async def poll_of(home: RunningHub, post_id: int, *, viewer_id: int | None = None) -> PollView:
    """A poll as it stands."""
    polls = await home.hub.database.read(lambda session: load_polls(session, [post_id], viewer_id=viewer_id))
    return polls[post_id]


async def counts(home: RunningHub, post_id: int) -> list[int | None]:
    """How many votes each answer has."""
    return [option.votes_count for option in (await poll_of(home, post_id)).options]


def questions(peer: Peer) -> list[Activity]:
    """What the peer was told of polls, oldest first."""
    return [
        each
        for each in peer.received
        if each["type"] in ("Create", "Update") and each["object"].get("type") == "Question"
    ]


def votes_in(document: Activity) -> list[int]:
    """What a Question counts."""
    return [each["replies"]["totalItems"] for each in document.get("oneOf") or document["anyOf"]]


async def question(
    home: RunningHub, peer: Peer, rosa: PeerActor, ada: Actor, *, clock: ManualClock, kind: str = "oneOf", **more: Any
) -> tuple[Activity, Post]:
    """Rosa asks something, and tells Ada."""
    listed = [{"type": "Note", "name": name, "replies": {"totalItems": 0}} for name in ("Arch", "Beam", " Rope ")]
    ends = (clock.now() + HALF_HOUR).isoformat()
    extra = {"type": "Question", kind: listed, "endTime": ends, "votersCount": 0, "cc": [ada.uri]} | more
    note = peer.note(rosa, "<p>Which?</p>", **extra)
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    post = await post_of(home, note["id"])
    assert post is not None
    return note, post


def incoming_vote(peer: Peer, voter: PeerActor, post: Post, name: str, *, to: Actor) -> Activity:
    """A vote from elsewhere."""
    note = peer.note(voter, inReplyTo=post.uri, name=name, to=[to.uri], cc=[])
    return peer.create({key: value for key, value in note.items() if key != "content"}, by=voter)


@pytest.mark.parametrize(
    "poll",
    [
        NewPoll(["Tea"], HALF_HOUR),
        NewPoll(["Tea", " "], HALF_HOUR),
        NewPoll(["Tea", "Tea "], HALF_HOUR),
        NewPoll([str(n) for n in range(9)], HALF_HOUR),
        NewPoll(["Tea", "x" * 101], HALF_HOUR),
        NewPoll(["Tea", "Coffee"], timedelta(minutes=4)),
        NewPoll(["Tea", "Coffee"], timedelta(days=31)),
    ],
)
async def test_what_is_no_poll_is_not_posted(home: RunningHub, ada: Actor, poll: NewPoll) -> None:
    with pytest.raises(Invalid, match="poll"):
        await home.say(ada, "Which?", poll=poll)
    assert (await home.actor(ada)).posts_count == 0


async def test_a_vote_goes_to_the_author_alone_one_for_each_answer(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor, clock: ManualClock
) -> None:
    note, post = await question(home, peer, rosa, ada, clock=clock, kind="anyOf")
    await vote(home.hub, actor_id=ada.id, post_id=post.id, choices=[2, 0])
    await home.drain()
    assert [seen.path for seen in peer.requests if seen.method == "POST"] == [rosa.inbox.removeprefix(peer.base)] * 2
    objects = [each["object"] for each in peer.received]
    assert [each["name"] for each in objects] == [" Rope ", "Arch"]
    for activity in peer.received:
        cast = activity["object"]
        assert (activity["type"], cast["type"]) == ("Create", "Note")
        assert activity["actor"] == cast["attributedTo"] == ada.uri
        assert cast["inReplyTo"] == note["id"]
        assert activity["to"] == cast["to"] == [rosa.uri]
        assert not {"content", "cc", "tag"} & cast.keys()
        assert "cc" not in activity
    ids = {activity["id"] for activity in peer.received} | {cast["id"] for cast in objects}
    assert len(ids) == 4
    poll = await poll_of(home, post.id, viewer_id=ada.id)
    assert (poll.chosen, poll.voters_count) == ([0, 2], 1)


async def test_who_votes_at_the_same_time_is_counted_once(home: RunningHub, ada: Actor, ben: Actor) -> None:
    post = await home.say(ada, "Tea?", poll=TEA)
    tries = [vote(home.hub, actor_id=ben.id, post_id=post.id, choices=[n % 2]) for n in range(8)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["Invalid"] * 7 + ["NoneType"]
    poll = await poll_of(home, post.id)
    assert (poll.votes_count, poll.voters_count) == (1, 1)


async def test_all_who_vote_at_the_same_time_are_counted(home: RunningHub, ada: Actor) -> None:
    post = await home.say(ada, "Tea?", poll=MANY)
    voters = [await home.member(f"voter{n}") for n in range(6)]
    await asyncio.gather(
        *(vote(home.hub, actor_id=each.id, post_id=post.id, choices=[0, n % 3]) for n, each in enumerate(voters))
    )
    assert await counts(home, post.id) == [6, 2, 2]
    assert (await poll_of(home, post.id)).voters_count == 6


@pytest.mark.parametrize(
    ("choices", "why"),
    [
        ([], "choose an answer"),
        ([2], "the chosen vote option does not exist"),
        ([-1], "the chosen vote option does not exist"),
        ([0, 1], "you have already voted on this poll"),
    ],
)
async def test_a_vote_that_makes_no_sense_changes_nothing(
    home: RunningHub, ada: Actor, ben: Actor, choices: list[int], why: str
) -> None:
    post = await home.say(ada, "Tea?", poll=TEA)
    with pytest.raises(Invalid, match=why):
        await vote(home.hub, actor_id=ben.id, post_id=post.id, choices=choices)
    assert await counts(home, post.id) == [0, 0]


async def test_nobody_votes_twice_after_the_end_or_in_their_own_poll(
    home: RunningHub, ada: Actor, ben: Actor, clock: ManualClock
) -> None:
    post = await home.say(ada, "Tea?", poll=TEA)
    with pytest.raises(Invalid, match="own polls"):
        await vote(home.hub, actor_id=ada.id, post_id=post.id, choices=[0])
    await vote(home.hub, actor_id=ben.id, post_id=post.id, choices=[0])
    with pytest.raises(Invalid, match="already voted"):
        await vote(home.hub, actor_id=ben.id, post_id=post.id, choices=[1])
    clock.advance(HALF_HOUR)
    zoe = await home.member("zoe")
    with pytest.raises(Invalid, match="already ended"):
        await vote(home.hub, actor_id=zoe.id, post_id=post.id, choices=[1])
    assert await counts(home, post.id) == [1, 0]


async def test_what_may_not_be_seen_is_no_poll(home: RunningHub, ada: Actor, ben: Actor) -> None:
    secret = await home.say(ada, "Tea?", poll=TEA, audience=Audience.FOLLOWERS)
    plain = await home.say(ada, "Tea!")
    for post in (secret, plain):
        with pytest.raises(Missing):
            await vote(home.hub, actor_id=ben.id, post_id=post.id, choices=[0])


async def test_votes_from_elsewhere_end_with_the_poll_and_with_a_block(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor, clock: ManualClock
) -> None:
    post = await home.say(ada, "Tea?", poll=TEA)
    otto = peer.add_actor("otto")
    await tell(peer, rosa, home, peer.activity(rosa, "Like", post.uri))
    known = await actor_of(home, rosa)
    assert known is not None
    await block(home.hub, actor_id=ada.id, target_id=known.id)
    await tell(peer, rosa, home, incoming_vote(peer, rosa, post, "Tea", to=ada))
    assert await counts(home, post.id) == [0, 0]
    clock.advance(HALF_HOUR)
    await tell(peer, otto, home, incoming_vote(peer, otto, post, "Tea", to=ada))
    assert await counts(home, post.id) == [0, 0]


async def test_others_hear_of_votes_together_and_not_more_often_than_every_few_minutes(
    home: RunningHub, peer: Peer, ada: Actor, ben: Actor, clock: ManualClock
) -> None:
    rosa = peer.add_actor("rosa")
    await follows(peer, rosa, home, ada)
    post = await home.say(ada, "Tea?", poll=TEA)
    otto = peer.add_actor("otto")
    await vote(home.hub, actor_id=ben.id, post_id=post.id, choices=[0])
    await home.drain()
    assert [each["type"] for each in questions(peer)] == ["Create"]
    clock.advance(timedelta(minutes=2))
    await tell(peer, otto, home, incoming_vote(peer, otto, post, "Coffee", to=ada))
    assert len(questions(peer)) == 1
    clock.advance(timedelta(minutes=1))
    await home.drain()
    update = questions(peer)[-1]
    assert update["type"] == "Update"
    assert votes_in(update["object"]) == [1, 1]
    assert update["object"]["votersCount"] == 2
    assert not {"updated", "closed"} & update["object"].keys()
    clock.advance(timedelta(minutes=20))
    await home.drain()
    assert len(questions(peer)) == 2


async def test_nothing_is_told_of_the_polls_of_who_is_suspended(
    home: RunningHub, peer: Peer, ada: Actor, ben: Actor, clock: ManualClock
) -> None:
    await follows(peer, peer.add_actor("rosa"), home, ada)
    post = await home.say(ada, "Tea?", poll=TEA)
    await vote(home.hub, actor_id=ben.id, post_id=post.id, choices=[0])
    await home.drain()
    await suspend_actor(home.hub, actor_id=ada.id)
    clock.advance(HALF_HOUR)
    await home.drain()
    assert [each["type"] for each in questions(peer)] == ["Create"]
    assert NotificationKind.POLL not in await told(home, ben)


async def test_the_further_off_the_end_the_longer_votes_are_gathered(
    home: RunningHub, peer: Peer, ada: Actor, ben: Actor, clock: ManualClock
) -> None:
    await follows(peer, peer.add_actor("rosa"), home, ada)
    post = await home.say(ada, "Tea?", poll=NewPoll(["Tea", "Coffee"], timedelta(days=30)))
    await vote(home.hub, actor_id=ben.id, post_id=post.id, choices=[0])
    clock.advance(timedelta(minutes=59))
    await home.drain()
    assert len(questions(peer)) == 1
    clock.advance(timedelta(minutes=1))
    await home.drain()
    assert len(questions(peer)) == 2


async def test_a_voter_who_does_not_follow_hears_of_the_end_too(
    home: RunningHub, peer: Peer, ada: Actor, ben: Actor, clock: ManualClock
) -> None:
    rosa = peer.add_actor("rosa")
    post = await home.say(ada, "Tea?", poll=TEA)
    await tell(peer, rosa, home, incoming_vote(peer, rosa, post, "Coffee", to=ada))
    await vote(home.hub, actor_id=ben.id, post_id=post.id, choices=[1])
    clock.advance(HALF_HOUR)
    await home.drain()
    (update,) = questions(peer)
    assert votes_in(update["object"]) == [0, 2]
    assert update["object"]["closed"] == update["object"]["endTime"]
    assert await told(home, ada) == [NotificationKind.POLL]
    assert await told(home, ben) == [NotificationKind.POLL]
    clock.advance(timedelta(days=1))
    await home.drain()
    assert len(questions(peer)) == 1
    assert await told(home, ada) == [NotificationKind.POLL]


async def test_what_is_hidden_until_the_end_is_told_at_the_end(
    home: RunningHub, ada: Actor, ben: Actor, clock: ManualClock
) -> None:
    post = await home.say(ada, "Tea?", poll=NewPoll(["Tea", "Coffee"], HALF_HOUR, hides_counts=True))
    await vote(home.hub, actor_id=ben.id, post_id=post.id, choices=[0])
    before = await home.document(post.uri)
    assert all("replies" not in option for option in before["oneOf"])
    assert before["votersCount"] == 1
    clock.advance(HALF_HOUR)
    assert votes_in(await home.document(post.uri)) == [1, 0]


async def test_the_end_of_a_remote_poll_is_told_to_who_voted(
    home: RunningHub, peer: Peer, ada: Actor, ben: Actor, clock: ManualClock
) -> None:
    rosa = peer.add_actor("rosa")
    _, post = await question(home, peer, rosa, ada, clock=clock)
    await vote(home.hub, actor_id=ben.id, post_id=post.id, choices=[0])
    clock.advance(HALF_HOUR)
    await home.drain()
    assert await told(home, ben) == []
    clock.advance(timedelta(minutes=5))
    await home.drain()
    assert await told(home, ben) == [NotificationKind.POLL]
    assert await told(home, ada) == []
    assert questions(peer) == []


async def test_the_results_of_a_remote_poll_are_asked_for_now_and_then(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor, clock: ManualClock
) -> None:
    note, post = await question(home, peer, rosa, ada, clock=clock)
    note["oneOf"][1]["replies"]["totalItems"] = 4
    await refresh_poll(home.hub, post.id)
    assert await counts(home, post.id) == [0, 0, 0]
    clock.advance(CHECK_AFTER)
    peer.requests.clear()
    await asyncio.gather(*(refresh_poll(home.hub, post.id) for _ in range(5)))
    assert await counts(home, post.id) == [0, 4, 0]
    assert len([seen for seen in peer.requests if note["id"].endswith(seen.path)]) == 1


async def test_a_server_that_does_not_answer_changes_nothing(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor, clock: ManualClock
) -> None:
    note, post = await question(home, peer, rosa, ada, clock=clock)
    clock.advance(CHECK_AFTER)
    del peer.objects[note["id"]]
    await refresh_poll(home.hub, post.id)
    assert await counts(home, post.id) == [0, 0, 0]


async def test_another_post_in_its_place_is_not_believed(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor, clock: ManualClock
) -> None:
    note, post = await question(home, peer, rosa, ada, clock=clock)
    clock.advance(CHECK_AFTER)
    forged = note | {"attributedTo": peer.add_actor("otto").uri, "oneOf": [each | {} for each in note["oneOf"]]}
    forged["oneOf"][0] = note["oneOf"][0] | {"replies": {"totalItems": 99}}
    peer.objects[note["id"]] = forged
    await refresh_poll(home.hub, post.id)
    assert await counts(home, post.id) == [0, 0, 0]


async def test_an_edit_gives_takes_and_changes_a_poll(
    home: RunningHub, ada: Actor, ben: Actor, clock: ManualClock
) -> None:
    post = await home.say(ada, "Tea?", poll=TEA)
    await vote(home.hub, actor_id=ben.id, post_id=post.id, choices=[0])
    longer = NewPoll(TEA.options, timedelta(hours=5))
    await edit_post(home.hub, post_id=post.id, by_actor_id=ada.id, text="Tea? Please?")
    await edit_post(home.hub, post_id=post.id, by_actor_id=ada.id, text="Tea? Please!", poll=longer)
    poll = await poll_of(home, post.id, viewer_id=ben.id)
    assert (poll.chosen, poll.ends_at) == ([0], clock.now() + timedelta(hours=5))
    await edit_post(home.hub, post_id=post.id, by_actor_id=ada.id, text="Drinks?", poll=MANY)
    poll = await poll_of(home, post.id, viewer_id=ben.id)
    assert (poll.chosen, poll.votes_count, poll.voters_count, poll.is_multiple) == ([], 0, 0, True)
    await edit_post(home.hub, post_id=post.id, by_actor_id=ada.id, text="Never mind", poll=None)
    assert (await home.document(post.uri))["type"] == "Note"
    await edit_post(home.hub, post_id=post.id, by_actor_id=ada.id, text="Tea after all?", poll=TEA)
    assert (await home.document(post.uri))["type"] == "Question"


async def test_a_poll_goes_with_its_post(home: RunningHub, ada: Actor, ben: Actor, clock: ManualClock) -> None:
    post = await home.say(ada, "Tea?", poll=TEA)
    await vote(home.hub, actor_id=ben.id, post_id=post.id, choices=[0])
    await delete_post(home.hub, post_id=post.id, by_actor_id=ada.id)
    assert await home.hub.database.read(lambda session: load_polls(session, [post.id], viewer_id=None)) == {}
    clock.advance(HALF_HOUR)
    await home.drain()
    assert await told(home, ben) == []
