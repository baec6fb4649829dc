"""How apps and browsers come to a hub in tests: with a token in hand, or through the pages, form by form."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter

from fedihub.services import access
from fedihub.services.access import RegisteredApp
from storage.actors import Actor
from tests.support.hub import PASSWORD, Answer, RunningHub

EVERYTHING = ("read", "write", "follow", "push", "profile")
CALLBACK = "https://app.example/callback"


@dataclass(frozen=True)
class ApiClient:
    """An app with a token (or without one)."""

    home: RunningHub
    token: str | None

    async def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Answer:
        """One request."""
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return await self.home.request(method, path, headers=bearer | (headers or {}), **options)

    async def get(self, path: str, **options: Any) -> Any:
        """GET that must succeed; its JSON."""
        return _good(await self.call("GET", path, **options))

    async def post(self, path: str, **form: Any) -> Any:
        """POST of JSON that must succeed; its JSON."""
        return _good(await self.call("POST", path, json=form))

    async def delete(self, path: str) -> Any:
        """DELETE that must succeed; its JSON."""
        return _good(await self.call("DELETE", path))

    async def say(self, text: str, **more: Any) -> dict[str, Any]:
        """A new status."""
        status: dict[str, Any] = await self.post("/api/v1/statuses", status=text, **more)
        return status


def _good(answer: Answer) -> Any:
    assert answer.status == 200, (answer.status, answer.text)
    return answer.json()


async def register(home: RunningHub, *, scopes: tuple[str, ...] = EVERYTHING) -> RegisteredApp:
    """A new app."""
    return await access.register_app(home.hub, name="Test app", redirect_uris=[CALLBACK], scopes=scopes)


async def ask(app: RegisteredApp, **more: str) -> dict[str, str]:
    """What an app puts into the address of the authorize page."""
    asked = {"response_type": "code", "client_id": app.app.client_id, "redirect_uri": CALLBACK}
    return asked | {"scope": " ".join(app.app.scopes)} | more


async def client_for(
    home: RunningHub, member: Actor, *, act_as: Actor | None = None, scopes: tuple[str, ...] = EVERYTHING
) -> ApiClient:
    """An app that a member let in, to act as themselves or as one of their projects."""
    app = await register(home, scopes=scopes)
    request = await access.begin_authorization(home.hub, await ask(app))
    actor = act_as or member
    approval = await access.approve(home.hub, request, member_id=member.id, actor_id=actor.id)
    issued = await access.exchange_code(
        home.hub,
        client_id=app.app.client_id,
        client_secret=app.client_secret,
        code=approval.code,
        redirect_uri=CALLBACK,
        code_verifier=None,
    )
    return ApiClient(home, issued.access_token)


def challenge() -> tuple[str, str]:
    """A PKCE verifier and its S256 challenge."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class _Forms(HTMLParser):
    """The fields of the forms on a page that are filled already: hidden ones, and choices that are made."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.choices: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name"), given.get("value") or ""
        if tag != "input" or name is None:
            return
        if given.get("type") == "radio":
            self.choices.setdefault(name, []).append(value)
        if given.get("type") == "hidden" or "checked" in given:
            self.fields[name] = value


class Browser:
    """A browser without JavaScript: it keeps cookies, fills in forms, follows redirects on the hub and stops at
    others.
    """

    def __init__(self, home: RunningHub) -> None:
        self._home = home
        self._cookies: dict[str, str] = {}
        self.page = ""
        self.status = 0
        self.forms = _Forms()

    async def open(self, path: str) -> str | None:
        """Go to a page; the address elsewhere that the hub sends the browser to, if it does."""
        return await self._follow("GET", path)

    async def submit(self, path: str, **fields: str) -> str | None:
        """Send the form of the page with these fields filled in; as `open`."""
        return await self._follow("POST", path, data=urlencode(self.forms.fields | fields))

    async def _follow(self, method: str, path: str, *, data: str | None = None) -> str | None:
        for _ in range(10):
            answer = await self._ask(method, path, data=data)
            target = answer.headers.get("Location")
            if answer.status not in (302, 303) or target is None:
                self.page, self.status, self.forms = answer.text, answer.status, _Forms()
                self.forms.feed(answer.text)
                return None
            if not target.startswith("/") and not target.startswith(f"{self._home.url}/"):
                return target
            method, path, data = "GET", target, None
        raise AssertionError("the hub sends the browser in circles")

    async def _ask(self, method: str, path: str, *, data: str | None) -> Answer:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "Accept": "text/html",
        }
        if data is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self._home.url}
        answer = await self._home.request(method, path, headers=headers, data=data)
        for line in answer.headers.getall("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value.strip()
        return answer

    async def authorize(self, address: str, *, name: str, act_as: str | None = None, allow: bool = True) -> str | None:
        """Go through sign-in and consent as a member would; answers where the app gets its code, None for a page."""
        path = address.removeprefix(self._home.url)
        await self.open(path)
        if "password" in self.page:
            await self.submit("/sign-in", name=name, password=PASSWORD)
        fields = {"answer": "allow" if allow else "deny"} | ({"actor_id": act_as} if act_as else {})
        return await self.submit("/oauth/authorize", **fields)


def query_of(address: str) -> dict[str, str]:
    """The query of an address, each name once."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(address).query, keep_blank_values=True).items()}


class _ToTheHub(HTTPAdapter):
    """Brings requests for the hub's name to where it listens: Mastodon.py speaks through `requests`, which asks the
    DNS.
    """

    def __init__(self, home: RunningHub) -> None:
        super().__init__()
        self._home = home

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        request.headers["Host"] = urlsplit(self._home.url).netloc
        request.url = str(request.url).replace(self._home.url, f"http://127.0.0.1:{self._home.port}", 1)
        return super().send(request, *arguments, **options)


def requests_session(home: RunningHub) -> requests.Session:
    """A session of `requests` that knows the hub under its name."""
    session = requests.Session()
    session.mount(home.url, _ToTheHub(home))
    return session
