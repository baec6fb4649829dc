"""What becomes of actors: ours that change, fall silent or end, and what we make of those elsewhere."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from federation.identifiers import ActorUri
from federation.proofs import read_proof
from federation.signatures.keys import PublicKey, parse_multikey
from fedihub.clock import ManualClock
from fedihub.errors import Conflict, Missing
from fedihub.hub import open_hub
from fedihub.services.host_policies import Decision, decide
from fedihub.services.lives import change_keys, end_actor, suspend_actor, unsuspend_actor
from fedihub.services.members import create_member
from fedihub.services.posting import delete_post
from fedihub.services.profiles import ProfileChanges, update_profile
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor, find_actor_by_uri
from storage.deliveries import retry_deliveries
from storage.host_policies import HostLevel
from storage.posts import Audience, Post
from storage.standing import set_suspended
from tests.conformance.conftest import Scene
from tests.support.hub import ACTIVITY_JSON, PASSWORD, RunningHub
from tests.support.keys import STRANGERS_KEY, public_pem, ready_keys, rsa_key
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import actor_of, follows, post_of, verdict

DAY = timedelta(days=1)


async def known(scene: Scene, who: PeerActor | None = None) -> Actor:
    """Our row of Rosa, who is looked up if she is new here."""
    return await resolve_handle(scene.home.hub, (who or scene.rosa).handle)


async def stored(scene: Scene, who: PeerActor | None = None) -> Actor:
    """Our row of Rosa, without a look at her server."""
    row = await actor_of(scene.home, who or scene.rosa)
    assert row is not None
    return row


def sent(peer: Peer, type_: str) -> list[Activity]:
    return [each for each in peer.received if each["type"] == type_]


# What we say of our own.


async def test_b13_a_changed_profile_is_sent_as_the_complete_actor(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    for name in ("Ada I", "Ada II"):
        changes = ProfileChanges(display_name=name)
        await update_profile(scene.home.hub, actor_id=scene.ada.id, by_member_id=scene.ada.id, changes=changes)
    await scene.home.drain()
    updates = [each["object"] for each in sent(scene.peer, "Update")]
    assert [each["name"] for each in updates] == ["Ada I", "Ada II"]
    served = await scene.home.document(scene.ada.uri)
    assert {"@context": served["@context"], **updates[-1]} == served


async def test_b13_a_new_key_is_announced_under_the_old_one(scene: Scene) -> None:
    """The peer remembers the old key, and refuses with 401 whatever it does not prove."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    old = scene.peer.known_keys[f"{scene.ada.uri}#main-key"]
    await change_keys(scene.home.hub, actor_id=scene.ada.id)
    await scene.home.drain()
    (update,) = sent(scene.peer, "Update")
    new = update["object"]["publicKey"]["publicKeyPem"]
    assert new != old
    assert (await scene.home.document(scene.ada.uri))["publicKey"]["publicKeyPem"] == new
    scene.peer.known_keys[f"{scene.ada.uri}#main-key"] = new
    await scene.home.say(scene.ada, "Under my new key")
    await scene.home.drain()
    assert sent(scene.peer, "Create")


async def test_b13_the_news_of_new_keys_is_proved_by_the_old_one(scene: Scene) -> None:
    """What a peer knows of the actor, proves it; what is said after it is proved by the new one."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    old = await _proving_key(scene)
    await change_keys(scene.home.hub, actor_id=scene.ada.id)
    scene.peer.verifies = False  # how the requests are signed is shown above
    await scene.home.say(scene.ada, "Under my new key")
    await scene.home.drain()
    new = await _proving_key(scene)
    for type_, known, other in (("Update", old, new), ("Create", new, old)):
        activity = sent(scene.peer, type_)[-1]
        claim = read_proof(activity, owner=ActorUri(scene.ada.uri), now=scene.home.hub.clock.now())
        assert claim is not None
        assert (claim.is_proved_by(known), claim.is_proved_by(other)) == (True, False)


async def test_b13_what_was_said_before_is_served_without_a_proof_that_nobody_can_check(scene: Scene) -> None:
    """A proof that does not verify makes a document invalid (FEP-8b32)."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await scene.home.say(scene.ada, "Under my old key")
    await scene.home.drain()
    before = sent(scene.peer, "Create")[-1]
    assert (await scene.home.document(before["id"])) == before
    await change_keys(scene.home.hub, actor_id=scene.ada.id)
    scene.peer.verifies = False  # how the requests are signed is shown above
    await scene.home.say(scene.ada, "Under my new key")
    await scene.home.drain()
    after = sent(scene.peer, "Create")[-1]
    assert (await scene.home.document(after["id"])) == after
    news = sent(scene.peer, "Update")[-1]
    for each in (before, news):
        served = await scene.home.document(each["id"])
        assert served == {name: value for name, value in each.items() if name != "proof"}


async def test_b13_what_waited_while_the_keys_changed_arrives_without_that_proof(
    later: Scene, clock: ManualClock
) -> None:
    """Who refuses what a wrong proof is in would lose the post for good."""
    await follows(later.peer, later.rosa, later.home, later.ada)
    later.peer.answer_inbox(503)
    await later.home.say(later.ada, "Under my old key")
    await later.home.drain()
    clock.advance(DAY)
    await change_keys(later.home.hub, actor_id=later.ada.id)
    later.peer.verifies = False  # how the requests are signed is shown above
    await later.home.drain()
    (create,) = sent(later.peer, "Create")
    assert create["object"]["content"] == "<p>Under my old key</p>"
    assert "proof" not in create
    assert await later.home.document(create["id"]) == create


async def test_b13_who_knows_only_the_new_key_gets_its_news_without_a_proof_by_the_old(scene: Scene) -> None:
    """The same peer as below, which asks for keys each time: it would find the proof to be wrong."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await change_keys(scene.home.hub, actor_id=scene.ada.id)
    scene.peer.known_keys.clear()
    await scene.home.drain()
    (update,) = sent(scene.peer, "Update")
    assert "proof" not in update


async def _proving_key(scene: Scene) -> PublicKey:
    """The Ed25519 key that Ada's document shows."""
    document = await scene.home.document(scene.ada.uri)
    return parse_multikey(document["assertionMethod"][0]["publicKeyMultibase"])


async def test_b14_a_suspended_actor_says_so_and_its_collections_are_closed(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await suspend_actor(scene.home.hub, actor_id=scene.ada.id)
    await scene.home.drain()
    document = await scene.home.document(scene.ada.uri)
    assert (document["suspended"], document["name"], document["summary"]) == (True, "", "")
    assert sent(scene.peer, "Update")[-1]["object"]["suspended"] is True
    for name in ("outbox", "followers", "following", "featured"):
        assert (await scene.home.get(f"{scene.ada.uri}/{name}", accept=ACTIVITY_JSON)).status == 403
    assert (await scene.home.get(scene.post.uri, accept=ACTIVITY_JSON)).status == 403
    finger = await scene.home.get("/.well-known/webfinger?resource=acct:ada@hub.test")
    assert finger.status == 200


async def test_b14_what_a_suspended_actor_said_of_itself_before_is_not_told_any_more(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    changes = ProfileChanges(bio="my old address")
    await update_profile(scene.home.hub, actor_id=scene.ada.id, by_member_id=scene.ada.id, changes=changes)
    await scene.home.drain()
    (update,) = sent(scene.peer, "Update")
    assert (await scene.home.get(update["id"], accept=ACTIVITY_JSON)).status == 200
    await suspend_actor(scene.home.hub, actor_id=scene.ada.id)
    assert (await scene.home.get(update["id"], accept=ACTIVITY_JSON)).status == 403
    await end_actor(scene.home.hub, actor_id=scene.ada.id)
    assert (await scene.home.get(update["id"], accept=ACTIVITY_JSON)).status == 410


async def _says_in_vain(scene: Scene, text: str, *, clock: ManualClock) -> Post:
    """Ada has a follower, and says something while their server fails; it will be tried again."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    scene.peer.answer_inbox(503)
    post = await scene.home.say(scene.ada, text)
    await scene.home.drain()
    assert not sent(scene.peer, "Create")
    clock.advance(DAY / 4)
    return post


async def test_b14_what_waits_when_its_author_is_suspended_is_not_sent(later: Scene, clock: ManualClock) -> None:
    await _says_in_vain(later, "Said before", clock=clock)
    await suspend_actor(later.home.hub, actor_id=later.ada.id)
    for _ in range(3):
        await later.home.drain()
        clock.advance(DAY / 4)
    now = clock.now()
    await later.home.hub.database.write(lambda session: retry_deliveries(session, now=now, host=later.peer.host))
    await later.home.drain()
    assert sent(later.peer, "Update")[-1]["object"]["suspended"] is True
    assert not sent(later.peer, "Create")


async def test_b14_what_was_kept_back_goes_out_when_the_suspension_ends(later: Scene, clock: ManualClock) -> None:
    post = await _says_in_vain(later, "Said before", clock=clock)
    await suspend_actor(later.home.hub, actor_id=later.ada.id)
    await later.home.drain()
    await unsuspend_actor(later.home.hub, actor_id=later.ada.id)
    await later.home.drain()
    assert [create["object"]["id"] for create in sent(later.peer, "Create")] == [post.uri]


async def test_b14_what_a_suspended_actor_takes_back_is_told_and_stays_so(later: Scene, clock: ManualClock) -> None:
    post = await _says_in_vain(later, "Said before", clock=clock)
    await delete_post(later.home.hub, post_id=post.id, by_actor_id=later.ada.id)
    await suspend_actor(later.home.hub, actor_id=later.ada.id)
    await later.home.drain()
    assert sent(later.peer, "Delete")[-1]["object"]["id"] == post.uri
    await unsuspend_actor(later.home.hub, actor_id=later.ada.id)
    await later.home.drain()
    assert not sent(later.peer, "Create")


async def test_b14_a_suspension_can_be_lifted(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    before = await scene.home.document(scene.ada.uri)
    await suspend_actor(scene.home.hub, actor_id=scene.ada.id)
    await unsuspend_actor(scene.home.hub, actor_id=scene.ada.id)
    await scene.home.drain()
    assert await scene.home.document(scene.ada.uri) == before
    assert "suspended" not in sent(scene.peer, "Update")[-1]["object"]
    assert (await scene.home.get(f"{scene.ada.uri}/followers", accept=ACTIVITY_JSON)).status == 200


async def test_b14_a_deleted_actor_is_gone_everywhere(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await end_actor(scene.home.hub, actor_id=scene.ada.id)
    await scene.home.drain()
    addresses = [scene.ada.uri, scene.post.uri, *(f"{scene.ada.uri}/{name}" for name in ("outbox", "followers"))]
    for address in addresses:
        assert (await scene.home.get(address, accept=ACTIVITY_JSON)).status == 410, address
    assert (await scene.home.get("/.well-known/webfinger?resource=acct:ada@hub.test")).status == 410
    assert (await scene.home.get("/@ada", accept="text/html")).status == 410
    answer = await scene.peer.send(scene.ada.inbox_url, scene.peer.activity(scene.rosa, "Like", "x"), by=scene.rosa)
    assert answer.status == 410


async def test_b14_the_handle_of_who_has_ended_is_never_given_again(scene: Scene) -> None:
    await end_actor(scene.home.hub, actor_id=scene.ada.id)
    with pytest.raises(Conflict):
        await create_member(scene.home.hub, username="ada", email="new@mail.example", password=PASSWORD)
    with pytest.raises(Missing):
        await end_actor(scene.home.hub, actor_id=scene.ada.id)


async def test_i15_the_end_is_signed_with_its_own_key_which_is_served_as_long_as_it_is_told(scene: Scene) -> None:
    """To every server that we know; one of them is down for a while and has never seen the key."""
    await known(scene)
    scene.peer.answer_inbox(503)
    await end_actor(scene.home.hub, actor_id=scene.ada.id)
    await scene.home.drain()
    document = await scene.home.document(scene.ada.uri)
    assert (document["suspended"], document["name"]) == (True, "")
    assert document["publicKey"]["publicKeyPem"]
    await retry(scene)
    (end,) = sent(scene.peer, "Delete")
    assert (end["actor"], end["object"]) == (scene.ada.uri, scene.ada.uri)
    assert (await scene.home.get(scene.ada.uri, accept=ACTIVITY_JSON)).status == 410


async def retry(scene: Scene) -> None:
    """The operator lets everything for the peer be tried at once."""
    from storage.deliveries import retry_deliveries

    now = scene.home.hub.clock.now()
    await scene.home.hub.database.write(lambda session: retry_deliveries(session, now=now, host="peer.test"))
    await scene.home.drain()


# What we make of others.


@pytest.mark.parametrize("type_", ["Application", "Group", "Organization", "Person", "Service", ["Person"]])
async def test_b16_all_types_of_actors_are_taken(scene: Scene, type_: Any) -> None:
    who = scene.peer.add_actor("otto", extra={"type": type_})
    assert (await known(scene, who)).wire_type == (type_ if isinstance(type_, str) else type_[0])


@pytest.mark.parametrize("type_", ["Note", "Robot", None, ["Note", "Robot"]])
async def test_b16_what_is_no_actor_is_refused(scene: Scene, type_: Any) -> None:
    who = scene.peer.add_actor("otto", extra={"type": type_})
    with pytest.raises(Missing):
        await known(scene, who)
    assert await actor_of(scene.home, who) is None


async def test_b17_a_document_whose_id_is_another_is_refused(scene: Scene) -> None:
    who = scene.peer.add_actor("otto", extra={"id": "http://peer.test/users/somebody"})
    with pytest.raises(Missing):
        await known(scene, who)
    assert await find(scene.home, "http://peer.test/users/somebody") is None


async def find(home: RunningHub, uri: str) -> Actor | None:
    return await home.hub.database.read(lambda session: find_actor_by_uri(session, uri))


async def test_b18_an_actor_with_the_least_of_properties_is_stored(scene: Scene) -> None:
    """The shape of instance actors."""
    who = scene.peer.add_actor("peer.test", type="Application")
    least = {"id", "type", "preferredUsername", "inbox", "publicKey", "@context"}
    who.extra = {name: None for name in who.document() if name not in least}
    row = await known(scene, who)
    assert (row.username, row.display_name, row.followers_url) == ("peer.test", "", None)


async def test_b19_numbers_in_ids_are_normal(scene: Scene) -> None:
    """Mastodon 4.6 names its actors so; the handle says nothing about the id."""
    uri = scene.peer.serve(
        "/ap/users/116", scene.rosa.document() | {"id": "http://peer.test/ap/users/116", "preferredUsername": "nora"}
    )
    jrd = {"subject": "acct:nora@peer.test", "links": [{"rel": "self", "type": ACTIVITY_JSON, "href": uri}]}

    scene.peer.serve("/.well-known/webfinger", jrd, content_type="application/jrd+json")
    row = await resolve_handle(scene.home.hub, "nora@peer.test")
    assert (row.uri, row.username) == (uri, "nora")


async def test_b20_a_key_in_a_document_of_its_own_counts_if_key_and_owner_name_each_other(scene: Scene) -> None:
    for number, style in enumerate(["document", "path"]):
        who = scene.peer.add_actor(f"otto{number}", key_style=style)
        await follows(scene.peer, who, scene.home, scene.ada)
    assert (await scene.home.actor(scene.ada)).followers_count == 2


async def test_b20_a_key_that_its_owner_does_not_list_proves_nothing(scene: Scene) -> None:
    stray = rsa_key(STRANGERS_KEY)
    key = {"id": "http://peer.test/stray-key", "owner": scene.rosa.uri, "publicKeyPem": public_pem(stray)}
    scene.peer.serve("/stray-key", {"@context": "https://w3id.org/security/v1", **key})
    activity = scene.peer.activity(scene.rosa, "Follow", scene.ada.uri)
    answer = await scene.peer.send(scene.home.shared_inbox, activity, by=scene.rosa, key=stray, key_id=key["id"])
    assert answer.status == 401
    await scene.home.drain()
    assert (await scene.home.actor(scene.ada)).followers_count == 0


async def test_b21_of_several_keys_the_one_that_is_named_is_used(scene: Scene) -> None:
    other = rsa_key(STRANGERS_KEY)
    second = {"id": f"{scene.rosa.uri}#second", "owner": scene.rosa.uri, "publicKeyPem": public_pem(other)}
    scene.rosa.extra = {"publicKey": [scene.rosa.public_key(), second]}
    activity = scene.peer.activity(scene.rosa, "Follow", scene.ada.uri)
    wrong = await scene.peer.send(scene.home.shared_inbox, activity, by=scene.rosa, key=other)
    assert wrong.status == 401
    await scene.hears(activity, key=other, key_id=second["id"])
    assert (await scene.home.actor(scene.ada)).followers_count == 1


async def test_b22_profiles_that_are_too_large_are_cut(scene: Scene) -> None:
    field = {"type": "PropertyValue", "name": "n" * 5_000, "value": "v" * 5_000}
    aliases = [f"http://peer.test/users/{number}" for number in range(1_000)]
    scene.rosa.extra = {
        "name": "x" * 10_000,
        "summary": f"<p>{'y' * 100_000}</p>",
        "attachment": [field] * 70,
        "alsoKnownAs": [*aliases, {"id": "http://peer.test/x"}],
    }
    row = await known(scene)
    assert 0 < len(row.display_name) <= 200
    assert 0 < len(row.bio_html) <= 21_000
    assert 0 < len(row.fields) <= 20
    assert all(len(each["name"]) <= 200 and len(each["value"]) <= 2_100 for each in row.fields)
    assert 0 < len(row.also_known_as) <= 50


async def test_b22_an_endless_name_is_refused(scene: Scene) -> None:
    scene.rosa.extra = {"preferredUsername": "r" * 3_000}
    await scene.hears(scene.peer.activity(scene.rosa, "Follow", scene.ada.uri))
    assert await actor_of(scene.home, scene.rosa) is None
    assert (await verdict(scene.home))[1] == "username_unusable"


async def test_b23_an_old_profile_is_fetched_anew_when_it_is_used(later: Scene, clock: ManualClock) -> None:
    await known(later)
    later.rosa.extra = {"name": "Rosa the Second"}
    clock.advance(DAY / 2)
    assert (await known(later)).display_name == "Rosa"
    clock.advance(DAY)
    assert (await known(later)).display_name == "Rosa the Second"


async def test_b23_a_server_that_is_down_costs_nobody_the_profile(later: Scene, clock: ManualClock) -> None:
    await known(later)
    clock.advance(2 * DAY)
    await later.peer.stop()
    assert (await known(later)).display_name == "Rosa"


async def test_b23_a_very_old_profile_is_fetched_anew_when_something_comes(later: Scene, clock: ManualClock) -> None:
    await known(later)
    await later.hears(later.peer.activity(later.rosa, "Follow", later.ada.uri), date=clock.now())
    later.rosa.extra = {"name": "Rosa the Second"}
    for days, name in ((5, "Rosa"), (3, "Rosa the Second")):
        clock.advance(days * DAY)
        await later.hears(later.peer.activity(later.rosa, "Like", later.post.uri), date=clock.now())
        assert (await stored(later)).display_name == name


async def test_b24_suspended_hides_a_remote_profile_and_shows_it_again(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, to=["https://www.w3.org/ns/activitystreams#Public"], cc=[scene.ada.uri])
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    post = await post_of(scene.home, note["id"])
    scene.rosa.extra = {"suspended": True, "name": "", "summary": ""}
    await scene.hears(scene.peer.activity(scene.rosa, "Update", scene.rosa.document()))
    assert (await stored(scene)).is_hidden
    with pytest.raises(Missing):
        await known(scene)
    scene.rosa.extra = {}
    await scene.hears(scene.peer.activity(scene.rosa, "Update", scene.rosa.document()))
    assert not (await stored(scene)).is_hidden
    assert await post_of(scene.home, note["id"]) == post


async def test_b24_what_its_own_server_says_never_undoes_our_decision(scene: Scene) -> None:
    row, now = await known(scene), scene.home.hub.clock.now()
    await scene.home.hub.database.write(lambda session: set_suspended(session, row.id, at=now))
    for extra in ({"suspended": True}, {"suspended": False}, {}):
        scene.rosa.extra = extra
        await scene.hears(scene.peer.activity(scene.rosa, "Update", scene.rosa.document()))
        assert (await stored(scene)).suspended_at == now
        assert (await stored(scene)).is_hidden


# Names that change hands.


async def test_a16_a_handle_that_is_gone_ends_its_actor(later: Scene, clock: ManualClock) -> None:
    await known(later)
    note = later.peer.note(later.rosa, inReplyTo=later.post.uri, cc=[later.ada.uri])
    await later.hears(later.peer.create(note, by=later.rosa), date=clock.now())
    await later.hears(later.peer.activity(later.rosa, "Follow", later.ada.uri), date=clock.now())
    later.peer.serve("/.well-known/webfinger", status=410)
    clock.advance(2 * DAY)
    with pytest.raises(Missing):
        await known(later)
    assert (await stored(later)).gone_at is not None
    assert await post_of(later.home, note["id"]) is None
    later.peer.received.clear()
    await later.home.say(later.ada, "Anybody there?")
    await later.home.drain()
    assert later.peer.received == []


async def test_a16_an_actor_whose_own_address_says_gone_has_ended(later: Scene, clock: ManualClock) -> None:
    await known(later)
    await later.hears(later.peer.activity(later.rosa, "Follow", later.ada.uri), date=clock.now())
    later.rosa.status = 410
    later.peer.answer_inbox(410)
    await later.home.say(later.ada, "Anybody there?")
    await later.home.drain()
    assert (await stored(later)).gone_at is not None
    assert (await later.home.actor(later.ada)).followers_count == 0


async def test_a17_one_handle_looked_up_twice_at_once_is_one_actor(scene: Scene) -> None:
    rows = await asyncio.gather(*(known(scene) for _ in range(5)))
    assert len({row.id for row in rows}) == 1
    assert (await scene.rows())["actors"] == 3


async def test_a18_a_new_handle_of_a_known_id_is_the_same_actor(scene: Scene) -> None:
    before = await known(scene)
    scene.rosa.extra = {"preferredUsername": "rosalind"}
    jrd = {"subject": "acct:rosalind@peer.test", "links": [_self(scene.rosa.uri)]}
    scene.peer.serve("/.well-known/webfinger", jrd, content_type="application/jrd+json")
    await scene.hears(scene.peer.activity(scene.rosa, "Update", scene.rosa.document()))
    after = await stored(scene)
    assert (after.id, after.username) == (before.id, "rosalind")


def _self(uri: str) -> dict[str, str]:
    return {"rel": "self", "type": ACTIVITY_JSON, "href": uri}


async def test_a18_a_new_id_of_a_known_handle_is_the_same_actor(later: Scene, clock: ManualClock) -> None:
    """Her server was set up anew: it has forgotten that Ada follows her, and is asked again."""
    before = await known(later)
    await later.home.follow(later.ada, before)
    await later.home.drain()
    asked = sent(later.peer, "Follow")[-1]
    await later.hears(later.peer.activity(later.rosa, "Accept", asked["id"]), date=clock.now())
    del later.peer.actors["rosa"]
    new = later.peer.serve("/people/2", later.rosa.document() | {"id": "http://peer.test/people/2"})
    jrd = {"subject": "acct:rosa@peer.test", "links": [_self(new)]}
    later.peer.serve("/.well-known/webfinger", jrd, content_type="application/jrd+json")
    clock.advance(2 * DAY)
    after = await known(later)
    assert (after.id, after.uri) == (before.id, new)
    await later.home.drain()
    follow = later.peer.seen("/users/rosa/inbox", method="POST")[-1].json()
    assert (follow["type"], follow["object"]) == ("Follow", new)


async def test_a18_a_freed_name_is_no_inheritance(scene: Scene) -> None:
    """Rosa ended her account (410) and her name was taken by another: what was hers ends here, nothing passes on."""
    await scene.ada_follows_rosa()
    post = await scene.hears_note("<p>I, the first Rosa</p>")
    assert post is not None
    del scene.peer.actors["rosa"]
    scene.peer.serve("/users/rosa", b"", status=410)
    new = scene.peer.add_actor("rosa2", extra={"preferredUsername": "rosa"})
    jrd = {"subject": "acct:rosa@peer.test", "links": [_self(new.uri)]}
    scene.peer.serve("/.well-known/webfinger", jrd, content_type="application/jrd+json")
    scene.peer.received.clear()
    await scene.hears(scene.peer.activity(new, "Like", scene.post.uri), by=new)
    assert (await stored(scene)).gone_at is not None
    assert await post_of(scene.home, post.uri) is None
    heir = await actor_of(scene.home, new)
    assert heir is not None
    assert (heir.username, heir.followers_count, heir.posts_count) == ("rosa", 0, 0)
    assert sent(scene.peer, "Follow") == []


async def test_a18_two_who_share_a_handle_stay_two(later: Scene, clock: ManualClock) -> None:
    """As a person and a community of Lemmy: both ids are at home."""
    before = await known(later)
    new = later.peer.serve("/c/rosa", later.rosa.document() | {"id": "http://peer.test/c/rosa", "type": "Group"})
    jrd = {"subject": "acct:rosa@peer.test", "links": [_self(new)]}
    later.peer.serve("/.well-known/webfinger", jrd, content_type="application/jrd+json")
    clock.advance(2 * DAY)
    after = await known(later)
    assert after.id != before.id
    assert (await stored(later)).uri == before.uri


async def test_b13_a_new_key_that_is_announced_is_known_at_once(scene: Scene) -> None:
    """Though the old one was fetched a moment ago; and without a fetch."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    old = scene.rosa.key_number
    scene.rosa.key_number = 1 + old % 12
    update = scene.peer.activity(scene.rosa, "Update", scene.rosa.document())
    await scene.hears(update, key=rsa_key(old))
    scene.peer.requests.clear()
    await scene.hears(scene.peer.activity(scene.rosa, "Like", scene.post.uri))
    assert (await scene.home.post(scene.post.id)).likes_count == 1
    assert scene.peer.seen("/users/rosa") == []


async def test_b13_nobody_changes_the_key_of_somebody_else(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    mallory = scene.peer.add_actor("mallory")
    stolen = scene.rosa.public_key() | {"publicKeyPem": public_pem(rsa_key(mallory.key_number))}
    for owner in (scene.rosa.uri, mallory.uri):
        mallory.extra = {"publicKey": [mallory.public_key(), stolen | {"owner": owner}]}
        await scene.hears(scene.peer.activity(mallory, "Update", mallory.document()), by=mallory)
        like = scene.peer.activity(scene.rosa, "Like", scene.post.uri)
        forged = await scene.peer.send(scene.home.shared_inbox, like, by=scene.rosa, key=rsa_key(mallory.key_number))
        assert forged.status == 401
    await scene.home.drain()
    assert (await scene.home.post(scene.post.id)).likes_count == 0


async def test_a16_an_actor_that_is_not_found_is_left_alone_after_a_week(later: Scene, clock: ManualClock) -> None:
    """404 is no end: what they said stays, and they may come back."""
    await known(later)
    note = later.peer.note(later.rosa, inReplyTo=later.post.uri, cc=[later.ada.uri])
    await later.hears(later.peer.create(note, by=later.rosa), date=clock.now())
    await later.hears(later.peer.activity(later.rosa, "Follow", later.ada.uri), date=clock.now())
    later.rosa.status = 404
    later.peer.answer_inbox(404, times=None)
    for days in (1, 8):
        clock.advance(days * DAY)
        await later.home.say(later.ada, "Anybody there?")
        for _ in range(6):
            await later.home.drain()
            clock.advance(DAY / 2)
        assert ((await stored(later)).gone_at is not None) is (days == 8)
    assert await post_of(later.home, note["id"]) is not None


async def test_b13_a_server_that_runs_uses_the_keys_that_a_command_has_made(
    scene: Scene, resolver: TestResolver
) -> None:
    """The command line is another process: what the server has in its memory is the old key."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    settings = scene.home.hub.settings
    async with open_hub(settings, resolver=resolver, key_maker=ready_keys, slot=7) as command:
        await change_keys(command, actor_id=scene.ada.id)
    await scene.home.drain()
    (update,) = sent(scene.peer, "Update")
    scene.peer.known_keys[f"{scene.ada.uri}#main-key"] = update["object"]["publicKey"]["publicKeyPem"]
    await scene.home.say(scene.ada, "Under my new key")
    await scene.home.drain()
    assert sent(scene.peer, "Create")


async def test_b13_a_peer_that_knows_only_the_new_key_is_told_under_that_one(scene: Scene) -> None:
    """Because it asks for keys each time; the news must not wait in front of all that follows."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await change_keys(scene.home.hub, actor_id=scene.ada.id)
    scene.peer.known_keys.clear()
    await scene.home.drain()
    assert len(sent(scene.peer, "Update")) == 1


@pytest.mark.parametrize("how", ["ended", "blocked"])
async def test_b14_what_was_given_up_for_good_is_not_tried_again_with_the_rest_of_a_host(
    later: Scene, clock: ManualClock, how: str
) -> None:
    """An operator retries a host that was down; not what its people must not hear any more."""
    await follows(later.peer, later.rosa, later.home, later.ada)
    await later.home.drain()
    later.peer.answer_inbox(503)
    await later.home.say(later.ada, "Among us", audience=Audience.FOLLOWERS)
    await later.home.drain()
    if how == "ended":
        await end_actor(later.home.hub, actor_id=later.ada.id)
    else:
        await decide(later.home.hub, "peer.test", Decision(HostLevel.BLOCKED))
        await decide(later.home.hub, "peer.test", Decision(HostLevel.OPEN))
    later.peer.answer_inbox(202)
    later.peer.received.clear()
    clock.advance(DAY)
    await later.home.hub.database.write(lambda session: retry_deliveries(session, now=clock.now(), host="peer.test"))
    await later.home.drain()
    assert sent(later.peer, "Create") == []


async def test_b14_nothing_comes_after_the_end_that_was_gathered_with_it(scene: Scene) -> None:
    """Mastodon delivers in parallel, so the end may overtake what was said before it."""
    await scene.ada_follows_rosa()
    note = scene.peer.note(scene.rosa)
    activities = [
        scene.peer.activity(scene.rosa, "Delete", scene.rosa.uri),
        scene.peer.create(note, by=scene.rosa),
        scene.peer.activity(scene.rosa, "Follow", scene.ada.uri),
        scene.peer.activity(scene.rosa, "Like", scene.post.uri),
    ]
    for activity in activities:
        await scene.peer.send(scene.home.shared_inbox, activity, by=scene.rosa)
    await scene.home.drain()
    assert (await stored(scene)).gone_at is not None
    assert await post_of(scene.home, note["id"]) is None
    assert (await scene.home.actor(scene.ada)).followers_count == 0
    assert (await scene.home.post(scene.post.id)).likes_count == 0
