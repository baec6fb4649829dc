"""Projects, their teams, and acting in their name."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from fedihub.errors import Conflict, Invalid, Missing, NotAllowed
from fedihub.services.posting import publish_post
from fedihub.services.projects import Link, add_role, identities, remove_role, update_project
from storage.posts import Audience
from storage.projects import Stage, TeamRole, find_project, team_of
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.stories import follows

Attempt = Callable[[], Awaitable[object]]
SITE = Link("Web", "https://bridge.example/")


async def team(home: RunningHub, project_id: int) -> dict[str, TeamRole]:
    found = await home.hub.database.read(lambda session: team_of(session, project_id))
    return {actor.username: role for actor, role in found}


async def test_the_founder_owns_it(home: RunningHub) -> None:
    ada = await home.member("ada")
    bridge = await home.project("bridge", founder=ada, description="We build.", links=[SITE], needs=["Steel"])
    assert await team(home, bridge.id) == {"ada": TeamRole.OWNER}
    assert [(each.actor.username, each.role) for each in await identities(home.hub, ada.id)] == [
        ("ada", None),
        ("bridge", TeamRole.OWNER),
    ]
    document = await home.document(bridge.uri)
    assert document["type"] == "Organization"
    assert document["summary"] == "<p>We build.</p>"
    assert document["attachment"][0]["name"] == "Web"
    assert ">https://bridge.example/</a>" in document["attachment"][0]["value"]


async def test_a_change_reaches_the_followers_as_a_whole(home: RunningHub, peer: Peer) -> None:
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    bridge = await home.project("bridge", founder=ada, description="We build.", links=[SITE])
    await follows(peer, rosa, home, bridge)
    await update_project(
        home.hub, project_id=bridge.id, by_member_id=ada.id, display_name="The Bridge", stage=Stage.LAUNCHED
    )
    await home.drain()
    update = await peer.wait_for(lambda activity: activity["type"] == "Update")
    assert update["object"]["name"] == "The Bridge"
    assert update["object"]["summary"] == "<p>We build.</p>"
    assert update["object"]["publicKey"]["owner"] == bridge.uri
    project = await home.hub.database.read(lambda session: find_project(session, bridge.id))
    assert project is not None
    assert (project.stage, project.links) == (Stage.LAUNCHED, [{"name": "Web", "url": "https://bridge.example/"}])


@pytest.mark.parametrize(
    ("role", "may_edit", "may_choose", "may_post"),
    [
        (TeamRole.OWNER, True, True, True),
        (TeamRole.MAINTAINER, True, False, True),
        (TeamRole.AUTHOR, False, False, True),
        (None, False, False, False),
    ],
)
async def test_what_each_role_may_do(
    home: RunningHub, role: TeamRole | None, *, may_edit: bool, may_choose: bool, may_post: bool
) -> None:
    ada, bob, cleo = await home.member("ada"), await home.member("bob"), await home.member("cleo")
    bridge = await home.project("bridge", founder=ada)
    if role is not None:
        await add_role(home.hub, project_id=bridge.id, member_id=bob.id, role=role, by_member_id=ada.id)
    hub, author, open_to_all = home.hub, TeamRole.AUTHOR, Audience.PUBLIC
    attempts: list[tuple[bool, Attempt]] = [
        (may_edit, lambda: update_project(hub, project_id=bridge.id, by_member_id=bob.id, description="x")),
        (may_choose, lambda: add_role(hub, project_id=bridge.id, member_id=cleo.id, role=author, by_member_id=bob.id)),
        (may_post, lambda: publish_post(hub, author_id=bridge.id, writer_id=bob.id, text="x", audience=open_to_all)),
    ]
    for allowed, attempt in attempts:
        if allowed:
            await attempt()
        else:
            with pytest.raises(NotAllowed):
                await attempt()
    assert ("cleo" in await team(home, bridge.id)) is may_choose
    assert (await home.actor(bridge)).posts_count == int(may_post)


async def test_leaving_the_team_ends_acting_in_its_name(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    bridge = await home.project("bridge", founder=ada)
    await add_role(home.hub, project_id=bridge.id, member_id=bob.id, role=TeamRole.AUTHOR)
    await remove_role(home.hub, project_id=bridge.id, member_id=bob.id, by_member_id=bob.id)
    with pytest.raises(NotAllowed):
        await home.say(bridge, "x", writer_id=bob.id)


async def test_the_last_owner_stays(home: RunningHub) -> None:
    ada = await home.member("ada")
    bridge = await home.project("bridge", founder=ada)
    with pytest.raises(Conflict):
        await remove_role(home.hub, project_id=bridge.id, member_id=ada.id, by_member_id=ada.id)
    with pytest.raises(Conflict):
        await add_role(home.hub, project_id=bridge.id, member_id=ada.id, role=TeamRole.AUTHOR, by_member_id=ada.id)
    assert await team(home, bridge.id) == {"ada": TeamRole.OWNER}


@pytest.mark.parametrize(
    "wrong",
    [
        {"links": [Link("x", "javascript:alert(1)")]},
        {"links": [Link("", "https://x.example")]},
        {"links": [SITE] * 9},
        {"needs": ["x" * 300]},
        {"description": "x" * 6000},
    ],
)
async def test_what_is_wrong_is_refused_and_changes_nothing(home: RunningHub, wrong: dict[str, object]) -> None:
    ada = await home.member("ada")
    bridge = await home.project("bridge", founder=ada, description="We build.")
    with pytest.raises(Invalid):
        await update_project(home.hub, project_id=bridge.id, by_member_id=ada.id, display_name="New", **wrong)  # type: ignore[arg-type]
    assert (await home.actor(bridge)).display_name == "bridge"


async def test_only_members_found_projects(home: RunningHub) -> None:
    ada = await home.member("ada")
    bridge = await home.project("bridge", founder=ada)
    with pytest.raises(Missing):
        await home.project("tower", founder=bridge)


async def test_of_two_owners_who_leave_at_once_one_stays(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    for number in range(5):
        bridge = await home.project(f"bridge{number}", founder=ada)
        await add_role(home.hub, project_id=bridge.id, member_id=bob.id, role=TeamRole.OWNER)
        leaving = (
            remove_role(home.hub, project_id=bridge.id, member_id=each.id, by_member_id=each.id) for each in (ada, bob)
        )
        ends = await asyncio.gather(*leaving, return_exceptions=True)
        assert [type(end) for end in ends if end is not None] == [Conflict]
        assert list((await team(home, bridge.id)).values()) == [TeamRole.OWNER]
