"""The tree of commands: `app` is the root, each noun adds its own branch."""

import typer

from fedihub.cli import databases, deliveries, fed, hosts, inbox, members, moderation, openings, projects, reports
from fedihub.cli.demo import demo
from fedihub.cli.failures import Commands
from fedihub.cli.help import CONTEXT, examples
from fedihub.cli.init import init
from fedihub.cli.migrate import migrate
from fedihub.cli.serve import serve, worker
from fedihub.cli.status import status
from fedihub.cli.version import version

app = typer.Typer(
    cls=Commands,
    help="FediHub: a business-networking hub in the fediverse.",
    epilog=examples(
        "fedihub init --owner maya --email maya@hub.example",
        "fedihub serve",
        "fedihub demo",
        footer="Settings come from the environment or a file: see docs/reference/settings.md.",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=CONTEXT,
)

app.command(
    "init",
    epilog=examples(
        "fedihub init --owner maya --email maya@hub.example",
        "fedihub init --owner maya --email maya@hub.example --password-file maya.txt --json",
    ),
)(init)
app.command("serve", epilog=examples("FEDIHUB_BASE_URL=https://hub.example fedihub serve"))(serve)
app.command("worker", epilog=examples("FEDIHUB_DATABASE_URL=postgresql://hub@db.example/hub fedihub worker"))(worker)
app.command("migrate", epilog=examples("fedihub migrate --check", "fedihub migrate"))(migrate)
app.command("demo", epilog=examples("fedihub demo", "fedihub demo --once"))(demo)
app.command("status", epilog=examples("fedihub status", "fedihub status --json"))(status)
app.command("version", epilog=examples("fedihub version", "fedihub version --json"))(version)
app.add_typer(databases.app, name="db")
app.add_typer(members.app, name="member")
app.add_typer(projects.app, name="project")
app.add_typer(openings.app, name="chapter")  # the commands of `chapters` and its own
app.add_typer(fed.app, name="fed")
app.add_typer(deliveries.app, name="delivery")
app.add_typer(inbox.app, name="inbox")
app.add_typer(hosts.app, name="host")
app.add_typer(moderation.app, name="actor")
app.add_typer(reports.app, name="report")
