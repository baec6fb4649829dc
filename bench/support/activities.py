"""What peers send to the hub: replies, likes and follows, signed before the clock runs."""

import asyncio
import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import orjson

from bench.support.load import request_bytes
from bench.support.peers import ACTIVITY_JSON, BenchActor
from bench.support.world import Row
from federation.identifiers import SignatureKind
from federation.signatures.sign import sign_request
from storage.actors import Actor

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = "https://www.w3.org/ns/activitystreams"
MIX = ("Create",) * 6 + ("Like",) * 3 + ("Follow",)
"""Of ten activities six are replies, three likes, one a follow (which the hub answers with an Accept to deliver)."""

_numbers = itertools.count(1)


class Senders:
    """Remote actors who write to a hub; no activity comes twice, no like and no follow is repeated."""

    def __init__(self, actors: Sequence[BenchActor], *, posts: Sequence[Row], authors: Sequence[Actor]) -> None:
        self._posts = list(posts)
        self._authors = {author.id: author for author in authors}
        self._likes = itertools.product(posts, actors)
        self._follows = itertools.product(authors, actors)
        self._replies = itertools.cycle(itertools.product(posts, actors))

    def activities(self, count: int) -> list[tuple[BenchActor, dict[str, Any]]]:
        """Activities with their senders, in the proportions of `MIX`. Raises StopIteration when none are left."""
        return [self._activity(kind) for kind in itertools.islice(itertools.cycle(MIX), count)]

    def _activity(self, kind: str) -> tuple[BenchActor, dict[str, Any]]:
        if kind == "Follow":
            author, sender = next(self._follows)
            return sender, _activity(sender, kind, author.uri)
        post, sender = next(self._likes if kind == "Like" else self._replies)
        if kind == "Like":
            return sender, _activity(sender, kind, post["uri"])
        return sender, self._reply(sender, post)

    def _reply(self, sender: BenchActor, post: Row) -> dict[str, Any]:
        author = self._authors[post["author_id"]]
        addressed = {"to": [PUBLIC], "cc": [f"{sender.uri}/followers", author.uri]}
        uri = f"{sender.uri}/posts/{next(_numbers)}"
        link = f'<a href="{author.url}" class="u-url mention">@<span>{author.username}</span></a>'
        mention = f'<span class="h-card">{link}</span>'
        note = {
            "id": uri,
            "type": "Note",
            "attributedTo": sender.uri,
            "inReplyTo": post["uri"],
            "content": f"<p>{mention} Congratulations! When can we come and see it?</p>",
            "published": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "url": uri,
            "tag": [{"type": "Mention", "href": author.uri, "name": f"@{author.username}"}],
        } | addressed
        return _activity(sender, "Create", note) | addressed


async def signed_requests(activities: Sequence[tuple[BenchActor, dict[str, Any]]], *, base_url: str) -> list[bytes]:
    """The activities as requests to the shared inbox, signed in two threads."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(2) as pool:
        jobs = [loop.run_in_executor(pool, _signed, sender, activity, base_url) for sender, activity in activities]
        return await asyncio.gather(*jobs)


def _signed(sender: BenchActor, activity: dict[str, Any], base_url: str) -> bytes:
    body = orjson.dumps(activity)
    headers = sign_request(
        sender.signer,
        SignatureKind.CAVAGE,
        method="POST",
        origin=base_url,
        target="/ap/inbox",
        now=datetime.now(UTC),
        body=body,
        content_type=ACTIVITY_JSON,
    )
    return request_bytes("POST", "/ap/inbox", headers, body)


def _activity(sender: BenchActor, kind: str, object: Any) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "id": f"{sender.uri}#activities/{next(_numbers)}",
        "type": kind,
        "actor": sender.uri,
        "object": object,
    }
