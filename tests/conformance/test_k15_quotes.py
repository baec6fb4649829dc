"""Quotes of our posts by others, and ours of theirs: asked for, allowed, proved, taken back (FEP-044f)."""

from typing import Any

import pytest

from fedihub.errors import Invalid
from fedihub.services.following import block
from fedihub.services.quotes import revoke_quote, set_quote_policy
from storage.notifications import NotificationKind
from storage.posts import Audience, Post
from storage.quotes import QuotePolicy, QuoteState
from storage.received import ReceivedState
from tests.conformance.conftest import Scene
from tests.support.hub import ACTIVITY_JSON
from tests.support.peer import PUBLIC, Activity
from tests.support.quoting import quote_request, state_of
from tests.support.stories import actor_of, follows, post_of, told, verdict


async def asks(scene: Scene, post: Post, **changed: Any) -> tuple[Activity, Activity]:
    """Rosa asks to quote a post of ours; gives her request and her note."""
    note = scene.peer.note(scene.rosa, "<p>Look</p>", **{"quote": post.uri} | changed)
    request = quote_request(scene.peer, scene.rosa, quoted=post.uri, instrument=note)
    await scene.hears(request)
    return request, note


async def answer(scene: Scene, type_: str) -> Activity:
    """What we answered to Rosa."""
    return await scene.peer.wait_for(lambda each: each["type"] == type_)


def answers(scene: Scene) -> list[Activity]:
    """All that we answered so far."""
    return [each for each in scene.peer.received if each["type"] in ("Accept", "Reject")]


async def quotes_rosa(scene: Scene, **note: Any) -> tuple[Post, Activity, Activity]:
    """Ada, whom Rosa follows, quotes a note of Rosa's; gives Ada's post, the note, and what Rosa was asked."""
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await scene.ada_follows_rosa()
    policy = {"interactionPolicy": {"canQuote": {"automaticApproval": [PUBLIC]}}}
    quoted = await scene.hears_note("<p>Wise words</p>", **policy | note)
    assert quoted is not None
    post = await scene.home.say(scene.ada, "Look at this", quoted_id=quoted.id)
    await scene.home.drain()
    request = await scene.peer.wait_for(lambda each: each["type"] == "QuoteRequest")
    return post, scene.peer.objects[quoted.uri], request


async def test_k15_an_open_post_may_be_quoted_by_anybody_unless_its_author_says_otherwise(scene: Scene) -> None:
    policies = (await scene.home.document(scene.post.uri))["interactionPolicy"]
    assert policies["canQuote"] == {"automaticApproval": [PUBLIC]}
    for policy, allowed in (
        (QuotePolicy.FOLLOWERS, scene.ada.followers_url),
        (QuotePolicy.NOBODY, scene.ada.uri),
    ):
        await set_quote_policy(scene.home.hub, post_id=scene.post.id, by_actor_id=scene.ada.id, policy=policy)
        can_quote = (await scene.home.document(scene.post.uri))["interactionPolicy"]["canQuote"]
        assert can_quote == {"automaticApproval": [allowed]}


async def test_k15_gotosocial_of_any_version_lets_everybody_like_answer_and_boost_an_open_post(scene: Scene) -> None:
    """Up to 0.19.1 it reads `always` alone, and forbids what a policy leaves out."""
    policies = (await scene.home.document(scene.post.uri))["interactionPolicy"]
    for name in ("canLike", "canReply", "canAnnounce"):
        assert policies[name] == {"automaticApproval": [PUBLIC], "always": [PUBLIC]}
    followers_only = await scene.home.say(scene.ada, "For few", audience=Audience.FOLLOWERS)
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    document = (await scene.peer.fetch(followers_only.uri, by=scene.rosa)).json()
    assert list(document["interactionPolicy"]) == ["canQuote"]


async def test_k15_a_new_policy_is_told_without_a_new_time(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await set_quote_policy(scene.home.hub, post_id=scene.post.id, by_actor_id=scene.ada.id, policy=QuotePolicy.NOBODY)
    await scene.home.drain()
    update = await scene.peer.wait_for(lambda each: each["type"] == "Update")
    assert "updated" not in update["object"]
    assert update["object"]["interactionPolicy"]["canQuote"] == {"automaticApproval": [scene.ada.uri]}


async def test_k16_who_asks_gets_a_stamp(scene: Scene) -> None:
    request, note = await asks(scene, scene.post)
    accept = await answer(scene, "Accept")
    assert (accept["actor"], accept["object"]["id"]) == (scene.ada.uri, request["id"])
    assert accept["result"].startswith(f"{scene.home.url}/ap/quotes/")
    assert await state_of(scene.home, note["id"]) is QuoteState.ACCEPTED
    assert await told(scene.home, scene.ada) == [NotificationKind.QUOTE]
    assert [seen.path for seen in scene.peer.requests if seen.method == "POST"] == ["/users/rosa/inbox"]


async def test_k16_the_post_that_quotes_is_fetched_where_only_its_id_came(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, "<p>Look</p>", quote=scene.post.uri)
    await scene.hears(quote_request(scene.peer, scene.rosa, quoted=scene.post.uri, instrument=note["id"]))
    await answer(scene, "Accept")
    assert await state_of(scene.home, note["id"]) is QuoteState.ACCEPTED


async def test_k16_asking_twice_gives_the_same_stamp(scene: Scene) -> None:
    _, note = await asks(scene, scene.post)
    await scene.hears(quote_request(scene.peer, scene.rosa, quoted=scene.post.uri, instrument=note))
    assert len({each["result"] for each in answers(scene)}) == 1
    assert len(answers(scene)) == 2
    assert await told(scene.home, scene.ada) == [NotificationKind.QUOTE]


async def test_k16_followers_may_where_followers_may(scene: Scene) -> None:
    post = await scene.home.say(scene.ada, "For friends", quote_policy=QuotePolicy.FOLLOWERS)
    await asks(scene, post)
    assert [each["type"] for each in answers(scene)] == ["Reject"]
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    scene.peer.received.clear()
    await asks(scene, post)
    assert [each["type"] for each in answers(scene)] == ["Accept"]


async def test_k17_who_asks_for_a_post_that_nobody_may_quote_is_refused(scene: Scene) -> None:
    post = await scene.home.say(scene.ada, "Mine", quote_policy=QuotePolicy.NOBODY)
    request, note = await asks(scene, post)
    reject = await answer(scene, "Reject")
    assert reject["object"]["id"] == request["id"]
    assert await post_of(scene.home, note["id"]) is None


@pytest.mark.parametrize("what", ["unknown", "secret", "blocked"])
async def test_k17_a_post_that_the_sender_cannot_see_is_as_unknown_as_any(scene: Scene, what: str) -> None:
    uri = f"{scene.home.url}/ap/posts/1"
    if what == "secret":
        uri = (await scene.home.say(scene.ada, "Between us", audience=Audience.FOLLOWERS)).uri
    if what == "blocked":
        await scene.hears_note(to=[scene.ada.uri], cc=[])
        rosa = await actor_of(scene.home, scene.rosa)
        assert rosa is not None
        await block(scene.home.hub, actor_id=scene.ada.id, target_id=rosa.id)
        uri = scene.post.uri
    note = scene.peer.note(scene.rosa, quote=uri)
    await scene.hears(quote_request(scene.peer, scene.rosa, quoted=uri, instrument=note))
    assert (await verdict(scene.home))[1] == "no_such_post"
    assert answers(scene) == []
    assert await post_of(scene.home, note["id"]) is None


async def test_k17_a_vote_quotes_nothing(scene: Scene) -> None:
    """What answers a poll is never shown, wherever it comes from."""
    note = scene.peer.note(scene.rosa, quote=scene.post.uri, name="Red", inReplyTo=scene.post.uri)
    vote = {name: value for name, value in note.items() if name != "content"}
    scene.peer.objects[note["id"]] = vote
    for instrument in (vote, vote["id"]):
        await scene.hears(quote_request(scene.peer, scene.rosa, quoted=scene.post.uri, instrument=instrument))
        assert await verdict(scene.home) == (ReceivedState.REFUSED, "vote")
    assert answers(scene) == []
    assert await post_of(scene.home, note["id"]) is None
    assert (await scene.home.post(scene.post.id)).replies_count == 0


@pytest.mark.parametrize("how", ["another author", "another author, by its id", "another quote", "another host"])
async def test_k17_only_the_author_of_the_post_that_quotes_can_ask(scene: Scene, how: str) -> None:
    eve = scene.peer.add_actor("eve")
    note = scene.peer.note(scene.rosa, quote=scene.post.uri)
    if how.startswith("another author"):
        note["attributedTo"] = eve.uri
    if how == "another quote":
        note["quote"] = "http://peer.test/something-else"
    by_id = {"another host": "http://other.test/notes/1", "another author, by its id": note["id"]}
    instrument: Any = by_id.get(how, note)
    await scene.hears(quote_request(scene.peer, scene.rosa, quoted=scene.post.uri, instrument=instrument))
    assert answers(scene) == []
    assert await told(scene.home, scene.ada) == []
    assert await post_of(scene.home, note["id"]) is None


async def test_k17_nobody_can_ask_with_the_post_of_a_neighbour(scene: Scene) -> None:
    """What is embedded says that it is Eve's, and it is on her host; but it is known here as Rosa's."""
    await scene.ada_follows_rosa()
    post = await scene.hears_note("<p>I never quote</p>")
    assert post is not None
    forged = scene.peer.objects[post.uri] | {"quote": scene.post.uri}
    forged |= {"attributedTo": scene.peer.add_actor("eve").uri, "content": "<p>I quote</p>"}
    before = await scene.rows()
    request = quote_request(scene.peer, scene.peer.actors["eve"], quoted=scene.post.uri, instrument=forged)
    await scene.hears(request, by=scene.peer.actors["eve"])
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "author_changed")
    assert await post_of(scene.home, post.uri) == post
    assert await scene.rows() == before | {"actors": before["actors"] + 1}
    assert answers(scene) == []


async def test_k18_the_stamp_says_four_things_until_it_is_revoked(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    _, note = await asks(scene, scene.post)
    uri = (await scene.peer.wait_for(lambda each: "result" in each))["result"]
    stamp = await scene.home.document(uri)
    del stamp["@context"]
    assert stamp == {
        "id": uri,
        "type": "QuoteAuthorization",
        "attributedTo": scene.ada.uri,
        "interactingObject": note["id"],
        "interactionTarget": scene.post.uri,
    }

    quoting = await post_of(scene.home, note["id"])
    assert quoting is not None
    hub = scene.home.hub
    await revoke_quote(hub, post_id=scene.post.id, quoting_id=quoting.id, by_actor_id=scene.ada.id)
    await scene.home.drain()
    delete = await answer(scene, "Delete")
    assert (delete["actor"], delete["object"]) == (scene.ada.uri, stamp)
    assert (await scene.home.get(uri, accept=ACTIVITY_JSON)).status == 404
    assert await state_of(scene.home, note["id"]) is QuoteState.REVOKED


async def test_k18_what_was_taken_back_is_not_given_again(scene: Scene) -> None:
    _, note = await asks(scene, scene.post)
    quoting = await post_of(scene.home, note["id"])
    assert quoting is not None
    hub = scene.home.hub
    await revoke_quote(hub, post_id=scene.post.id, quoting_id=quoting.id, by_actor_id=scene.ada.id)
    await scene.hears(quote_request(scene.peer, scene.rosa, quoted=scene.post.uri, instrument=note))
    assert [each["type"] for each in answers(scene)] == ["Accept", "Reject"]
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    await scene.hears(scene.peer.activity(scene.rosa, "Update", note))
    assert await state_of(scene.home, note["id"]) is QuoteState.REVOKED


async def test_k19_our_quote_says_so_in_all_words_and_asks_the_author(scene: Scene) -> None:
    post, note, request = await quotes_rosa(scene)
    create = await answer(scene, "Create")
    said = create["object"]
    assert {said[word] for word in ("quote", "quoteUrl", "quoteUri", "_misskey_quote")} == {note["id"]}
    assert "quoteAuthorization" not in said
    assert said["content"].startswith('<p class="quote-inline">RE: <a href="')
    link = said["tag"][-1]
    assert (link["type"], link["href"], link["rel"]) == (
        "Link",
        note["id"],
        "https://misskey-hub.net/ns#_misskey_quote",
    )
    assert (request["object"], request["instrument"]["id"]) == (note["id"], post.uri)
    assert await state_of(scene.home, post.uri) is QuoteState.PENDING


async def test_k19_the_authors_yes_is_told_to_everybody(scene: Scene) -> None:
    post, note, request = await quotes_rosa(scene)
    stamp = f"{scene.peer.base}/stamps/7"
    accept = scene.peer.activity(scene.rosa, "Accept", request["id"], result=stamp)
    await scene.hears(accept)
    assert await state_of(scene.home, post.uri) is QuoteState.ACCEPTED
    update = await answer(scene, "Update")
    assert (update["object"]["id"], update["object"]["quoteAuthorization"]) == (post.uri, stamp)
    assert (await scene.home.document(post.uri))["quoteAuthorization"] == stamp

    await scene.hears(scene.peer.activity(scene.rosa, "Delete", stamp))
    assert await state_of(scene.home, post.uri) is QuoteState.REVOKED
    document = await scene.home.document(post.uri)
    assert not {"quote", "quoteUrl", "quoteUri", "_misskey_quote", "quoteAuthorization"} & set(document)
    assert f'<p>RE: <a href="{note["url"]}"' in document["content"]


async def test_k19_an_answer_may_name_our_request_by_what_it_says(scene: Scene) -> None:
    post, note, _ = await quotes_rosa(scene)
    inner = {"id": f"{scene.rosa.uri}#made-up", "type": "QuoteRequest", "object": note["id"], "instrument": post.uri}
    stamp = f"{scene.peer.base}/stamps/7"
    await scene.hears(scene.peer.activity(scene.rosa, "Accept", inner, result=stamp))
    assert await state_of(scene.home, post.uri) is QuoteState.ACCEPTED


async def test_k19_the_authors_no_ends_the_quote(scene: Scene) -> None:
    post, _, request = await quotes_rosa(scene)
    await scene.hears(scene.peer.activity(scene.rosa, "Reject", request))
    assert await state_of(scene.home, post.uri) is QuoteState.REJECTED
    assert "quote" not in await scene.home.document(post.uri)


@pytest.mark.parametrize("how", ["somebody else", "no proof", "proof elsewhere"])
async def test_k19_only_the_author_can_agree_with_a_proof_of_their_own(scene: Scene, how: str) -> None:
    post, _, request = await quotes_rosa(scene)
    by = scene.peer.add_actor("eve") if how == "somebody else" else scene.rosa
    proof = {"no proof": None, "proof elsewhere": "http://evil.test/stamps/1"}
    stamp = proof.get(how, f"{scene.peer.base}/stamps/7")
    await scene.hears(scene.peer.activity(by, "Accept", request["id"], result=stamp), by=by)
    assert await state_of(scene.home, post.uri) is QuoteState.PENDING


@pytest.mark.parametrize("audience", [Audience.MENTIONED, Audience.FOLLOWERS])
async def test_k19_nobody_is_asked_with_a_post_that_they_may_not_read(scene: Scene, audience: Audience) -> None:
    """What asks for a quote carries the whole post."""
    await scene.ada_follows_rosa()
    await scene.home.member("bob")
    anyone = {"canQuote": {"automaticApproval": [PUBLIC]}}
    quoted = await scene.hears_note("<p>Wise words</p>", interactionPolicy=anyone)
    assert quoted is not None
    before = await scene.rows()
    with pytest.raises(Invalid, match="could not read this"):
        await scene.home.say(scene.ada, "@bob a secret", audience=audience, quoted_id=quoted.id)
    assert await scene.rows() == before
    await scene.home.drain()
    assert [each for each in scene.peer.received if each["type"] == "QuoteRequest"] == []
    await scene.home.say(scene.ada, "@rosa@peer.test between us", audience=audience, quoted_id=quoted.id)
    await scene.home.drain()
    assert [each["type"] for each in scene.peer.received if each["type"] == "QuoteRequest"] == ["QuoteRequest"]
