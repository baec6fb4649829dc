"""Being liked and passed on, and doing so."""

from fedihub.services.reactions import boost, like, unboost, unlike
from storage.actors import Actor
from storage.notifications import NotificationKind
from storage.posts import Audience
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC, Peer
from tests.support.peer_actor import PeerActor
from tests.support.stories import answer_to, follows, post_of, tell, told, verdict


async def test_a_like_from_elsewhere_counts_once_and_can_be_taken_back(
    home: RunningHub, peer: Peer, bridge: Actor, rosa: PeerActor
) -> None:
    post = await home.say(bridge, "Hello")
    liked = peer.activity(rosa, "Like", post.uri)
    await tell(peer, rosa, home, liked)
    await tell(peer, rosa, home, peer.activity(rosa, "Like", post.uri))
    assert (await home.post(post.id)).likes_count == 1
    assert await told(home, bridge) == [NotificationKind.LIKE]

    invented = liked | {"id": f"{rosa.uri}/likes/other"}  # GoToSocial makes up a new id for what it undoes
    await tell(peer, rosa, home, peer.activity(rosa, "Undo", invented))
    assert (await home.post(post.id)).likes_count == 0


async def test_a_boost_from_elsewhere_counts_once_and_can_be_taken_back(
    home: RunningHub, peer: Peer, bridge: Actor, rosa: PeerActor
) -> None:
    post = await home.say(bridge, "Hello")
    passed_on = peer.activity(rosa, "Announce", post.uri, to=[PUBLIC], cc=[rosa.followers, bridge.uri])
    await tell(peer, rosa, home, passed_on)
    assert (await home.post(post.id)).boosts_count == 1
    assert await told(home, bridge) == [NotificationKind.BOOST]

    await tell(peer, rosa, home, peer.activity(rosa, "Undo", passed_on["id"]))  # the bare id
    assert (await home.post(post.id)).boosts_count == 0


async def test_what_is_for_followers_cannot_be_passed_on(
    home: RunningHub, peer: Peer, bridge: Actor, rosa: PeerActor
) -> None:
    await follows(peer, rosa, home, bridge)
    post = await home.say(bridge, "Between us", audience=Audience.FOLLOWERS)
    await tell(peer, rosa, home, peer.activity(rosa, "Announce", post.uri, to=[PUBLIC], cc=[]))
    assert (await home.post(post.id)).boosts_count == 0
    assert NotificationKind.BOOST not in await told(home, bridge)


async def test_what_is_boosted_elsewhere_is_fetched_and_never_believed(
    home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor
) -> None:
    author = peer.add_actor("otto")
    note = peer.note(author, "<p>True words</p>")
    rosas_row = await home_knows(home, rosa)
    await home.follow(ada, rosas_row)
    await home.drain()
    await peer.wait_for(lambda activity: activity["type"] == "Follow")
    follow = next(activity for activity in peer.received if activity["type"] == "Follow")
    await tell(peer, rosa, home, peer.activity(rosa, "Accept", follow))

    forged = note | {"content": "<p>Forged words</p>"}
    await tell(peer, rosa, home, peer.activity(rosa, "Announce", forged, to=[PUBLIC], cc=[]))
    stored = await post_of(home, note["id"])
    assert stored is not None
    assert stored.content_html == "<p>True words</p>"


async def test_our_like_reaches_the_author_alone(
    home: RunningHub, peer: Peer, ada: Actor, bridge: Actor, rosa: PeerActor
) -> None:
    post = await home.say(bridge, "Hello")
    reply = answer_to(peer, rosa, post, bridge, "Hi")
    await tell(peer, rosa, home, peer.create(reply, by=rosa))
    stored = await post_of(home, reply["id"])
    assert stored is not None

    await like(home.hub, actor_id=ada.id, post_id=stored.id)
    await unlike(home.hub, actor_id=ada.id, post_id=stored.id)
    await home.drain()
    liked, undone = (activity for activity in peer.received if activity["type"] in ("Like", "Undo"))
    assert (liked["type"], liked["object"]) == ("Like", reply["id"])
    assert (undone["type"], undone["object"]["id"]) == ("Undo", liked["id"])
    assert {seen.path for seen in peer.requests if seen.method == "POST"} == {"/users/rosa/inbox"}


async def test_our_boost_reaches_followers_and_author(
    home: RunningHub, peer: Peer, ada: Actor, bridge: Actor, rosa: PeerActor
) -> None:
    await follows(peer, rosa, home, ada)
    post = await home.say(bridge, "Hello")
    await boost(home.hub, actor_id=ada.id, post_id=post.id)
    await unboost(home.hub, actor_id=ada.id, post_id=post.id)
    await home.drain()
    passed_on = await peer.wait_for(lambda activity: activity["type"] == "Announce")
    assert (passed_on["object"], passed_on["to"]) == (post.uri, [PUBLIC])
    undone = await peer.wait_for(lambda activity: activity["type"] == "Undo")
    assert undone["object"]["id"] == passed_on["id"]


async def test_a_like_of_what_one_cannot_see_is_like_one_of_nothing(
    home: RunningHub, peer: Peer, bridge: Actor, rosa: PeerActor
) -> None:
    post = await home.say(bridge, "Secret", audience=Audience.MENTIONED)
    await tell(peer, rosa, home, peer.activity(rosa, "Like", post.uri))
    seen = await verdict(home)
    await tell(peer, rosa, home, peer.activity(rosa, "Like", f"{home.url}/ap/posts/1"))
    assert seen == await verdict(home)
    assert (await home.post(post.id)).likes_count == 0


async def home_knows(home: RunningHub, who: PeerActor) -> Actor:
    """Look somebody up, as a member would by searching."""
    from fedihub.services.resolving import resolve_handle

    return await resolve_handle(home.hub, f"@{who.handle}")
