"""OAuth on the wire: registering, the pages, tokens, and who is refused."""

import base64
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.client import CALLBACK, ApiClient, ask, challenge, client_for, query_of, register
from tests.support.hub import RunningHub
from tests.support.visitor import Visitor

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
APP = {"client_name": "App", "redirect_uris": CALLBACK, "scopes": "read write", "website": "https://app.example"}


def address(asked: dict[str, str]) -> str:
    return f"/oauth/authorize?{urlencode(asked)}"


@pytest.mark.parametrize(
    "how",
    [
        {"json": APP},
        {"data": APP},
        {"params": APP},
        {"json": APP | {"redirect_uris": [CALLBACK]}},
        {"data": {name.replace("uris", "uris[]"): value for name, value in APP.items()}},
    ],
)
async def test_an_app_registers_in_whatever_encoding_it_likes(home: RunningHub, how: dict[str, Any]) -> None:
    answer = await home.request("POST", "/api/v1/apps", **how)
    app = answer.json()
    assert answer.status == 200
    assert {
        name: app[name] for name in ("name", "website", "redirect_uri", "redirect_uris", "scopes", "vapid_key")
    } == {
        "name": "App",
        "website": "https://app.example",
        "redirect_uri": CALLBACK,
        "redirect_uris": [CALLBACK],
        "scopes": ["read", "write"],
        "vapid_key": "",
    }
    assert app["id"].isdecimal()
    assert len(app["client_id"]) == len(app["client_secret"]) == 43


async def test_several_addresses_come_on_several_lines(home: RunningHub) -> None:
    uris = f"{OUT_OF_BAND}\r\n{CALLBACK}\ntuba://auth_code"
    app = (await home.request("POST", "/api/v1/apps", data=APP | {"redirect_uris": uris})).json()
    assert app["redirect_uris"] == [OUT_OF_BAND, CALLBACK, "tuba://auth_code"]
    assert app["redirect_uri"] == f"{OUT_OF_BAND}\n{CALLBACK}\ntuba://auth_code"


@pytest.mark.parametrize(
    "wrong",
    [{"client_name": ""}, {"redirect_uris": "data:text/html,x"}, {"scopes": "read everything"}, {"redirect_uris": ""}],
)
async def test_a_wrong_registration_is_explained(home: RunningHub, wrong: dict[str, str]) -> None:
    answer = await home.request("POST", "/api/v1/apps", json=APP | wrong)
    assert answer.status == 422
    assert answer.json()["error"].startswith("Validation failed: ")


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_member_lets_an_app_in_through_the_pages(home: RunningHub, slash: str) -> None:
    ada, app = await home.member("ada"), await register(home)
    verifier, made = challenge()
    asked = await ask(app, state="st a&te=", code_challenge=made, code_challenge_method="S256", force_login="False")
    page = await Visitor(home).authorize(address(asked).replace("?", f"{slash}?", 1), name="ada")
    sent_to = page.location
    answer = query_of(sent_to)
    assert sent_to.startswith(f"{CALLBACK}?")
    assert (answer["state"], answer["iss"]) == ("st a&te=", f"{home.url}/")
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": CALLBACK,
        "code_verifier": verifier,
    }
    who = {"client_id": app.app.client_id, "client_secret": app.client_secret}
    answered = await home.request("POST", "/oauth/token", data=form | who)
    issued = answered.json()
    assert set(issued) == {"access_token", "token_type", "scope", "created_at"}
    assert (issued["token_type"], issued["scope"]) == ("Bearer", "read write follow push profile")
    assert isinstance(issued["created_at"], int)
    assert answered.headers["Cache-Control"] == "private, no-store"
    account = await ApiClient(home, issued["access_token"]).get("/api/v1/accounts/verify_credentials")
    assert account["id"] == str(ada.id)


async def test_a_member_chooses_to_act_as_their_project(home: RunningHub) -> None:
    ada, app = await home.member("ada"), await register(home)
    project = await home.project("rocket", founder=ada)
    page = await Visitor(home).authorize(address(await ask(app)), name="ada", act_as=str(project.id))
    form = {"grant_type": "authorization_code", "code": query_of(page.location)["code"], "redirect_uri": CALLBACK}
    who = {"client_id": app.app.client_id, "client_secret": app.client_secret}
    issued = (await home.request("POST", "/oauth/token", json=form | who)).json()
    client = ApiClient(home, issued["access_token"])
    assert (await client.get("/api/v1/accounts/verify_credentials"))["id"] == str(project.id)
    status = await client.say("Lift-off")
    assert status["account"]["id"] == str(project.id)
    assert (await home.post(int(status["id"]))).writer_id == ada.id


async def test_a_member_does_not_act_as_somebody_elses_project(home: RunningHub) -> None:
    ada, app = await home.member("ada"), await register(home)
    await home.member("bob")
    project = await home.project("rocket", founder=ada)
    page = await Visitor(home).authorize(address(await ask(app)), name="bob", act_as=str(project.id))
    assert page.status == 403
    assert "Location" not in page.answer.headers


async def test_the_app_learns_that_the_member_said_no(home: RunningHub) -> None:
    await home.member("ada")
    asked = await ask(await register(home), state="s")
    page = await Visitor(home).authorize(address(asked), name="ada", allow=False)
    assert {"error": "access_denied", "state": "s"}.items() <= query_of(page.location).items()
    assert "code" not in query_of(page.location)


async def test_out_of_band_the_code_is_shown_on_a_page(home: RunningHub) -> None:
    await home.member("ada")
    made = (await home.request("POST", "/api/v1/apps", data=APP | {"redirect_uris": OUT_OF_BAND})).json()
    asked = {"response_type": "code", "client_id": made["client_id"], "redirect_uri": OUT_OF_BAND, "scope": "read"}
    page = await Visitor(home).authorize(address(asked), name="ada")
    code = page.html.partition('value="')[2].partition('"')[0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": OUT_OF_BAND}
    who = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    assert (await home.request("POST", "/oauth/token", data=form | who)).json()["scope"] == "read"


async def test_force_login_asks_for_another_account(home: RunningHub) -> None:
    await home.member("ada")
    asked, visitor = await ask(await register(home)), Visitor(home)
    assert (await visitor.authorize(address(asked), name="ada")).location.startswith(CALLBACK)
    assert not (await visitor.open(address(asked))).asks_for_password
    assert (await visitor.open(address(asked | {"force_login": "true"}))).asks_for_password


async def test_the_secret_may_come_by_basic_authentication(home: RunningHub) -> None:
    app = await register(home, scopes=("read",))
    basic = base64.b64encode(f"{app.app.client_id}:{app.client_secret}".encode()).decode()
    form = {"grant_type": "client_credentials", "scope": "read"}
    answer = await home.request("POST", "/oauth/token", data=form, headers={"Authorization": f"Basic {basic}"})
    issued = answer.json()
    client = ApiClient(home, issued["access_token"])
    verified = await client.get("/api/v1/apps/verify_credentials")
    assert (verified["name"], "client_secret" in verified) == ("Test app", False)
    assert (await client.call("GET", "/api/v1/timelines/public")).status == 200
    refused = await client.call("GET", "/api/v1/timelines/home")
    assert refused.status == 422
    assert refused.json() == {"error": "This method requires an authenticated user"}


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password", "username": "ada", "password": "x"}, 400, "unsupported_grant_type"),
        ({}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "guess", "redirect_uri": CALLBACK}, 400, "invalid_grant"),
        ({"grant_type": "client_credentials", "scope": "read admin:read"}, 400, "invalid_scope"),
        ({"grant_type": "client_credentials", "client_secret": "wrong"}, 401, "invalid_client"),
    ],
)
async def test_why_there_is_no_token(home: RunningHub, form: dict[str, str], status: int, error: str) -> None:
    app = await register(home)
    who = {"client_id": app.app.client_id, "client_secret": app.client_secret}
    answer = await home.request("POST", "/oauth/token", data=who | form)
    assert (answer.status, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_revoked_token_opens_nothing_at_once(home: RunningHub) -> None:
    ada, app, other = await home.member("ada"), await register(home), await register(home)
    client = await client_for(home, ada)
    stolen = {"client_id": other.app.client_id, "client_secret": other.client_secret, "token": client.token or ""}
    refused = await home.request("POST", "/oauth/revoke", data=stolen)
    assert (refused.status, refused.json()["error"]) == (403, "unauthorized_client")
    form = {"grant_type": "client_credentials", "client_id": app.app.client_id, "client_secret": app.client_secret}
    own = ApiClient(home, (await home.request("POST", "/oauth/token", data=form)).json()["access_token"])
    await own.get("/api/v1/apps/verify_credentials")
    ending = await home.request("POST", "/oauth/revoke", data=form | {"token": own.token or ""})
    assert (ending.status, ending.json()) == (200, {})
    assert (await own.call("GET", "/api/v1/apps/verify_credentials")).status == 401
    assert (await client.call("GET", "/api/v1/timelines/home")).status == 200


async def test_metadata_says_what_is_really_there(home: RunningHub) -> None:
    answer = await home.get("/.well-known/oauth-authorization-server", headers={"X-Forwarded-Host": "evil.example"})
    metadata = answer.json()
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert metadata["issuer"] == f"{home.url}/"
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["grant_types_supported"] == ["authorization_code", "client_credentials"]
    for name in ("token_endpoint", "revocation_endpoint", "app_registration_endpoint"):
        assert (await home.request("POST", metadata[name])).status in (400, 401, 403, 422)
    assert (await home.get(metadata["authorization_endpoint"])).status == 400
    assert (await home.get(metadata["userinfo_endpoint"])).status == 401


async def test_userinfo_tells_who_the_token_acts_as(home: RunningHub) -> None:
    ada = await home.member("ada")
    client = await client_for(home, ada, scopes=("profile",))
    assert await client.get("/oauth/userinfo") == {
        "iss": f"{home.url}/",
        "sub": ada.uri,
        "name": "ada",
        "preferred_username": "ada",
        "profile": f"{home.url}/@ada",
        "picture": f"{home.url}/static/avatar.png",
    }
    assert (await client.call("GET", "/api/v1/timelines/home")).status == 403
    assert (await client.get("/api/v1/accounts/verify_credentials"))["username"] == "ada"
