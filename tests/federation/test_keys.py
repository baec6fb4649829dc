"""Public keys: which are read, and which are too weak, too large or no keys at all."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import BadDocument
from federation.signatures.keys import is_signed_by, parse_multikey, parse_public_key, write_multikey, write_pem
from tests.support.keys import PrivateKey, ed25519_key, private_pem, public_pem, rsa_key
from tests.support.peer_actor import multibase

SPKI = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("key", [rsa_key(1), ed25519_key(1)])
def test_keys_are_read_and_written(key: PrivateKey) -> None:
    pem = public_pem(key)
    assert write_pem(parse_public_key(pem)) == pem
    assert write_pem(parse_public_key(pem.replace("\n", "\r\n"))) == pem
    assert write_pem(parse_public_key(f"\n{pem}\n")) == pem


def test_old_software_writes_pkcs1() -> None:
    pkcs1 = rsa_key(1).public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    assert write_pem(parse_public_key(pkcs1)) == public_pem(rsa_key(1))


def weird_rsa(n: int, e: int) -> str:
    return RSAPublicNumbers(e, n).public_key().public_bytes(*SPKI).decode()


N = rsa_key(1).public_key().public_numbers().n

UNUSABLE: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "no PEM": lambda: "MIIBIjANBgkqhkiG9w0BAQ",
    "broken PEM": lambda: public_pem(rsa_key(1)).replace("MII", "XXX"),
    "a private key": lambda: private_pem(rsa_key(1)),
    "two keys": lambda: public_pem(rsa_key(1)) + public_pem(rsa_key(2)),
    "a certificate": lambda: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "not ASCII": lambda: public_pem(rsa_key(1)) + "ü",
    "9 kilobytes": lambda: public_pem(rsa_key(1)) + " " * 9000,
    "RSA with 1024 bits": lambda: public_pem(rsa_key(1, bits=1024)),
    "RSA with 16384 bits": lambda: weird_rsa(N**8, 65537),
    "RSA with 8192 bits": lambda: weird_rsa(N**4, 65537),
    "RSA with a huge exponent": lambda: weird_rsa(N, 2**40 + 1),
    "an elliptic curve": lambda: ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(*SPKI).decode(),
    "Ed448": lambda: ed448.Ed448PrivateKey.generate().public_key().public_bytes(*SPKI).decode(),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_unusable_keys(case: str) -> None:
    with pytest.raises(BadDocument, match="key_unusable"):
        parse_public_key(UNUSABLE[case]())


def test_ed25519_multikeys() -> None:
    public = ed25519_key(1).public_key()
    assert write_multikey(public) == multibase(public.public_bytes_raw())
    assert write_pem(parse_multikey(write_multikey(public))) == public_pem(ed25519_key(1))


def test_a_published_multikey() -> None:
    """The example key of the specification (Controlled Identifiers 1.0, §2.2.2)."""
    text = "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu"
    key = parse_multikey(text)
    assert write_multikey(key) == text  # type: ignore[arg-type]


@given(st.text(max_size=80))
def test_any_text_is_a_multikey_or_refused(text: str) -> None:
    for candidate in (text, f"z{text}", f"z6Mk{text}"):
        try:
            parse_multikey(candidate)
        except BadDocument:
            continue


@pytest.mark.parametrize("text", ["", "z", "6MkmM42", "u7QEJ", "z0", "z" + "1" * 60, "z" + "2" * 5000])
def test_unusable_multikeys(text: str) -> None:
    with pytest.raises(BadDocument, match="key_unusable"):
        parse_multikey(text)


@pytest.mark.parametrize("signature", [b"", b"x", b"x" * 64, b"x" * 256, b"x" * 5000])
@pytest.mark.parametrize("key", [rsa_key(1), ed25519_key(1)])
def test_any_bytes_are_a_wrong_signature(key: PrivateKey, signature: bytes) -> None:
    public = parse_public_key(public_pem(key))
    assert not is_signed_by(public, signature, b"data")
