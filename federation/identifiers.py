"""Names of things on the network: typed, parsed once, compared by origin.

The rule behind this module (FEP-fe34): who may speak for a URI is decided by its *origin*, so two spellings of one
host must never become two identities. Hence every URI from outside passes `parse_uri`, which brings scheme, host and
port to one spelling and leaves path and query exactly as they came: peers compare ids byte for byte.
"""

import enum
import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NewType

import idna

from federation.errors import BadUri

ActorUri = NewType("ActorUri", str)
ObjectUri = NewType("ObjectUri", str)
ActivityUri = NewType("ActivityUri", str)
InboxUrl = NewType("InboxUrl", str)
KeyId = NewType("KeyId", str)
Host = NewType("Host", str)
"""A network name as handles show it: lower case, punycode, with the port only if it is not the scheme's own."""

MAX_URI_LENGTH = 2048
DEFAULT_PORTS = {"https": 443, "http": 80}

_SHAPE = re.compile(r"(https?)://([^/?#\\]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE | re.DOTALL)
_FORBIDDEN = re.compile(r'[\x00-\x20\x7f-\xa0"<>\\^`{|}\u2028\u2029\ufeff\ud800-\udfff]')
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]@%]+)(?::([0-9]{1,5}))?")
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_SHARED = frozenset(
    {"ac", "co", "com", "edu", "go", "gob", "gov", "ind", "ne", "net", "nom", "or", "org", "sch", "web"}
)
"""What many countries call the part below which anybody may have a domain (publicsuffix.org)."""
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")


class SignatureKind(enum.StrEnum):
    """The two ways to sign a request: the old draft that everybody reads, and the standard that replaced it."""

    CAVAGE = "draft-cavage"
    RFC9421 = "rfc9421"


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port (FEP-fe34): what has to be equal before one URI may speak for another."""

    scheme: str
    host: str
    port: int


def parse_uri(text: object, *, http_allowed: bool = False) -> str:
    """The one spelling of an http(s) URI from outside.

    Host and scheme come out in lower case, the host in punycode without a trailing dot, a default port is dropped;
    path, query and fragment stay untouched. With `http_allowed` (a development setting, and readers that only look at
    ids) plain http, IP addresses and names without a dot pass as well; otherwise they are refused, because no server
    of the open fediverse is called like that.

    Raises `BadUri`.
    """
    scheme, host, port, rest = _split(text)
    if scheme == "http" and not http_allowed:
        raise BadUri("only https URIs are accepted", reason="http_not_allowed", private=str(text)[:200])
    if not http_allowed and _is_unroutable_name(host):
        raise BadUri("the host of a URI must be a public name", reason="host_not_public", private=str(text)[:200])
    suffix = "" if port == DEFAULT_PORTS[scheme] else f":{port}"
    return f"{scheme}://{host}{suffix}{rest}"


def origin_of(uri: str) -> Origin:
    """The origin of a URI that `parse_uri` accepts. Raises `BadUri`."""
    scheme, host, port, _ = _split(uri)
    return Origin(scheme, host, port)


def same_origin(first: str, second: str) -> bool:
    """Whether one of two URIs may speak for the other; False if either is no URI."""
    try:
        return origin_of(first) == origin_of(second)
    except BadUri:
        return False


def host_of(uri: str) -> Host:
    """The host of a URI as handles show it, with the port only where it is not the scheme's own. Raises `BadUri`."""
    scheme, host, port, _ = _split(uri)
    return Host(host if port == DEFAULT_PORTS[scheme] else f"{host}:{port}")


def domain_of(host: str) -> str:
    """The last two labels of a host name (three below `co.uk` and its like): whoever has that domain makes as many
    names below it as they like. An address is its own.
    """
    name = host.partition(":")[0] if not host.startswith("[") else host
    labels = name.split(".")
    if labels[-1].isdigit():
        return name
    is_shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED
    return ".".join(labels[-3:] if is_shared else labels[-2:])


def parse_host(text: str, *, scheme: str = "https") -> Host:
    """A host name from a handle or a Host header, `name[:port]`, in its one spelling. Raises `BadUri`."""
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        raise BadUri("not a host name", private=text[:200])
    host, port = _normal_host(match[1]), match[2]
    number = _port_number(port) if port else DEFAULT_PORTS[scheme]
    return Host(host if number == DEFAULT_PORTS[scheme] else f"{host}:{number}")


def without_fragment(uri: str) -> str:
    """The URI that one really requests: everything before `#`."""
    return uri.partition("#")[0]


def origin_text(uri: str) -> str:
    """Scheme and authority of a URI that came from `parse_uri`: `https://peer.example`."""
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0]}"


def _split(text: object) -> tuple[str, str, int, str]:
    if not isinstance(text, str):
        raise BadUri("a URI must be a text", private=type(text).__name__)
    if len(text) > MAX_URI_LENGTH:
        raise BadUri("the URI is too long", private=text[:200])
    return _parts(text)


@lru_cache(maxsize=1024)
def _parts(text: str) -> tuple[str, str, int, str]:
    """Remembered, because each URI of an incoming activity is looked at half a dozen times: read, compared, its host
    asked for.
    """
    shape = _SHAPE.fullmatch(text)
    if shape is None or _FORBIDDEN.search(text):
        raise BadUri("not an http(s) URI", private=text[:200])
    authority = _AUTHORITY.fullmatch(shape[2])
    if authority is None:
        raise BadUri("the URI has no plain host", private=text[:200])
    scheme = shape[1].lower()
    port = _port_number(authority[2]) if authority[2] else DEFAULT_PORTS[scheme]
    rest = shape[3] + (shape[4] or "") + (shape[5] or "")
    return scheme, _normal_host(authority[1]), port, rest


def _port_number(digits: str) -> int:
    port = int(digits)
    if not 0 < port < 65536:
        raise BadUri("the port does not exist", private=digits)
    return port


@lru_cache(maxsize=2048)
def _normal_host(raw: str) -> str:
    """Lower case, punycode, no trailing dot; an address literal in its canonical form.

    Remembered, because one incoming activity names the same two hosts a dozen times, and a hub knows a few hundred.
    """
    if raw.startswith("["):
        return _address_literal(raw)
    name = raw.lower()
    if not name.isascii():
        name = _punycode(name)
    name = name.removesuffix(".")
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise BadUri("not a host name", private=raw[:200])
    if _NUMERIC_LABEL.fullmatch(name.rpartition(".")[2]):
        return _address_literal(name)
    return name


def _punycode(name: str) -> str:
    try:
        return idna.encode(name, uts46=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise BadUri("not a host name", private=name[:200]) from error


def _address_literal(raw: str) -> str:
    """`127.0.0.1` or `[::1]`; spellings that only some take for an address (`0x7f.1`, `127.1`) are refused."""
    try:
        if raw.startswith("["):
            return f"[{ipaddress.IPv6Address(raw[1:-1])}]"
        return str(ipaddress.IPv4Address(raw))
    except ValueError as error:
        raise BadUri("not a host name", private=raw[:200]) from error


def _is_unroutable_name(host: str) -> bool:
    return "." not in host or host.startswith("[") or host.rpartition(".")[2].isdigit()
