"""Are our signatures good? Other people's code decides, with the key fetched from whoever claims to have signed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from tests.support.forge import ACTIVITY_JSON, digest_of
from tests.support.referee import Message, verify_cavage, verify_rfc9421


@dataclass(frozen=True)
class Seen:
    """A request that came; `verified` is None for unsigned ones, `problem` says why a signature was refused."""

    method: str
    target: str
    headers: CIMultiDict[str]
    body: bytes
    kind: str | None
    key_id: str | None
    verified: bool | None
    problem: str = ""

    @property
    def is_signed(self) -> bool:
        return self.kind is not None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def json(self) -> Any:
        return json.loads(self.body)


class Judge:
    """Looks at requests to one server. `session` gives the client with which keys are fetched."""

    def __init__(self, base: str, *, session: Callable[[], aiohttp.ClientSession]) -> None:
        self.accepts_kinds = {"draft-cavage", "rfc9421"}
        self.known_keys: dict[str, str] = {}
        self._base = base
        self._session = session

    async def look_at(self, request: web.Request, body: bytes) -> Seen:
        """The request with a verdict on its signature."""
        headers = CIMultiDict(request.headers)
        kind = "rfc9421" if "Signature-Input" in headers else "draft-cavage" if "Signature" in headers else None
        key_id, verified, problem = None, None, ""
        if kind is not None:
            key_id = _key_id(headers)
            try:
                verified = await self._verify(request, headers, body=body, kind=kind, key_id=key_id)
                problem = "" if verified else f"{kind} signature not accepted"
            except (aiohttp.ClientError, OSError, KeyError, ValueError) as error:
                verified, problem = False, f"no key: {error!r}"
        return Seen(request.method, request.raw_path, headers, body, kind, key_id, verified, problem)

    async def _verify(
        self, request: web.Request, headers: CIMultiDict[str], *, body: bytes, kind: str, key_id: str | None
    ) -> bool:
        if kind not in self.accepts_kinds or key_id is None:
            return False
        pem = await self._public_pem(key_id)
        with_body = request.method == "POST"
        if kind == "rfc9421":
            message = Message(request.method, self._base + request.raw_path, dict(headers))
            return verify_rfc9421(pem, message, body=body if with_body else None)
        required = ["digest", "content-type"] if with_body else []
        if with_body and headers.get("Digest") != digest_of(body):
            return False
        return verify_cavage(pem, headers, method=request.method, target=request.raw_path, required=required)

    async def _public_pem(self, key_id: str) -> str:
        """The key behind an id: told by the test, or fetched as a real server does."""
        if key_id not in self.known_keys:
            url = key_id.partition("#")[0]
            async with self._session().get(url, headers={"Accept": ACTIVITY_JSON}) as answer:
                document = await answer.json(content_type=None)
            for key in _listed_keys(document):
                self.known_keys[key["id"]] = key["publicKeyPem"]
        return self.known_keys[key_id]


def _key_id(headers: CIMultiDict[str]) -> str | None:
    text = headers.get("Signature-Input") or headers["Signature"]
    for name in ('keyId="', 'keyid="'):
        if name in text:
            return text.partition(name)[2].partition('"')[0]
    return None


def _listed_keys(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    keys = document.get("publicKey", [])
    return keys if isinstance(keys, list) else [keys]
