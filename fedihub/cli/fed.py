"""`fedihub fed …`: look at the fediverse as the hub sees it, to find out why somebody can't be found, what an address
holds, and what became of a post.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fedihub.cli import fed_posts
from fedihub.cli.help import branch, examples
from fedihub.cli.output import AsJson, print_fields, print_json, to_text
from fedihub.cli.running import acting, run

if TYPE_CHECKING:
    from fedihub.services.fetching import Looked
    from storage.actors import Actor
    from storage.posts import Post

app = branch(
    "Look at the fediverse as the hub sees it.",
    "fedihub fed lookup @ada@peer.example",
    "fedihub fed fetch https://peer.example/users/ada",
    "fedihub fed preview 3411002233445566 --as mastodon",
    "fedihub fed explain 3411002233445566 peer.example",
)


@dataclass(frozen=True, slots=True)
class FoundActor:
    """An actor, ours or a peer's: `gone_at` is when the account ended, `moved_to` where it is now."""

    kind: str
    handle: str
    name: str
    uri: str
    url: str | None
    inbox: str
    shared_inbox: str | None
    followers: int
    fetched_at: datetime | None
    gone_at: datetime | None
    moved_to: str | None


@dataclass(frozen=True, slots=True)
class FoundPost:
    """A post, ours or a peer's."""

    uri: str
    url: str | None
    author: str
    audience: str
    in_reply_to: str | None
    published_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class FoundHandle:
    """What WebFinger says of a handle, and whether the actor says the same."""

    asked_for: str
    actor: str
    handle: str
    type: str


@app.command(
    "lookup",
    epilog=examples(
        "fedihub fed lookup @ada@peer.example",
        "fedihub fed lookup https://peer.example/@ada/109372843234",
    ),
)
def lookup(
    wanted: Annotated[str, typer.Argument(metavar="HANDLE_OR_URL", help="A handle, or a profile's or post's address.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Find somebody or a post, as a member's search would: fetched from its server, checked, and stored."""
    found = run(_lookup(wanted))
    if as_json:
        print_json(found)
    else:
        print_fields({field.replace("_", " "): getattr(found, field) for field in found.__dataclass_fields__})


@app.command("webfinger", epilog=examples("fedihub fed webfinger @ada@peer.example"))
def webfinger(
    handle: Annotated[str, typer.Argument(metavar="HANDLE", help="A handle like @name@host.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Ask a handle's host whose it is, fetch that actor, and check that it claims the handle; stores nothing."""
    found = run(_webfinger(handle))
    if as_json:
        print_json(found)
    else:
        print_fields(
            {"asked for": f"@{found.asked_for}", "actor": found.actor, "handle": f"@{found.handle}", "type": found.type}
        )


@app.command(
    "fetch",
    epilog=examples(
        "fedihub fed fetch https://peer.example/users/ada",
        "fedihub fed fetch https://peer.example/users/ada/statuses/1 --json",
    ),
)
def fetch(
    uri: Annotated[str, typer.Argument(metavar="URI", help="An address on another server.")], *, as_json: AsJson = False
) -> None:
    """Fetch an address, signed as the hub signs; show the answer, and what it would mean here. Stores nothing."""
    looked = run(_fetch(uri))
    if as_json:
        print_json(looked)
        return
    print_fields(
        {
            "status": looked.status,
            "address": looked.url,
            "signed by": looked.signed_by,
            **looked.headers,
            "bytes": looked.size,
            "document": looked.verdict,
            "id": (looked.document or {}).get("id"),
        }
    )
    if looked.meaning:
        typer.echo("")
        print_fields({name.replace("_", " "): value for name, value in looked.meaning.items()})
    typer.echo("")
    if looked.document is not None:
        print_json(looked.document)
    else:
        typer.echo(to_text(looked.excerpt))


app.command(
    "preview",
    epilog=examples(
        "fedihub fed preview 3411002233445566 --as mastodon",
        "fedihub fed preview https://peer.example/users/ada/statuses/1 --as lemmy --json",
    ),
)(fed_posts.preview)
app.command(
    "explain",
    epilog=examples(
        "fedihub fed explain 3411002233445566 peer.example",
        "fedihub fed explain https://hub.example/@ada/3411002233445566 peer.example --json",
    ),
)(fed_posts.explain)


async def _fetch(uri: str) -> "Looked":
    from fedihub.services.fetching import look_at

    async with acting() as hub:
        return await look_at(hub, uri)


async def _lookup(wanted: str) -> FoundActor | FoundPost:
    from fedihub.services.resolving import resolve_handle, resolve_url
    from storage.actors import Actor, get_actor

    async with acting() as hub:
        is_url = wanted.startswith(("https://", "http://"))
        found = await (resolve_url(hub, wanted) if is_url else resolve_handle(hub, wanted))
        if isinstance(found, Actor):
            return _actor(found, hub.uris.handle_domain)
        author_id = found.author_id
        author = await hub.database.read(lambda session: get_actor(session, author_id))
        return _post(found, _handle(author, hub.uris.handle_domain))


async def _webfinger(handle: str) -> FoundHandle:
    from federation.vocabulary.actors import read_actor
    from federation.webfinger import Handle

    async with acting() as hub:
        uri = await hub.webfinger.resolve_handle(handle)
        remote = read_actor(await hub.dereferencer.document(uri), now=hub.clock.now())
        confirmed = await hub.webfinger.confirm_handle(remote)
        return FoundHandle(str(Handle.parse(handle)), uri, str(confirmed), remote.type)


def _handle(actor: "Actor", our_domain: str) -> str:
    return f"@{actor.username}@{actor.host or our_domain}"


def _actor(actor: "Actor", our_domain: str) -> FoundActor:
    return FoundActor(
        kind=actor.kind.value,
        handle=_handle(actor, our_domain),
        name=actor.display_name,
        uri=actor.uri,
        url=actor.url,
        inbox=actor.inbox_url,
        shared_inbox=actor.shared_inbox_url,
        followers=actor.followers_count,
        fetched_at=actor.fetched_at,
        gone_at=actor.gone_at,
        moved_to=actor.moved_to_uri,
    )


def _post(post: "Post", author: str) -> FoundPost:
    from fedihub.text.clean import plain_text

    return FoundPost(
        uri=post.uri,
        url=post.url,
        author=author,
        audience=post.audience.value,
        in_reply_to=post.in_reply_to_uri,
        published_at=post.published_at,
        text=plain_text(post.content_html),
    )
