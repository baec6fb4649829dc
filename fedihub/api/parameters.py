"""Reading what a client sends, in each of the encodings that clients use, into one nested value.

Clients put parameters into the query (also of a POST without a body: Ice Cubes 0fc41d2), into forms, into multipart
forms and into JSON (masto.js sends nothing else), also with a DELETE (Tusky, masto.js); and they nest them as Rails
does: `id[]=1`, `source[privacy]=public`, `fields_attributes[0][name]=Site`, `keywords_attributes[][keyword]=x`.
`nest` undoes that. What a name repeated without brackets means (`id=1&id=2`) only the form knows (see
`fedihub.api.forms`): here it becomes a list.
"""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import hdrs, web
from aiohttp.http import HttpProcessingError
from multidict import MultiDictProxy

from fedihub.api.errors import Malformed
from fedihub.bodies import arriving

MOST_PARAMETERS = 1000
DEEPEST = 6

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_STEP = re.compile(r"\[([^\[\]]*)\]")
UNREADABLE = (ValueError, AssertionError, LookupError, RuntimeError, HttpProcessingError)
"""What aiohttp raises for multipart bodies that are none: bad boundaries, headers, charsets, encodings."""

Nested = dict[str, Any]


async def read_query(request: web.Request) -> Nested:
    """The query alone, where an endpoint reads the body by itself. Raises Malformed."""
    return nest(_pairs(request.rel_url.raw_query_string))


async def read_parameters(request: web.Request, *, most: int | None = None) -> Nested:
    """Query and body together; what the body says wins. `most` bytes may be in the body, or as many as usual.

    Raises Malformed, also for bodies in an encoding that we can't read, and HTTPRequestTimeout.
    """
    asked = nest(_pairs(request.rel_url.raw_query_string))
    async with arriving():
        return asked | await _read_body(request.clone(client_max_size=most) if most else request)


def nest(pairs: Iterable[tuple[str, Any]]) -> Nested:
    """Turn flat names with brackets into nested dictionaries and lists; raises Malformed when they contradict each
    other.
    """
    result: Nested = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        if match is None:
            result[name] = value  # brackets that mean nothing: an unknown name, which forms pass over
            continue
        steps = _STEP.findall(match[2])
        if len(steps) > DEEPEST:
            raise Malformed("parameters are nested too deeply")
        _put(result, match[1], steps=steps, value=value)
    return result


def _put(parent: Nested, name: str, *, steps: list[str], value: Any) -> None:
    """Store `value` under `name`, along the bracketed `steps`."""
    if not steps:
        parent[name] = _beside(parent[name], value) if name in parent else value
    elif steps[0]:
        _put(_expect(parent.setdefault(name, {}), dict), steps[0], steps=steps[1:], value=value)
    elif steps == [""]:
        _expect(parent.setdefault(name, []), list).append(value)
    else:
        _put_in_list(_expect(parent.setdefault(name, []), list), steps[1:], value=value)


def _put_in_list(items: list[Any], steps: list[str], *, value: Any) -> None:
    """`a[][b]=1`: into the last item, or, when that has its `b` already, into a new one."""
    name, rest = steps[0], steps[1:]
    if not name:
        raise Malformed("a list directly in a list has no meaning")
    if not items or not isinstance(items[-1], dict) or (name in items[-1] and not rest):
        items.append({})
    _put(items[-1], name, steps=rest, value=value)


def _beside(present: Any, value: Any) -> list[Any]:
    return [*present, value] if isinstance(present, list) else [present, value]


def _expect(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise Malformed("a parameter is given both as one value and as several")
    return value


async def _read_body(request: web.Request) -> Nested:
    if not request.body_exists:
        return {}
    kind = request.content_type if hdrs.CONTENT_TYPE in request.headers else ""
    if kind == "multipart/form-data":
        return nest(_fields(await _read_multipart(request)))
    body = await request.read()
    if not body.strip():
        return {}
    if kind == "application/json" or kind.endswith("+json") or (not kind and body.lstrip()[:1] == b"{"):
        return _parse_json(body)
    if kind in {"application/x-www-form-urlencoded", ""}:
        return nest(_pairs(body.decode("utf-8", "replace")))
    raise Malformed("send JSON or a form", status=415)


def _parse_json(body: bytes) -> Nested:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("the body is not valid JSON") from None
    if not isinstance(value, dict):
        raise Malformed("the body must be a JSON object")
    check_text(value)
    return value


def check_text(value: Any) -> None:
    """No NUL and no half of a surrogate pair anywhere: PostgreSQL can't store them, and no person types them."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text) if not _is_text(text):
                raise Malformed("a text contains a NUL character or half of a surrogate pair")
            case dict(members):
                waiting += [*members, *members.values()]
            case list(items):
                waiting += items
            case _:
                pass


def _is_text(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text))


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise Malformed(f"at most {MOST_PARAMETERS} parameters") from None
    check_text([part for pair in pairs for part in pair])
    return pairs


async def _read_multipart(request: web.Request) -> MultiDictProxy[str | bytes | bytearray | web.FileField]:
    try:
        form = await request.post()
    except UNREADABLE:
        raise Malformed("the multipart body can't be read") from None
    for value in form.values():
        if isinstance(value, web.FileField):  # it is passed over
            value.file.close()
    return form


def _fields(form: MultiDictProxy[str | bytes | bytearray | web.FileField]) -> list[tuple[str, Any]]:
    if len(form) > MOST_PARAMETERS:
        raise Malformed(f"at most {MOST_PARAMETERS} parameters")
    pairs = [
        (name, bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | bytearray) else value)
        for name, value in form.items()
    ]
    check_text([part for pair in pairs for part in pair if isinstance(part, str)])
    return pairs
