"""Holds every answer of the hub API against the OpenAPI document that the hub itself serves."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.support.client import ApiClient
from tests.support.hub import Answer, RunningHub

PREFIX = "/api/hub/v1"
Json = dict[str, Any]


@dataclass(frozen=True)
class Promises:
    """The document, and what it says about an answer."""

    document: Json

    @classmethod
    async def of(cls, home: RunningHub) -> "Promises":
        """Read it from the hub."""
        answer = await home.get(f"{PREFIX}/openapi.json")
        assert answer.status == 200
        return cls(answer.json())

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], Json]]:
        return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), item) for path, item in self.document["paths"].items()]

    def operation(self, method: str, path: str) -> Json | None:
        """What is promised of a call; None if nothing is."""
        found = (item.get(method.lower()) for pattern, item in self._paths if pattern.fullmatch(path))
        return next(found, None)

    def check(self, method: str, path: str, answer: Answer) -> None:
        """Fail unless the status is one that was promised, and the body what was promised of it."""
        operation = self.operation(method, path)
        assert operation is not None, f"{method} {path} is not in the document"
        promised = operation["responses"].get(str(answer.status))
        assert promised is not None, f"{method} {path} does not promise a {answer.status}: {answer.text}"
        if "content" not in promised:
            assert answer.body == b""
            return
        media_type = answer.headers["Content-Type"].partition(";")[0]
        assert media_type in promised["content"]
        self._validate(promised["content"][media_type]["schema"], answer.json())
        for header in promised.get("headers", {}):
            assert header in answer.headers

    def accepts(self, method: str, path: str, body: Any) -> bool:
        """Whether the document says that this body is good."""
        operation = self.operation(method, path)
        assert operation is not None
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        good: bool = self._validator(schema).is_valid(body)
        return good

    def _validate(self, schema: Json, value: Any) -> None:
        self._validator(schema).validate(value)

    def _validator(self, schema: Json) -> Draft202012Validator:
        whole = {"allOf": [schema], "components": self.document["components"]}
        return Draft202012Validator(whole, format_checker=FormatChecker())


@dataclass(frozen=True)
class HeldToItsWord:
    """A client of the hub API that checks each answer. Paths are those of the document."""

    client: ApiClient
    promises: Promises

    async def call(self, method: str, path: str, **options: Any) -> Answer:
        """One request."""
        answer = await self.client.call(method, PREFIX + path, **options)
        self.promises.check(method, path.partition("?")[0], answer)
        return answer

    async def get(self, path: str, *, status: int = 200) -> Any:
        """GET; its JSON."""
        return self._json(await self.call("GET", path), status)

    async def send(self, method: str, path: str, body: Any, *, status: int = 200, **options: Any) -> Any:
        """Send JSON; the JSON that comes back."""
        return self._json(await self.call(method, path, json=body, **options), status)

    def _json(self, answer: Answer, status: int) -> Any:
        assert answer.status == status, answer.text
        return answer.json()
