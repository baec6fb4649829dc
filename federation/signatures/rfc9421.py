"""RFC 9421, HTTP Message Signatures, in the profile that the fediverse uses.

    Signature-Input: sig1=("@method" "@target-uri" "content-digest");created=1764000000;keyid="https://peer.example/a#key"
    Signature:       sig1=:<base64>:

As in Mastodon 4.5 and later: exactly one signature, `created` and `keyid` present, `@method` and `@target-uri`
covered, with a body also `content-digest`. Further components (Fedify covers `@authority`, `host` and `date`) are
welcome, component parameters (`;req`, `;sf`, `;bs`, `;key`) are not: nobody sends them, and each is one more way to
misread.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import http_sf

from federation import limits
from federation.errors import SignatureRefused
from federation.identifiers import KeyId, SignatureKind
from federation.requests import InboundRequest
from federation.signatures.claim import Claim, check_expiry, check_time, instant_of
from federation.signatures.digest import check_content_digest
from federation.signatures.signer import Signer

LABEL = "sig1"
_MAX_COVERED = 32


@dataclass(frozen=True, slots=True)
class _Input:
    covered: tuple[str, ...]
    parameters: dict[str, Any]
    serialized: str
    signature: bytes


def read(
    request: InboundRequest, *, base_url: str, now: datetime, window: timedelta = limits.SIGNATURE_WINDOW
) -> Claim:
    """The claim in `Signature-Input` and `Signature`: everything checked but the signature itself.

    `base_url` is what we are called, for `@target-uri`: a request cannot tell. Raises `SignatureRefused`.
    """
    given = _parse(request)
    _check_covered(request, given)
    _check_parameters(given.parameters, now=now, window=window)
    if "content-digest" in given.covered:
        check_content_digest(request.headers.get("content-digest"), request.body)
    return Claim(
        key_id=KeyId(given.parameters["keyid"]),
        signature=given.signature,
        bases=(_base(request, given, base_url=base_url),),
        kind=SignatureKind.RFC9421,
        covered=frozenset(given.covered),
        algorithm=given.parameters.get("alg"),
    )


def write(
    signer: Signer, headers: Mapping[str, str], *, method: str, target_uri: str, created: datetime
) -> Mapping[str, str]:
    """The headers `Signature-Input` and `Signature`, which cover method, target and all of `headers`. `alg` need not be
    there, but activitypub-bot 0.51 reads no signature without it, and Fedify sends it, too.
    """
    lines = [f'"@method": {method}', f'"@target-uri": {target_uri}']
    lines += [f'"{name.lower()}": {value}' for name, value in headers.items()]
    names = ["@method", "@target-uri", *(name.lower() for name in headers)]
    covered = " ".join(f'"{name}"' for name in names)
    algorithm = "rsa-v1_5-sha256" if signer.is_rsa else "ed25519"
    parameters = f'({covered});created={int(created.timestamp())};keyid="{signer.key_id}";alg="{algorithm}"'
    lines.append(f'"@signature-params": {parameters}')
    signature = base64.b64encode(signer.sign("\n".join(lines).encode("ascii"))).decode()
    return {"Signature-Input": f"{LABEL}={parameters}", "Signature": f"{LABEL}=:{signature}:"}


def challenge(method: str) -> str:
    """What an `Accept-Signature` header asks of who did not sign, or not rightly (section 5): the least we take, but
    for the digest of a body. Whoever signs one covers that anyhow, and Fedify 2.3 would name it twice, as nobody may.
    """
    covered = " ".join(f'"{name}"' for name in _needed(method) if name != "content-digest")
    return f"{LABEL}=({covered});created"


def _needed(method: str) -> tuple[str, ...]:
    """The components that must be covered."""
    return ("@method", "@target-uri", "content-digest") if method == "POST" else ("@method", "@target-uri")


def _parse(request: InboundRequest) -> _Input:
    inputs = _dictionary(request.headers.get("signature-input"))
    signatures = _dictionary(request.headers.get("signature"))
    if len(inputs) != 1 or inputs.keys() != signatures.keys():
        raise SignatureRefused("there must be exactly one signature", reason="signature_not_single")
    label = next(iter(inputs))
    components, parameters = inputs[label]
    signature = signatures[label][0]
    if not isinstance(components, list) or not isinstance(signature, bytes):
        raise SignatureRefused("the Signature-Input header is unreadable", reason="signature_unreadable")
    return _Input(
        covered=_covered_names(components),
        parameters=parameters,
        serialized=http_sf.ser({label: (components, parameters)}).removeprefix(f"{label}="),
        signature=signature,
    )


def _dictionary(header: str | None) -> dict[str, Any]:
    if header is None or len(header) > limits.SIGNATURE_HEADER:
        raise SignatureRefused("the request has no readable signature", reason="signature_missing")
    try:
        parsed = http_sf.parse(header.encode("latin-1"), tltype="dictionary", on_duplicate_key=_refuse_duplicate)
    except ValueError as error:
        raise SignatureRefused("the signature's headers are unreadable", reason="signature_unreadable") from error
    return parsed if isinstance(parsed, dict) else {}


def _refuse_duplicate(_key: str, _context: str) -> None:
    raise SignatureRefused("the signature's headers have a key twice", reason="signature_duplicate_parameter")


def _covered_names(components: list[Any]) -> tuple[str, ...]:
    names = tuple(name for name, _ in components)
    if not all(isinstance(name, str) and name == name.lower() for name in names):
        raise SignatureRefused("the signed components are unreadable", reason="signature_unreadable")
    if any(parameters for _, parameters in components):
        raise SignatureRefused("component parameters are not accepted", reason="component_not_accepted")
    if len(names) > _MAX_COVERED or len(set(names)) != len(names):
        raise SignatureRefused("the signed components are unreadable", reason="signature_unreadable")
    return names


def _check_covered(request: InboundRequest, given: _Input) -> None:
    missing = set(_needed(request.method)).difference(given.covered)
    if missing:
        names = ", ".join(sorted(missing))
        raise SignatureRefused(f"the signature must cover {names}", reason="signature_covers_too_little")


def _check_parameters(parameters: Mapping[str, Any], *, now: datetime, window: timedelta) -> None:
    created, key_id = parameters.get("created"), parameters.get("keyid")
    if type(created) is not int or type(key_id) is not str or not key_id:
        raise SignatureRefused("the signature needs created and keyid", reason="signature_incomplete")
    check_time(instant_of(created), now=now, window=window)
    if "expires" in parameters:
        if type(parameters["expires"]) is not int:
            raise SignatureRefused("the signature's expiry is unreadable", reason="signature_unreadable")
        check_expiry(parameters["expires"], now=now)


def _base(request: InboundRequest, given: _Input, *, base_url: str) -> bytes:
    path, mark, query = request.target.partition("?")
    scheme, _, authority = base_url.partition("://")
    derived = {
        "@method": request.method,
        "@target-uri": base_url + request.target,
        "@authority": authority,
        "@scheme": scheme,
        "@request-target": request.target,
        "@path": path,
        "@query": "?" + query if mark else "?",
    }
    lines = []
    for name in given.covered:
        value = derived.get(name) if name.startswith("@") else request.headers.get(name)
        if value is None:
            raise SignatureRefused(f"the signature covers {name}, which is not there", reason="signature_incomplete")
        lines.append(f'"{name}": {value}')
    lines.append(f'"@signature-params": {given.serialized}')
    return "\n".join(lines).encode("latin-1", errors="replace")
