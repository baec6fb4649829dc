"""The OpenAPI document, and that nothing is there that it does not know."""

import pytest
from openapi_spec_validator import validate

from fedihub.hub_api.table import OPERATIONS
from tests.support.contract import PREFIX, Promises
from tests.support.hub import RunningHub
from tests.support.source import ROOT


async def test_the_document_is_good_openapi(home: RunningHub, promises: Promises) -> None:
    validate(promises.document)
    assert promises.document["openapi"].startswith("3.1")
    assert promises.document["servers"] == [{"url": f"http://hub.test{PREFIX}"}]


async def test_every_operation_is_described_and_guarded(promises: Promises) -> None:
    for operation in OPERATIONS:
        described = promises.operation(operation.method, operation.path)
        assert described is not None
        assert described["summary"]
        assert described["security"] == [{"oauth": [operation.scope]}]
        assert operation.scope == ("read" if operation.method == "GET" else "write")


async def test_any_web_page_may_read_it(home: RunningHub) -> None:
    answer = await home.get(f"{PREFIX}/openapi.json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/projects", "/projects/1", "/nothing"])
async def test_any_web_page_may_call_it_with_a_token(home: RunningHub, path: str) -> None:
    asked = await home.request("OPTIONS", PREFIX + path, headers={"Origin": "https://site.example"})
    assert asked.status == 204
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert "PATCH" in asked.headers["Access-Control-Allow-Methods"]
    refused = await home.get(PREFIX + path)
    assert refused.status in (401, 404)
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in refused.headers


async def test_what_can_be_read_answers_head(home: RunningHub) -> None:
    for path in ("/projects", "/projects/1", "/openapi.json"):
        read, asked = await home.get(PREFIX + path), await home.request("HEAD", PREFIX + path)
        assert (asked.status, asked.body) == (read.status, b"")


ELSEWHERE = [
    ("GET", "", 404),
    ("GET", "/", 404),
    ("GET", "/nothing", 404),
    ("DELETE", "/projects", 405),
    ("POST", "/projects/1", 405),
    ("PUT", "/projects/1/team", 405),
]


async def test_everything_else_is_a_problem_document(home: RunningHub) -> None:
    for method, path, status in ELSEWHERE:
        answer = await home.request(method, PREFIX + path)
        assert answer.status == status, path
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert ("Allow" in answer.headers) == (status == 405)


def test_the_reference_names_every_operation() -> None:
    page = (ROOT / "docs/reference/hub-api.md").read_text()
    for operation in OPERATIONS:
        assert f"| `{operation.method} {operation.path}` | {operation.scope} |" in page
