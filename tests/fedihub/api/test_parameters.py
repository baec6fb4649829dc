"""One value, in whatever encoding a client sends it."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from fedihub.api.errors import Malformed
from fedihub.api.parameters import MOST_PARAMETERS, nest, read_parameters


@pytest.fixture(name="echo")
async def _echo() -> AsyncIterator[TestClient[Any, Any]]:
    """A server that answers how it understood what it was sent."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(await read_parameters(request))
        except Malformed as error:
            return web.json_response(error.body, status=error.status)

    app = web.Application()
    app.router.add_route("*", "/", answer)
    async with TestClient(TestServer(app)) as client:
        yield client


async def ask(client: TestClient[Any, Any], method: str = "POST", path: str = "/", **request: Any) -> tuple[int, Any]:
    response = await client.request(method, path, **request)
    return response.status, await response.json()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_form_json_multipart_and_the_query_say_the_same(echo: TestClient[Any, Any], method: str) -> None:
    meant = {"status": "hällo & more", "media_ids": ["1", "2"], "source": {"privacy": "private"}}
    flat = [("status", "hällo & more"), ("media_ids[]", "1"), ("media_ids[]", "2"), ("source[privacy]", "private")]
    multipart = FormData(flat)
    multipart.add_field("nothing", b"", filename="")
    form: dict[str, Any] = {"data": urlencode(flat), "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
    assert await ask(echo, method, **form) == (200, meant)
    assert await ask(echo, method, json=meant) == (200, meant)
    assert await ask(echo, method, path=f"/?{urlencode(flat)}") == (200, meant)
    status, understood = await ask(echo, method, data=FormData(dict(flat[:1] + flat[3:]), default_to_multipart=True))
    assert (status, understood) == (200, {"status": "hällo & more", "source": {"privacy": "private"}})


async def test_the_body_wins_over_the_query(echo: TestClient[Any, Any]) -> None:
    assert await ask(echo, path="/?a=query&b=query", json={"a": "body"}) == (200, {"a": "body", "b": "query"})


async def test_json_without_a_content_type_is_still_json(echo: TestClient[Any, Any]) -> None:
    status, understood = await ask(echo, data=b'{"a": 1}', skip_auto_headers=["Content-Type"])
    assert (status, understood) == (200, {"a": 1})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"[1]", "application/json"),
        (b'"text"', "application/json"),
        (b'{"a": NaN}', "application/json"),
        (b'{"a": "\xff"}', "application/json"),
        (json.dumps({"a": [{"b": "nul\0"}]}).encode(), "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"a=nul%00", "application/x-www-form-urlencoded"),
        (b"a=1&a[b]=2", "application/x-www-form-urlencoded"),
        (b"a[]=1&a[b]=2", "application/x-www-form-urlencoded"),
        (b"a[][][]=1", "application/x-www-form-urlencoded"),
        (b"a" + b"[b]" * 50 + b"=1", "application/x-www-form-urlencoded"),
        (b"&".join(b"a[]=1" for _ in range(MOST_PARAMETERS + 1)), "application/x-www-form-urlencoded"),
        (b"no parts", "multipart/form-data; boundary=x"),
        (b"no boundary", "multipart/form-data"),
    ],
)
async def test_what_cannot_be_read_is_a_bad_request(echo: TestClient[Any, Any], body: bytes, kind: str) -> None:
    status, answer = await ask(echo, data=body, headers={"Content-Type": kind})
    assert status == 400
    assert answer["error"].startswith("Bad request: ")


async def test_an_encoding_that_we_do_not_read_is_said_to_be_one(echo: TestClient[Any, Any]) -> None:
    assert (await ask(echo, data=b"<status/>", headers={"Content-Type": "text/xml"}))[0] == 415


@pytest.mark.parametrize(
    ("flat", "nested"),
    [
        ([("id", "1"), ("id", "2")], {"id": ["1", "2"]}),
        ([("id[]", "1"), ("id[]", "2")], {"id": ["1", "2"]}),
        ([("poll[options][]", "a"), ("poll[options][]", "b")], {"poll": {"options": ["a", "b"]}}),
        ([("data[alerts][mention]", "1")], {"data": {"alerts": {"mention": "1"}}}),
        (
            [("f[0][name]", "a"), ("f[0][value]", "b"), ("f[1][name]", "c")],
            {"f": {"0": {"name": "a", "value": "b"}, "1": {"name": "c"}}},
        ),
        (
            [("k[][word]", "a"), ("k[][whole]", "1"), ("k[][word]", "b"), ("k[][whole]", "0")],
            {"k": [{"word": "a", "whole": "1"}, {"word": "b", "whole": "0"}]},
        ),
        ([("odd]name[", "1"), ("[]", "2"), ("", "3")], {"odd]name[": "1", "[]": "2", "": "3"}),
    ],
)
def test_brackets_are_undone_as_rails_does(flat: list[tuple[str, str]], nested: dict[str, Any]) -> None:
    assert nest(flat) == nested


NAMES = st.lists(st.tuples(st.text(alphabet="ab[]0\x00é", max_size=8), st.text(max_size=3)), max_size=20)


@given(NAMES)
def test_no_names_break_the_parser(flat: list[tuple[str, str]]) -> None:
    with suppress(Malformed):
        nest(flat)
