"""Pictures and other files of hosts from which the operator wants none: they are not even remembered.

Remote files are shown from their own address, so to forget the address is to show nothing. Should the host be trusted
again, profiles bring theirs with the next look; posts that came meanwhile stay without.
"""

from dataclasses import replace
from typing import Any

from fedihub.host_gate import PolicyBook
from fedihub.hub import Hub
from fedihub.translate.incoming import IncomingPost

_NO_PICTURES: dict[str, Any] = {"avatar_url": None, "header_url": None, "emojis": []}


def allowed_parts(hub: Hub, values: IncomingPost, *, uri: str) -> IncomingPost:
    """What may be stored of a remote post. Asked for each one, so a decision of this very second may come too late."""
    return replace(values, attachments=[], emojis=[]) if hub.host_gate.last_book.rejects_media(uri) else values


def allowed_profile(book: PolicyBook, values: dict[str, Any]) -> dict[str, Any]:
    """What may be stored of a remote actor."""
    return values | _NO_PICTURES if book.rejects_media(values["host"], values["uri"]) else values
