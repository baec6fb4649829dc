"""Quotes whose other half is missing, changes, or came within the same second."""

from datetime import timedelta

from fedihub.clock import ManualClock
from fedihub.services.posting import edit_post
from storage.quotes import QuoteState
from storage.received import ReceivedState
from tests.fedihub.inbox.conftest import Scene
from tests.support.hub import running_hub
from tests.support.peer import PUBLIC, Peer
from tests.support.quoting import quote_in, state_of
from tests.support.resolver import TestResolver
from tests.support.stories import follows, post_of, tell, verdict


async def test_a_quote_waits_for_a_post_whose_server_is_down(
    database_url: str, resolver: TestResolver, peer: Peer
) -> None:
    clock = ManualClock()
    async with (
        running_hub(database_url, resolver, clock=clock) as home,
        Peer.running("slow.test", resolver=resolver) as slow,
    ):
        ada, rosa, otto = await home.member("ada"), peer.add_actor("rosa"), slow.add_actor("otto")
        quoted = slow.note(otto, "<p>first</p>")
        note = peer.note(rosa, "<p>second</p>", quote=quoted["id"], to=[PUBLIC], cc=[ada.uri])
        await slow.stop()
        await tell(peer, rosa, home, peer.create(note, by=rosa))
        assert await state_of(home, note["id"]) is QuoteState.PENDING
        assert await verdict(home) == (ReceivedState.WAITING, "quoted_unreachable")

        await slow.start()
        clock.advance(timedelta(minutes=2))
        await home.drain()
        found, quote = await post_of(home, quoted["id"]), await quote_in(home, note["id"])
        assert found is not None
        assert quote is not None
        assert quote.quoted_post_id == found.id
        assert (await verdict(home))[0] is ReceivedState.APPLIED


async def test_a_quote_stands_behind_what_it_quotes(scene: Scene) -> None:
    """Peers tell whole seconds, so a quote may look older than the post of ours that it quotes."""
    post = await scene.home.say(scene.ada, "Hello")
    old = {"published": post.published_at.replace(microsecond=0).isoformat()}
    note = scene.peer.note(scene.rosa, "<p>Look</p>", quote=post.uri, cc=[scene.ada.uri], **old)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.id > post.id


async def test_a_quote_of_ours_that_is_allowed_needs_no_request(scene: Scene) -> None:
    """Misskey sends no request; the policy of the post says that it may be quoted."""
    note = scene.peer.note(scene.rosa, "<p>Look</p>", _misskey_quote=scene.post.uri)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    assert await state_of(scene.home, note["id"]) is QuoteState.ACCEPTED


async def test_an_edit_keeps_the_quote_and_another_can_end_it(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, "<p>Look</p>", quote=scene.post.uri)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    later = {"updated": "2099-01-01T00:00:00Z"}
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Update", note | later | {"content": "<p>Look again</p>"}))
    assert await state_of(scene.home, note["id"]) is QuoteState.ACCEPTED
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Update", note | later | {"quote": None}))
    assert await state_of(scene.home, note["id"]) is None


async def test_our_edit_says_what_it_quotes_as_before(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    post = await scene.home.say(scene.ada, "Look", quoted_id=scene.post.id)
    await edit_post(scene.home.hub, post_id=post.id, by_actor_id=scene.ada.id, text="Look again")
    await scene.home.drain()
    update = await scene.peer.wait_for(lambda each: each["type"] == "Update")
    assert update["object"]["quote"] == scene.post.uri
    assert "quoteAuthorization" not in update["object"]  # nobody needs to allow oneself


async def test_a_quote_by_somebody_who_may_not_is_only_kept(scene: Scene) -> None:
    secret = f"{scene.home.url}/ap/posts/1"
    note = scene.evil.note(scene.eve, "<p>Look</p>", quote=secret, cc=[scene.ada.uri])
    note["quoteAuthorization"] = f"{scene.home.url}/ap/quotes/1"
    await scene.eve_sends(scene.evil.create(note, by=scene.eve))
    assert await state_of(scene.home, note["id"]) is QuoteState.PENDING


async def test_thousands_of_line_breaks_before_a_quote_are_one_end_of_a_text(scene: Scene) -> None:
    """A pattern that looked at each of them anew would take minutes for every page that shows the post."""
    older = scene.peer.note(scene.rosa, "<p>older</p>", inReplyTo=scene.post.uri)
    await scene.rosa_sends(scene.peer.create(older, by=scene.rosa))
    text = f'<p>Look{"<br>" * 4_000}<br> RE: <a href="{older["id"]}">there</a></p>'
    note = scene.peer.note(scene.rosa, text, quote=older["id"], inReplyTo=scene.post.uri)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    assert await state_of(scene.home, note["id"]) is QuoteState.ACCEPTED
    context = await scene.home.get(f"/api/v1/statuses/{scene.post.id}/context")
    shown = {each["uri"]: each["content"] for each in context.json()["descendants"]}[note["id"]]
    assert shown.startswith('<p>Look<span class="quote-inline"><br>RE: <a href=')
    assert shown.count("<br>") == 1
