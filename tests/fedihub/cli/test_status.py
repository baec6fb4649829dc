"""`fedihub status`, `version` and `migrate`: is the hub as it should be?"""

import re
import socket
import sqlite3
import threading
from contextlib import closing

import pytest

from fedihub.hub import VERSION
from storage.schema import newest_revision
from tests.fedihub.cli.conftest import CommandLine


def test_status_counts_what_there_is(cli: CommandLine) -> None:
    cli.ok("project", "create", "pumps", "--founder", "maya")
    status = cli.json("status")
    assert status["version"] == VERSION
    assert status["database"] == str(cli.database)
    assert status["revision"] == newest_revision()
    assert status["server"] == {"address": "127.0.0.1:1", "answers": False, "ready": False, "problems": []}
    counts = status["counts"]
    assert (counts["members"], counts["projects"], counts["local_posts"]) == (1, 1, 0)
    assert counts["inbound"] == counts["outbound"] == {"waiting": 0, "oldest_due_at": None}
    assert counts["processes"] == []


def test_status_is_for_people_as_well(cli: CommandLine) -> None:
    said = cli.ok("status")
    assert re.search(r"^handles +@name@localhost:8080$", said, re.MULTILINE)
    assert re.search(r"^server +does not answer on 127\.0\.0\.1:1$", said, re.MULTILINE)
    assert re.search(r"^to deliver +nothing$", said, re.MULTILINE)


def test_who_answers_something_else_is_no_server_of_ours(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        monkeypatch.setenv("FEDIHUB_LISTEN", f"127.0.0.1:{stranger.getsockname()[1]}")

        def answer() -> None:
            connection, _ = stranger.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n[]")

        thread = threading.Thread(target=answer)
        thread.start()
        assert cli.json("status")["server"]["answers"] is False
        thread.join()


def test_status_needs_a_hub(empty: CommandLine) -> None:
    assert empty.fails("status") == (
        f"fedihub: there is no database at {empty.database}: run `fedihub init`, "
        "or set FEDIHUB_DATA_DIR to the folder that holds it"
    )
    assert not empty.data_dir.exists()


def test_version_needs_nothing(empty: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDIHUB_BASE_URL", "nonsense")
    assert empty.ok("version").startswith(f"fedihub {VERSION} (Python 3.")
    assert empty.json("version")["version"] == VERSION


def test_a_database_that_is_up_to_date_needs_no_migration(cli: CommandLine) -> None:
    up_to_date = f"The database is up to date (revision {newest_revision()})\n"
    assert cli.ok("migrate", "--check") == up_to_date
    assert cli.ok("migrate") == up_to_date


def test_a_newer_database_is_refused_by_every_command(cli: CommandLine) -> None:
    with closing(sqlite3.connect(cli.database)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in (["migrate"], ["migrate", "--check"], ["status"], ["member", "list"], ["init"]):
        assert "newer than this program" in cli.fails(*command)


def test_migrate_makes_no_hub(empty: CommandLine) -> None:
    assert empty.fails("migrate") == f"fedihub: there is no hub in {empty.database} yet: make one with `fedihub init`"
    assert not empty.data_dir.exists()
