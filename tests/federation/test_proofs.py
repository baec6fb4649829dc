"""Integrity proofs: the vectors of FEP-8b32 and RFC 8785, and what must not be taken for a proof."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from federation import limits
from federation.identifiers import ActorUri, KeyId
from federation.proofs import add_proof, canonical, has_linked_data_signature, read_proof
from federation.signatures.keys import parse_multikey, read_multibase
from federation.signatures.signer import Signer
from federation.vocabulary.context import POST_CONTEXT

ALICE = ActorUri("https://server.example/users/alice")
KEY_ID = KeyId(f"{ALICE}#ed25519-key")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
THEN = datetime(2023, 2, 25, tzinfo=UTC)
"""When the vector of the specification was made: a few minutes ago."""
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"]
SECRET = read_multibase("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq", reason="unreadable")[2:]
PUBLIC = parse_multikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")
NOTE = {
    "id": "https://server.example/objects/1",
    "type": "Note",
    "attributedTo": ALICE,
    "content": "Hello world",
    "location": {"type": "Place", "longitude": -71.184902, "latitude": 25.273962},
}
VECTOR: dict[str, Any] = {
    "@context": CONTEXT,
    "id": "https://server.example/activities/1",
    "type": "Create",
    "actor": ALICE,
    "object": NOTE,
    "proof": {
        "@context": CONTEXT,
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": KEY_ID,
        "proofPurpose": "assertionMethod",
        "proofValue": "z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL",
        "created": "2023-02-24T23:36:38Z",
    },
}


def is_proved(document: dict[str, Any], *, now: datetime = THEN) -> bool:
    """Whether the document carries a proof of Alice's."""
    claim = read_proof(document, owner=ALICE, now=now)
    return claim is not None and claim.is_proved_by(PUBLIC)


def changed(**changes: Any) -> dict[str, Any]:
    """The vector with another proof; None takes a property away."""
    proof = {name: value for name, value in (VECTOR["proof"] | changes).items() if value is not None}
    return VECTOR | {"proof": proof}


def test_the_vector_of_the_specification_is_proved() -> None:
    assert is_proved(VECTOR)
    assert is_proved(VECTOR | {"signature": {"type": "RsaSignature2017"}})  # which is made after the proof
    assert is_proved(VECTOR | {"proof": [VECTOR["proof"]]})


@pytest.mark.parametrize(
    "document",
    [
        VECTOR | {"object": NOTE | {"content": "Hello, world"}},
        VECTOR | {"actor": "https://server.example/users/bob"},
        VECTOR | {"to": ["https://www.w3.org/ns/activitystreams#Public"]},
        VECTOR | {"@context": [*CONTEXT, {"content": "https://evil.example/ignored"}]},
        VECTOR | {"@context": CONTEXT[0]},
        VECTOR | {"proof": [VECTOR["proof"], VECTOR["proof"]]},
        VECTOR | {"proof": VECTOR["proof"]["proofValue"]},
        {name: value for name, value in VECTOR.items() if name != "proof"},
        changed(**{"@context": CONTEXT[:1]}),
        changed(type="Ed25519Signature2020"),
        changed(cryptosuite="eddsa-rdfc-2022"),
        changed(cryptosuite="jcs-eddsa-2022"),
        changed(proofPurpose="authentication"),
        changed(proofPurpose=None),
        changed(verificationMethod="https://evil.example/users/alice#ed25519-key"),
        changed(verificationMethod="did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"),
        changed(verificationMethod=None),
        changed(created="2023-02-24T23:36:39Z"),
        changed(created="2099-02-24T23:36:38Z"),
        changed(created=None),
        changed(expires="2024-02-24T23:36:38Z"),
        changed(expires="never"),
        changed(domain="hub.example"),
        changed(proofValue="u" + VECTOR["proof"]["proofValue"][1:]),
        changed(proofValue=VECTOR["proof"]["proofValue"][:-1]),
        changed(proofValue="z0OIl"),
        changed(proofValue="z"),
        changed(proofValue=None),
        changed(proofValue={}),
        VECTOR | {"object": NOTE | {"size": 2**60}},
    ],
)
def test_with_one_fault_it_is_no_proof(document: dict[str, Any]) -> None:
    assert not is_proved(document)


def test_another_key_proves_nothing() -> None:
    claim = read_proof(VECTOR, owner=ALICE, now=THEN)
    assert claim is not None
    assert not claim.is_proved_by(Ed25519PrivateKey.generate().public_key())


def test_our_own_proofs_are_those_of_the_specification() -> None:
    signer = Signer(KEY_ID, Ed25519PrivateKey.from_private_bytes(SECRET))
    bare = {name: value for name, value in VECTOR.items() if name != "proof"} | {"@context": POST_CONTEXT}
    document = json.loads(json.dumps(add_proof(bare, signer, now=NOW)))
    assert is_proved(document, now=NOW)
    assert document["proof"]["created"] == "2026-11-24T12:00:00Z"
    assert document["proof"]["@context"] == document["@context"]
    assert document["@context"][:-1] == POST_CONTEXT
    assert not is_proved(document | {"id": "https://server.example/activities/2"}, now=NOW)


def test_an_old_proof_is_none() -> None:
    """Whoever ever saw the activity can send it again."""
    assert is_proved(VECTOR, now=THEN + limits.INTEGRITY_AGE / 2)
    assert not is_proved(VECTOR, now=THEN + limits.INTEGRITY_AGE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            {"numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001]},
            '{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}',
        ),
        ({"string": '€$\x0f\nA\'B"\\\\"/'}, '{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'),
        ({"literals": [None, True, False]}, '{"literals":[null,true,false]}'),
        ({"a": {}, "B": [], "": 1}, '{"":1,"B":[],"a":{}}'),
        (
            {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\xf6": 7},
            '{"\\r":2,"1":4,"\x80":6,"\xf6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}',
        ),
        ([1.0, -0.0, 1e21, 1e-7, 9007199254740991], "[1,0,1e+21,1e-7,9007199254740991]"),
    ],
)
def test_the_one_spelling_of_json(value: Any, expected: str) -> None:
    """The examples of RFC 8785, sections 3.2.2 and 3.2.3, and some numbers of its appendix B."""
    assert canonical(value).decode() == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)  # fmt: skip


@given(json_values)
def test_both_ways_to_write_it_agree(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_what_has_no_one_spelling_is_refused() -> None:
    for value in (2**53, float("nan"), {"a": "\ud800"}):
        with pytest.raises(rfc8785.CanonicalizationError):
            canonical(value)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"signature": {"signatureValue": "abc"}}, True),
        ({"signature": [{"signatureValue": "abc"}]}, True),
        ({"signature": "abc"}, False),
        ({"signature": {"signatureValue": None}}, False),
        ({"proof": {"proofValue": "z1"}}, False),
        ({}, False),
    ],
)
def test_what_others_may_be_able_to_prove(document: dict[str, Any], *, expected: bool) -> None:
    assert has_linked_data_signature(document) is expected


@pytest.mark.parametrize("unusual", [{"fractions": [0.5] * 5_000}, {f"ä{number}": 1 for number in range(5_000)}])
def test_what_takes_long_to_spell_has_no_proof(unusual: dict[str, Any]) -> None:
    """Anybody can send it, and need have no key for it. What is as large and plain is as cheap as any other."""
    assert read_proof(VECTOR, owner=ALICE, now=THEN) is not None
    assert read_proof(VECTOR | unusual, owner=ALICE, now=THEN) is None
    plain = {name: value for name, value in VECTOR.items() if name != "object"} | {"numbers": [5] * 5_000}
    assert read_proof(plain, owner=ALICE, now=THEN) is not None
