"""JSON from strangers: what two readers could read in two ways is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import BadDocument
from federation.vocabulary.parse import MAX_DEPTH, MAX_NODES, parse_document


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"{} {}", "not_json"),
        (b"{'a': 1}", "not_json"),
        (b'{"a": 1,}', "not_json"),
        (b'{"a": 01}', "not_json"),
        (b'{"a": "\n"}', "not_json"),
        (b'{"a": "\x00"}', "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b"[]", "not_an_object"),
        (b'"x"', "not_an_object"),
        (b"null", "not_an_object"),
        (b"\xff", "not_utf8"),
        (b'{"a": "\xed\xa0\x80"}', "not_utf8"),
        (b'{"a": "\xc0\x80"}', "not_utf8"),
        ('{"a": 1}'.encode("utf-16"), "not_utf8"),
        ('{"a": 1}'.encode("utf-32"), "not_utf8"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"a": {"b": 1, "\\u0062": 1}}', "duplicate_key"),
        (b'{"id": "x", "@id": "y"}', "duplicate_key"),
        (b'{"object": {"type": "Note", "@type": "Person"}}', "duplicate_key"),
        (b'{"a": NaN}', "not_a_number"),
        (b'{"a": [Infinity]}', "not_a_number"),
        (b'{"a": -Infinity}', "not_a_number"),
        (b'{"a": 1e999}', "number_too_large"),
        (b'{"a": -1e999}', "number_too_large"),
        (b'{"a": 9223372036854775808}', "number_too_large"),
        (b'{"a": -9223372036854775809}', "number_too_large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number_too_large"),
        (b'{"a": "\\ud800"}', "lone_surrogate"),
        (b'{"a": ["\\udc00\\ud800"]}', "lone_surrogate"),
        (b'{"\\ud800": 1}', "lone_surrogate"),
        (b'{"a": "x\\u0000"}', "nul_character"),
        (b'{"a": "\xc3\xbc\\u0000"}', "nul_character"),
        (b'{"\\u0000": 1}', "nul_character"),
        (b'{"a": ' + b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH + b"}", "json_too_deep"),
        (b'{"a": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001, "json_too_deep"),
        (b"[" * MAX_NODES, "json_too_deep"),
        (b'{"a": [' + b"1," * MAX_NODES + b"1]}", "json_too_large"),
        (b'{"a": [' + b"1," * 2 * MAX_NODES + b"nonsense", "json_too_large"),  # that much is not decoded first
    ],
)
def test_what_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BadDocument) as caught:
        parse_document(data)
    assert caught.value.reason == reason


def test_what_is_read() -> None:
    data = (
        '{"a": "ü\\u00fc\\ud83d\\ude00", "b": [1, 2.5, true, null], '
        '"c": {"@id": "x", "id": "x"}, "d": 9223372036854775807}'
    )
    assert parse_document(data.encode()) == {
        "a": "üü😀",
        "b": [1, 2.5, True, None],
        "c": {"@id": "x", "id": "x"},
        "d": 9223372036854775807,
    }


@given(st.binary(max_size=200))
def test_any_bytes_are_a_document_or_refused(data: bytes) -> None:
    try:
        parse_document(data)
    except BadDocument:
        return


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=9)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | texts,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(texts.filter(lambda key: not key.startswith("@")), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(texts.filter(lambda key: not key.startswith("@")), values, max_size=4))
def test_any_sane_document_is_read_as_it_is(document: dict[str, object]) -> None:
    assert parse_document(json.dumps(document, ensure_ascii=False).encode()) == document
