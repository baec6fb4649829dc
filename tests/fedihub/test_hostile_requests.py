"""Requests that no honest client sends: each gets a refusal, never a 500, and nothing is written to the log as our
failure.
"""

import asyncio
import base64
from typing import Any

import pytest

from tests.support.hub import RunningHub
from tests.support.peer import Peer

TOO_LARGE = "9" * 19
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "path",
    [
        f"/ap/actors/{TOO_LARGE}",
        f"/ap/actors/{TOO_LARGE}/outbox",
        f"/ap/posts/{TOO_LARGE}",
        f"/ap/posts/{TOO_LARGE}/replies",
        f"/ap/contexts/{TOO_LARGE}",
        f"/ap/activities/{TOO_LARGE}",
        f"/.well-known/webfinger?resource=http://hub.test/ap/actors/{TOO_LARGE}",
        f"/api/v1/statuses/{TOO_LARGE}",
        f"/api/v1/accounts/{TOO_LARGE}",
        f"/@ada/{TOO_LARGE}",
    ],
)
async def test_a_number_larger_than_any_id_names_nothing(home: RunningHub, path: str) -> None:
    await home.member("ada")
    assert (await home.get(path, accept="application/activity+json")).status == 404


async def test_an_inbox_of_nobody_is_not_there(home: RunningHub, peer: Peer) -> None:
    rosa = peer.add_actor("rosa")
    inbox = f"{home.url}/ap/actors/{TOO_LARGE}/inbox"
    assert (await peer.send(inbox, peer.activity(rosa, "Like", home.url), by=rosa)).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/webfinger?resource=acct:a%00@hub.test",
        "/tags/%00",
        "/@a%00",
        "/oauth/authorize?client_id=%00",
        "/api/v2/search?q=%00",
        "/api/hub/v1/projects?before=%00",
        "/?%00",
    ],
)
async def test_an_address_with_nul_is_refused(home: RunningHub, path: str) -> None:
    assert (await home.get(path)).status == 400


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/oauth/authorize", "/follow"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"csrf=\xff"),
        (f"{FORM}; charset=foo", b"csrf=a"),
        (f"{FORM}; charset=unicode_escape", rb"csrf=\ud800"),
        (FORM, b"&".join(b"a%d=1" % number for number in range(500))),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\n--b--"),
    ],
)
async def test_a_form_in_no_known_writing_is_refused(
    home: RunningHub, path: str, content_type: str, body: bytes
) -> None:
    answer = await home.request("POST", path, data=body, headers={"Content-Type": content_type})
    assert 400 <= answer.status < 500


MULTIPART = {
    "an unknown encoding": b'--b\r\nContent-Disposition: form-data; name="a"\r\n'
    b"Content-Transfer-Encoding: foo\r\n\r\n1\r\n--b--",
    "NUL in a header": b'--b\r\nContent-Disposition: form-data; name="a\0"\r\n\r\n1\r\n--b--',
    "many headers": b"--b\r\n" + b"X: y\r\n" * 5000 + b"\r\n1\r\n--b--",
    "half of a pair": b'--b\r\nContent-Disposition: form-data; name="client_id"\r\n'
    rb"Content-Type: text/plain; charset=unicode_escape" + b"\r\n\r\n" + rb"\ud800" + b"\r\n--b--",
    "an unknown charset": b'--b\r\nContent-Disposition: form-data; name="client_id"\r\n'
    b"Content-Type: text/plain; charset=foo\r\n\r\n1\r\n--b--",
}


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/api/v1/apps"])
@pytest.mark.parametrize("body", MULTIPART.values(), ids=MULTIPART.keys())
async def test_a_multipart_body_that_is_none_is_refused(home: RunningHub, path: str, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await home.request("POST", path, data=body, headers=headers)
    assert 400 <= answer.status < 500
    assert "error" in answer.json()


@pytest.mark.parametrize("credentials", [base64.b64encode(b"a%00b:c").decode(), "ÿ", "====", ""])
async def test_credentials_that_are_none_are_refused(home: RunningHub, credentials: str) -> None:
    options: dict[str, Any] = {"data": {"grant_type": "client_credentials"}}
    answer = await home.request("POST", "/oauth/token", headers={"Authorization": f"Basic {credentials}"}, **options)
    assert answer.status == 401
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/sign-in", FORM),
        ("/oauth/token", FORM),
        ("/oauth/token", "multipart/form-data; boundary=b"),
        ("/api/v1/apps", "application/json"),
    ],
)
async def test_a_body_that_never_ends_is_not_waited_for(
    home: RunningHub, monkeypatch: pytest.MonkeyPatch, path: str, content_type: str
) -> None:
    monkeypatch.setattr("fedihub.bodies.BODY_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    head = f"POST {path} HTTP/1.1\r\nHost: hub.test\r\nContent-Type: {content_type}\r\nContent-Length: 1000\r\n\r\n"
    writer.write(head.encode() + b"--b\r\n")
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 20)
    writer.close()
