"""One activity to one inbox, and what its answer means."""

import asyncio
from datetime import timedelta

import pytest

from federation.delivery import FEW_ATTEMPTS, OutgoingDelivery, deliver
from federation.identifiers import InboxUrl, KeyId, SignatureKind
from federation.outcomes import Abandoned, Deferred, Delivered, Outcome
from federation.signatures.signer import Signer
from federation.transport import Transport
from tests.support.keys import ed25519_key, public_pem
from tests.support.peer import Peer
from tests.support.resolver import TestResolver

BODY = b'{"type":"Create"}'
CAVAGE, RFC9421 = SignatureKind.CAVAGE, SignatureKind.RFC9421


async def send(
    transport: Transport, peer: Peer, signer: Signer, *, kind: SignatureKind = SignatureKind.CAVAGE
) -> Outcome:
    return await deliver(transport, OutgoingDelivery(InboxUrl(f"{peer.base}/inbox"), BODY), signer=signer, kind=kind)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_success_is_a_delivery(transport: Transport, peer: Peer, server_signer: Signer, status: int) -> None:
    peer.answer_inbox(status)
    outcome = await send(transport, peer, server_signer)
    assert outcome == Delivered(status, CAVAGE)
    assert peer.requests[0].body == BODY
    assert peer.requests[0].verified


@pytest.mark.parametrize("status", [500, 502, 503, 408, 425, 429])
async def test_trouble_over_there_is_waited_out(
    transport: Transport, peer: Peer, server_signer: Signer, status: int
) -> None:
    peer.answer_inbox(status, retry_after="7", body=b"busy")
    outcome = await send(transport, peer, server_signer)
    assert outcome == Deferred(f"http_{status}", retry_after=timedelta(seconds=7), status=status, excerpt="busy")
    assert len(peer.requests) == 1


@pytest.mark.parametrize("status", [403, 405, 406, 413, 415, 422, 501])
async def test_a_refusal_is_final(transport: Transport, peer: Peer, server_signer: Signer, status: int) -> None:
    peer.answer_inbox(status, body=b"no\r\n\x1b[31m")
    outcome = await send(transport, peer, server_signer)
    assert outcome == Abandoned(f"http_{status}", status=status, excerpt="no   [31m")
    assert len(peer.requests) == 1


async def test_gone_is_gone(transport: Transport, peer: Peer, server_signer: Signer) -> None:
    peer.answer_inbox(410)
    assert await send(transport, peer, server_signer) == Abandoned("http_410", gone=True, status=410)


@pytest.mark.parametrize("status", [404, 301, 302, 307, 308])
async def test_a_missing_inbox_gets_a_few_more_attempts(
    transport: Transport, peer: Peer, server_signer: Signer, status: int
) -> None:
    peer.answer_inbox(status)
    outcome = await send(transport, peer, server_signer)
    assert outcome == Deferred(f"http_{status}", status=status, attempts=FEW_ATTEMPTS)
    assert len(peer.requests) == 1


@pytest.mark.parametrize(("first", "second"), [(CAVAGE, RFC9421), (RFC9421, CAVAGE)])
async def test_who_does_not_read_one_kind_is_offered_the_other(
    transport: Transport, peer: Peer, server_signer: Signer, *, first: SignatureKind, second: SignatureKind
) -> None:
    peer.accepts_kinds.discard(first)
    outcome = await send(transport, peer, server_signer, kind=first)
    assert outcome == Delivered(202, second)
    assert [request.kind for request in peer.requests] == [first, second]
    assert len(peer.received) == 1


@pytest.mark.parametrize(("status", "expected"), [(401, Deferred), (400, Abandoned)])
async def test_who_reads_neither_kind_is_knocked_at_twice(
    transport: Transport, peer: Peer, server_signer: Signer, *, status: int, expected: type
) -> None:
    peer.answer_inbox(status, times=2)
    outcome = await send(transport, peer, server_signer)
    assert isinstance(outcome, expected)
    assert outcome.status == status
    assert len(peer.requests) == 2


async def test_an_ed25519_key_signs_the_only_way_it_can(transport: Transport, peer: Peer) -> None:
    signer = Signer(KeyId("https://hub.test/ap/actors/7#ed25519-key"), ed25519_key(2))
    peer.known_keys[signer.key_id] = public_pem(ed25519_key(2))
    assert await send(transport, peer, signer) == Delivered(202, RFC9421)
    assert peer.requests[-1].headers["Signature-Input"].endswith(';alg="ed25519"')
    peer.answer_inbox(401)
    assert isinstance(await send(transport, peer, signer), Deferred)
    assert len(peer.requests) == 2


async def test_a_signature_of_rfc_9421_says_by_which_algorithm_it_is(
    transport: Transport, peer: Peer, server_signer: Signer
) -> None:
    """activitypub-bot 0.51 reads no other."""
    assert await send(transport, peer, server_signer, kind=RFC9421) == Delivered(202, RFC9421)
    assert peer.requests[-1].headers["Signature-Input"].endswith(';alg="rsa-v1_5-sha256"')


async def test_silence_is_waited_out(
    transport: Transport, peer: Peer, server_signer: Signer, resolver: TestResolver
) -> None:
    await peer.stop()
    outcome = await send(transport, peer, server_signer)
    assert isinstance(outcome, Deferred)
    assert (outcome.reason, outcome.status) == ("connect_failed", None)
    resolver.add("peer.test", 80, address="192.168.0.1")


@pytest.mark.parametrize("inbox", ["http://10.0.0.1/inbox", "ftp://peer.test/inbox", "inbox", "http://a b/"])
async def test_an_inbox_that_cannot_be_is_abandoned(transport: Transport, server_signer: Signer, inbox: str) -> None:
    outcome = await deliver(transport, OutgoingDelivery(InboxUrl(inbox), BODY), signer=server_signer)
    assert isinstance(outcome, Abandoned)
    assert not outcome.gone


@pytest.mark.parametrize(("hang_ups", "requests"), [(1, 2), (9, 2)])
async def test_a_connection_that_ends_before_an_answer_is_no_answer(
    transport: Transport, resolver: TestResolver, server_signer: Signer, *, hang_ups: int, requests: int
) -> None:
    """Node closes a connection that it kept for 5 s, perhaps just when we send; once more, and no oftener."""
    heard = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        await reader.readuntil(BODY)
        heard += 1
        if heard > hang_ups:
            writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        resolver.add("node.test", server.sockets[0].getsockname()[1])
        request = OutgoingDelivery(InboxUrl("http://node.test/inbox"), BODY)
        outcome = await deliver(transport, request, signer=server_signer)
    assert heard == requests
    assert isinstance(outcome, Delivered) is (hang_ups == 1)
