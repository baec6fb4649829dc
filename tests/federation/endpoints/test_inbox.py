"""The inbox's door: what it takes, what it refuses, and what the operator can look up afterwards."""

import asyncio
from typing import Any

import pytest

from storage.received import list_refused
from tests.support.hub import RunningHub
from tests.support.peer import Peer

Activity = dict[str, Any]


async def refused(home: RunningHub) -> list[str]:
    """The reasons that the operator sees, newest first."""
    await home.hub.inbox_log.close()
    rows = await home.hub.database.read(lambda session: list_refused(session, limit=10))
    return [row.reason for row in rows]


async def test_a_good_request_is_written_down_before_it_is_answered(home: RunningHub, stranger: Peer) -> None:
    ada, rosa = await home.member("ada"), stranger.add_actor("rosa")
    for inbox in (home.shared_inbox, ada.inbox_url):
        answer = await stranger.send(inbox, stranger.activity(rosa, "Follow", ada.uri), by=rosa)
        assert (answer.status, answer.body) == (202, b"")
    assert len(await home.log()) == 2


@pytest.mark.parametrize("kind", ["draft-cavage", "rfc9421"])
async def test_both_kinds_of_signatures(home: RunningHub, stranger: Peer, kind: str) -> None:
    ada, rosa = await home.member("ada"), stranger.add_actor("rosa")
    answer = await stranger.send(home.shared_inbox, stranger.activity(rosa, "Follow", ada.uri), by=rosa, kind=kind)
    assert answer.status == 202


@pytest.mark.parametrize("personal", [False, True])
@pytest.mark.parametrize(
    ("tamper", "status", "reason"),
    [
        ("unsigned", 401, "signature_missing"),
        ("body", 401, None),
        ("other key", 401, None),
        ("not json", 400, "not_json"),
        ("gzip", 415, "body_encoded"),
        ("plain text", 415, "wrong_content_type"),
        ("too large", 413, "too_large"),
        ("replayed elsewhere", 401, None),
    ],
)
async def test_a_bad_request_has_no_effect_and_a_reason(
    home: RunningHub, stranger: Peer, tamper: str, status: int, reason: str | None, *, personal: bool
) -> None:
    ada, rosa, otto = await home.member("ada"), stranger.add_actor("rosa"), stranger.add_actor("otto")
    inbox = ada.inbox_url if personal else home.shared_inbox
    other = home.shared_inbox if personal else ada.inbox_url
    follow = stranger.activity(rosa, "Follow", ada.uri)
    good = rosa.plan().sign(inbox, follow)
    request = {
        "unsigned": lambda: good.with_header("Signature", None),
        "body": lambda: good.with_body(good.body.replace(b"Follow", b"Block!")),
        "other key": lambda: otto.plan().sign(inbox, follow),
        "not json": lambda: rosa.plan().sign(inbox, b"not json"),
        "gzip": lambda: good.with_header("Content-Encoding", "gzip"),
        "plain text": lambda: rosa.plan(content_type="text/plain").sign(inbox, follow),
        "too large": lambda: rosa.plan().sign(inbox, follow | {"content": "x" * 1_100_000}),
        "replayed elsewhere": lambda: good.sent_to(other),
    }[tamper]()
    answer = await stranger.send_raw(request)
    await home.drain()
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert (await home.actor(ada)).followers_count == 0
    assert await home.log() == []
    shown = await refused(home)
    assert shown == [answer.json()["reason"]]
    assert reason is None or shown == [reason]


async def test_a_refusal_in_no_alphabet_costs_nobody_else_anything(home: RunningHub, stranger: Peer) -> None:
    """Header bytes that are no UTF-8, and texts that no database takes: refused, written down, and alone in it."""
    ada, rosa = await home.member("ada"), stranger.add_actor("rosa")
    hostile = b'{"actor": "\\ud800\\u0000", "type": "\\udfff"}'
    head = (
        b"POST /ap/inbox HTTP/1.1\r\nHost: hub.test\r\nContent-Type: application/activity+json\r\n"
        b'Signature: keyId="http://peer.test/\xff",signature="aaaa"\r\nContent-Length: %d\r\n\r\n'
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    good = [stranger.activity(rosa, "Follow", ada.uri) for _ in range(5)]
    writer.write((head % len(hostile) + hostile) * 5)
    answers = await asyncio.gather(*(stranger.send(home.shared_inbox, each, by=rosa) for each in good))
    assert b" 401 " in await reader.readline()
    writer.close()
    assert [answer.status for answer in answers] == [202] * 5
    assert len(await home.log()) == 5
    assert set(await refused(home)) == {"signature_unreadable"}


async def test_an_actor_who_is_not_here_has_no_inbox(home: RunningHub, stranger: Peer) -> None:
    rosa = stranger.add_actor("rosa")
    answer = await stranger.send(f"{home.url}/ap/actors/1/inbox", stranger.activity(rosa, "Follow", "x"), by=rosa)
    assert answer.status == 404


@pytest.mark.parametrize("kind", ["Delete", "Update"])
async def test_a_stranger_who_deletes_itself_costs_nothing(home: RunningHub, stranger: Peer, kind: str) -> None:
    rosa = stranger.add_actor("rosa", status=410)
    for _ in range(20):
        answer = await stranger.send(home.shared_inbox, stranger.activity(rosa, kind, rosa.uri), by=rosa)
        assert answer.status == 202
    assert stranger.seen("/users/rosa") == []
    assert await home.log() == []


async def test_a_key_that_cannot_be_had_now_is_asked_for_again(home: RunningHub, stranger: Peer) -> None:
    """503: the peer comes again; a 4xx would lose what it says."""
    ada, rosa = await home.member("ada"), stranger.add_actor("rosa")
    request = rosa.plan().sign(home.shared_inbox, stranger.activity(rosa, "Follow", ada.uri))
    await stranger.stop()
    answer = await stranger.send_raw(request)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_body_that_never_ends_is_not_waited_for(
    home: RunningHub, stranger: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.endpoints.inbox.BODY_SECONDS", 0.2)
    rosa = stranger.add_actor("rosa")
    request = rosa.plan().sign(home.shared_inbox, stranger.activity(rosa, "Follow", "http://hub.test/x"))
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    lines = [f"{name}: {value}" for name, value in request.lines]
    head = "\r\n".join(["POST /ap/inbox HTTP/1.1", *lines, "Content-Length: 5000", "", ""])
    writer.write(head.encode() + b'{"half')
    status = await asyncio.wait_for(reader.readline(), 20)
    assert b" 408 " in status
    writer.close()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_only_post(home: RunningHub, method: str) -> None:
    answer = await home.request(method, "/ap/inbox")
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"
    assert answer.headers["Content-Type"].startswith("application/problem+json")
