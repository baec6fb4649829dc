"""Our posts and actors under the addresses of their pages, which serve their documents to other servers: some pass on
what somebody pasted. What is stored has the ids all the same, and everything counts as under those.
"""

from typing import Any

import pytest

from fedihub.services.following import block
from storage.blocks import is_blocked
from storage.notifications import NotificationKind
from storage.posts import Audience
from storage.quotes import QuoteState
from storage.received import ReceivedState
from tests.fedihub.inbox.conftest import Scene
from tests.support.peer import PUBLIC, Activity
from tests.support.quoting import quote_request, state_of
from tests.support.stories import actor_of, follows, post_of, tell, told, verdict


def _answer(scene: Scene, **more: Any) -> Activity:
    return scene.peer.note(scene.rosa, "<p>Hello back</p>", inReplyTo=scene.post.url, **more)


async def test_the_page_gives_the_document_that_it_stands_for(scene: Scene) -> None:
    for row in (scene.post, scene.ada):
        assert row.url is not None
        assert (await scene.peer.fetch(row.url)).json()["id"] == row.uri


async def test_an_answer_to_a_page_answers_the_post(scene: Scene) -> None:
    note = _answer(scene)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert (stored.in_reply_to_id, stored.in_reply_to_uri) == (scene.post.id, scene.post.uri)
    assert stored.conversation_id == scene.post.conversation_id
    assert await told(scene.home, scene.ada) == [NotificationKind.MENTION]
    later = note | {"content": "<p>Hello again</p>", "updated": "2099-01-01T00:00:00Z"}
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Update", later))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert "again" in stored.content_html


async def test_an_answer_that_is_fetched_answers_it_too(scene: Scene) -> None:
    """Somebody answers what nobody has sent us."""
    note = _answer(scene)
    deeper = scene.peer.note(scene.rosa, inReplyTo=note["id"], to=[PUBLIC], cc=[scene.ada.uri])
    await scene.rosa_sends(scene.peer.create(deeper, by=scene.rosa))
    between, last = await post_of(scene.home, note["id"]), await post_of(scene.home, deeper["id"])
    assert between is not None
    assert last is not None
    assert (last.in_reply_to_id, between.in_reply_to_id) == (between.id, scene.post.id)


@pytest.mark.parametrize("kind", ["Like", "Announce"])
async def test_a_reaction_to_a_page_is_one_to_the_post_and_can_be_undone(scene: Scene, kind: str) -> None:
    done = scene.peer.activity(scene.rosa, kind, scene.post.url, to=[PUBLIC])
    await scene.rosa_sends(done)
    post = await scene.home.post(scene.post.id)
    assert post.likes_count + post.boosts_count == 1
    await scene.rosa_sends(scene.peer.activity(scene.rosa, kind, scene.post.uri, to=[PUBLIC]))
    post = await scene.home.post(scene.post.id)
    assert post.likes_count + post.boosts_count == 1
    again = {name: value for name, value in done.items() if name != "id"}
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Undo", again))
    post = await scene.home.post(scene.post.id)
    assert post.likes_count + post.boosts_count == 0


async def test_a_follow_of_a_page_is_answered_by_the_actor(scene: Scene) -> None:
    follow = scene.peer.activity(scene.rosa, "Follow", scene.ada.url)
    await scene.rosa_sends(follow)
    accept = await scene.peer.wait_for(lambda each: each["type"] == "Accept")
    assert (accept["actor"], accept["object"]["object"]) == (scene.ada.uri, scene.ada.uri)
    assert accept["object"]["id"] == follow["id"]
    assert (await scene.home.actor(scene.ada)).followers_count == 1
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Undo", follow))
    assert (await scene.home.actor(scene.ada)).followers_count == 0


async def test_a_block_of_a_page_is_one_of_the_actor(scene: Scene) -> None:
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Block", scene.ada.url))
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    assert await scene.home.hub.database.read(lambda session: is_blocked(session, rosa.id, scene.ada.id))


async def test_a_quote_of_a_page_is_one_of_the_post(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, "<p>Look</p>", quote=scene.post.url)
    request = quote_request(scene.peer, scene.rosa, quoted=scene.post.url or "", instrument=note)
    await scene.rosa_sends(request)
    assert await state_of(scene.home, note["id"]) is QuoteState.ACCEPTED


@pytest.mark.parametrize("page", ["/@nobody", "/@ada/1", "/@ada/", "/@ada?x=1", "/@ada/followers", "/x/@ada"])
async def test_an_address_that_is_nobodys_page_is_nothing_of_ours(scene: Scene, page: str) -> None:
    before = await scene.rows()
    for kind in ("Follow", "Like", "Announce"):
        await scene.rosa_sends(scene.peer.activity(scene.rosa, kind, scene.home.url + page, to=[PUBLIC]))
        assert (await verdict(scene.home))[0] is ReceivedState.IGNORED
    after = await scene.rows()
    assert after | {"actors": 0} == before | {"actors": 0}


async def test_a_page_opens_nothing_that_the_id_does_not(scene: Scene) -> None:
    """Neither what is not for everybody, nor to whom the author blocks; and nobody does anything as one of ours."""
    secret = await scene.home.say(scene.ada, "secret", audience=Audience.MENTIONED)
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    for kind in ("Like", "Announce"):
        await scene.rosa_sends(scene.peer.activity(scene.rosa, kind, secret.url, to=[PUBLIC]))
        assert await verdict(scene.home) == (
            ReceivedState.IGNORED,
            "no_such_post",
        )
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    await block(scene.home.hub, actor_id=scene.ada.id, target_id=rosa.id)
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Like", scene.post.url))
    assert (await scene.home.post(scene.post.id)).likes_count == 0
    before = await scene.rows()
    for kind, victim in (
        ("Delete", scene.post.url),
        ("Update", {"id": scene.post.url, "type": "Note", "attributedTo": scene.ada.url, "content": "forged"}),
        ("Create", {"id": scene.post.url, "type": "Note", "attributedTo": scene.eve.uri, "content": "forged"}),
        ("Delete", scene.ada.url),
    ):
        await tell(scene.evil, scene.eve, scene.home, scene.evil.activity(scene.eve, kind, victim, to=[PUBLIC]))
    after = await scene.rows()
    assert after | {"actors": 0, "tombstones": 0} == before | {"actors": 0, "tombstones": 0}
    assert (await scene.home.post(scene.post.id)).content_html == scene.post.content_html
