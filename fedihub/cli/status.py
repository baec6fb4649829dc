"""`fedihub status`: how the hub is doing, at a glance."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from fedihub.cli.output import AsJson, duration, print_fields, print_json, print_table
from fedihub.cli.running import reading, run

if TYPE_CHECKING:
    from fedihub.settings import Settings
    from storage.views.hub_status import HubStatus, Queue

PROBE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What the server says of itself, asked where it should listen."""

    address: str
    answers: bool
    ready: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that `fedihub status` shows."""

    version: str
    base_url: str
    handle_domain: str
    database: str
    revision: str
    server: ServerAnswer
    counts: "HubStatus"
    at: datetime


def status(*, as_json: AsJson = False) -> None:
    """How the hub is doing: what there is, what waits, who works.

    Shows version and database, counts, the age of both queues, the hosts that are left alone for a while, the
    processes with their last beat, and whether the server answers. Exit code 0 also when the server does not run:
    this looks, it does not judge (that is what /readyz is for).
    """
    found = run(_status())
    if as_json:
        print_json(found)
    else:
        _show(found)


async def _status() -> Status:
    from fedihub.hub import VERSION
    from fedihub.settings import load_settings
    from storage.schema import newest_revision
    from storage.views.hub_status import load_hub_status

    settings, now = load_settings(), _now()
    async with reading() as database:  # which has checked the revision
        counts = await database.read(lambda session: load_hub_status(session, now=now))
    return Status(
        version=VERSION,
        base_url=settings.base_url,
        handle_domain=settings.domain,
        database=settings.database_name,
        revision=newest_revision(),
        server=await _ask_server(settings),
        counts=counts,
        at=now,
    )


def _now() -> datetime:
    from fedihub.clock import SystemClock

    return SystemClock().now()


async def _ask_server(settings: "Settings") -> ServerAnswer:
    """Ask /readyz over the loopback; whatever is no proper answer counts as none."""
    import json

    host, port = settings.listen_address
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            head, body = await _get_ready(host, port)
        problems = tuple(str(problem) for problem in json.loads(body)["problems"])
    except (OSError, ValueError, LookupError, TypeError):
        return ServerAnswer(settings.listen, answers=False)
    return ServerAnswer(settings.listen, answers=True, ready=b" 200 " in head, problems=problems)


async def _get_ready(host: str, port: int) -> tuple[bytes, bytes]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = await reader.read(65_536)
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.partition(b"\r\n")[0], body


def _show(found: Status) -> None:
    counts = found.counts
    print_fields(
        {
            "version": found.version,
            "hub": found.base_url,
            "handles": f"@name@{found.handle_domain}",
            "database": f"{found.database} (revision {found.revision})",
            "server": _server(found.server),
            "members": str(counts.members),
            "projects": str(counts.projects),
            "posts": f"{counts.local_posts} ours, {counts.remote_posts} from elsewhere",
            "known elsewhere": f"{counts.remote_actors} actors",
            "to apply": _queue(counts.inbound, found.at),
            "to deliver": _queue(counts.outbound, found.at),
            "given up": f"{counts.dead_deliveries} deliveries" if counts.dead_deliveries else "",
            "open reports": f"{counts.open_reports}: see fedihub report list" if counts.open_reports else "",
            "held hosts": str(counts.held_hosts) if counts.held_hosts else "",
        }
    )
    if counts.failing_hosts:
        typer.echo()
        columns = {
            "host": "FAILING HOST",
            "failures": "TIMES",
            "failed_days": "DAYS",
            "unavailable_at": "GIVEN UP",
            "held_until": "NEXT TRY",
            "last_error": "LAST ERROR",
        }
        print_table(counts.failing_hosts, columns, nothing="")
    if counts.processes:
        typer.echo()
        columns = {"slot": "SLOT", "role": "PROCESS", "started_at": "STARTED", "beat_at": "LAST BEAT"}
        print_table(counts.processes, columns, nothing="")


def _server(answer: ServerAnswer) -> str:
    if not answer.answers:
        return f"does not answer on {answer.address}"
    return (
        f"ready on {answer.address}" if answer.ready else f"NOT ready on {answer.address}: {', '.join(answer.problems)}"
    )


def _queue(queue: "Queue", now: datetime) -> str:
    if not queue.waiting:
        return "nothing"
    if queue.oldest_due_at is None:
        return f"{queue.waiting} waiting, none due yet"
    return f"{queue.waiting} waiting, the oldest due for {duration(now - queue.oldest_due_at)}"
