"""`fedihub serve` and `fedihub worker` as processes: what refuses a start, how they stop, and what a kill leaves
behind.
"""

import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from fedihub.settings import Settings
from fedihub.startup import NotReady, check_database
from tests.support.database import DatabaseFarm, kinds
from tests.support.process import FEDIHUB, Process, environment, fedihub, free_port, running


@dataclass(frozen=True)
class Place:
    """A data directory with a hub in it, and a port for it."""

    folder: Path
    port: int

    @property
    def settings(self) -> dict[str, str]:
        """What a process is told."""
        return {
            "data_dir": str(self.folder / "data"),
            "listen": f"127.0.0.1:{self.port}",
            "base_url": f"http://localhost:{self.port}",
        }

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "data" / "fedihub.sqlite3"

    def start(self, command: str = "serve", **more: str) -> Process:
        """A process that may not be ready yet."""
        return Process(command, log=self.folder / f"{command}.log", **(self.settings | more))

    def refusal(self, command: str = "serve", **more: str) -> str:
        """The one line of a process that does not start."""
        result = fedihub(command, **(self.settings | more))
        assert result.returncode == 1, result.stderr
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1, result.stderr
        return result.stderr.strip()

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of what the server answers."""
        with connected(self.port) as connection:
            connection.sendall(request(path))
            return answer(connection)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub that was made once, to be copied."""
    folder = tmp_path_factory.mktemp("hub")
    assert fedihub("init", data_dir=str(folder / "data"), base_url="http://localhost:1").returncode == 0
    return folder / "data"


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Place:
    """A hub of its own for each test, under the address at which it will listen."""
    found = Place(tmp_path, free_port())
    found.database.parent.mkdir()
    found.database.write_bytes((made / "fedihub.sqlite3").read_bytes())
    with closing(sqlite3.connect(found.database)) as database, database:
        database.execute("UPDATE hub_facts SET value = ? WHERE name = 'base_url'", [found.settings["base_url"]])
        database.execute("UPDATE hub_facts SET value = ? WHERE name = 'handle_domain'", [f"localhost:{found.port}"])
    return found


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """A connection to the server, not kept longer than the block."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        yield connection


def request(path: str) -> bytes:
    """A request that keeps the connection open."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of one answer."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65_536)
        if not part:
            raise ConnectionError("no answer")
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(int(line[16:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length: "))
    while len(body) < length:
        body += connection.recv(65_536)
    return int(head.split()[1]), body


def test_it_says_where_it_is_serves_and_stops_when_asked(place: Place) -> None:
    server = place.start()
    ready = server.wait_until_ready()
    assert ready == f"FediHub is ready at http://localhost:{place.port} (listening on 127.0.0.1:{place.port})"
    assert place.get("/readyz") == (200, b'{"ready": true, "problems": []}')
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


def test_ctrl_c_stops_it_as_well(place: Place) -> None:
    with running("serve", log=place.folder / "log", **place.settings) as server:
        server.signal(signal.SIGINT)
        assert server.end() == 0


def test_a_stopped_server_leaves_its_slot_and_its_lock(place: Place) -> None:
    with running("serve", log=place.folder / "log", **place.settings) as server:
        status = json.loads(fedihub("status", "--json", **place.settings).stdout)
        assert [process["role"] for process in status["counts"]["processes"]] == ["server"]
        assert status["server"] == {
            "address": f"127.0.0.1:{place.port}", "answers": True, "ready": True, "problems": [],
        }  # fmt: skip
        server.stop()
    status = json.loads(fedihub("status", "--json", **place.settings).stdout)
    assert status["counts"]["processes"] == []
    assert status["server"]["answers"] is False


def test_a_second_server_on_the_same_file_is_refused(place: Place) -> None:
    with running("serve", log=place.folder / "log", **place.settings) as server:
        line = place.refusal(listen=f"127.0.0.1:{free_port()}")
        assert f"another FediHub process already serves {place.database}" in line
        assert "another FediHub process already serves" in place.refusal("worker")
        assert place.get("/readyz")[0] == 200
        assert server.stop() == 0


def test_after_a_kill_the_next_start_works_at_once(place: Place) -> None:
    for _ in range(2):
        with running("serve", log=place.folder / "log", **place.settings) as server:
            assert place.get("/readyz")[0] == 200
            server.kill()
    with closing(sqlite3.connect(place.database)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


LEASED = """
    INSERT INTO received_activities
        (id, actor_uri, activity_type, key_id, signature_hash, body, state, attempts, run_at, locked_until, received_at)
    VALUES (1, 'https://peer.test/u/1', 'Listen', 'https://peer.test/u/1#key', 'x', ?, 'waiting', 1, ?, ?, ?)
"""


def test_what_was_under_way_at_a_kill_is_taken_up_at_the_next_start(place: Place) -> None:
    """However far in the future its lease ends: the clock may have been wrong."""
    body = (
        b'{"id":"https://peer.test/a/1","type":"Listen","actor":"https://peer.test/u/1","object":"https://peer.test/o"}'
    )
    with closing(sqlite3.connect(place.database)) as database:
        now, later = "2026-01-01 00:00:00.000000", "2099-01-01 00:00:00.000000"
        database.execute(LEASED, (body, now, later, now))
        database.commit()
    with running("serve", log=place.folder / "log", **place.settings) as server:
        with closing(sqlite3.connect(place.database)) as database:
            deadline = time.monotonic() + 20
            while database.execute("SELECT state FROM received_activities").fetchone() == ("waiting",):
                assert time.monotonic() < deadline
        assert server.stop() == 0


def test_the_command_line_works_beside_it(place: Place) -> None:
    with running("serve", log=place.folder / "log", **place.settings):
        password = place.folder / "password"
        password.write_text("correct horse battery")
        result = fedihub(
            "member", "create", "ada", "--email", "ada@hub.example", "--password-file", str(password), **place.settings
        )
        assert (result.returncode, result.stderr) == (0, "")
        status, page = place.get("/@ada")
        assert status == 421  # the page belongs to the hub's own name, and the test asked for another
        with connected(place.port) as connection:
            connection.sendall(f"GET /@ada HTTP/1.1\r\nHost: localhost:{place.port}\r\n\r\n".encode())
            status, page = answer(connection)
        assert status == 200
        assert b"ada" in page


SLOW_BODY = b"client_name=slow&redirect_uris=urn:ietf:wg:oauth:2.0:oob"


def begin_slowly(place: Place, slow: socket.socket) -> None:
    """Send the beginning of a request, and wait until the server has begun with it."""
    slow.sendall(
        f"POST /api/v1/apps HTTP/1.1\r\nHost: localhost:{place.port}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(SLOW_BODY)}\r\n\r\n".encode()
        + SLOW_BODY[:5]
    )
    assert place.get("/healthz")[0] == 200  # came later, so what came before has been read


def test_what_is_under_way_ends_before_the_server_does(place: Place) -> None:
    """A request whose body is still coming when the signal arrives has its effect; nobody else is let in.

    Who is connected already, as a reverse proxy is, is told at once that requests should go elsewhere.
    """
    with (
        running("serve", log=place.folder / "log", **place.settings) as server,
        connected(place.port) as slow,
        connected(place.port) as proxy,
    ):
        begin_slowly(place, slow)
        proxy.sendall(request("/readyz"))
        assert answer(proxy)[0] == 200
        server.signal(signal.SIGTERM)
        wait_until_closed(place.port)
        proxy.sendall(request("/readyz"))
        assert answer(proxy) == (503, b'{"ready": false, "problems": ["the process is stopping"]}')
        assert server.is_running
        slow.sendall(SLOW_BODY[5:])
        assert answer(slow)[0] == 200
        assert server.end() == 0
    assert apps(place) == ["slow"]


def test_a_second_signal_cuts_the_waiting_short(place: Place) -> None:
    with running("serve", log=place.folder / "log", **place.settings) as server, connected(place.port) as slow:
        begin_slowly(place, slow)
        server.signal(signal.SIGTERM)
        wait_until_closed(place.port)
        server.signal(signal.SIGTERM)
        with pytest.raises(ConnectionError):
            answer(slow)
        assert server.end() == 0
    assert apps(place) == []


def apps(place: Place) -> list[str]:
    """The names of the apps that were registered."""
    with closing(sqlite3.connect(place.database)) as database:
        return [name for (name,) in database.execute("SELECT name FROM apps")]


def wait_until_closed(port: int) -> None:
    """Wait until nobody is let in any more."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with connected(port):
                pass
        except (ConnectionRefusedError, ConnectionResetError):  # reset: it came while the door was being closed
            return
    pytest.fail("the door is still open")


def test_there_must_be_a_hub(place: Place) -> None:
    line = place.refusal(data_dir=str(place.folder / "nowhere"))
    assert line == (
        f"fedihub: there is no database at {place.folder}/nowhere/fedihub.sqlite3: run `fedihub init`, "
        "or set FEDIHUB_DATA_DIR to the folder that holds it"
    )
    assert not (place.folder / "nowhere").exists()


def test_the_hub_must_still_have_its_name(place: Place) -> None:
    assert "a hub cannot change its name" in place.refusal(base_url="https://other.example")
    assert "a hub cannot change its name" in place.refusal(handle_domain="other.example")


def test_a_schema_of_a_newer_program_is_refused(place: Place) -> None:
    with closing(sqlite3.connect(place.database)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer than this program" in place.refusal()


def test_a_damaged_database_is_refused_and_left_alone(place: Place) -> None:
    with place.database.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(b"\xaa" * 4096)
    damaged = place.database.read_bytes()
    line = place.refusal()
    assert line.startswith(f"fedihub: {place.database} is damaged (")
    assert "put your newest backup in its place" in line
    assert place.database.read_bytes() == damaged


def test_an_address_that_is_taken_is_refused(place: Place) -> None:
    with socket.create_server(("127.0.0.1", place.port)):
        line = place.refusal()
    assert line.startswith(f"fedihub: cannot listen on 127.0.0.1:{place.port}: Address already in use; stop what")


async def test_files_that_cannot_be_written_are_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system is asked in our place, since root, as whom tests may run, can write everything."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(NotReady, match=f"{place.database} cannot be written by this account"):
        await check_database(Settings(data_dir=place.database.parent))


def test_loopback_peers_are_admitted_loudly(place: Place) -> None:
    with running("serve", log=place.folder / "log", allow_loopback="1", **place.settings) as server:
        assert server.stop() == 0
    assert "FEDIHUB_ALLOW_LOOPBACK is on" in server.log.read_text()


def test_a_server_that_nobody_works_for_says_so(place: Place) -> None:
    with running("serve", log=place.folder / "log", run_workers="0", **place.settings) as server:
        assert server.stop() == 0  # only then has the log been written to its end
    assert "FEDIHUB_RUN_WORKERS is off" in server.log.read_text()


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind == "postgresql"])
def test_on_postgresql_servers_and_workers_share_the_work(
    kind: str, database_farm: DatabaseFarm, tmp_path: Path
) -> None:
    place = Place(tmp_path, free_port())
    settings = place.settings | {"database_url": database_farm.of(kind).empty()}
    assert fedihub("init", **settings).returncode == 0
    with (
        running("serve", log=tmp_path / "serve.log", run_workers="0", **settings) as server,
        running("worker", log=tmp_path / "first.log", **settings) as worker,
        running("worker", log=tmp_path / "second.log", **settings),
    ):
        assert place.get("/readyz")[0] == 200
        processes = json.loads(fedihub("status", "--json", **settings).stdout)["counts"]["processes"]
        assert [(each["slot"], each["role"]) for each in processes] == [(0, "server"), (1, "worker"), (2, "worker")]
        assert worker.stop() == 0
        assert server.stop() == 0


def test_few_file_descriptors_are_enough_for_the_database(place: Place) -> None:
    """Who comes when the house is full hears 503; nobody waits in vain, and the log stays short."""
    process = subprocess.Popen(
        [*FEDIHUB, "serve"],
        env=environment(**place.settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (96, 96)),  # noqa: PLW1509 - no threads here
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        statuses = knock(place.port, times=200)
        assert statuses.count(200) == 16
        assert statuses.count(503) == 184
        assert let_in_again(place) == b'{"ready": true, "problems": []}'
    finally:
        process.terminate()
        _, log = process.communicate(timeout=60)
    assert len(log.splitlines()) < 20


def let_in_again(place: Place) -> bytes:
    """Ask for readiness until the server has noticed that the crowd has gone."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        status, body = place.get("/readyz")
        if status == 200:
            return body
    pytest.fail("nobody is let in any more")


def knock(port: int, *, times: int) -> list[int]:
    """Open so many connections, keep them all, and ask on each; gives the statuses."""
    connections = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(times)]
    statuses = []
    for connection in connections:
        with suppress(OSError):  # the answer may have come before the question
            connection.sendall(request("/healthz"))
        statuses.append(answer(connection)[0])
    for connection in connections:
        connection.close()
    return statuses
