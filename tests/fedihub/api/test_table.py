"""Who may call what: each route says so, and the door keeps to it."""

import re

import pytest

from fedihub.api.endpoint import Route, Who
from fedihub.api.table import ROUTES
from fedihub.services import scopes, tokens
from tests.support.client import ApiClient, client_for, register
from tests.support.hub import RunningHub

OPEN_TO_POST = {"/api/v1/apps", "/oauth/token", "/oauth/revoke"}


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def path_of(route: Route) -> str:
    """A path of the route that names nothing that exists."""
    return re.sub(r"\{[a-z]+\}", "1", route.path)


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_whatever_changes_something_needs_an_account_and_a_scope_for_writing(route: Route) -> None:
    if route.method == "GET" or route.path in OPEN_TO_POST:
        return
    assert route.access.who is Who.ACCOUNT
    if route.path != "/oauth/userinfo":
        assert all(scope.startswith("write:") for scope in route.access.scopes)
        assert route.access.scopes


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_only_scopes_that_exist_are_asked_for(route: Route) -> None:
    assert scopes.unknown(route.access.scopes) == []


def test_no_route_stands_twice() -> None:
    assert len({name_of(route) for route in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_every_route_under_the_api_is_one_of_the_table(home: RunningHub) -> None:
    methods = [
        (method, route) for route in ROUTES for method in ({"GET", "HEAD"} if route.method == "GET" else {route.method})
    ]
    stated = {(method, f"{route.path}{slash}") for method, route in methods for slash in ("", "/")}
    registered = {
        (route.method, route.resource.canonical)
        for route in home.app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/api/")
    }
    ours = {(method, path) for method, path in registered if not path.startswith("/api/hub")}
    assert {each for each in ours - stated if each[0] != "*"} == set()
    assert stated - registered == {each for each in stated if not each[1].startswith("/api/")}


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_nobody_comes_in_without_a_token_or_with_a_bad_one(home: RunningHub) -> None:
    nobody, stranger = ApiClient(home, None), ApiClient(home, "made-up")
    for route in ROUTES:
        answers = [await each.call(route.method, path_of(route)) for each in (nobody, stranger)]
        open_to = (route.access.who is Who.ANYONE, route.access.who is Who.ANYONE and not route.access.scopes)
        for answer, is_open in zip(answers, open_to, strict=True):
            if is_open:
                assert answer.status != 401 or "error_description" in answer.json(), name_of(route)
            else:
                assert (answer.status, answer.json()) == (401, {"error": "The access token is invalid"}), name_of(route)
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_an_apps_own_token_is_no_account(home: RunningHub) -> None:
    app = await register(home)
    who = {"client_id": app.app.client_id, "client_secret": app.client_secret}
    issued = await tokens.client_credentials(home.hub, **who, scopes=tuple(app.app.scopes))
    client = ApiClient(home, issued.access_token)
    for route in ROUTES:
        if route.access.who is Who.ACCOUNT:
            answer = await client.call(route.method, path_of(route))
            assert answer.status == 422, name_of(route)
            assert answer.json() == {"error": "This method requires an authenticated user"}


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_token_does_what_its_scope_says_and_nothing_else(home: RunningHub) -> None:
    ada = await home.member("ada")
    clients = {scope: await client_for(home, ada, scopes=(scope,)) for scope in scopes.SUPPORTED if ":" in scope}
    outside = {"error": "This action is outside the authorized scopes"}
    for route in (each for each in ROUTES if each.access.scopes and each.path not in OPEN_TO_POST):
        for scope, client in clients.items():
            answer = await client.call(route.method, path_of(route))
            refused = answer.status == 403 and answer.json() == outside
            assert refused is not (scope in route.access.scopes), f"{name_of(route)} with {scope}"
