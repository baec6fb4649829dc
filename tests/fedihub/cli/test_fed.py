"""`fedihub fed …`: why can somebody not be found? The commands ask a hub that really answers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from storage.actors import Actor
from storage.posts import Post
from tests.fedihub.cli.conftest import CommandLine
from tests.support.process import fedihub, free_port, running


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Another hub, with a member called bo; gives its host."""
    folder: Path = tmp_path_factory.mktemp("other")
    host = f"127.0.0.1:{free_port()}"
    settings = {
        "data_dir": str(folder / "data"), "listen": host, "base_url": f"http://{host}", "allow_loopback": "1",
    }  # fmt: skip
    (folder / "password").write_text("correct horse battery")
    owner = ("--owner", "bo", "--email", "bo@other.example", "--password-file", str(folder / "password"))
    assert fedihub("init", *owner, **settings).returncode == 0
    with running("serve", log=folder / "log", **settings):
        yield host


@pytest.fixture
def development(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A hub that may speak to peers on this machine."""
    monkeypatch.setenv("FEDIHUB_ALLOW_LOOPBACK", "1")
    return cli


def test_webfinger_shows_whose_a_handle_is(development: CommandLine, other: str) -> None:
    found = development.json("fed", "webfinger", f"@bo@{other}")
    assert (found["asked_for"], found["handle"], found["type"]) == (f"bo@{other}", f"bo@{other}", "Person")
    assert found["actor"].startswith(f"http://{other}/ap/actors/")
    assert development.json("status")["counts"]["remote_actors"] == 0


def test_lookup_finds_and_remembers_somebody_elsewhere(development: CommandLine, other: str) -> None:
    found = development.json("fed", "lookup", f"@bo@{other}")
    assert (found["kind"], found["handle"]) == ("remote", f"@bo@{other}")
    assert found["inbox"] == f"{found['uri']}/inbox"
    assert (found["gone_at"], found["moved_to"]) == (None, None)
    assert development.json("fed", "lookup", found["uri"])["handle"] == f"@bo@{other}"
    assert f"@bo@{other}" in development.ok("fed", "lookup", f"http://{other}/@bo")
    assert development.json("status")["counts"]["remote_actors"] == 1


def test_lookup_says_where_somebody_is_now(development: CommandLine, other: str) -> None:
    there = development.json("fed", "lookup", f"@bo@{other}")["uri"]
    development.say("maya", "Hello")
    moving = update(Actor).values(moved_to_uri=there).where(col(Actor.username) == "maya")
    development.change(lambda session: session.execute(moving))
    assert development.json("fed", "lookup", "@maya")["moved_to"] == there
    assert re.search(f"moved to +{there}", development.ok("fed", "lookup", "@maya"))


def test_who_is_not_there_is_named(development: CommandLine, other: str) -> None:
    assert f"@nobody@{other} could not be found" in development.fails("fed", "lookup", f"@nobody@{other}")
    assert "the host does not know this handle (404)" in development.fails("fed", "webfinger", f"@nobody@{other}")
    assert "not a handle like @name@host" in development.fails("fed", "webfinger", "nobody")
    assert "nobody here is called eve" in development.fails("fed", "lookup", "@eve")


def test_without_the_setting_this_machine_is_no_peer(cli: CommandLine, other: str) -> None:
    for command in ("lookup", "webfinger"):
        assert cli.run("fed", command, f"@bo@{other}").exit_code == 1
    assert cli.json("status")["counts"]["remote_actors"] == 0


def test_fetch_shows_the_answer_and_what_it_would_mean_here(development: CommandLine, other: str) -> None:
    uri = development.json("fed", "webfinger", f"@bo@{other}")["actor"]
    found = development.json("fed", "fetch", uri)
    assert (found["status"], found["verdict"]) == (200, "believed")
    assert found["headers"]["Content-Type"].startswith("application/activity+json")
    assert found["signed_by"].endswith("#main-key")
    assert (found["meaning"]["is"], found["meaning"]["handle"]) == ("an actor", f"@bo@{other}")
    assert found["document"]["id"] == uri
    shown = development.ok("fed", "fetch", uri)
    assert re.search("^document +believed$", shown, re.MULTILINE)
    assert f'"id": "{uri}"' in shown
    at_its_page = development.ok("fed", "fetch", found["document"]["url"])
    assert re.search(f"^id +{re.escape(uri)}$", at_its_page, re.MULTILINE)
    assert development.json("status")["counts"]["remote_actors"] == 0


def test_fetch_says_why_a_document_is_not_believed(development: CommandLine, other: str) -> None:
    page = development.json("fed", "fetch", f"http://{other}/robots.txt")
    assert (page["status"], page["document"]) == (200, None)
    assert page["verdict"].startswith("not believed: the document is not served as ActivityPub")
    assert page["excerpt"].startswith("User-agent")
    assert development.json("fed", "fetch", f"http://{other}/ap/posts/1")["verdict"].endswith("(http_404)")
    assert "could not be reached" in development.fails("fed", "fetch", "http://127.0.0.1:1/x")


def newest_post(cli: CommandLine) -> str:
    """The id of the post that was made last."""
    return str(cli.look(lambda session: session.scalar(select(func.max(Post.id)))))


def test_preview_shows_what_a_peer_makes_of_a_post(cli: CommandLine) -> None:
    cli.say("maya", "Oak is best #Wood")
    found = cli.json("fed", "preview", newest_post(cli), "--as", "mastodon")
    read = found["reading"]
    assert (read["shown_as"], read["audience"], read["text"]) == ("post", "public", "Oak is best #Wood")
    assert read["hashtags"] == ["Wood"]
    assert "context" in read["dropped"]
    assert found["document"]["type"] == "Note"
    cli.say("maya", "Oak is best\n\nBirch is good")
    assert "\ntext\n  Oak is best\n  Birch is good\n" in cli.ok("fed", "preview", newest_post(cli), "--as", "misskey")
    assert "answers nothing and is addressed to no community" in cli.ok(
        "fed", "preview", newest_post(cli), "--as", "lemmy"
    )
    assert "no such post" in cli.fails("fed", "preview", "12", "--as", "misskey")
    assert cli.run("fed", "preview", "12", "--as", "myspace").exit_code == 2


def test_preview_reads_what_stands_elsewhere(development: CommandLine, other: str) -> None:
    uri = development.json("fed", "webfinger", f"@bo@{other}")["actor"]
    assert "is no post that can be read" in development.fails("fed", "preview", uri, "--as", "gotosocial")


def test_explain_says_what_decides(cli: CommandLine) -> None:
    cli.say("maya", "Hello")
    found = cli.json("fed", "explain", newest_post(cli), "peer.example")
    assert (found["why"], found["audience"], found["deliveries"]) == ("nobody_there", "public", [])
    assert "Nobody on peer.example follows the author" in cli.ok("fed", "explain", newest_post(cli), "peer.example")
    assert "no such post" in cli.fails("fed", "explain", "12", "peer.example")
    assert "is no host name" in cli.fails("fed", "explain", newest_post(cli), "not a host")
    assert "is known here by the id" in cli.fails("fed", "explain", "https://peer.example/1234", "peer.example")
