"""`fedihub fed preview` and `fedihub fed explain`: what others see of a post, and why they do or don't."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fedihub.cli.output import AsJson, print_fields, print_json, print_table, to_text
from fedihub.cli.posts import is_elsewhere, post_id_of
from fedihub.cli.running import acting, run

if TYPE_CHECKING:
    from fedihub.services.explain import Explanation
    from fedihub.services.preview import Previewed

Kind = Literal["mastodon", "gotosocial", "lemmy", "misskey"]
As = Annotated[Kind, typer.Option("--as", help="The kind of server that reads it.")]
AnyPost = Annotated[
    str, typer.Argument(metavar="POST", help="A post of ours, by id or address; or any address elsewhere.")
]
KnownPost = Annotated[
    str,
    typer.Argument(metavar="POST", help="A post, by id or address: of ours, or of others as far as it is known here."),
]
Host = Annotated[str, typer.Argument(metavar="HOST", help="The other server, like peer.example.")]

_DELIVERIES = {
    "id": "ID",
    "state": "STATE",
    "activity_type": "TYPE",
    "sender": "FROM",
    "attempts": "TRIES",
    "next_try_at": "NEXT TRY",
    "last_status": "STATUS",
    "last_error": "LAST ERROR",
}


def preview(post: AnyPost, *, peer: As, as_json: AsJson = False) -> None:
    """What a server of some kind makes of a post: what it shows, to whom, and what it leaves out. Sends nothing."""
    found = run(_preview(post, peer))
    if as_json:
        print_json({"reading": found.reading, "document": found.document})
        return
    read = found.reading
    names = {name: name.replace("_", " ") for name in read.__dataclass_fields__ if name not in ("text", "notes")}
    print_fields({shown: getattr(read, name) for name, shown in names.items()})
    if read.text:
        typer.echo("\ntext")
        for line in read.text.splitlines():
            typer.echo(f"  {to_text(line)}")
    for note in read.notes:
        typer.echo(f"- {note}")


def explain(post: KnownPost, host: Host, *, as_json: AsJson = False) -> None:
    """Why is a post on another server, or why is it not? Asks only this hub's own records."""
    found = run(_explain(post, host))
    if as_json:
        print_json(found)
        return
    left_out = {"text", "deliveries"}
    typer.echo(f"{found.text[0].upper()}{found.text[1:]}.\n")
    print_fields(
        {name.replace("_", " "): getattr(found, name) for name in found.__dataclass_fields__ if name not in left_out}
    )
    if found.deliveries:
        typer.echo("")
        print_table(found.deliveries, _DELIVERIES, nothing="")


async def _preview(post: str, peer: Kind) -> "Previewed":
    from fedihub.services.preview import preview_elsewhere, preview_own
    from fedihub.translate.readings import PeerKind

    async with acting() as hub:
        if is_elsewhere(post, hub.uris):
            return await preview_elsewhere(hub, post, PeerKind(peer))
        return await preview_own(hub, post_id_of(post), PeerKind(peer))


async def _explain(post: str, host: str) -> "Explanation":
    from fedihub.services.explain import explain as explain_post
    from fedihub.services.explain import find_id_of

    async with acting() as hub:
        post_id = await find_id_of(hub, post) if is_elsewhere(post, hub.uris) else post_id_of(post)
        return await explain_post(hub, post_id, host)
