"""How a command is told which post is meant: by its id, or by one of its addresses."""

import re
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from federation.uris import LocalUris

_POST = re.compile(r"(?:.*/)?([0-9]{1,18})/?")


def post_id_of(text: str, *, hint: str = "POST") -> int:
    """A post's id, given as it is or as the end of one of its addresses."""
    match = _POST.fullmatch(text)
    if match is None:
        raise typer.BadParameter("must be a post's id, or its address", param_hint=hint)
    return int(match[1])


def is_elsewhere(text: str, uris: "LocalUris") -> bool:
    """Whether this is an address on another server."""
    return text.startswith(("https://", "http://")) and not uris.is_local(text)
