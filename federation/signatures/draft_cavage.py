"""draft-cavage-http-signatures-12: what nearly the whole fediverse speaks, read strictly and written plainly.

    Signature: keyId="https://peer.example/users/a#main-key",algorithm="rsa-sha256",
               headers="(request-target) host date digest",signature="<base64>"

Read: `(request-target)`, `host`, a time (`date` or `(created)`) and, with a body, `digest` must be covered, or a part
of the request could be exchanged. `rsa-sha256`, `hs2019` or no algorithm at all mean RSA with SHA-256, as Mastodon,
GoToSocial and Pleroma use them; the key has the last word. `(created)` and `(expires)` count only with hs2019 (or no
name), as the draft says and Mastodon 4.6 does.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from federation import limits
from federation.errors import SignatureRefused
from federation.identifiers import KeyId, SignatureKind
from federation.requests import InboundRequest
from federation.signatures.claim import Claim, check_expiry, check_time, instant_of
from federation.signatures.dates import read_http_date
from federation.signatures.digest import check_digest
from federation.signatures.signer import Signer

_PARAMETER = re.compile(r'\s*([A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([0-9]{1,15}))\s*(,|$)', re.ASCII)
_HEADER_NAME = re.compile(r"\([a-z-]+\)|[a-z0-9!#$%&'*+.^_|~-]+", re.ASCII)
_RSA_NAMES = (None, "rsa-sha256", "hs2019")
_MAX_COVERED = 32


@dataclass(frozen=True, slots=True)
class _Parameters:
    key_id: str
    signature: bytes
    algorithm: str | None
    covered: tuple[str, ...]
    created: int | None
    expires: int | None

    @property
    def has_own_time(self) -> bool:
        """hs2019 brings `(created)` and `(expires)`; the older names know only `Date`."""
        return self.algorithm != "rsa-sha256"


def read(request: InboundRequest, *, now: datetime, window: timedelta = limits.SIGNATURE_WINDOW) -> Claim:
    """The claim in the `Signature` header: everything checked but the signature itself.

    Raises `SignatureRefused`.
    """
    parameters = _parse(request.headers.get("signature") or "")
    _check_covered(request, parameters)
    _check_freshness(request, parameters, now=now, window=window)
    if "digest" in parameters.covered:
        check_digest(request.headers.get("digest"), request.body)
    targets = [request.target]
    if request.method == "GET" and "?" in request.target:
        # GoToSocial and older Mastodon sign a GET without its query; the handler of a GET decides what a query may
        # widen.
        targets.append(request.target.partition("?")[0])
    return Claim(
        key_id=KeyId(parameters.key_id),
        signature=parameters.signature,
        bases=tuple(_base(request, parameters, target=target) for target in targets),
        kind=SignatureKind.CAVAGE,
        covered=frozenset(parameters.covered),
    )


def write(signer: Signer, headers: Mapping[str, str], *, method: str, target: str) -> str:
    """The value of the `Signature` header that covers the request target and all of `headers`, in their order."""
    if not signer.is_rsa:
        raise ValueError("draft-cavage signatures need an RSA key")
    names = ["(request-target)", *(name.lower() for name in headers)]
    lines = [f"(request-target): {method.lower()} {target}"]
    lines += [f"{name.lower()}: {value}" for name, value in headers.items()]
    signature = base64.b64encode(signer.sign("\n".join(lines).encode("latin-1"))).decode()
    return f'keyId="{signer.key_id}",algorithm="rsa-sha256",headers="{" ".join(names)}",signature="{signature}"'


def _parse(header: str) -> _Parameters:
    values, numbers = _tokens(header.removeprefix("Signature "))
    try:
        signature = base64.b64decode(values.get("signature", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureRefused("the signature is not base64", reason="signature_unreadable") from error
    if not values.get("keyId") or not signature:
        raise SignatureRefused("the Signature header needs keyId and signature", reason="signature_incomplete")
    algorithm = values["algorithm"].lower() if "algorithm" in values else None
    if algorithm not in _RSA_NAMES:
        raise SignatureRefused("the signature's algorithm is not accepted", reason="algorithm_not_accepted")
    return _Parameters(
        key_id=values["keyId"],
        signature=signature,
        algorithm=algorithm,
        covered=_covered_names(values.get("headers", "(created)" if algorithm != "rsa-sha256" else "date")),
        created=numbers.get("created"),
        expires=numbers.get("expires"),
    )


def _tokens(header: str) -> tuple[dict[str, str], dict[str, int]]:
    """Quoted strings and bare integers by name, each name once."""
    if len(header) > limits.SIGNATURE_HEADER or not header.isascii():
        raise SignatureRefused("the Signature header is unreadable", reason="signature_unreadable")
    values: dict[str, str] = {}
    numbers: dict[str, int] = {}
    position = 0
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None:
            raise SignatureRefused("the Signature header is unreadable", reason="signature_unreadable")
        name, quoted, number, _ = match.groups()
        if name in values or name in numbers:
            raise SignatureRefused(f"the Signature header has {name} twice", reason="signature_duplicate_parameter")
        if number is not None:
            numbers[name] = int(number)
        else:
            values[name] = re.sub(r"\\(.)", r"\1", quoted)
        position = match.end()
    if not values or header.rstrip().endswith(","):
        raise SignatureRefused("the request has no readable signature", reason="signature_missing")
    return values, numbers


def _covered_names(text: str) -> tuple[str, ...]:
    names = tuple(text.lower().split(" "))
    if len(names) > _MAX_COVERED or len(set(names)) != len(names) or not all(map(_HEADER_NAME.fullmatch, names)):
        raise SignatureRefused("the list of signed headers is unreadable", reason="signature_unreadable")
    return names


def _check_covered(request: InboundRequest, parameters: _Parameters) -> None:
    needed = {"(request-target)", "host"}
    if request.method == "POST":
        needed.add("digest")
    missing = needed.difference(parameters.covered)
    if not {"date", "(created)"}.intersection(parameters.covered):
        missing.add("date")
    if missing:
        names = ", ".join(sorted(missing))
        raise SignatureRefused(f"the signature must cover {names}", reason="signature_covers_too_little")


def _check_freshness(request: InboundRequest, parameters: _Parameters, *, now: datetime, window: timedelta) -> None:
    if {"(created)", "(expires)"}.intersection(parameters.covered) and not parameters.has_own_time:
        raise SignatureRefused("(created) and (expires) need the algorithm hs2019", reason="algorithm_not_accepted")
    if "date" in parameters.covered:
        date = read_http_date(request.headers.get("date") or "")
        if date is None:
            raise SignatureRefused("the Date header is unreadable", reason="date_unreadable")
        check_time(date, now=now, window=window)
    if "(created)" in parameters.covered:
        _check_created(parameters, now=now, window=window)
    if parameters.expires is not None and parameters.has_own_time:
        check_expiry(parameters.expires, now=now)


def _check_created(parameters: _Parameters, *, now: datetime, window: timedelta) -> None:
    if parameters.created is None:
        raise SignatureRefused("the signature covers (created) but has none", reason="signature_incomplete")
    check_time(instant_of(parameters.created), now=now, window=window)
    lifetime = (parameters.expires or parameters.created) - parameters.created
    if not 0 <= lifetime <= limits.SIGNATURE_LIFETIME.total_seconds():
        raise SignatureRefused("the signature is meant to live too long", reason="signature_not_fresh")


def _base(request: InboundRequest, parameters: _Parameters, *, target: str) -> bytes:
    """The text that was signed: one line for each covered name."""
    pseudo = {
        "(request-target)": f"{request.method.lower()} {target}",
        "(created)": parameters.created,
        "(expires)": parameters.expires,
    }
    lines = []
    for name in parameters.covered:
        value = pseudo.get(name) if name.startswith("(") else request.headers.get(name)
        if value is None:
            raise SignatureRefused(f"the signature covers {name}, which is not there", reason="signature_incomplete")
        lines.append(f"{name}: {value}")
    return "\n".join(lines).encode("latin-1", errors="replace")
