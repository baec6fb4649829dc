"""`fedihub delivery …`: did it arrive, why not, and what to do about it."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fedihub.cli.failures import Failure
from fedihub.cli.help import branch, examples
from fedihub.cli.hosts import host_option
from fedihub.cli.output import AsJson, Limit, counted, print_json, print_table, to_text
from fedihub.cli.posts import post_id_of
from fedihub.cli.running import reading, run

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Database
    from storage.views.delivery_log import DeliveryEntry, DeliveryFilter

app = branch(
    "What was said to other servers, and whether it arrived.",
    "fedihub delivery list --state dead",
    "fedihub delivery retry --host peer.example",
    "fedihub delivery drop --host gone.example --dry-run",
)

State = Literal["waiting", "delivered", "dead", "dropped", "suspended"]

Ids = Annotated[
    list[int] | None,
    typer.Argument(metavar="[ID]...", min=1, max=2**63 - 1, help="Deliveries, as `list` names them."),
]
OfState = Annotated[State | None, typer.Option("--state", help="Only those in this state.")]
ToHost = Annotated[str | None, host_option("Only those to this server.")]
OfPost = Annotated[
    str | None, typer.Option("--post", metavar="POST", help="Only those of this post: its id or address.")
]
AT_A_TIME = 500

_COLUMNS = {
    "id": "ID",
    "state": "STATE",
    "activity_type": "TYPE",
    "sender": "FROM",
    "host": "TO",
    "attempts": "TRIES",
    "next_try_at": "NEXT TRY",
    "last_status": "STATUS",
    "last_error": "LAST ERROR",
}


@app.command(
    "list",
    epilog=examples(
        "fedihub delivery list --state dead",
        "fedihub delivery list --host peer.example --json",
        "fedihub delivery list --post https://hub.example/@ada/3411002233445566",
    ),
)
def list_(
    *, state: OfState = None, host: ToHost = None, post: OfPost = None, limit: Limit = 50, as_json: AsJson = False
) -> None:
    """What was said to whom, newest first, and what became of it.

    waiting: will be tried (again). delivered: arrived. dead: given up. dropped: given up by an operator, or no
    longer true. suspended: its author is, and it goes out when they no longer are.
    """
    entries = run(_list(_filter(None, state=state, host=host, post=post), limit=limit))
    if as_json:
        print_json(entries)
    else:
        print_table([_row(entry) for entry in entries], _COLUMNS, nothing="There are no such deliveries")
        given_up = run(_given_up(host)) if host else None
        if given_up:
            typer.echo(f"{host} has not answered on many days: since {to_text(given_up)} nothing new is written for it")


@app.command(
    "retry",
    epilog=examples("fedihub delivery retry --host peer.example", "fedihub delivery retry --state dead"),
)
def retry(
    ids: Ids = None, *, state: OfState = None, host: ToHost = None, post: OfPost = None, as_json: AsJson = False
) -> None:
    """Try deliveries again at once, those that were given up, too.

    Left out is what has arrived, and what an inbox has heard something newer about since.
    """
    _demand_choice(ids, state, host, post)
    number = run(_retry(_filter(ids, state=state, host=host, post=post)))
    if as_json:
        print_json({"retried": number})
    else:
        typer.echo(f"{_deliveries(number)} will be tried at once")


@app.command(
    "drop",
    epilog=examples(
        "fedihub delivery drop --host gone.example --dry-run",
        "fedihub delivery drop --host gone.example --yes",
    ),
)
def drop(
    ids: Ids = None,
    *,
    host: ToHost = None,
    post: OfPost = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be dropped.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Really drop them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give up deliveries that wait; `retry` brings them back."""
    _demand_choice(ids, host, post)
    if dry_run == yes:
        raise typer.BadParameter("give either --dry-run, to see what would be dropped, or --yes, to drop it")
    number = run(_drop(_filter(ids, state="waiting", host=host, post=post), dry_run=dry_run))
    if as_json:
        print_json({"dropped": 0 if dry_run else number, "would_be_dropped": number if dry_run else 0})
    else:
        typer.echo(f"{'would be dropped' if dry_run else 'dropped'}: {_deliveries(number)}")


def _deliveries(number: int) -> str:
    return counted(number, "delivery", "deliveries")


def _demand_choice(*choices: object) -> None:
    if not any(choices):
        raise typer.BadParameter("say which deliveries: by ID, or with one of the options")


def _filter(ids: list[int] | None, *, state: State | None, host: str | None, post: str | None) -> "DeliveryFilter":
    from storage.deliveries import DeliveryState
    from storage.views.delivery_log import DeliveryFilter

    return DeliveryFilter(
        ids=tuple(ids or ()),
        states=(DeliveryState(state),) if state else (),
        host=host,
        post_id=post_id_of(post, hint="--post") if post else None,
    )


def _row(entry: "DeliveryEntry") -> dict[str, object]:
    """A line of the table: only what waits has a next try."""
    row: dict[str, object] = {name: getattr(entry, name) for name in _COLUMNS}
    return row if entry.state == "waiting" else row | {"next_try_at": None}


async def _list(wanted: "DeliveryFilter", *, limit: int) -> "list[DeliveryEntry]":
    from storage.views.delivery_log import list_delivery_entries

    async with reading() as database:
        return await database.read(lambda session: list_delivery_entries(session, wanted, limit=limit))


async def _given_up(host: str) -> "datetime | None":
    """Since when nothing new is written for a host, if that is so."""
    from storage.hosts import find_hosts

    async with reading() as database:
        known = (await database.read(lambda session: find_hosts(session, [host]))).get(host)
        return known.unavailable_at if known is not None else None


async def _retry(wanted: "DeliveryFilter") -> int:
    from storage.deliveries import retry_deliveries

    return await _change(wanted, retry_deliveries)


async def _drop(wanted: "DeliveryFilter", *, dry_run: bool) -> int:
    from storage.deliveries import drop_deliveries

    if not dry_run:
        return await _change(wanted, drop_deliveries)
    async with reading() as database:
        return len(await _find(database, wanted))


async def _change(wanted: "DeliveryFilter", change: Callable[..., Awaitable[int]]) -> int:
    """In small units, so that a server beside us never waits long for the write lock; gives how many were changed."""
    from fedihub.clock import SystemClock

    number, now = 0, SystemClock().now()
    async with reading() as database:
        ids = await _find(database, wanted)
        for start in range(0, len(ids), AT_A_TIME):
            number += await database.write(partial(change, now=now, ids=ids[start : start + AT_A_TIME]))
    return number


async def _find(database: "Database", wanted: "DeliveryFilter") -> list[int]:
    """The deliveries that the filter lets through. Raises Failure for one that is named and does not exist."""
    from storage.views.delivery_log import DeliveryFilter, find_delivery_ids

    if wanted.ids:
        known = await database.read(lambda session: find_delivery_ids(session, DeliveryFilter(ids=wanted.ids)))
        unknown = sorted(set(wanted.ids) - set(known))
        if unknown:
            raise Failure(f"there is no delivery {', '.join(map(str, unknown))}: fedihub delivery list shows all")
    return await database.read(lambda session: find_delivery_ids(session, wanted))
