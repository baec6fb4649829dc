"""Addresses on this hub that came from outside: where to go after signing in."""

import re
from urllib.parse import urlencode

# One slash, then nothing that a browser could read as the beginning of a host: no second slash, no backslash, no
# control character.
_LOCAL = re.compile(r"/(?![/\\])[!-~]*")
_LONGEST = 4000


def local_path(text: str, *, otherwise: str = "/you") -> str:
    """The path (with its query) if it stays on this hub, `otherwise` if it might not."""
    return text if len(text) <= _LONGEST and _LOCAL.fullmatch(text) and "\\" not in text else otherwise


def sign_in_path(path: str) -> str:
    """The sign-in page, which then leads to `path`."""
    return "/sign-in?" + urlencode({"next": path})
