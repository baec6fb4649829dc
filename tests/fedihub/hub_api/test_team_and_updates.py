"""Teams and updates through the hub API."""

from typing import Any

from storage.actors import Actor
from storage.posts import Audience
from storage.projects import TeamRole, role_of
from tests.fedihub.hub_api.conftest import Client
from tests.support.hub import RunningHub


async def role(home: RunningHub, project: Actor, member: Actor) -> TeamRole | None:
    return await home.hub.database.read(lambda db: role_of(db, project_id=project.id, member_id=member.id))


async def test_an_owner_chooses_the_team(
    home: RunningHub, ana: Actor, ben: Actor, bench: Actor, client: Client
) -> None:
    api, place = await client(ana), f"/projects/{bench.id}/team"
    team = await api.send("PUT", f"{place}/{ben.id}", {"role": "author"})
    assert [(part["member"]["name"], part["role"]) for part in team["items"]] == [("ana", "owner"), ("ben", "author")]
    await api.send("PUT", f"{place}/{ben.id}", {"role": "maintainer"})
    assert await role(home, bench, ben) is TeamRole.MAINTAINER
    assert (await api.call("DELETE", f"{place}/{ben.id}")).status == 204
    assert await role(home, bench, ben) is None
    assert (await api.call("DELETE", f"{place}/{ben.id}")).status == 404


async def test_nobody_else_does(home: RunningHub, ana: Actor, ben: Actor, bench: Actor, client: Client) -> None:
    owner, api, place = await client(ana), await client(ben), f"/projects/{bench.id}/team"
    await api.send("PUT", f"{place}/{ben.id}", {"role": "owner"}, status=403)
    await owner.send("PUT", f"{place}/{ben.id}", {"role": "maintainer"})
    await api.send("PUT", f"{place}/{ben.id}", {"role": "owner"}, status=403)
    assert (await api.call("DELETE", f"{place}/{ana.id}")).status == 403
    assert (await role(home, bench, ana), await role(home, bench, ben)) == (TeamRole.OWNER, TeamRole.MAINTAINER)


async def test_everybody_may_leave_but_the_last_owner(
    home: RunningHub, ana: Actor, ben: Actor, bench: Actor, client: Client
) -> None:
    owner, api, place = await client(ana), await client(ben), f"/projects/{bench.id}/team"
    await owner.send("PUT", f"{place}/{ben.id}", {"role": "author"})
    assert (await owner.call("DELETE", f"{place}/{ana.id}")).status == 409
    await owner.send("PUT", f"{place}/{ana.id}", {"role": "author"}, status=409)
    assert (await api.call("DELETE", f"{place}/{ben.id}")).status == 204
    assert await role(home, bench, ana) is TeamRole.OWNER


async def test_a_role_that_does_not_exist_is_refused(ana: Actor, bench: Actor, client: Client) -> None:
    api = await client(ana)
    bodies: list[Any] = [{}, {"role": "king"}, {"role": "author", "x": 1}, {"role": None}]
    for body in bodies:
        await api.send("PUT", f"/projects/{bench.id}/team/{ana.id}", body, status=422)


async def test_who_is_no_member_joins_no_team(ana: Actor, bench: Actor, client: Client) -> None:
    for somebody in ("1", bench.id, "abc"):
        await (await client(ana)).send("PUT", f"/projects/{bench.id}/team/{somebody}", {"role": "author"}, status=404)


async def test_the_team_publishes_as_the_project_and_the_writer_is_named(
    home: RunningHub, ana: Actor, ben: Actor, bench: Actor, client: Client
) -> None:
    await (await client(ana)).send("PUT", f"/projects/{bench.id}/team/{ben.id}", {"role": "author"})
    api = await client(ben)
    update = await api.send(
        "POST", f"/projects/{bench.id}/updates", {"text": "The *first* bench.", "format": "markdown"}, status=201
    )
    assert (update["kind"], update["audience"], update["writer"]["username"]) == ("update", "public", "ben")
    assert "<em>first</em>" in update["content_html"]
    assert update["url"] == f"http://hub.test/@bench/{update['id']}"
    post = await home.post(int(update["id"]))
    assert (post.author_id, post.writer_id) == (bench.id, ben.id)
    assert (await api.get(f"/projects/{bench.id}/updates"))["items"] == [update]
    assert (await home.document(update["uri"]))["attributedTo"] == bench.uri


async def test_who_is_not_in_the_team_publishes_nothing(ben: Actor, bench: Actor, client: Client) -> None:
    api = await client(ben)
    await api.send("POST", f"/projects/{bench.id}/updates", {"text": "hello"}, status=403)
    await api.send("POST", f"/projects/{ben.id}/updates", {"text": "hello"}, status=404)
    assert (await api.get(f"/projects/{bench.id}/updates"))["items"] == []


async def test_the_same_key_publishes_once(ana: Actor, bench: Actor, client: Client) -> None:
    api, place = await client(ana), f"/projects/{bench.id}/updates"
    once = {"headers": {"Idempotency-Key": "abc"}}
    first = await api.send("POST", place, {"text": "hello"}, status=201, **once)
    assert await api.send("POST", place, {"text": "hello"}, status=201, **once) == first
    assert len((await api.get(place))["items"]) == 1


WRONG: list[dict[str, Any]] = [
    {},
    {"text": ""},
    {"text": "  "},
    {"text": "x" * 5001},
    {"text": "x", "audience": "mentioned"},
    {"text": "x", "kind": "rumour"},
    {"text": "x", "language": "not a language"},
    {"text": "x", "visibility": "public"},
    {"status": "x"},
]


async def test_an_update_that_is_not_right_is_not_published(ana: Actor, bench: Actor, client: Client) -> None:
    api, place = await client(ana), f"/projects/{bench.id}/updates"
    for body in WRONG:
        await api.send("POST", place, body, status=422)
    assert (await api.get(place))["items"] == []


async def test_what_is_for_followers_is_shown_to_followers(
    home: RunningHub, ana: Actor, ben: Actor, bench: Actor, client: Client
) -> None:
    await home.say(bench, "for all")
    await home.say(bench, "for followers", audience=Audience.FOLLOWERS)
    api, place = await client(ben), f"/projects/{bench.id}/updates"
    assert len((await api.get(place))["items"]) == 1
    await home.follow(ben, bench)
    assert len((await api.get(place))["items"]) == 2
