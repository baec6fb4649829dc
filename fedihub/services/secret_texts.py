"""The secrets that open something: client secrets, authorization codes, access tokens, the cookies of browsers.

Each is long and random, so a fast hash keeps it as well as a slow one would (passwords are another matter: see
`fedihub.services.passwords`). Only the hash is stored; the secret itself is shown once.
"""

import hashlib
import secrets


def make_secret() -> str:
    """A new one: 256 bits, as text that may stand in an address."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """What is stored of it: SHA-256 in hexadecimal. Takes any text, since anybody may send one."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
