"""An address that leads somewhere else makes nobody somebody else.

Found by an attack on this very program: who answers for their own actor with a redirect to another's was taken for
that other, and a redirect to us made our members strangers.
"""

from typing import Any

import pytest
from aiohttp import web

from federation.errors import OriginMismatch, ProtocolError
from fedihub.errors import HubError
from fedihub.services.remote_actors import dereference_actor, store_actor
from fedihub.services.resolving import resolve_handle, resolve_url
from storage.posts import Post
from tests.security.conftest import Scene
from tests.support.peer import AS_CONTEXT, PUBLIC
from tests.support.stories import post_of


def leads_to(address: str) -> Any:
    """A page that is a redirect."""

    async def page(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": address})

    return page


def address_of(scene: Scene, whom: str) -> str:
    """The id of somebody who did not do it."""
    return {"rosa": scene.rosa.uri, "ada": scene.ada.uri, "neighbour": scene.evil.add_actor("neighbour").uri}[whom]


@pytest.mark.parametrize("whom", ["rosa", "ada", "neighbour"])
async def test_b4_who_leads_to_somebody_else_is_not_them(scene: Scene, whom: str) -> None:
    """Eve's key is known, she herself not yet; from now on her address leads to somebody else's."""
    scene.evil.serve_with("/users/eve", leads_to(address_of(scene, whom)))
    note = scene.evil.note(scene.eve, "<p>I confess</p>", inReplyTo=scene.post.uri, cc=[scene.ada.uri])
    acts = [
        scene.evil.create(note, by=scene.eve),
        scene.evil.activity(scene.eve, "Follow", scene.ada.uri),
        scene.evil.activity(scene.eve, "Like", scene.secret.uri),
        scene.evil.activity(scene.eve, "Block", scene.ada.uri),
    ]
    async with scene.nothing_happens():
        for activity in acts:
            await scene.eve_sends(activity)
    assert await post_of(scene.home, note["id"]) is None


@pytest.mark.parametrize("whom", ["rosa", "ada"])
async def test_b5_a_mask_is_no_author(scene: Scene, whom: str) -> None:
    mask = scene.evil.serve_with("/users/mask", leads_to(address_of(scene, whom)))
    uri = f"{scene.evil.base}/p/1"
    note = {"@context": AS_CONTEXT, "id": uri, "type": "Note", "attributedTo": mask, "content": "<p>I</p>"}
    scene.evil.serve("/p/1", note | {"to": [PUBLIC], "published": "2026-11-24T12:00:00Z"})
    async with scene.nothing_happens():
        with pytest.raises((ProtocolError, HubError)):
            await resolve_url(scene.home.hub, uri)


async def test_b7_a_way_back_to_us_changes_nobody_here(scene: Scene) -> None:
    """As the target of a Move, as an actor, as what is searched for, as what a handle leads to."""
    trap = scene.evil.serve_with("/trap", leads_to(scene.ada.uri))
    async with scene.nothing_happens():
        await scene.eve_sends(scene.evil.activity(scene.eve, "Move", scene.eve.uri, target=trap))
        move = scene.peer.activity(scene.rosa, "Move", scene.rosa.uri, target=trap)
        await scene.peer.send(scene.home.shared_inbox, move, by=scene.rosa)
        await scene.home.drain()
        for look in (dereference_actor(scene.home.hub, trap), resolve_url(scene.home.hub, trap)):
            with pytest.raises((ProtocolError, HubError)):
                await look
    assert (await scene.home.document(scene.ada.uri))["id"] == scene.ada.uri


async def test_b7_a_profile_that_leads_to_us_when_it_is_looked_at_again(scene: Scene) -> None:
    known = await resolve_handle(scene.home.hub, scene.rosa.handle)
    scene.peer.serve_with("/users/rosa", leads_to(scene.ada.uri))
    async with scene.nothing_happens():
        with pytest.raises(ProtocolError):
            await dereference_actor(scene.home.hub, known.uri)


async def test_b7_our_own_documents_are_not_taken_from_elsewhere(scene: Scene) -> None:
    document = await scene.home.document(scene.ada.uri)
    async with scene.nothing_happens():
        with pytest.raises(OriginMismatch):
            await store_actor(scene.home.hub, document | {"name": "Somebody else"})


@pytest.mark.parametrize("which", ["inReplyTo", "quote"])
async def test_b7_a_post_that_leads_to_one_of_ours_leaves_it_as_it_is(scene: Scene, which: str) -> None:
    trap = scene.evil.serve_with("/trap", leads_to(scene.post.uri))
    note = scene.peer.note(scene.rosa, "<p>Look</p>", cc=[scene.ada.uri], **{which: trap})
    before = await scene.home.post(scene.post.id)
    await scene.peer.send(scene.home.shared_inbox, scene.peer.create(note, by=scene.rosa), by=scene.rosa)
    await scene.home.drain()
    after = await scene.home.post(scene.post.id)
    assert isinstance(after, Post)
    assert (after.quote_policy, after.content_html, after.is_local) == (before.quote_policy, before.content_html, True)
