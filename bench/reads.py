"""What is read: an actor and a post as other servers fetch them, and a member's home timeline, with 100,000 posts
stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.support.figures import Figure, Spread
from bench.support.hub import BenchHub
from bench.support.lab import Lab
from bench.support.load import Load, request_bytes, send_all
from bench.support.peers import ACTIVITY_JSON
from bench.support.world import add_follows, add_members, add_posts, add_to_home, add_token

POSTS, AUTHORS = 100_000, 200
ALONE, TOGETHER, CONNECTIONS = 400, 2_000, 16
TARGET_HOME_MS = 15
TITLE = f"Reading, with {POSTS:,} posts stored"


@dataclass(frozen=True, slots=True)
class _World:
    actor: str
    post: str
    token: str


async def measure(lab: Lab) -> list[Figure]:
    """Each thing asked for one at a time, and by many at once."""
    hub = await lab.hub("reads")
    world = await _seed(hub)
    wire = {"Host": hub.host, "Accept": ACTIVITY_JSON}
    client = {"Host": hub.host, "Authorization": f"Bearer {world.token}"}
    async with hub.running():
        return [
            *await _measure(lab, hub, "actor document", target=world.actor, headers=wire),
            *await _measure(lab, hub, "post (ActivityPub)", target=world.post, headers=wire),
            *await _measure(lab, hub, "home timeline of 20", target="/api/v1/timelines/home?limit=20", headers=client),
        ]


async def _measure(lab: Lab, hub: BenchHub, name: str, *, target: str, headers: Mapping[str, str]) -> list[Figure]:
    request = request_bytes("GET", target, headers)

    async def get(count: int, connections: int) -> Load:
        return (await send_all(hub.address, [request] * count, connections=connections)).demand(200)

    await get(100, CONNECTIONS)
    alone = await get(lab.scaled(ALONE), 1)
    together = await get(lab.scaled(TOGETHER), CONNECTIONS)
    spread = Spread.of(alone.durations)
    p50_target = TARGET_HOME_MS if name.startswith("home") else None
    return [
        *spread.figures(name, p50_target=p50_target),
        Figure(f"{name}, {CONNECTIONS} at once", together.per_second, "/s"),
    ]


async def _seed(hub: BenchHub) -> _World:
    async with hub.opened() as inside:
        reader, *authors = await add_members(inside, 1 + AUTHORS)
        await add_follows(inside, [(reader.id, author.id) for author in authors])
        posts = await add_posts(inside, authors, POSTS)
        await add_to_home(inside, reader.id, posts)
        token = await add_token(inside, reader.id)
    base = hub.settings.base_url
    return _World(authors[0].uri.removeprefix(base), posts[-1]["uri"].removeprefix(base), token)
