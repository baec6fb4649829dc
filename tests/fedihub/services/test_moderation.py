"""What the operator decides holds for what is here and for what comes, in every process, and can be taken back."""

from datetime import timedelta

import pytest

from federation.errors import HostBlocked, ProtocolError
from federation.identifiers import Host
from fedihub.clock import ManualClock
from fedihub.errors import Missing
from fedihub.host_gate import PolicyBook
from fedihub.services.following import follow
from fedihub.services.host_policies import Decision, decide, foresee
from fedihub.services.moderation import find_anybody, limit_actor, suspend_actor, unsuspend_actor
from fedihub.services.remote_actors import dereference_actor
from fedihub.services.resolving import resolve_handle, resolve_url
from storage.host_policies import HostLevel, HostPolicy
from storage.posts import find_mentioned
from tests.support.client import ApiClient
from tests.support.hub import RunningHub, running_hub
from tests.support.peer import PUBLIC, Peer
from tests.support.resolver import TestResolver
from tests.support.rows import NOW
from tests.support.stories import actor_of, follows, post_of, tell

BLOCKED, LIMITED, OPEN = Decision(HostLevel.BLOCKED), Decision(HostLevel.LIMITED), Decision(HostLevel.OPEN)
PICTURE = {"type": "Image", "mediaType": "image/png", "url": "http://peer.test/a.png"}


def book(**levels: str) -> PolicyBook:
    """Policies, by host."""
    rows = [
        HostPolicy(host=host.replace("_", "."), level=HostLevel(level), created_at=NOW, updated_at=NOW)
        for host, level in levels.items()
    ]
    return PolicyBook(rows)


@pytest.mark.parametrize(
    ("host", "is_blocked"),
    [
        ("evil.example", True),
        ("evil.example:8443", True),
        ("a.evil.example", True),
        ("b.a.evil.example:444", True),
        ("good.evil.example", False),
        ("very.good.evil.example", False),
        ("notevil.example", False),
        ("evil.example.org", False),
        ("example", False),
        ("", False),
        ("[::1]:80", False),
        ("127.0.0.1", False),
    ],
)
def test_the_nearest_policy_counts_and_ends_at_a_dot(host: str, *, is_blocked: bool) -> None:
    policies = book(evil_example="blocked", good_evil_example="open", **{"0_0_1": "blocked"})
    assert policies.is_blocked(host) is is_blocked


def test_of_several_places_of_one_actor_the_strictest_counts() -> None:
    policies = book(evil_example="blocked", loud_example="limited")
    assert policies.level_at("fine.example", "https://evil.example/users/eve", "") is HostLevel.BLOCKED
    assert policies.level_at("loud.example", "https://fine.example/users/eve") is HostLevel.LIMITED
    assert policies.level_at("fine.example", "no uri://") is HostLevel.OPEN


@pytest.mark.parametrize(
    "spelling", ["BÜCHER.example", "xn--bcher-kva.example.", "*.bücher.example", "bücher.example:99"]
)
async def test_every_spelling_of_a_host_is_the_same_host(home: RunningHub, spelling: str) -> None:
    assert (await decide(home.hub, spelling, BLOCKED)).host == "xn--bcher-kva.example"
    assert await home.hub.host_gate.is_blocked_host(Host("xn--bcher-kva.example"))


async def test_what_another_process_decides_holds_here_a_second_later(
    database_url: str, resolver: TestResolver
) -> None:
    clock = ManualClock()
    async with (
        running_hub(database_url, resolver, clock=clock) as one,
        running_hub(database_url, resolver, clock=clock) as other,
    ):
        assert not await one.hub.host_gate.is_blocked_host(Host("peer.test"))
        await decide(other.hub, "peer.test", BLOCKED)
        assert await other.hub.host_gate.is_blocked_host(Host("peer.test"))
        clock.advance(timedelta(seconds=1))
        assert await one.hub.host_gate.is_blocked_host(Host("peer.test"))
        await decide(other.hub, "peer.test", OPEN)
        clock.advance(timedelta(seconds=1))
        assert not await one.hub.host_gate.is_blocked_host(Host("peer.test"))


async def test_people_of_a_blocked_host_are_not_found_named_or_followed(home: RunningHub, peer: Peer) -> None:
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    await follows(peer, rosa, home, ada)
    known = await actor_of(home, rosa)
    assert known is not None
    await decide(home.hub, "peer.test", BLOCKED)
    peer.requests.clear()
    post = await home.say(ada, "Hello @rosa@peer.test and @new@peer.test")
    assert await home.hub.database.read(lambda session: find_mentioned(session, post.id)) == []
    for refused in (
        resolve_handle(home.hub, "@rosa@peer.test"),
        resolve_handle(home.hub, "@new@peer.test"),
        resolve_url(home.hub, rosa.uri),
        follow(home.hub, actor_id=ada.id, target_id=known.id),
    ):
        with pytest.raises(Missing):
            await refused
    assert peer.requests == []


async def test_opening_a_host_shows_its_posts_again(home: RunningHub, peer: Peer) -> None:
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    note = peer.note(rosa, to=[PUBLIC], cc=[ada.uri])
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    post = await post_of(home, note["id"])
    assert post is not None
    path = f"/api/v1/statuses/{post.id}"
    anybody = ApiClient(home, None)
    await decide(home.hub, "peer.test", BLOCKED)
    assert (await anybody.call("GET", path)).status == 404
    await decide(home.hub, "peer.test", OPEN)
    assert (await anybody.call("GET", path)).status == 200


async def test_an_actor_whose_handle_is_on_a_blocked_host_is_not_taken(
    home: RunningHub, peer: Peer, resolver: TestResolver
) -> None:
    rosa = peer.add_actor("rosa", extra={"webfinger": "rosa@evil.test"})
    await decide(home.hub, "evil.test", BLOCKED)
    async with Peer.running("evil.test", resolver=resolver) as evil:
        with pytest.raises(ProtocolError):
            await dereference_actor(home.hub, rosa.uri)
        assert evil.requests == []
    assert await actor_of(home, rosa) is None


async def test_a_new_actor_of_a_limited_host_is_limited(home: RunningHub, peer: Peer) -> None:
    await decide(home.hub, "peer.test", LIMITED)
    actor = await dereference_actor(home.hub, peer.add_actor("rosa").uri)
    assert actor.is_limited
    assert (await foresee(home.hub, "peer.test", OPEN)).actors == 1


async def test_nothing_of_a_blocked_host_is_fetched_by_hand_either(home: RunningHub, peer: Peer) -> None:
    await decide(home.hub, "peer.test", BLOCKED)
    with pytest.raises(HostBlocked):
        await home.hub.dereferencer.document(peer.add_actor("rosa").uri)
    assert peer.requests == []


async def test_pictures_of_a_host_are_forgotten_and_not_remembered_again(home: RunningHub, peer: Peer) -> None:
    ada = await home.member("ada")
    rosa = peer.add_actor("rosa", extra={"icon": PICTURE, "image": PICTURE})
    notes = [peer.note(rosa, to=[PUBLIC], cc=[ada.uri], attachment=[PICTURE]) for _ in range(2)]
    await tell(peer, rosa, home, peer.create(notes[0], by=rosa))
    before, known = await post_of(home, notes[0]["id"]), await actor_of(home, rosa)
    assert before is not None
    assert known is not None
    assert (len(before.attachments), known.avatar_url is None) == (1, False)
    await decide(home.hub, "peer.test", Decision(HostLevel.OPEN, rejects_media=True))
    await tell(peer, rosa, home, peer.create(notes[1], by=rosa))
    await tell(peer, rosa, home, peer.activity(rosa, "Update", rosa.document()))
    for note in notes:
        post = await post_of(home, note["id"])
        assert post is not None
        assert post.attachments == []
    again = await actor_of(home, rosa)
    assert again is not None
    assert (again.avatar_url, again.header_url) == (None, None)


async def test_a_profile_edit_of_a_suspended_actor_does_not_show_it_again(home: RunningHub, peer: Peer) -> None:
    rosa = peer.add_actor("rosa")
    actor = await dereference_actor(home.hub, rosa.uri)
    await suspend_actor(home.hub, actor_id=actor.id)
    await tell(peer, rosa, home, peer.activity(rosa, "Update", rosa.document()))
    assert (await home.actor(actor)).is_hidden
    await unsuspend_actor(home.hub, actor_id=actor.id)
    assert not (await home.actor(actor)).is_hidden


@pytest.mark.parametrize("new_id", [False, True])
async def test_nobody_gets_rid_of_a_suspension_by_deleting_the_account(
    home: RunningHub, peer: Peer, *, new_id: bool
) -> None:
    rosa = peer.add_actor("rosa")
    actor = await dereference_actor(home.hub, rosa.uri)
    await suspend_actor(home.hub, actor_id=actor.id)
    await tell(peer, rosa, home, peer.activity(rosa, "Delete", rosa.uri))
    assert (await home.actor(actor)).gone_at is not None
    if new_id:
        document = rosa.document() | {"id": f"{peer.base}/people/rosa"}
        peer.serve("/people/rosa", document)
        webfinger = {"subject": "acct:rosa@peer.test", "links": [self_link(str(document["id"]))]}
        peer.serve("/.well-known/webfinger", webfinger, content_type="application/jrd+json")
        again = await dereference_actor(home.hub, str(document["id"]))
        assert again.id != actor.id
    else:
        again = await dereference_actor(home.hub, rosa.uri)
    assert again.gone_at is None
    assert again.is_hidden


def self_link(uri: str) -> dict[str, str]:
    """How WebFinger names an actor."""
    return {"rel": "self", "type": "application/activity+json", "href": uri}


async def test_one_of_ours_can_be_limited(home: RunningHub) -> None:
    ada = await home.member("ada")
    await home.say(ada, "Hello")
    await limit_actor(home.hub, actor_id=ada.id)
    assert (await find_anybody(home.hub, "@ADA@hub.test")).is_limited
    assert await ApiClient(home, None).get("/api/v1/timelines/public") == []
