"""Who asks: the address under which requests without an account are counted.

It is the address of the connection. Only when that is a reverse proxy which the settings name (`trusted_proxies`), it
is the one that the proxy saw: each proxy adds a name on the right of X-Forwarded-For, so the right-most that is not a
trusted proxy's is the last that somebody we trust has vouched for. All further left is what the client wrote itself.

An IPv6 client is counted by its /64, the smallest network that anybody gets: it holds more addresses than any count.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp import web

from fedihub.hub import HUB
from fedihub.settings import Network

_ONE_CLIENT = 64
_FORWARDED = "X-Forwarded-For"

Address = IPv4Address | IPv6Address


def client_address(request: web.Request) -> str:
    """The address to count a request under: one of IPv4, or a /64 of IPv6. Empty when a connection has none."""
    peer = _parse(request.remote or "")
    if peer is None:
        return ""
    trusted = request.app[HUB].settings.trusted_proxies
    told = request.headers.getall(_FORWARDED, []) if trusted else []
    return _counted(_origin(peer, told, trusted))


def _origin(peer: Address, told: Iterable[str], trusted: Iterable[Network]) -> Address:
    """The first hop, seen from us, that is no trusted proxy; the furthest known one if all are."""
    hop = peer
    for entry in reversed(",".join(told).split(",")):
        if not any(hop in network for network in trusted):
            return hop
        before = _parse(entry)
        if before is None:  # nothing that a proxy would write: whoever told it is as far as we can see
            return hop
        hop = before
    return hop


def _parse(text: str) -> Address | None:
    """An address, perhaps with a port; IPv4 in the dress of IPv6 (on a socket for both) is IPv4."""
    name = text.strip()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _counted(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, _ONE_CLIENT), strict=False))
