"""Where an app may ask us to send a browser with a code: checked when it registers, compared letter by letter
afterwards.
"""

import re
from ipaddress import ip_address
from urllib.parse import quote, urlencode, urlsplit

from fedihub.errors import Invalid

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""The code is shown on a page, and the member types it into the app."""

LONGEST = 2000
MOST = 20

_NEVER = {
    "javascript",
    "data",
    "vbscript",
    "file",
    "blob",
    "about",
    "filesystem",
    "view-source",
    "ftp",
    "ws",
    "wss",
    "mailto",
}
_SHAPE = re.compile(r"[a-z][a-z0-9+.\-]*:[!-~]+")


def check_redirect_uri(uri: str, *, plain_http: bool) -> str:
    """The URI as it is, if a browser may be sent there; raises Invalid otherwise.

    https, http on this very machine (`plain_http`: anywhere, for development), and the schemes that apps register for
    themselves (`icecubesapp://…`). Nothing that a browser would run or read, and no fragment (RFC 6749, 3.1.2).
    """
    if uri == OUT_OF_BAND:
        return uri
    if len(uri) > LONGEST or not _SHAPE.fullmatch(uri) or "#" in uri or "\\" in uri:
        raise Invalid("Redirect URI must be an absolute URI.", field="redirect_uris")
    try:
        parts = urlsplit(uri)
    except ValueError:
        raise Invalid("Redirect URI must be an absolute URI.", field="redirect_uris") from None
    if parts.scheme in _NEVER:
        raise Invalid("Redirect URI is forbidden by the server.", field="redirect_uris")
    if parts.scheme in {"http", "https"} and (not parts.hostname or parts.username is not None):
        raise Invalid("Redirect URI must be an absolute URI.", field="redirect_uris")
    if parts.scheme == "http" and not (plain_http or _is_loopback(parts.hostname or "")):
        raise Invalid("Redirect URI must be an HTTPS/SSL URI.", field="redirect_uris")
    return uri


def with_answer(redirect_uri: str, answer: dict[str, str | None]) -> str:
    """The address that the browser is sent to, with what we answer; what is None is left out."""
    given = {name: value for name, value in answer.items() if value is not None}
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(given, quote_via=quote, safe='')}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
