"""The consent page, as apps and their members meet it."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from fedihub.services.apps import register_app
from fedihub.services.projects import add_role
from storage.actors import Actor
from storage.projects import TeamRole
from tests.support.hub import RunningHub
from tests.support.visitor import Page, Visitor

CALLBACK = "icecubesapp://callback"
OOB = "urn:ietf:wg:oauth:2.0:oob"
VERIFIER = "a" * 64
STATE = "a b&c=d%20/ü+"


class Client:
    """An app that is registered here."""

    def __init__(self, home: RunningHub, client_id: str, secret: str) -> None:
        self.home = home
        self.client_id = client_id
        self.secret = secret

    @classmethod
    async def registered(cls, home: RunningHub) -> "Client":
        made = await register_app(
            home.hub, name="Ice Cubes", redirect_uris=[CALLBACK, OOB], scopes=("read", "write"), website=None
        )
        return cls(home, made.app.client_id, made.client_secret)

    def query(self, **changes: str) -> dict[str, str]:
        challenge = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        asked = {"response_type": "code", "client_id": self.client_id, "redirect_uri": CALLBACK}
        asked |= {"scope": "read write", "state": STATE, "code_challenge": challenge, "code_challenge_method": "S256"}
        return asked | changes

    async def token(self, code: str, *, redirect_uri: str = CALLBACK) -> Any:
        form = {"grant_type": "authorization_code", "client_id": self.client_id, "client_secret": self.secret}
        form |= {"code": code, "redirect_uri": redirect_uri, "code_verifier": VERIFIER}
        return (await self.home.request("POST", "/oauth/token", data=form)).json()


@pytest.fixture
async def client(home: RunningHub) -> Client:
    return await Client.registered(home)


@pytest.fixture
async def ana(home: RunningHub) -> Actor:
    return await home.member("ana")


def answered(page: Page) -> dict[str, str]:
    """What the app is told by the redirect."""
    assert page.status == 303
    assert page.location.startswith(CALLBACK + "?")
    return {name: values[0] for name, values in parse_qs(urlsplit(page.location).query, strict_parsing=True).items()}


async def opened(visitor: Visitor, client: Client, *, path: str = "/oauth/authorize", **changes: str) -> Page:
    """The consent page, after signing in."""
    page = await visitor.get(path, params=client.query(**changes))
    assert page.location.startswith("/sign-in?next=%2Foauth%2Fauthorize")
    signing_in = await visitor.get(page.location)
    page = await visitor.send(signing_in.form("/sign-in"), name="ana", password="correct horse battery")
    return await visitor.follow_redirects(page)


@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/authorize/"])
async def test_a_member_lets_an_app_in(ana: Actor, client: Client, visitor: Visitor, path: str) -> None:
    page = await opened(visitor, client, path=path)
    for words in ("Connect Ice Cubes?", "Yourself", "Read everything", "Afterwards you go on to icecubesapp:"):
        assert words in page.text
    told = answered(await visitor.send(page.form("/oauth/authorize"), answer="allow"))
    assert told["state"] == STATE
    token = await client.token(told["code"])
    me = await client.home.get(
        "/api/v1/accounts/verify_credentials", headers={"Authorization": f"Bearer {token['access_token']}"}
    )
    assert me.json()["id"] == str(ana.id)


async def test_a_member_lets_an_app_act_as_a_project(ana: Actor, client: Client, visitor: Visitor) -> None:
    bench = await client.home.project("bench", founder=ana)
    page = await opened(visitor, client)
    assert "Project · Owner · @bench" in page.text
    told = answered(await visitor.send(page.form("/oauth/authorize"), answer="allow", actor_id=str(bench.id)))
    token = await client.token(told["code"])
    me = await client.home.get(
        "/api/v1/accounts/verify_credentials", headers={"Authorization": f"Bearer {token['access_token']}"}
    )
    assert me.json()["username"] == "bench"


async def test_nobody_acts_as_a_project_that_is_not_theirs(ana: Actor, client: Client, visitor: Visitor) -> None:
    ben = await client.home.member("ben")
    theirs = await client.home.project("theirs", founder=ben)
    page = await opened(visitor, client)
    assert "theirs" not in page.text
    for actor_id in (theirs.id, ben.id, 1):
        refused = await visitor.send(page.form("/oauth/authorize"), answer="allow", actor_id=str(actor_id))
        assert refused.status == 403
    await add_role(client.home.hub, project_id=theirs.id, member_id=ana.id, role=TeamRole.AUTHOR)
    allowed = await visitor.send(page.form("/oauth/authorize"), answer="allow", actor_id=str(theirs.id))
    assert "code" in answered(allowed)


async def test_saying_no_is_told_to_the_app(ana: Actor, client: Client, visitor: Visitor) -> None:
    page = await opened(visitor, client)
    told = answered(await visitor.send(page.form("/oauth/authorize"), answer="deny"))
    assert (told["error"], told["state"]) == ("access_denied", STATE)


async def test_out_of_band_the_code_is_shown(ana: Actor, client: Client, visitor: Visitor) -> None:
    page = await opened(visitor, client, redirect_uri=OOB)
    shown = await visitor.follow_redirects(await visitor.send(page.form("/oauth/authorize"), answer="allow"))
    code = shown.html.partition('id="code" readonly value="')[2].partition('"')[0]
    assert "access_token" in await client.token(code, redirect_uri=OOB)


async def test_nobody_is_sent_where_no_app_registered(client: Client, visitor: Visitor) -> None:
    wrong = [CALLBACK + "/", CALLBACK + "?x", "https://evil.example/", "ICECUBESAPP://callback", " " + CALLBACK, ""]
    for changes in ({"client_id": "unknown"}, *({"redirect_uri": uri} for uri in wrong)):
        page = await visitor.get("/oauth/authorize", params=client.query(**changes))
        assert page.status == 400, changes
        assert "Location" not in page.answer.headers


async def test_an_app_hears_what_it_did_wrong(client: Client, visitor: Visitor) -> None:
    for changes, error in (
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "read admin:write"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ):
        told = answered(await visitor.get("/oauth/authorize", params=client.query(**changes)))
        assert (told["error"], told["state"]) == (error, STATE)


async def test_the_form_is_checked_like_the_page(ana: Actor, client: Client, visitor: Visitor) -> None:
    form = (await opened(visitor, client)).form("/oauth/authorize")
    assert (await visitor.send(form, answer="allow", redirect_uri="https://evil.example/")).status == 400
    assert answered(await visitor.send(form, answer="allow", scope="admin:write"))["error"] == "invalid_scope"
    assert (await visitor.send(form, answer="allow", csrf="x")).status == 403
    assert (await visitor.send(form, answer="perhaps")).status == 422


async def test_an_app_can_ask_for_another_account(ana: Actor, client: Client, visitor: Visitor) -> None:
    await client.home.member("ben")
    await visitor.sign_in("ana")
    for no in ("False", "false", "0"):
        assert (await visitor.get("/oauth/authorize", params=client.query(force_login=no))).status == 200
    page = await visitor.get("/oauth/authorize", params=client.query(force_login="true"))
    signing_in = await visitor.get(page.location)
    assert signing_in.status == 200
    page = await visitor.send(signing_in.form("/sign-in"), name="ben", password="correct horse battery")
    assert "You are signed in as ben." in (await visitor.follow_redirects(page)).text


async def test_the_page_lets_apps_back_in(ana: Actor, client: Client, visitor: Visitor) -> None:
    headers = (await opened(visitor, client)).answer.headers
    assert "Cross-Origin-Opener-Policy" not in headers
    assert "form-action" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "private, no-store"
