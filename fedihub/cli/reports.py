"""`fedihub report …`: what was told to the operator about somebody, here or by other servers."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fedihub.cli.failures import Failure
from fedihub.cli.help import branch, examples
from fedihub.cli.output import AsJson, Limit, print_fields, print_json, print_list
from fedihub.cli.running import acting, run

if TYPE_CHECKING:
    from fedihub.hub import Hub
    from storage.actors import Actor
    from storage.reports import Report

app = branch(
    "What people and other servers report.",
    "fedihub report list",
    "fedihub report show 3411002233445566",
    "fedihub report close 3411002233445566 --by maya --outcome 'Suspended'",
)

Id = Annotated[int, typer.Argument(metavar="ID", min=1, max=2**63 - 1, help="The report, as `list` names it.")]


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """A report. `posts` are copies of what it is about, kept also when the posts are deleted."""

    id: int
    about: str
    about_uri: str
    reporter_uri: str
    comment: str
    posts: list[dict[str, Any]]
    created_at: datetime
    closed_at: datetime | None
    closed_by: str
    outcome: str

    @classmethod
    def of(cls, hub: "Hub", report: "Report", about: "Actor") -> "ReportEntry":
        """From the row, and that of whom it is about."""
        return cls(
            report.id,
            f"@{about.username}@{about.host or hub.uris.handle_domain}",
            about.uri,
            reporter_uri=report.reporter_uri,
            comment=report.comment,
            posts=report.posts,
            created_at=report.created_at,
            closed_at=report.closed_at,
            closed_by=report.closed_by,
            outcome=report.outcome,
        )


@app.command("list", epilog=examples("fedihub report list", "fedihub report list --all --json"))
def list_(
    *,
    with_closed: Annotated[bool, typer.Option("--all", help="Closed ones as well.")] = False,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """The reports that wait for somebody to look at them, the oldest first."""
    columns = {
        "id": "ID",
        "about": "ABOUT",
        "reporter_uri": "BY",
        "created_at": "CAME",
        "closed_at": "CLOSED",
        "comment": "COMMENT",
    }
    entries = run(_list(with_closed=with_closed, limit=limit))
    print_list(entries, columns, nothing="No report waits", as_json=as_json)


@app.command("show", epilog=examples("fedihub report show 3411002233445566"))
def show(report_id: Id, *, as_json: AsJson = False) -> None:
    """One report, with copies of the posts that it is about."""
    _print(run(_show(report_id)), as_json=as_json)


@app.command(
    "close", epilog=examples("fedihub report close 3411002233445566 --by maya --outcome 'Talked to her, is fine'")
)
def close(
    report_id: Id,
    *,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who has dealt with it.")],
    outcome: Annotated[str, typer.Option(metavar="TEXT", help="What came of it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Note that a report has been dealt with. What is done about it is up to you: see `fedihub actor`."""
    entry = run(_close(report_id, by=by, outcome=outcome))
    if as_json:
        print_json(entry)
    else:
        typer.echo(f"the report about {entry.about} is closed")


def _print(entry: ReportEntry, *, as_json: bool) -> None:
    from fedihub.text.clean import plain_text

    if as_json:
        print_json(entry)
        return
    print_fields(
        {
            "about": f"{entry.about} ({entry.about_uri})",
            "by": entry.reporter_uri,
            "came": entry.created_at,
            "comment": entry.comment,
            "closed": entry.closed_at,
            "closed by": entry.closed_by,
            "outcome": entry.outcome,
        }
    )
    for post in entry.posts:
        typer.echo()
        said = {"post": post["uri"], "said": post["published_at"], "warning": post["content_warning"]}
        print_fields(said | {"text": plain_text(post["content_html"])})


async def _list(*, with_closed: bool, limit: int) -> list[ReportEntry]:
    from storage.reports import list_reports

    async with acting() as hub:
        found = await hub.database.read(lambda session: list_reports(session, with_closed=with_closed, limit=limit))
        return [ReportEntry.of(hub, report, about) for report, about in found]


async def _show(report_id: int) -> ReportEntry:
    async with acting() as hub:
        return await _entry(hub, report_id)


async def _close(report_id: int, *, by: str, outcome: str) -> ReportEntry:
    from fedihub.services.reports import close_report

    async with acting() as hub:
        await close_report(hub, report_id=report_id, by=by, outcome=outcome)
        return await _entry(hub, report_id)


async def _entry(hub: "Hub", report_id: int) -> ReportEntry:
    from storage.actors import get_actor
    from storage.reports import find_report

    report = await hub.database.read(lambda session: find_report(session, report_id))
    if report is None:
        raise Failure(f"there is no report {report_id}: fedihub report list --all shows all")
    actor_id = report.actor_id
    return ReportEntry.of(hub, report, await hub.database.read(lambda session: get_actor(session, actor_id)))
