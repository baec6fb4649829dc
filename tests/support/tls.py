"""Peers that speak TLS, with certificates that a CA of the tests gave them."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.support.keys import private_pem, rsa_key
from tests.support.resolver import TestResolver

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]
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


def write_ca(folder: Path) -> Path:
    """The test CA's own certificate, as a file that a transport can be told to trust."""
    path = folder / "ca.pem"
    path.write_bytes(certificate(host=None).public_bytes(Encoding.PEM))
    return path


@asynccontextmanager
async def tls_peer(
    folder: Path,
    resolver: TestResolver,
    page: Page,
    *,
    name: str = "peer.test",
    host: str | None = None,
    days: int = 30,
) -> AsyncIterator[None]:
    """A server that answers each GET with a page; it is called `name`, its certificate is for `host` (or the same)."""
    path = folder / f"{name}.pem"
    written = certificate(host=host or name, days=days).public_bytes(Encoding.PEM)
    path.write_bytes(written + private_pem(KEY).encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    app = web.Application()
    app.router.add_get("/{tail:.*}", page)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    resolver.add(name, runner.addresses[0][1])
    try:
        yield
    finally:
        await runner.cleanup()
