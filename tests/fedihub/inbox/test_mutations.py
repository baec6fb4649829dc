"""Documents of the corpus with something in them that should not be there: to the inbox, and to who fetches them.

Whatever stands in a document, the hub answers, is done with it, and keeps nothing that it could not show. What is tried
is the same in each run.
"""

import copy
import itertools
import json
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from federation.identifiers import parse_uri, same_origin
from fedihub.errors import Missing, Unreachable
from fedihub.services.resolving import resolve_url
from fedihub.text.clean import clean_html
from storage.actors import Actor, ActorKind
from storage.database import Session
from storage.posts import Audience, Post
from storage.received import ReceivedState
from tests.support.dialects import Ours, WrittenPeer, dialects, speaking
from tests.support.hub import RunningHub
from tests.support.peer import ACTIVITY_JSON
from tests.support.resolver import TestResolver

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
BOUNDED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=40,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""Some seconds; nothing is made smaller, since each example leaves its traces."""

JUNK: list[Any] = [
    None, True, False, 0, -1, 2**53, 10**30, 1.5, "", " ", "x", "\x00", "\ud800", "\u202e", "javascript:alert(1)",
    "data:text/html,x", "https://", "https://[::1]/", "http://127.0.0.1/x", "http://hub.test/ap/actors/1", PUBLIC,
    "9999-99-99T99:99:99Z", "0000-01-01T00:00:00Z", "<script>alert(1)</script>", "<p>" * 50, [], {}, [[]], [None], [{}],
    {"id": 7}, {"id": {"id": "x"}}, {"type": "Note"}, {"@list": 7}, {"@value": "x"}, ["Note", "Person"], {"a": {}},
]  # fmt: skip


def by_type() -> dict[str, list[tuple[str, str]]]:
    """The activities of the corpus, (software, name), by their type; an Undo by what it undoes as well."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for dialect in dialects().values():
        for name in dialect.expected:
            activity = dialect.document(name)
            inner = activity["object"]
            undone = f" {inner['type']}" if activity["type"] == "Undo" and isinstance(inner, dict) else ""
            found[activity["type"] + undone].append((dialect.name, name))
    return found


DOCUMENTS = by_type()
_numbers = itertools.count(1)
Step = tuple[int, str, Any]
steps: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(st.integers(0, 10_000), st.sampled_from(["put", "drop", "wrap", "move"]), st.sampled_from(JUNK)),
    min_size=1,
    max_size=4,
)


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document where a value stands: what holds it, and under which key."""
    keys = list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
    for key in keys:
        yield node, key
        yield from places(node[key])


def changed(document: dict[str, Any], how: list[Step]) -> dict[str, Any]:
    """The document after some accidents."""
    document = copy.deepcopy(document)
    random.seed(
        next(_numbers)
    )  # hypothesis begins each example with the same seed, and keys of rows are drawn at random
    for number, what, given_junk in how:
        junk = copy.deepcopy(given_junk)
        every = list(places(document))
        if not every:
            break
        holder, key = every[number % len(every)]
        match what:
            case "put":
                holder[key] = junk
            case "drop":
                del holder[key]
            case "wrap":
                holder[key] = [holder[key], junk]
            case _:
                other, there = every[number * 7 % len(every)]
                holder[key] = copy.deepcopy(other[there]) if not isinstance(other[there], dict | list) else junk
    return document


def body_of(document: dict[str, Any]) -> bytes:
    """As JSON; half a character stays half a character."""
    return json.dumps(document).encode()


async def assert_nothing_is_stuck(home: RunningHub) -> None:
    """Everything was applied, ignored or refused; what waits does so for a server that cannot be asked."""
    for received in await home.log():
        assert received.state is not ReceivedState.GAVE_UP
        if received.state is ReceivedState.WAITING:
            assert received.reason not in (None, "failed"), received


async def assert_no_junk(home: RunningHub) -> None:
    """What was stored can be shown."""

    async def unit(session: Session) -> tuple[list[Post], dict[int, Actor]]:
        posts = list(await session.scalars(select(Post).where(col(Post.is_local).is_(False))))
        actors = list(await session.scalars(select(Actor).where(col(Actor.kind) == ActorKind.REMOTE)))
        return posts, {actor.id: actor for actor in actors}

    posts, actors = await home.hub.database.read(unit)
    for actor in actors.values():
        assert same_origin(actor.inbox_url, actor.uri)
        assert all(parse_uri(url, http_allowed=True) for url in (actor.url, actor.avatar_url, actor.header_url) if url)
    for post in posts:
        assert same_origin(post.uri, actors[post.author_id].uri)
        assert parse_uri(post.url or post.uri, http_allowed=True)
        assert clean_html(post.content_html) == post.content_html
        assert post.audience in set(Audience)
        assert all(parse_uri(file["url"], http_allowed=True) for file in post.attachments)
        assert "\x00" not in f"{post.content_html}{post.content_warning}{post.title}"


@pytest.fixture
async def peers(resolver: TestResolver) -> AsyncIterator[dict[str, WrittenPeer]]:
    """A server of each kind."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(speaking(dialect, resolver=resolver))
            for name, dialect in dialects().items()
        }


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("type_", DOCUMENTS)
@settings(BOUNDED, max_examples=20)
@given(data=st.data(), how=steps)
async def test_no_document_is_a_surprise_to_the_inbox(
    home: RunningHub, peers: dict[str, WrittenPeer], *, type_: str, data: st.DataObject, how: list[Step]
) -> None:
    ada, post = await our_member(home)
    which = data.draw(st.sampled_from(DOCUMENTS[type_]))
    peer = peers[which[0]]
    written = dialects()[which[0]].document(which[1], Ours(ada.uri, post.uri))
    answer = await peer.send(home.shared_inbox, body_of(changed(written, how)), by=peer.who(str(written["actor"])))
    assert answer.status < 500, answer.body
    await home.drain()
    await assert_nothing_is_stuck(home)
    await assert_no_junk(home)
    assert (await home.get("/", accept="text/html")).status == 200
    assert (await home.get(f"/@ada/{post.id}", accept="text/html")).status == 200


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@BOUNDED
@given(which=st.sampled_from(sorted(dialects())), is_actor=st.booleans(), how=steps)
async def test_no_document_is_a_surprise_to_who_fetches_it(
    home: RunningHub, peers: dict[str, WrittenPeer], which: str, *, is_actor: bool, how: list[Step]
) -> None:
    dialect, peer = dialects()[which], peers[which]
    create = dialect.document(next(name for name in dialect.expected if name.startswith("create")))
    written = peer.who(str(create["actor"])).document() if is_actor else create["object"]
    path = f"{str(written['id']).removeprefix(peer.base).partition('?')[0]}-{next(_numbers)}"
    written = written | {"id": peer.base + path}
    uri = peer.serve(path, body_of(changed(written, how)), content_type=ACTIVITY_JSON)
    with suppress(Missing, Unreachable):
        await resolve_url(home.hub, uri)
    await assert_no_junk(home)


async def our_member(home: RunningHub) -> tuple[Actor, Post]:
    """Our member and her post, made once for all examples of a test."""

    async def unit(session: Session) -> tuple[Actor | None, Post | None]:
        ada = await session.scalar(select(Actor).where(col(Actor.username) == "ada", col(Actor.host) == ""))
        return ada, await session.scalar(select(Post).where(col(Post.is_local)))

    ada, post = await home.hub.database.read(unit)
    ada = ada or await home.member("ada")
    return ada, post or await home.say(ada, "Hello")
