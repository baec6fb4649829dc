"""The option that chooses a server by its host name, for what lists deliveries and what lists arrivals."""

from typing import Any

import typer


def host_option(help_text: str) -> Any:
    """`--host HOST`, in whatever spelling; the command gets the one that the database has."""
    return typer.Option("--host", metavar="HOST", help=help_text, callback=_one_spelling)


def _one_spelling(text: str | None) -> str | None:
    from federation.errors import BadUri
    from federation.identifiers import parse_host

    if not text:
        return None
    try:
        return parse_host(text)
    except BadUri:
        raise typer.BadParameter("must be a host name, like peer.example") from None
