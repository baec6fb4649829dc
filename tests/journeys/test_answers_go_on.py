"""Who follows one of ours on another server hears what is answered there, though nobody sent it to them."""

import json

from federation.identifiers import ActorUri
from federation.proofs import read_proof
from federation.signatures.keys import parse_multikey
from fedihub.services.posting import delete_post, edit_post
from fedihub.services.resolving import resolve_handle, resolve_url
from storage.actors import Actor
from storage.posts import Post
from tests.journeys.conftest import both
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.proofs import with_proof
from tests.support.stories import answer_to, follows, post_of, tell


async def bob_follows(home: RunningHub, away: RunningHub) -> Actor:
    """Bob, at another hub, follows Ada."""
    bob = await away.member("bob")
    await away.follow(bob, await resolve_handle(away.hub, "@ada@hub.test"))
    await both(home, away)
    return bob


async def test_a_strangers_answer_reaches_a_hub_that_the_stranger_never_heard_of(
    home: RunningHub, away: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor
) -> None:
    await bob_follows(home, away)
    post = await home.say(ada, "Who knows a good welder?")
    await both(home, away)

    # Rosa answers, to Ada's hub alone; then her own server goes down.
    rosa.with_ed25519 = True
    await resolve_handle(away.hub, rosa.handle)
    note = answer_to(peer, rosa, post, ada, "I do")
    await tell(peer, rosa, home, with_proof(peer.create(note, by=rosa), rosa))
    await peer.stop()
    await both(home, away)

    # Bob's hub has it all the same, in the same conversation, and believes it for the proof in it.
    heard, seen = await post_of(away, note["id"]), await post_of(away, post.uri)
    assert heard is not None
    assert seen is not None
    assert "I do" in heard.content_html
    assert (heard.in_reply_to_id, heard.conversation_id) == (seen.id, seen.conversation_id)


async def test_what_our_own_people_answer_elsewhere_proves_itself(
    home: RunningHub, away: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor
) -> None:
    """Rosa follows Ada; Bob answers Ada from his hub; Ada's hub passes it on to Rosa's server, which can check it."""
    await follows(peer, rosa, home, ada)
    bob = await bob_follows(home, away)
    post = await home.say(ada, "Who knows a good welder?")
    await both(home, away)
    there = await resolve_url(away.hub, post.uri)
    assert isinstance(there, Post)
    answer = await away.say(bob, "Rosa does", in_reply_to_id=there.id)
    await both(home, away)

    create = next(each for each in peer.received if each["type"] == "Create" and each["actor"] == bob.uri)
    assert create["object"]["id"] == answer.uri
    sent = next(request for request in peer.requests if request.method == "POST" and request.json() == create)
    assert sent.key_id == f"{ada.uri}#main-key"
    actor = await away.document(bob.uri)
    claim = read_proof(json.loads(sent.body), owner=ActorUri(bob.uri), now=home.hub.clock.now())
    assert claim is not None
    assert claim.is_proved_by(parse_multikey(actor["assertionMethod"][0]["publicKeyMultibase"]))


async def test_three_hubs_of_which_two_never_met(
    home: RunningHub, away: RunningHub, third: RunningHub, ada: Actor
) -> None:
    """Bob answers Ada from his hub; Yan, at a third, follows Ada and nobody else."""
    bob = await bob_follows(home, away)
    yan = await third.member("yan")
    await third.follow(yan, await resolve_handle(third.hub, "@ada@hub.test"))
    await both(home, away, third)
    post = await home.say(ada, "Who knows a good welder?")
    await both(home, away, third)
    there = await post_of(away, post.uri)
    assert there is not None
    answer = await away.say(bob, "I do", in_reply_to_id=there.id)
    await both(home, away, third)

    # Yan reads it where it belongs. His hub took Ada's hub's word for nothing: it is Bob's own, for the proof in it.
    heard, seen = await post_of(third, answer.uri), await post_of(third, post.uri)
    assert heard is not None
    assert seen is not None
    assert (heard.in_reply_to_id, heard.conversation_id) == (seen.id, seen.conversation_id)
    newest = (await third.log())[0]
    assert (newest.activity_type, newest.actor_uri) == ("Create", bob.uri)

    # Bob thinks again, tells Ada's hub, and then nobody can ask his hub: the proof is enough.
    await edit_post(away.hub, post_id=answer.id, by_actor_id=bob.id, text="I do: Rosa")
    await away.drain()
    await away.go_down()
    await both(home, third)
    heard = await post_of(third, answer.uri)
    assert heard is not None
    assert "Rosa" in heard.content_html

    # So it is with the end of it.
    await away.come_back()
    await delete_post(away.hub, post_id=answer.id, by_actor_id=bob.id)
    await away.drain()
    await away.go_down()
    await both(home, third)
    assert await post_of(third, answer.uri) is None
