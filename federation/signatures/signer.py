"""A private key that signs under one name."""

from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from federation.identifiers import KeyId

PrivateKey = RSAPrivateKey | Ed25519PrivateKey


class Signer:
    """Signs bytes as `key_id`. Make one per key and keep it: the first signature of a parsed key costs more."""

    def __init__(self, key_id: KeyId, private_key: PrivateKey) -> None:
        self.key_id = key_id
        self._key = private_key

    @classmethod
    def from_pem(cls, key_id: KeyId, pem: bytes | str, *, password: bytes | None = None) -> Self:
        """Raises ValueError for what is no RSA or Ed25519 private key (or a wrong password).

        The PEM must come from our own store. Whether an RSA key's primes are primes is not tested again: that takes
        40 ms, in which the whole interpreter stands still, also when it is done in a thread (cryptography 50).
        """
        text = pem.encode() if isinstance(pem, str) else pem
        key = load_pem_private_key(text, password, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
            raise ValueError("only RSA and Ed25519 keys can sign")  # noqa: TRY004 - the content is wrong, not the type
        return cls(key_id, key)

    @property
    def is_rsa(self) -> bool:
        """Draft-cavage signatures need RSA: no peer verifies anything else there."""
        return isinstance(self._key, RSAPrivateKey)

    def sign(self, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519, as the key is. About 1 ms for RSA; releases the interpreter
        lock.
        """
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(data, PKCS1v15(), SHA256())
        return self._key.sign(data)
