"""Keys for tests. Making an RSA key takes a while, so each number is made once in a test run."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

PrivateKey = RSAPrivateKey | Ed25519PrivateKey


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
