"""Followers synchronisation (FEP-8fcf): two servers notice that they disagree about who follows whom.

Servers show a post for followers to those of their people who they think follow its author. So the author's server
tells each of them, with such a post, a digest of the followers that it has there: the XOR of the SHA-256 of their ids.
Where that is not what the other side has, it fetches the list, at an address where each host gets only its own.

    Collection-Synchronization: collectionId="https://hub.example/ap/actors/1/followers",
        url="https://hub.example/ap/actors/1/followers/synchronization", digest="c33f48cd…"
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from federation import limits
from federation.identifiers import same_origin

HEADER = "Collection-Synchronization"
NOBODY = bytes(32)
"""The digest of no followers at all."""

_PARAMETER = re.compile(r'\s*([A-Za-z]+)\s*=\s*"([^"\\]*)"\s*(,|$)', re.ASCII)
_NAMES = {"collectionId", "url", "digest"}


@dataclass(frozen=True, slots=True)
class FollowersHeader:
    """What a sender says: which collection, where the receiver's part of it is, and what that part's digest is."""

    collection: str
    url: str
    digest: str

    def write(self) -> str:
        """The value of the header."""
        return f'collectionId="{self.collection}", url="{self.url}", digest="{self.digest}"'


def digest_of(uris: Iterable[str]) -> str:
    """The digest of a set of followers, in hex; their order makes no difference."""
    total = int.from_bytes(NOBODY, "big")
    for uri in set(uris):
        total ^= int.from_bytes(hashlib.sha256(uri.encode()).digest(), "big")
    return total.to_bytes(32, "big").hex()


def read_followers_header(text: str, *, actor: str) -> FollowersHeader | None:
    """What a proved sender's header says; None if it is unreadable, or speaks for another host than the sender's.

    Whether the collection is the sender's own, only who knows the sender can tell.
    """
    values = _parameters(text)
    if values is None:
        return None
    found = FollowersHeader(values["collectionId"], values["url"], values["digest"].lower())
    is_own = same_origin(found.collection, actor) and same_origin(found.url, actor)
    return found if is_own and re.fullmatch("[0-9a-f]{64}", found.digest) else None


def _parameters(text: str) -> dict[str, str] | None:
    """Each of the three once; others may stand beside them."""
    values: dict[str, str] = {}
    position = 0
    if len(text) > limits.SIGNATURE_HEADER:
        return None
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None or match[1] in values:
            return None
        values[match[1]] = match[2]
        position = match.end()
    return values if values.keys() >= _NAMES else None
