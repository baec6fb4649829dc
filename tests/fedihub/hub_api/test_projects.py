"""Projects through the hub API. Every answer here, refusals too, is held against the OpenAPI document."""

from io import BytesIO
from typing import Any

from fedihub.services.projects import add_role
from storage.actors import Actor, find_local_by_username
from storage.projects import TeamRole
from tests.fedihub.hub_api.conftest import Client
from tests.support.contract import PREFIX, HeldToItsWord, Promises
from tests.support.hub import RunningHub

GOOD = {
    "username": "bench",
    "name": "The River Bench",
    "description": "Benches for all. https://bench.example/",
    "stage": "building",
    "needs": ["A trailer"],
    "links": [{"name": "Web site", "url": "https://bench.example/"}],
}


async def exists(home: RunningHub, username: str) -> bool:
    return await home.hub.database.read(lambda session: find_local_by_username(session, username)) is not None


async def test_a_member_founds_a_project(home: RunningHub, ana: Actor, client: Client) -> None:
    api = await client(ana)
    answer = await api.call("POST", "/projects", json=GOOD)
    assert answer.status == 201
    made = answer.json()
    assert answer.headers["Location"] == f"{PREFIX}/projects/{made['id']}"
    assert {name: made[name] for name in ("username", "name", "description", "stage", "needs", "links")} == GOOD
    assert made["handle"] == "@bench@hub.test"
    assert '<a href="https://bench.example/"' in made["description_html"]
    assert await api.get(f"/projects/{made['id']}") == made
    team = await api.get(f"/projects/{made['id']}/team")
    assert [(part["member"]["username"], part["role"]) for part in team["items"]] == [("ana", "owner")]
    assert (await home.document(made["uri"]))["type"] == "Organization"


async def test_names_of_whoever_runs_the_hub_are_kept(home: RunningHub, ana: Actor, client: Client) -> None:
    api = await client(ana)
    for name in ("admin", "Support"):
        assert (await api.call("POST", "/projects", json=GOOD | {"username": name})).status == 409
        assert not await exists(home, name.lower())


async def test_the_least_that_is_needed_is_a_name(ana: Actor, client: Client) -> None:
    made = await (await client(ana)).send("POST", "/projects", {"username": "bench", "name": "B"}, status=201)
    assert (made["stage"], made["needs"], made["links"], made["last_update_at"]) == ("idea", [], [], None)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"surprise": 1}, "surprise"),
    ({"admin": True}, "admin"),
    ({"id": "5"}, "id"),
    ({"name": ""}, "name"),
    ({"name": 5}, "name"),
    ({"name": None}, "name"),
    ({"username": "no spaces"}, "username"),
    ({"username": "x" * 31}, "username"),
    ({"stage": "finished"}, "stage"),
    ({"needs": "a trailer"}, "needs"),
    ({"needs": ["x" * 201]}, "needs.0"),
    ({"needs": ["x"] * 21}, "needs"),
    ({"links": [{"name": "x", "url": "javascript:alert(1)"}]}, "links"),
    ({"links": [{"name": "x"}]}, "links.0.url"),
    ({"links": [{"name": "x", "url": "https://a.example/", "rel": "me"}]}, "links.0.rel"),
    ({"description": "x" * 5001}, "description"),
]


async def test_what_is_wrong_is_named_and_nothing_is_made(home: RunningHub, ana: Actor, client: Client) -> None:
    api = await client(ana)
    for change, field in WRONG:
        problem = await api.send("POST", "/projects", GOOD | change, status=422)
        assert field in [fault["field"] for fault in problem["errors"]], change
    assert not await exists(home, "bench")


NO_JSON: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"[]", 400),
    (b'"bench"', 400),
    (b"null", 400),
    (b'{"username": "a", "username": "b", "name": "x"}', 400),
    (b'{"username": "a\\ud800", "name": "x"}', 400),
    (b'{"username": NaN, "name": "x"}', 400),
    (b"[" * 100_000, 400),
    (b'{"name": "' + b"x" * 3_000_000 + b'"}', 413),
]


async def test_bodies_that_are_no_json_are_refused(ana: Actor, client: Client) -> None:
    api = await client(ana)
    for body, status in NO_JSON:
        answer = await api.call("POST", "/projects", data=BytesIO(body), headers={"Content-Type": "application/json"})
        assert answer.status == status, body[:50]


async def test_only_json_will_do(ana: Actor, client: Client) -> None:
    assert (await (await client(ana)).call("POST", "/projects", data=GOOD | {"needs": "", "links": ""})).status == 415


async def test_a_name_that_is_taken_is_a_conflict(ana: Actor, bench: Actor, ben: Actor, client: Client) -> None:
    api = await client(ben)
    for username in ("bench", "BENCH", "ana"):
        problem = await api.send("POST", "/projects", GOOD | {"username": username}, status=409)
        assert problem["reason"] == "conflict"


async def test_only_what_is_given_changes(ana: Actor, client: Client) -> None:
    api = await client(ana)
    made = await api.send("POST", "/projects", GOOD, status=201)
    place = f"/projects/{made['id']}"
    assert await api.send("PATCH", place, {"stage": "launched"}) == made | {"stage": "launched"}
    changed = await api.send("PATCH", place, {"name": "Benches", "needs": [], "links": []})
    assert (changed["name"], changed["needs"], changed["links"]) == ("Benches", [], [])
    assert changed["description"] == made["description"]
    for bad in ({}, {"stage": None}, {"username": "other"}, {"stage": "gone"}, {"followers_count": 5}):
        await api.send("PATCH", place, bad, status=422)


async def test_roles_decide_who_may_change_what(
    home: RunningHub, ana: Actor, ben: Actor, bench: Actor, client: Client
) -> None:
    api, place = await client(ben), f"/projects/{bench.id}"
    for role, status in ((None, 403), (TeamRole.AUTHOR, 403), (TeamRole.MAINTAINER, 200), (TeamRole.OWNER, 200)):
        if role is not None:
            await add_role(home.hub, project_id=bench.id, member_id=ben.id, role=role)
        await api.send("PATCH", place, {"stage": "paused" if status == 403 else "growing"}, status=status)
        expected = "growing" if status == 200 else "idea"
        assert (await api.get(place))["stage"] == expected


async def test_a_token_for_the_project_may_speak_for_it_and_for_no_other(
    home: RunningHub, ana: Actor, bench: Actor, client: Client
) -> None:
    other = await home.project("other", founder=ana)
    api = await client(ana, act_as=bench)
    await api.send("PATCH", f"/projects/{bench.id}", {"stage": "growing"})
    await api.send("PATCH", f"/projects/{other.id}", {"stage": "growing"}, status=403)
    await api.send("POST", "/projects", GOOD | {"username": "third"}, status=403)
    assert not await exists(home, "third")


async def test_what_is_not_there_is_not_found(ana: Actor, client: Client) -> None:
    api = await client(ana)
    for project_id in ("0", "1", "999999999999999999", "99999999999999999999999", "abc", "-1", "१"):
        await api.get(f"/projects/{project_id}", status=404)
        await api.send("PATCH", f"/projects/{project_id}", {"stage": "growing"}, status=404)
        await api.get(f"/projects/{project_id}/team", status=404)
        await api.get(f"/projects/{project_id}/updates", status=404)


async def test_members_are_no_projects(ana: Actor, client: Client) -> None:
    await (await client(ana)).get(f"/projects/{ana.id}", status=404)


async def test_the_list_goes_on_where_it_ends(home: RunningHub, ana: Actor, client: Client) -> None:
    made = [await home.project(f"p{number}", founder=ana) for number in range(3)]
    api = await client(ana)
    first = await api.get("/projects?limit=2")
    assert [item["username"] for item in first["items"]] == ["p2", "p1"]
    assert first["next"] == f"http://hub.test{PREFIX}/projects?before={made[1].id}&limit=2"
    rest = await api.get(f"/projects?before={made[1].id}&limit=2")
    assert ([item["username"] for item in rest["items"]], rest["next"]) == (["p0"], None)


async def test_a_query_that_means_nothing_is_refused(ana: Actor, client: Client) -> None:
    api = await client(ana)
    for query in ("limit=0", "limit=51", "limit=x", "before=x", "before=0", "surprise=1", "max_id=5"):
        await api.get(f"/projects?{query}", status=422)
    await api.get("/projects?limit=1&limit=2", status=400)


CALLS = [
    ("GET", "/projects"),
    ("POST", "/projects"),
    ("GET", "/projects/{}"),
    ("PATCH", "/projects/{}"),
    ("GET", "/projects/{}/team"),
    ("PUT", "/projects/{}/team/{}"),
    ("DELETE", "/projects/{}/team/{}"),
    ("GET", "/projects/{}/updates"),
    ("POST", "/projects/{}/updates"),
]


async def test_nothing_goes_without_a_token_or_with_too_little_scope(
    ana: Actor, bench: Actor, client: Client, stranger: HeldToItsWord
) -> None:
    reader, writer = await client(ana, scopes=("read",)), await client(ana, scopes=("write",))
    for method, path in CALLS:
        place = path.format(bench.id, ana.id)
        answer = await stranger.call(method, place)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert (await stranger.call(method, place, headers={"Authorization": "Bearer wrong"})).status == 401
        lacking = writer if method == "GET" else reader
        assert (await lacking.call(method, place)).status == 403


async def test_the_document_and_the_code_agree_on_bodies(ana: Actor, client: Client, promises: Promises) -> None:
    """What the document calls good is taken, what it calls bad refused: for a handful of bodies on either side."""
    api = await client(ana)
    bodies: list[Any] = [
        GOOD,
        GOOD | {"x": 1},
        {"name": "x"},
        GOOD | {"needs": [1]},
        GOOD | {"stage": "x"},
        [],
        "x",
        None,
    ]
    for body in bodies:
        answer = await api.call("POST", "/projects", json=body)
        assert promises.accepts("POST", "/projects", body) == (answer.status == 201)


async def test_a_change_that_changes_nothing_is_refused_as_the_document_says(
    bench: Actor, ana: Actor, client: Client, promises: Promises
) -> None:
    path = f"/projects/{bench.id}"
    await (await client(ana)).send("PATCH", path, {}, status=422)
    assert not promises.accepts("PATCH", path, {})
    assert promises.accepts("PATCH", path, {"stage": "paused"})


async def test_what_a_program_has_already_is_not_sent_again(bench: Actor, ana: Actor, client: Client) -> None:
    api, path = await client(ana), f"/projects/{bench.id}"
    first = await api.call("GET", path)
    known = {"If-None-Match": first.headers["ETag"]}
    again = await api.call("GET", path, headers=known)
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert "no-store" not in again.headers["Cache-Control"]
    changed = await api.call("PATCH", path, json={"stage": "launched"})
    assert "no-store" in changed.headers["Cache-Control"]
    assert "ETag" not in changed.headers
    assert (await api.call("GET", path, headers=known)).status == 200
