"""The keys that every local actor is born with: RSA, which all peers read, and Ed25519, published as a Multikey."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from federation.signatures.keys import write_multikey, write_pem

RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class KeyTexts:
    """Both key pairs, as they are stored."""

    rsa_private_pem: str
    rsa_public_pem: str
    ed25519_private_pem: str
    ed25519_public_multibase: str


KeyMaker = Callable[[], Awaitable[KeyTexts]]


async def make_keys() -> KeyTexts:
    """New keys; finding the primes takes a while, so it happens in a thread."""
    return await asyncio.to_thread(_make)


def _make() -> KeyTexts:
    rsa = generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    ed25519 = Ed25519PrivateKey.generate()
    return KeyTexts(
        rsa_private_pem=_private_pem(rsa),
        rsa_public_pem=write_pem(rsa.public_key()),
        ed25519_private_pem=_private_pem(ed25519),
        ed25519_public_multibase=write_multikey(ed25519.public_key()),
    )


def _private_pem(key: Ed25519PrivateKey | RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
