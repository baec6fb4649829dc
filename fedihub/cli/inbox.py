"""`fedihub inbox …`: what other servers sent, and what became of it."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fedihub.cli.help import branch, examples
from fedihub.cli.hosts import host_option
from fedihub.cli.output import AsJson, Limit, print_list
from fedihub.cli.running import reading, run

if TYPE_CHECKING:
    from storage.views.inbox_log import InboxEntry

app = branch(
    "What other servers sent, and what became of it.",
    "fedihub inbox log",
    "fedihub inbox log --state refused",
)

State = Literal["waiting", "applied", "ignored", "refused", "gave_up"]


@app.callback()
def inbox() -> None:
    """Keeps `log` a command of its own, since it is the only one."""


@app.command(
    "log",
    epilog=examples(
        "fedihub inbox log --state refused",
        "fedihub inbox log --host peer.example --type Create --json",
    ),
)
def log(
    *,
    state: Annotated[State | None, typer.Option(help="Only what ended, or waits, like this.")] = None,
    host: Annotated[str | None, host_option("Only from this server.")] = None,
    activity_type: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="Only activities of this type.")
    ] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """What came to the inboxes, newest first, each with its reason if it was not applied.

    waiting: to be applied, perhaps again. applied: done. ignored: rightly without effect. refused: wrong, or not
    proved to be from whom it says. gave_up: could not be applied in many tries.
    """
    entries = run(_list(state=state, host=host, activity_type=activity_type, limit=limit))
    columns = {
        "received_at": "RECEIVED",
        "state": "STATE",
        "activity_type": "TYPE",
        "actor_uri": "FROM",
        "attempts": "TRIES",
        "next_try_at": "NEXT TRY",
        "reason": "REASON",
    }
    print_list(entries, columns, nothing="Nothing like that has arrived", as_json=as_json)


async def _list(*, state: State | None, host: str | None, activity_type: str | None, limit: int) -> "list[InboxEntry]":
    from storage.received import ReceivedState
    from storage.views.inbox_log import InboxFilter, list_inbox

    wanted = InboxFilter(ReceivedState(state) if state else None, host, activity_type)
    async with reading() as database:
        return await database.read(lambda session: list_inbox(session, wanted, limit=limit))
