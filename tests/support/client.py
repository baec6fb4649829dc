"""How apps come to a hub in tests: with a token in hand. Who comes with a browser is in `tests.support.visitor`."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import HTTPAdapter

from fedihub.services.apps import RegisteredApp, register_app
from fedihub.services.authorizations import approve, begin_authorization
from fedihub.services.tokens import exchange_code
from storage.actors import Actor
from tests.support.hub import Answer, RunningHub

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
    return await register_app(home.hub, name="Test app", redirect_uris=[CALLBACK], scopes=scopes)


async def ask(app: RegisteredApp, **more: str) -> dict[str, str]:
    """What an app puts into the address of the authorize page."""
    asked = {"response_type": "code", "client_id": app.app.client_id, "redirect_uri": CALLBACK}
    return asked | {"scope": " ".join(app.app.scopes)} | more


async def client_for(
    home: RunningHub, member: Actor, *, act_as: Actor | None = None, scopes: tuple[str, ...] = EVERYTHING
) -> ApiClient:
    """An app that a member let in, to act as themselves or as one of their projects."""
    app = await register(home, scopes=scopes)
    request = await begin_authorization(home.hub, await ask(app))
    actor = act_as or member
    approval = await approve(home.hub, request, member_id=member.id, actor_id=actor.id)
    issued = await exchange_code(
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
