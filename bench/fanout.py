"""What goes out: one post by a member with 500 followers who share no inbox, from the client's request to the last
arrival.

Twice: with the followers on 50 hosts, as in a fediverse of small servers, and with all of them on one host, which is
never asked more than a few things at once. Nobody on any of them was ever delivered to before the first post; the
rounds after it find hosts that are proven alive.
"""

import time
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlencode

from bench.support.figures import Figure, Spread
from bench.support.hub import BenchHub
from bench.support.lab import Lab
from bench.support.load import request_bytes, send_all
from bench.support.peers import Peers, peers
from bench.support.world import add_follows, add_members, add_remote_actors, add_token
from federation.clock import utc_now
from federation.signatures.keys import PublicKey, parse_public_key
from federation.signatures.verify import read_claim
from storage.actors import get_keys

FOLLOWERS = 500
PATIENCE = 120.0
TARGET = 300
TITLE = f"Fan-out: one post to {FOLLOWERS} inboxes"


@dataclass(frozen=True, slots=True)
class _Posted:
    """One post on its way: when each inbox had it, in seconds after the request was sent."""

    arrivals: list[float]

    @property
    def per_second(self) -> float:
        """Inboxes per second, until the last had it."""
        return len(self.arrivals) / max(self.arrivals)


async def measure(lab: Lab) -> list[Figure]:
    """The first post to hosts that were never written to, and the median of those after it."""
    figures = []
    for hosts in (50, 1):
        first, later = await _measure_hosts(lab, hosts)
        name = f"{hosts} hosts" if hosts > 1 else "1 host"
        target = TARGET if hosts > 1 else None
        figures.append(
            Figure(f"delivered, {name}, first post ever", first.per_second, "/s", target=target, beside="one sign each")
        )
        figures.append(Figure(f"delivered, {name}", median(post.per_second for post in later), "/s", target=target))
        spread = Spread.of([moment for post in later for moment in post.arrivals])
        figures += spread.figures(f"  post to arrival, {name}")[:2]
    return figures


async def _measure_hosts(lab: Lab, hosts: int) -> tuple[_Posted, list[_Posted]]:
    hub = await lab.hub("fanout")
    async with peers(hosts=hosts) as them:
        them.add_actors(FOLLOWERS)
        async with hub.opened() as inside:
            [author] = await add_members(inside, 1)
            token = await add_token(inside, author.id)
            followers = await add_remote_actors(inside, them.actors.values())
            await add_follows(inside, [(follower, author.id) for follower in followers])
            keys = await inside.database.read(lambda session: get_keys(session, author.id))
        async with hub.running():
            posted = [await _post(hub, them, token=token, number=number) for number in range(1 + lab.rounds)]
            _check(them, parse_public_key(keys.rsa_public_pem))
    return posted[0], posted[1:]


async def _post(hub: BenchHub, them: Peers, *, token: str, number: int) -> _Posted:
    """Publish a post as a client does, and wait until every inbox has it."""
    them.arrivals.clear()
    form = urlencode({"status": f"The workshop is open, part {number}. #chairs", "visibility": "public"}).encode()
    headers = {
        "Host": hub.host,
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    began = time.perf_counter()
    (await send_all(hub.address, [request_bytes("POST", "/api/v1/statuses", headers, form)])).demand(200)
    await them.wait_for_arrivals(FOLLOWERS, seconds=PATIENCE)
    return _Posted([arrival.moment - began for arrival in them.arrivals])


def _check(them: Peers, key: PublicKey) -> None:
    """What was measured is what was meant: each inbox got the last post once, and signed. Raises RuntimeError."""
    addressed = {(arrival.request.headers.get("host"), arrival.request.target) for arrival in them.arrivals}
    claims = [
        read_claim(each.request, base_url=f"http://{each.request.headers.get('host')}", now=utc_now())
        for each in them.arrivals
    ]
    if len(addressed) != FOLLOWERS or not all(claim.is_proved_by(key) for claim in claims):
        raise RuntimeError("not every inbox got one good request")
