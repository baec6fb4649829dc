"""Bytes from a stranger -> JSON that is safe to walk, store and send on.

The standard parser is too kind: it keeps the last of two equal keys (so two readers see two different activities),
accepts NaN, makes infinity of `1e999`, half characters of lone surrogates and a NUL that one of our databases refuses.
Everything that readers could disagree about is refused here, once.
"""

import json
import math
import re
from typing import Any, NoReturn

from federation.errors import BadDocument

Json = dict[str, Any]

MAX_DEPTH = 64
MAX_NODES = 50_000
MAX_INTEGER = 2**63 - 1
_BEFORE_VALUES = (b",", b"[", b"{")
"""One of these stands before each value of a list and each key of an object."""
_MOST_MARKS = 2 * MAX_NODES
"""Some may stand in texts, where they are free."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse_document(data: bytes) -> Json:
    """The JSON object in `data`.

    Raises `BadDocument` for anything but one strict UTF-8 JSON object: duplicate keys, NaN and infinities, integers
    beyond
    64 bits, lone surrogates, NUL, more than 64 levels or 50,000 values, `id` beside another `@id` (or `type` beside
    `@type`).
    """
    if sum(map(data.count, _BEFORE_VALUES)) > _MOST_MARKS:  # decoding so many would take long, to be refused anyway
        raise BadDocument("the JSON has too many values", reason="json_too_large")
    try:
        text = data.decode("utf-8")
        document = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise BadDocument("the body is not UTF-8", reason="not_utf8") from error
    except RecursionError as error:
        raise BadDocument("the JSON is nested too deeply", reason="json_too_deep") from error
    except ValueError as error:
        raise BadDocument("the body is not JSON", reason="not_json", private=str(error)[:200]) from error
    if not isinstance(document, dict):
        raise BadDocument("the JSON is not an object", reason="not_an_object")
    _check_size(document)
    if "\\u" in text or "\x00" in text:  # only an escape can bring in what strict UTF-8 cannot
        _check_texts(document)
    return document


def _check_size(document: Json) -> None:
    level: list[Any] = [document]
    nodes = 0
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner.extend(value.values())
            elif isinstance(value, list):
                inner.extend(value)
        nodes += len(inner)
        if nodes > MAX_NODES:
            raise BadDocument("the JSON has too many values", reason="json_too_large")
        if not inner:
            return
        level = inner
    raise BadDocument("the JSON is nested too deeply", reason="json_too_deep")


def _check_texts(document: Json) -> None:
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str) and (refused := _UNSTORABLE.search(value)):
            reason = "nul_character" if refused[0] == "\x00" else "lone_surrogate"
            raise BadDocument("the JSON holds a NUL or half a character", reason=reason)


def _pairs(pairs: list[tuple[str, Any]]) -> Json:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise BadDocument("the JSON has a key twice", reason="duplicate_key")
    for plain, compact in (("id", "@id"), ("type", "@type")):
        if compact in result and plain in result and result[plain] != result[compact]:
            raise BadDocument(f"the JSON has both {plain} and {compact}", reason="duplicate_key")
    return result


def _integer(digits: str) -> int:
    if len(digits) > 20 or abs(number := int(digits)) > MAX_INTEGER:
        raise BadDocument("the JSON has a number beyond 64 bits", reason="number_too_large")
    return number


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadDocument("the JSON has a number beyond 64 bits", reason="number_too_large")
    return number


def _constant(name: str) -> NoReturn:
    raise BadDocument("the JSON has a number that is none", reason="not_a_number", private=name)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=_float, parse_constant=_constant, strict=True
)
