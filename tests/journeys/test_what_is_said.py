"""What people say, in all its parts: told on one server, read on another, and changed there as it is here."""

from fedihub.services.posting import edit_post
from fedihub.services.reactions import boost
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.notifications import NotificationKind
from storage.posts import Post
from tests.journeys.conftest import both
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.speech import at, history_of, sees, spoken_to, status_of
from tests.support.stories import post_of, tell, told


async def befriended(home: RunningHub, away: RunningHub) -> tuple[Actor, Actor]:
    """Ada here, and Zoe on another hub, who follows her."""
    ada, zoe = await home.member("ada"), await away.member("zoe")
    await away.follow(zoe, await resolve_handle(away.hub, "@ada@hub.test"))
    await both(home, away)
    return ada, zoe


async def there(away: RunningHub, post: Post) -> Post:
    """A post of the one hub, as the other has it."""
    found = await post_of(away, post.uri)
    assert found is not None
    return found


async def test_a_post_is_on_the_other_hub_what_it_is_here(home: RunningHub, away: RunningHub) -> None:
    ada, zoe = await befriended(home, away)
    first = await home.say(ada, "The first pillar")
    await both(home, away)
    post = await home.say(
        ada, f"@zoe@away.test see {first.uri} #Bru\u0308cke", content_warning="a bridge", language="de"
    )
    await both(home, away)
    ours, theirs = await status_of(home, post), await status_of(away, await there(away, post))
    for name in ("spoiler_text", "sensitive", "language", "visibility"):
        assert theirs[name] == ours[name]
    assert "#<span>Bru\u0308cke</span>" in theirs["content"]
    assert [each["name"] for each in ours["tags"]] == [each["name"] for each in theirs["tags"]] == ["br\u00fccke"]
    assert [each["username"] for each in theirs["mentions"]] == ["zoe"]
    assert (await there(away, post)).links == [{"url": first.uri, "name": first.uri}]
    assert await told(away, zoe) == [NotificationKind.MENTION]


async def test_edits_leave_the_same_history_on_both_hubs(home: RunningHub, away: RunningHub) -> None:
    ada, zoe = await befriended(home, away)
    ines = await away.member("ines")
    post = await home.say(ada, "The frist pillar")
    await both(home, away)
    await boost(away.hub, actor_id=zoe.id, post_id=(await there(away, post)).id)
    for text in ("The first pillar", "The first pillar, @ines@away.test"):
        await edit_post(home.hub, post_id=post.id, by_actor_id=ada.id, text=text)
        await both(home, away)
    histories = [await history_of(home, post), await history_of(away, await there(away, post))]
    ours, theirs = ([(each["content"], each["created_at"]) for each in history] for history in histories)
    assert [content for content, _ in ours[:2]] == ["<p>The frist pillar</p>", "<p>The first pillar</p>"]
    assert theirs[0][0] == ours[0][0]
    assert theirs[1] == ours[1], "to the millisecond"
    assert len(theirs) == len(ours) == 3
    assert await told(away, zoe) == [NotificationKind.EDIT], "of the last edit"
    assert await told(away, ines) == [NotificationKind.MENTION]

    # Who is named no more keeps what she has.
    await edit_post(home.hub, post_id=post.id, by_actor_id=ada.id, text="The first pillar, and nobody")
    await both(home, away)
    assert await sees(away, await there(away, post), ines)
    assert (await status_of(away, await there(away, post)))["mentions"] == []


async def test_a_film_is_shown_watched_and_corrected(home: RunningHub, peer: Peer, ada: Actor, rosa: PeerActor) -> None:
    """PeerTube sends no Note; its film, its description and its likes are shown all the same, and its corrections."""
    files = [{"type": "Link", "mediaType": "video/mp4", "href": "http://peer.test/1.mp4", "height": 720}]
    about = {"type": "Video", "name": "How a bridge stands", "mediaType": "text/markdown", "url": files}
    film = peer.note(rosa, "It **stands**.", **about, **at(-60), **spoken_to(ada, rosa), likes={"totalItems": 4})
    await tell(peer, rosa, home, peer.create(film, by=rosa))
    stored = await post_of(home, film["id"])
    assert stored is not None
    status = await status_of(home, stored)
    assert (status["media_attachments"][0]["url"], status["favourites_count"]) == ("http://peer.test/1.mp4", 4)
    assert "How a bridge stands" in status["content"]
    assert await told(home, ada) == [NotificationKind.MENTION]

    corrected = film | {"content": "It **still** stands.", "likes": {"totalItems": 5}} | at(-30, "updated")
    await tell(peer, rosa, home, peer.activity(rosa, "Update", corrected))
    status = await status_of(home, stored)
    assert ("<strong>still</strong>" in status["content"], status["favourites_count"]) == (True, 5)
    assert len(await history_of(home, stored)) == 2
