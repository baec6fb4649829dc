"""Other people's code reads what we sign, and we read what it signs: neither side can be wrong alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation.errors import SignatureRefused
from federation.identifiers import KeyId, SignatureKind
from federation.requests import InboundRequest
from federation.signatures import draft_cavage, rfc9421
from federation.signatures.keys import parse_public_key
from federation.signatures.sign import sign_request
from federation.signatures.signer import Signer
from federation.signatures.verify import read_claim
from tests.support.forge import Plan
from tests.support.keys import ed25519_key, private_pem, public_pem, rsa_key
from tests.support.referee import Message, httpsig, verify_cavage, verify_rfc9421

ORIGIN = "https://peer.example"
KEY_ID = KeyId("https://hub.example/ap/actors/7#main-key")
BODY = b'{"type": "Follow"}'


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize("body", [None, BODY])
@pytest.mark.parametrize("target", ["/inbox", "/users/a%2Fb?page=true&x=%61"])
def test_httpsig_verifies_what_we_sign(body: bytes | None, target: str) -> None:
    method = "GET" if body is None else "POST"
    signer = Signer(KEY_ID, rsa_key(1))
    headers = sign_request(
        signer,
        SignatureKind.CAVAGE,
        method=method,
        origin=ORIGIN,
        target=target,
        now=now(),
        body=body,
        content_type="a/b",
    )
    required = [] if body is None else ["digest", "content-type"]
    judge: dict[str, Any] = {"method": method, "target": target, "required": required}
    assert verify_cavage(public_pem(rsa_key(1)), headers, **judge)
    assert not verify_cavage(public_pem(rsa_key(2)), headers, **judge)
    assert not verify_cavage(public_pem(rsa_key(1)), headers | {"Date": "Mon, 01 Jan 2001 00:00:00 GMT"}, **judge)


@pytest.mark.parametrize("body", [None, BODY])
def test_we_verify_what_httpsig_signs(body: bytes | None) -> None:
    forged = Plan(rsa_key(1), KEY_ID).sign(f"{ORIGIN}/users/a%2Fb?x=1", body)
    request = InboundRequest.of(forged.method, forged.target, headers=forged.lines, body=forged.body)
    claim = draft_cavage.read(request, now=now())
    assert claim.key_id == KEY_ID
    assert claim.is_proved_by(parse_public_key(public_pem(rsa_key(1))))
    assert not claim.is_proved_by(parse_public_key(public_pem(rsa_key(2))))


@pytest.mark.parametrize("key", [rsa_key(1), ed25519_key(1)])
@pytest.mark.parametrize("body", [None, BODY])
def test_http_message_signatures_verifies_what_we_sign(
    key: RSAPrivateKey | Ed25519PrivateKey, body: bytes | None
) -> None:
    method, target = ("GET" if body is None else "POST"), "/users/a%2Fb?page=true"
    headers = sign_request(
        Signer(KEY_ID, key), SignatureKind.RFC9421, method=method, origin=ORIGIN, target=target, now=now(), body=body
    )
    message = Message(method, ORIGIN + target, headers)
    assert verify_rfc9421(public_pem(key), message, body=body, max_age=timedelta(minutes=1))
    assert not verify_rfc9421(public_pem(key), Message(method, ORIGIN + "/other", headers), body=body)


@pytest.mark.parametrize("key", [rsa_key(1), ed25519_key(1)])
@pytest.mark.parametrize(
    "covered", [("@method", "@target-uri"), ("@method", "@target-uri", "@authority", "host", "date")]
)
def test_we_verify_what_http_message_signatures_signs(
    key: RSAPrivateKey | Ed25519PrivateKey, covered: tuple[str, ...]
) -> None:
    forged = Plan(key, KEY_ID, kind="rfc9421", covered=covered).sign(f"{ORIGIN}/users/a%2Fb?x=1", BODY)
    request = InboundRequest.of(forged.method, forged.target, headers=forged.lines, body=forged.body)
    claim = rfc9421.read(request, base_url=ORIGIN, now=now())
    assert claim.is_proved_by(parse_public_key(public_pem(key)))
    assert not claim.is_proved_by(parse_public_key(public_pem(rsa_key(2))))


def test_a_public_key_is_no_secret_for_hmac() -> None:
    """The forgery that httpsig's own verifier accepts (node-http-signature #40): HMAC, with the public key as the
    secret.
    """
    pem = public_pem(rsa_key(1))
    head = {"Host": "peer.example", "Date": "Mon, 01 Jan 2001 00:00:00 GMT", "Digest": "SHA-256=wrong"}
    forger = httpsig.HeaderSigner(
        KEY_ID,
        pem,
        algorithm="hmac-sha256",
        headers=["(request-target)", "host", "date", "digest"],
        sign_header="signature",
    )
    signed = dict(forger.sign(head, method="POST", path="/inbox"))
    assert verify_cavage(pem, signed, method="POST", target="/inbox", required=["digest"]), "httpsig is fooled"

    request = InboundRequest.of("POST", "/inbox", headers=signed.items(), body=BODY)
    with pytest.raises(SignatureRefused, match="algorithm_not_accepted"):
        read_claim(request, base_url=ORIGIN, now=now())


def test_a_signer_comes_from_a_pem() -> None:
    for key in (rsa_key(1), ed25519_key(1)):
        assert Signer.from_pem(KEY_ID, private_pem(key)).is_rsa is isinstance(key, RSAPrivateKey)
    with pytest.raises(ValueError, match=r"PEM|key"):
        Signer.from_pem(KEY_ID, "no key")


def test_only_rsa_keys_make_draft_cavage_signatures() -> None:
    """No peer verifies Ed25519 there; sending it would only be refused everywhere."""
    with pytest.raises(ValueError, match="RSA"):
        sign_request(
            Signer(KEY_ID, ed25519_key(1)), SignatureKind.CAVAGE, method="GET", origin=ORIGIN, target="/", now=now()
        )
