"""Keys for tests. Making an RSA key takes a while, so each number is made once in a test run."""

import itertools
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from federation.signatures.keys import write_multikey
from fedihub.keys import KeyTexts

PrivateKey = RSAPrivateKey | Ed25519PrivateKey

_numbers = itertools.count()
OWN_KEYS = range(100, 104)
"""The numbers of the keys that our own hubs' actors get in turn; peers use others."""
STRANGERS_KEY = 999
"""The number of a key that nobody's actor has, neither of a peer nor of a hub: what it signs proves nothing of anybody.

A test that needs a wrong key takes this one: peers' numbers go round, so any small number may happen to be the right
one.
"""


@cache
def rsa_key(number: int = 0, *, bits: int = 2048) -> RSAPrivateKey:
    """The RSA key with this number."""
    assert number >= 0
    return generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ed25519_key(number: int = 0) -> Ed25519PrivateKey:
    """The Ed25519 key with this number."""
    assert number >= 0
    return Ed25519PrivateKey.generate()


@cache
def private_pem(key: PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@cache
def public_pem(key: PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


async def ready_keys() -> KeyTexts:
    """Keys for a new actor of a hub under test, a few for all: making one takes longer than most tests."""
    number = OWN_KEYS[next(_numbers) % len(OWN_KEYS)]
    rsa, ed25519 = rsa_key(number), ed25519_key(number)
    return KeyTexts(
        rsa_private_pem=private_pem(rsa),
        rsa_public_pem=public_pem(rsa),
        ed25519_private_pem=private_pem(ed25519),
        ed25519_public_multibase=write_multikey(ed25519.public_key()),
    )
