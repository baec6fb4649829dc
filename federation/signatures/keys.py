"""Public keys: reading, writing, and what we demand of them.

Two kinds, in two spellings: RSA and Ed25519, as PEM (`publicKeyPem`) or as Multikey (FEP-521a). A key that is too weak
protects nobody, one that is too large makes each verification expensive, so both are refused before they are used.
"""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from federation import limits
from federation.errors import BadDocument

PublicKey = RSAPublicKey | Ed25519PublicKey

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519_CODE = b"\xed\x01"
_RSA_CODE = b"\x85\x24"
_MULTIKEY_LENGTH = 1024


def parse_public_key(pem: str) -> PublicKey:
    """One RSA key of 2048 to 4096 bits, or one Ed25519 key. Raises `BadDocument` for anything else."""
    if len(pem) > limits.PEM or pem.count("-----BEGIN") != 1 or "PUBLIC KEY-----" not in pem:
        raise BadDocument("the public key is not one PEM block", reason="key_unusable")
    try:
        return _acceptable(load_pem_public_key(pem.encode("ascii")))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadDocument("the public key is unreadable", reason="key_unusable", private=str(error)[:200]) from error


def parse_multikey(text: str) -> PublicKey:
    """A `publicKeyMultibase` in base58btc. Raises `BadDocument`."""
    raw = read_multibase(text, reason="key_unusable")
    code, material = raw[:2], raw[2:]
    try:
        if code == _ED25519_CODE:
            return Ed25519PublicKey.from_public_bytes(material)
        if code == _RSA_CODE:
            return _acceptable(load_der_public_key(material))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadDocument("the Multikey is unreadable", reason="key_unusable", private=str(error)[:200]) from error
    raise BadDocument("the Multikey is of an unknown kind", reason="key_unusable")


def write_multikey(key: Ed25519PublicKey) -> str:
    """The `publicKeyMultibase` of an Ed25519 key."""
    return write_multibase(_ED25519_CODE + key.public_bytes_raw())


def read_multibase(text: str, *, reason: str) -> bytes:
    """The bytes behind a text in base58btc, the one spelling of Multibase that is in use. Raises `BadDocument`."""
    if not text.startswith("z") or len(text) > _MULTIKEY_LENGTH:
        raise BadDocument("the value is not in base58btc", reason=reason)
    number = 0
    for character in text[1:]:
        digit = _BASE58.find(character)
        if digit < 0:
            raise BadDocument("the value is not in base58btc", reason=reason)
        number = number * 58 + digit
    zeros = len(text[1:]) - len(text[1:].lstrip("1"))
    return b"\x00" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def write_multibase(data: bytes) -> str:
    """Bytes in base58btc."""
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return "z" + "1" * (len(data) - len(data.lstrip(b"\x00"))) + digits


def write_pem(key: PublicKey) -> str:
    """SubjectPublicKeyInfo in PEM, what all peers read and what is stored."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def is_signed_by(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether `signature` over `data` was made with the private half of `key`. The key alone decides the algorithm."""
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, data, PKCS1v15(), SHA256())
        else:
            key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _acceptable(key: object) -> PublicKey:
    if isinstance(key, Ed25519PublicKey):
        return key
    smallest, largest = limits.RSA_BITS
    if not isinstance(key, RSAPublicKey):
        raise ValueError("neither RSA nor Ed25519")  # noqa: TRY004 - caught above: the content is wrong, not the type
    if not smallest <= key.key_size <= largest:
        raise ValueError(f"RSA with {key.key_size} bits")
    if not 3 <= key.public_numbers().e < 2**33:
        raise ValueError("RSA with an unusual exponent")
    return key
