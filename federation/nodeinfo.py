"""NodeInfo (FEP-f1d5): what software a host runs, theirs and ours."""

from collections.abc import Mapping
from dataclasses import dataclass

from federation.errors import BadDocument, ProtocolError
from federation.identifiers import Host
from federation.ports import Usage
from federation.transport import Transport
from federation.vocabulary.base import as_list, string_of, uri_of
from federation.vocabulary.parse import Json, parse_document

VERSIONS = ("2.1", "2.0")
_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
APPLICATION_ACTOR = "https://purl.archive.org/funfedi/applicationActor"
"""FEP-2677."""
_ACCEPT = "application/json"
_LIMIT = 100 * 1024
_UPSTREAM = {"name": "mastodon"}
"""Whose client API is spoken here: megalodon 10.0.5 (Whalebird, Fedistar) leaves servers that it does not know by name,
unless they say this.
"""


@dataclass(frozen=True, slots=True)
class Software:
    """Name and version as a host tells them; nothing of it is proved."""

    name: str
    version: str


async def dereference_software(transport: Transport, host: Host) -> Software | None:
    """What a host says it runs, None if it does not say. Never raises for what the host does."""
    scheme = "http" if transport.allow_loopback else "https"
    try:
        links = await _get(transport, f"{scheme}://{host}/.well-known/nodeinfo")
        url = _best_link(links)
        return None if url is None else _software(await _get(transport, url))
    except ProtocolError:
        return None


def write_links(base_url: str, *, server_actor: str) -> Json:
    """Our `/.well-known/nodeinfo`: the documents, and who signs for the server."""
    documents = [{"rel": _SCHEMA + version, "href": f"{base_url}/nodeinfo/{version}"} for version in VERSIONS]
    return {"links": [*documents, {"rel": APPLICATION_ACTOR, "href": server_actor}]}


def write_nodeinfo(version: str, software_version: str, *, usage: Usage, name: str, description: str) -> Json:
    """Our `/nodeinfo/2.1` (or 2.0, which knows no repository)."""
    return {
        "version": version,
        "software": {"name": "fedihub", "version": software_version},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": usage.registrations_open,
        "usage": {
            "users": {
                "total": usage.members,
                "activeMonth": usage.active_month,
                "activeHalfyear": usage.active_half_year,
            },
            "localPosts": usage.local_posts,
        },
        "metadata": {"nodeName": name, "nodeDescription": description, "upstream": _UPSTREAM},
    }


async def _get(transport: Transport, url: str) -> Json:
    response = await transport.get(url, _ACCEPT, limit=_LIMIT)
    if response.status != 200:
        raise BadDocument("the host has no NodeInfo", reason="no_nodeinfo")
    return parse_document(response.body)


def _best_link(document: Json) -> str | None:
    links = {
        link.get("rel"): link.get("href") for link in as_list(document.get("links"))[:20] if isinstance(link, Mapping)
    }
    return next((url for version in VERSIONS if (url := uri_of(links.get(_SCHEMA + version)))), None)


def _software(document: Json) -> Software | None:
    software = document.get("software")
    if not isinstance(software, Mapping):
        return None
    name, version = string_of(software.get("name"), limit=100), string_of(software.get("version"), limit=100)
    return None if name is None else Software(name, version or "")
