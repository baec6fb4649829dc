"""The demo is the product's story and must come true: two hubs, real sockets, real signatures."""

import re
import signal
import subprocess
from pathlib import Path
from typing import IO

import pytest

from fedihub.demo.narrator import Narrator
from fedihub.demo.stage import two_hubs
from fedihub.demo.story import StepFailed, Story
from fedihub.services.members import create_member
from tests.support.process import FEDIHUB, environment, fedihub


def test_the_story_comes_true_and_leaves_nothing_behind(tmp_path: Path) -> None:
    real = {"base_url": "https://real.example", "database_url": f"sqlite+aiosqlite:///{tmp_path}/untouched.sqlite3"}
    result = fedihub("demo", "--once", handle_domain="real.example", **real)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout + result.stderr
    told = result.stdout
    for number, activity in enumerate(["WebFinger", "POST Follow", "POST Accept", "POST Create"], start=1):
        assert activity in told, number
    assert told.count("POST Create") == 2  # the update, and the reply
    assert "signed (draft-cavage)" in told
    assert told.count("   ok: ") == 5
    assert "it is on the project's page" in told
    assert told.rstrip().endswith("Everything arrived where it should.")
    assert "\x1b" not in told
    assert list(tmp_path.iterdir()) == []


def playing(folder: Path) -> "tuple[subprocess.Popen[str], IO[str]]":
    """A demo that has its folder in this one, and what it tells."""
    process = subprocess.Popen(
        [*FEDIHUB, "demo"],
        env=environment() | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout


def test_both_hubs_run_on_until_they_are_stopped(tmp_path: Path) -> None:
    process, stdout = playing(tmp_path)
    told = ""
    while "Ctrl-C stops both" not in told:
        line = stdout.readline()
        assert line, told
        told += line
    assert re.search(r"the project +http://localhost:\d+/@solarpumps\n", told)
    assert re.search(r"be Bo +http://127\.0\.0\.1:\d+/sign-in  \(bo, demo-password\)\n", told)
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "nothing of it remains" in rest
    assert list(tmp_path.iterdir()) == []


def test_it_can_be_stopped_before_its_end(tmp_path: Path) -> None:
    process, stdout = playing(tmp_path)
    assert stdout.readline().startswith("FediHub demo")
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors == "fedihub: the demo was stopped before its end; nothing of it remains\n"
    assert list(tmp_path.iterdir()) == []


async def test_a_step_without_effect_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other hub's worker is stopped: the follow never leaves, so the story must not go on as if it had."""
    monkeypatch.setattr("fedihub.demo.story.PATIENCE_SECONDS", 0.2)
    narrator = Narrator()
    async with two_hubs(narrator.show) as (ours, theirs):
        monkeypatch.setattr(theirs.wake.outbound, "set", lambda: None)
        monkeypatch.setattr("fedihub.workers.pipeline.QUIET_SECONDS", 60)
        with pytest.raises(StepFailed, match=r"step '2. Bo, on .* the project has accepted Bo's follow"):
            await Story(ours, theirs, narrator).play()


async def test_a_step_that_is_refused_is_named() -> None:
    narrator = Narrator()
    async with two_hubs(narrator.show) as (ours, theirs):
        await create_member(ours, username="maya", email="other@hub.example", password="another password")
        with pytest.raises(StepFailed, match=r"failed at step '1. Maya, a member of .*: this username is taken"):
            await Story(ours, theirs, narrator).play()
