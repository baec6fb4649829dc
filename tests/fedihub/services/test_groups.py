"""Answers in a conversation that a group elsewhere holds together reach that group: else only its author would hear."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from fedihub.services.following import block
from fedihub.services.posting import delete_post, edit_post
from fedihub.services.resolving import resolve_handle, resolve_url
from storage.actors import Actor
from storage.posts import Audience, Post
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC, Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import post_of, tell


@dataclass
class Scene:
    """Ada is ours; Rosa lives on a microblog; `pumps` is a community of `lemmy` that Ada follows."""

    home: RunningHub
    ada: Actor
    peer: Peer
    rosa: PeerActor
    lemmy: Peer
    pumps: PeerActor

    async def passed_on(self, note: Activity) -> Post:
        """The community boosts a post; gives what is here."""
        announce = self.lemmy.activity(self.pumps, "Announce", note["id"], to=[PUBLIC], cc=[self.pumps.followers])
        await tell(self.lemmy, self.pumps, self.home, announce)
        return await self.here(note)

    async def here(self, note: Activity) -> Post:
        """A post that a member has looked up."""
        await resolve_url(self.home.hub, note["id"])
        post = await post_of(self.home, note["id"])
        assert post is not None
        return post

    async def ada_answers(self, post: Post, **more: Any) -> Post:
        """Ada answers, and it goes out."""
        self.lemmy.received.clear()
        answer = await self.home.say(self.ada, "Tighten it", in_reply_to_id=post.id, **more)
        await self.home.drain()
        return answer

    def heard(self, type_: str = "Create") -> list[Activity]:
        """What the community's server was told."""
        return [activity for activity in self.lemmy.received if activity["type"] == type_]


@pytest.fixture
async def lemmy(resolver: TestResolver) -> AsyncIterator[Peer]:
    """A server of communities, on which nobody lives of whom we speak."""
    async with Peer.running("lemmy.test", resolver=resolver, software="lemmy") as running:
        yield running


@pytest.fixture
async def scene(home: RunningHub, peer: Peer, lemmy: Peer) -> Scene:
    """Everybody in their place."""
    ada, pumps = await home.member("ada"), lemmy.add_actor("pumps", type="Group")
    await home.follow(ada, await resolve_handle(home.hub, pumps.handle))
    await home.drain()
    follow = await lemmy.wait_for(lambda activity: activity["type"] == "Follow")
    await tell(lemmy, pumps, home, lemmy.activity(pumps, "Accept", follow))
    return Scene(home, ada, peer, peer.add_actor("rosa"), lemmy, pumps)


async def test_an_answer_to_what_a_group_passed_on_goes_to_the_group(scene: Scene) -> None:
    post = await scene.passed_on(scene.peer.note(scene.rosa))
    answer = await scene.ada_answers(post)
    (create,) = scene.heard()
    for said in (create, create["object"], await scene.home.document(answer.uri)):
        assert said["to"] == [PUBLIC]
        assert said["cc"] == [scene.ada.followers_url, scene.rosa.uri, scene.pumps.uri]
        assert said["audience"] == scene.pumps.uri
    assert [tag["href"] for tag in create["object"]["tag"]] == [scene.rosa.uri]  # the text does not name the group


async def test_an_answer_to_an_answer_goes_there_too(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa)
    await scene.passed_on(note)
    comment = scene.peer.note(scene.peer.add_actor("tomas"), inReplyTo=note["id"])
    await scene.ada_answers(await scene.here(comment))
    assert [create["object"]["audience"] for create in scene.heard()] == [scene.pumps.uri]


@pytest.mark.parametrize("where", ["to", "cc", "audience", "tag"])
async def test_an_answer_to_what_is_addressed_to_a_known_group_goes_to_the_group(scene: Scene, where: str) -> None:
    named: dict[str, Any] = {
        "to": {"to": [PUBLIC, scene.pumps.uri], "cc": []},
        "cc": {"cc": [scene.rosa.followers, scene.pumps.uri]},
        "audience": {"audience": scene.pumps.uri},
        "tag": {"tag": [{"type": "Mention", "href": scene.pumps.uri, "name": "@pumps"}]},
    }
    post = await scene.here(scene.peer.note(scene.rosa, **named[where]))
    await scene.ada_answers(post)
    assert [create["object"]["audience"] for create in scene.heard()] == [scene.pumps.uri]


async def test_a_member_who_begins_in_a_group_is_answered_there(scene: Scene) -> None:
    ben = await scene.home.member("ben")
    post = await scene.home.say(ben, "@pumps@lemmy.test My pump drips")
    await scene.home.drain()
    await scene.ada_answers(post)
    assert [create["object"]["audience"] for create in scene.heard()] == [scene.pumps.uri]


async def test_the_group_hears_what_becomes_of_the_answer(scene: Scene) -> None:
    answer = await scene.ada_answers(await scene.passed_on(scene.peer.note(scene.rosa)))
    await edit_post(scene.home.hub, post_id=answer.id, by_actor_id=scene.ada.id, text="Tighten it well")
    await scene.home.drain()
    (update,) = scene.heard("Update")
    assert (update["audience"], update["object"]["audience"]) == (scene.pumps.uri, scene.pumps.uri)
    assert scene.pumps.uri in update["object"]["cc"]
    await delete_post(scene.home.hub, post_id=answer.id, by_actor_id=scene.ada.id)
    await scene.home.drain()
    (delete,) = scene.heard("Delete")
    assert scene.pumps.uri in delete["cc"]


@pytest.mark.parametrize("audience", [Audience.QUIET, Audience.FOLLOWERS, Audience.MENTIONED])
async def test_what_is_not_for_everybody_goes_to_no_group(scene: Scene, audience: Audience) -> None:
    post = await scene.passed_on(scene.peer.note(scene.rosa))
    answer = await scene.ada_answers(post, audience=audience)
    await edit_post(scene.home.hub, post_id=answer.id, by_actor_id=scene.ada.id, text="Tighten it well")
    await scene.home.drain()
    assert scene.lemmy.received == []


async def test_what_stays_here_goes_to_no_group(scene: Scene) -> None:
    await scene.ada_answers(await scene.passed_on(scene.peer.note(scene.rosa)), local_only=True)
    assert scene.lemmy.received == []


async def test_only_groups_hear_of_answers_to_what_they_boosted(scene: Scene) -> None:
    """Somebody's boost is no reason to write to them."""
    liv = scene.lemmy.add_actor("liv")
    await scene.home.follow(scene.ada, await resolve_handle(scene.home.hub, liv.handle))
    await scene.home.drain()
    follow = await scene.lemmy.wait_for(lambda each: each["type"] == "Follow" and each["object"] == liv.uri)
    await tell(scene.lemmy, liv, scene.home, scene.lemmy.activity(liv, "Accept", follow))
    note = scene.peer.note(scene.rosa)
    await tell(scene.lemmy, liv, scene.home, scene.lemmy.activity(liv, "Announce", note["id"], to=[PUBLIC]))
    answer = await scene.ada_answers(await scene.here(note))
    assert scene.lemmy.received == []
    assert "audience" not in await scene.home.document(answer.uri)


async def test_a_group_makes_no_post_of_ours_its_own_by_a_boost(scene: Scene) -> None:
    """Nobody asked it to: whoever wants to speak in a group names it."""
    stray = scene.lemmy.add_actor("stray", type="Group")
    post = await scene.home.say(await scene.home.member("ben"), "Hello")
    await tell(scene.lemmy, stray, scene.home, scene.lemmy.activity(stray, "Announce", post.uri, to=[PUBLIC]))
    assert (await scene.home.post(post.id)).boosts_count == 1
    await scene.ada_answers(post)
    assert scene.heard() == []


async def test_a_group_that_somebody_blocks_hears_nothing_of_them(scene: Scene) -> None:
    post = await scene.passed_on(scene.peer.note(scene.rosa))
    ben = await scene.home.member("ben")
    pumps = await resolve_handle(scene.home.hub, scene.pumps.handle)
    await block(scene.home.hub, actor_id=ben.id, target_id=pumps.id)
    await scene.home.drain()
    scene.lemmy.received.clear()
    answer = await scene.home.say(ben, "Tighten it", in_reply_to_id=post.id)
    await scene.home.drain()
    assert scene.heard() == []
    assert scene.pumps.uri not in (await scene.home.document(answer.uri))["cc"]


async def test_what_was_only_mentioned_on_the_way_is_no_place(scene: Scene) -> None:
    """A thread belongs where it began, not to every group that somebody in it names."""
    root = scene.peer.note(scene.rosa)
    aside = scene.peer.note(
        scene.rosa, inReplyTo=root["id"], tag=[{"type": "Mention", "href": scene.pumps.uri, "name": "@pumps"}]
    )
    last = scene.peer.note(scene.rosa, inReplyTo=aside["id"])
    await scene.ada_answers(await scene.here(last))
    assert scene.lemmy.received == []


async def test_whoever_answers_in_a_thread_leads_nobody_elses_answers_elsewhere(scene: Scene) -> None:
    """Groups that were known here before the thread's own, named by an answer in it."""
    hello = await scene.home.say(scene.ada, "Hello")
    eves = [scene.peer.add_actor(f"eves{number}", type="Group") for number in range(3)]
    for group in eves:
        await tell(scene.peer, group, scene.home, scene.peer.activity(group, "Like", hello.uri))
    theirs = scene.lemmy.add_actor("valves", type="Group")
    await tell(scene.lemmy, theirs, scene.home, scene.lemmy.activity(theirs, "Like", hello.uri))
    root = scene.peer.note(scene.rosa, to=[PUBLIC, theirs.uri], cc=[])
    await scene.here(root)
    named = [scene.rosa.followers, *(group.uri for group in eves)]
    comment = scene.peer.note(scene.peer.add_actor("eve"), inReplyTo=root["id"], cc=named)
    await scene.ada_answers(await scene.here(comment))
    assert [create["object"]["audience"] for create in scene.heard()] == [theirs.uri]
    assert {group.uri for group in eves}.isdisjoint(scene.heard()[0]["cc"])
