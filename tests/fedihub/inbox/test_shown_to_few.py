"""Posts for few that are sent as their id alone, and that their server shows to nobody but those few: they arrive, and
nobody else reads them.
"""

from datetime import UTC, datetime

import pytest
from aiohttp import web

from fedihub.services.following import block
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.follows import accept_follow
from storage.notifications import NotificationKind
from storage.posts import Audience, Post
from storage.received import ReceivedState
from storage.visibility import is_visible
from tests.fedihub.inbox.conftest import Scene
from tests.support.peer import PUBLIC, Activity
from tests.support.stories import post_of, tell, told, verdict


async def follows_rosa(scene: Scene, who: Actor) -> None:
    rosa = await resolve_handle(scene.home.hub, scene.rosa.handle)
    await scene.home.follow(who, rosa)
    now = datetime.now(UTC)
    await scene.home.hub.database.write(
        lambda session: accept_follow(session, follower_id=who.id, followed_id=rosa.id, now=now)
    )


def a_note_for(scene: Scene, *addressees: str, readers: tuple[Actor, ...] = (), refusal: int = 403) -> Activity:
    """Rosa's note, which her server shows only to these readers."""
    note = scene.peer.note(scene.rosa, "<p>between us</p>", to=list(addressees), cc=[])
    scene.peer.show_only(note["id"], *(reader.uri for reader in readers), refusal=refusal)
    return note


def by_id(scene: Scene, type: str, note: Activity) -> Activity:
    return scene.peer.activity(scene.rosa, type, note["id"], to=note["to"], cc=note["cc"])


def who_asked(scene: Scene, note: Activity) -> list[str]:
    """The actors in whose name a note was asked for."""
    path = note["id"].removeprefix(scene.peer.base)
    return [(request.key_id or "").partition("#")[0] for request in scene.peer.seen(path)]


async def server_uri(scene: Scene) -> str:
    return scene.home.hub.uris.actor(str(await scene.home.hub.signers.server_id()))


async def reads(scene: Scene, who: Actor | None, post: Post) -> bool:
    viewer_id = who.id if who is not None else None
    return await scene.home.hub.database.read(lambda session: is_visible(session, post, viewer_id=viewer_id))


@pytest.mark.parametrize("refusal", [401, 403, 404])
async def test_a_private_message_arrives_and_is_read_by_its_addressee_alone(scene: Scene, refusal: int) -> None:
    bob = await scene.home.member("bob")
    await follows_rosa(scene, bob)
    note = a_note_for(scene, scene.ada.uri, readers=(scene.ada,), refusal=refusal)
    await scene.rosa_sends(by_id(scene, "Create", note))
    assert await verdict(scene.home) == (ReceivedState.APPLIED, None)
    post = await post_of(scene.home, note["id"])
    assert post is not None
    assert post.audience is Audience.MENTIONED
    assert [await reads(scene, who, post) for who in (scene.ada, bob, None)] == [True, False, False]
    assert (await scene.home.get(f"/api/v1/statuses/{post.id}")).status == 404


async def test_it_is_asked_for_twice_and_no_more(scene: Scene) -> None:
    bob = await scene.home.member("bob")
    note = a_note_for(scene, scene.ada.uri, bob.uri, readers=(bob,))
    await scene.rosa_sends(by_id(scene, "Create", note))
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "http_403")
    assert who_asked(scene, note) == [await server_uri(scene), scene.ada.uri]
    assert await post_of(scene.home, note["id"]) is None


async def test_the_owner_of_the_inbox_asks_first(scene: Scene) -> None:
    bob = await scene.home.member("bob")
    note = a_note_for(scene, scene.ada.uri, bob.uri, readers=(bob,))
    await scene.rosa_sends(by_id(scene, "Create", note), inbox=bob.inbox_url)
    assert who_asked(scene, note)[1:] == [bob.uri]
    assert await post_of(scene.home, note["id"]) is not None


async def test_what_is_for_followers_is_asked_for_by_one_of_them(scene: Scene) -> None:
    bob = await scene.home.member("bob")
    await follows_rosa(scene, bob)
    note = a_note_for(scene, scene.rosa.followers, readers=(bob,))
    await scene.rosa_sends(by_id(scene, "Create", note))
    post = await post_of(scene.home, note["id"])
    assert post is not None
    assert post.audience is Audience.FOLLOWERS
    assert [await reads(scene, who, post) for who in (scene.ada, bob, None)] == [False, True, False]


async def test_an_edit_arrives_the_same_way(scene: Scene) -> None:
    note = a_note_for(scene, scene.ada.uri, readers=(scene.ada,))
    await scene.rosa_sends(by_id(scene, "Create", note))
    note |= {"content": "<p>said better</p>", "updated": "2099-01-01T00:00:00Z"}
    await scene.rosa_sends(by_id(scene, "Update", note))
    post = await post_of(scene.home, note["id"])
    assert post is not None
    assert post.content_html == "<p>said better</p>"
    assert post.audience is Audience.MENTIONED


@pytest.mark.parametrize("embedded", [True, False])
async def test_the_edit_of_what_never_arrived_is_a_private_message_too(scene: Scene, *, embedded: bool) -> None:
    note = a_note_for(scene, scene.ada.uri, readers=(scene.ada,))
    note["tag"] = [{"type": "Mention", "href": scene.ada.uri, "name": "@ada@hub.test"}]
    await scene.rosa_sends(by_id(scene, "Update", note) | ({"object": note} if embedded else {}))
    post = await post_of(scene.home, note["id"])
    assert post is not None
    assert await told(scene.home, scene.ada) == [NotificationKind.MENTION]
    assert not await reads(scene, None, post)


@pytest.mark.parametrize("addressees", [["http://peer.test/users/somebody"], [PUBLIC]])
async def test_nobody_of_ours_asks_for_what_concerns_nobody_or_everybody(scene: Scene, addressees: list[str]) -> None:
    """A post for everybody needs nobody's name, be one of ours addressed or not."""
    named = [scene.ada.uri] if PUBLIC in addressees else []
    note = a_note_for(scene, *addressees, *named, readers=(scene.ada,))
    await scene.rosa_sends(by_id(scene, "Create", note))
    assert who_asked(scene, note) == [await server_uri(scene)]
    assert await post_of(scene.home, note["id"]) is None


async def test_nobody_lends_their_name_to_whom_they_block(scene: Scene) -> None:
    rosa = await resolve_handle(scene.home.hub, scene.rosa.handle)
    await block(scene.home.hub, actor_id=scene.ada.id, target_id=rosa.id)
    note = a_note_for(scene, scene.ada.uri, readers=(scene.ada,))
    await scene.rosa_sends(by_id(scene, "Create", note))
    assert who_asked(scene, note) == [await server_uri(scene)]
    assert await post_of(scene.home, note["id"]) is None


async def test_who_asks_makes_nobody_the_author_of_anothers_post(scene: Scene) -> None:
    """A neighbour's private note, which ada may read, is not said by whoever names it."""
    note = a_note_for(scene, scene.ada.uri, readers=(scene.ada,))
    mallory = scene.peer.add_actor("mallory")
    stolen = scene.peer.activity(mallory, "Create", note["id"], to=[scene.ada.uri])
    await tell(scene.peer, mallory, scene.home, stolen)
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "author_is_not_sender")
    assert await post_of(scene.home, note["id"]) is None


async def test_in_nobodys_name_a_server_speaks_for_another(scene: Scene) -> None:
    """Whom it leads there in ada's name would show her what eve did not say."""
    note = a_note_for(scene, scene.ada.uri, readers=(scene.ada,))

    async def lure(request: web.Request) -> web.StreamResponse:
        is_ada = scene.ada.uri in request.headers["Signature"]
        return web.Response(status=302, headers={"Location": note["id"]}) if is_ada else web.Response(status=403)

    address = scene.evil.serve_with("/lure", lure)
    await scene.eve_sends(scene.evil.activity(scene.eve, "Create", address, to=[scene.ada.uri]))
    assert who_asked(scene, note) == [scene.ada.uri]
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "id_elsewhere")
    assert await post_of(scene.home, note["id"]) is None


async def test_a_server_of_which_one_signature_was_refused_may_read_another(scene: Scene) -> None:
    """It answers 401 to a reader whom it does not let in and to a signature that it cannot read."""
    scene.peer.accepts_kinds.remove("draft-cavage")
    note = a_note_for(scene, scene.ada.uri, readers=(scene.ada,), refusal=401)
    await scene.rosa_sends(by_id(scene, "Create", note))
    assert await post_of(scene.home, note["id"]) is not None
