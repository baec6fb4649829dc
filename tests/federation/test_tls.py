"""TLS: only certificates that are trusted, for the right name and not expired; an extra CA adds to the system's."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from federation.errors import Unreachable
from federation.transport import Transport
from tests.support.keys import private_pem, rsa_key
from tests.support.resolver import TestResolver

NAME, KEY = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")]), rsa_key(0)


def certificate(*, host: str | None, days: int = 30) -> x509.Certificate:
    """Of the test CA itself (`host=None`), or one that it gives to a host, valid until in so many days."""
    now = datetime.now(UTC)
    subject = NAME if host is None else x509.Name([])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(NAME)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
    )
    if host is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
    return builder.sign(KEY, SHA256())


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    path.write_bytes(certificate(host=None).public_bytes(Encoding.PEM))
    return path


@pytest.fixture
async def trusting(resolver: TestResolver, ca_file: Path) -> AsyncIterator[Transport]:
    made = Transport(user_agent="x", resolver=resolver, allow_loopback=True, ca_file=ca_file)
    yield made
    await made.close()


async def serve(tmp_path: Path, resolver: TestResolver, *, host: str, days: int = 30) -> web.AppRunner:
    """`peer.test` over TLS, with a certificate for `host`."""
    path = tmp_path / "server.pem"
    path.write_bytes(certificate(host=host, days=days).public_bytes(Encoding.PEM) + private_pem(KEY).encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    app = web.Application()
    app.router.add_get("/", _hello)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    resolver.add("peer.test", runner.addresses[0][1])
    return runner


async def _hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def test_a_ca_of_our_own_is_trusted(trusting: Transport, tmp_path: Path, resolver: TestResolver) -> None:
    runner = await serve(tmp_path, resolver, host="peer.test")
    try:
        assert (await trusting.get("https://peer.test/", "*/*")).body == b"hello"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(("host", "days"), [("other.test", 30), ("peer.test", -1)])
async def test_a_wrong_certificate_is_refused(
    trusting: Transport, tmp_path: Path, resolver: TestResolver, *, host: str, days: int
) -> None:
    runner = await serve(tmp_path, resolver, host=host, days=days)
    try:
        with pytest.raises(Unreachable, match="tls_failed"):
            await trusting.get("https://peer.test/", "*/*")
    finally:
        await runner.cleanup()


async def test_an_unknown_ca_is_refused_even_in_development(
    transport: Transport, tmp_path: Path, resolver: TestResolver
) -> None:
    runner = await serve(tmp_path, resolver, host="peer.test")
    try:
        with pytest.raises(Unreachable, match="tls_failed"):
            await transport.get("https://peer.test/", "*/*")
    finally:
        await runner.cleanup()
