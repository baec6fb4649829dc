"""A copy of scripts/ beside a python3 that only writes down what it is asked: installs nothing, takes no time."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.source import ROOT

# All that the scripts may use of a system. `id` and `ls` are ours: no test may install anything here.
TOOLS = ("sh", "basename", "cat", "chmod", "cksum", "cp", "dirname", "grep", "mkdir", "rm", "sed", "tail", "tr")
FAKE_FEDIHUB = """#!/bin/sh
# Stands for .venv/bin/fedihub: `init` makes what the real one makes, the first time.
echo "fedihub $*" >>"{log}"
data=$FEDIHUB_DATA_DIR
case "$1" in
init)
    mkdir -p "$data"
    [ -e "$data/fedihub.sqlite3" ] || echo a-new-password >"$data/first-password.txt"
    echo database >"$data/fedihub.sqlite3"
    ;;
esac
[ "$1" != "${{FAILS:-}}" ]
"""
FAKE_PYTHON = """#!/bin/sh
# Stands for python3: in a sandbox that "has" a given version, and as .venv/bin/python in the environment that it makes.
echo "$*" >>"{log}"
case "$*" in
*version_info\\[:2]*) echo "{version}" ;;
*"sys.exit(sys.version_info"*) exit {too_old} ;;
*"import venv"*) exit {no_venv} ;;
*"-m venv"*)
    for folder; do :; done
    mkdir -p "$folder/bin"
    cp "$0" "$folder/bin/python"
    cp "{fedihub}" "$folder/bin/fedihub"
    chmod +x "$folder/bin/fedihub"
    ;;
*"-m uv"*) exit {no_uv} ;;
esac
"""


class Sandbox:
    """A project folder with the scripts, and a PATH with nothing but what they may ask for."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.log = folder / "log"
        self.bin = folder / "bin"
        self.bin.mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found
            (self.bin / tool).symlink_to(found)
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        for name in ("pyproject.toml", "constraints.txt", "bootstrap.lock", "build.lock", "pasture.lock"):
            (self.root / name).write_text(f"{name}, first version\n")
        self.migrations = self.root / "storage" / "migrations" / "versions"
        self.migrations.mkdir(parents=True)
        self.fedihub = folder / "fedihub"
        self.fedihub.write_text(FAKE_FEDIHUB.format(log=self.log))
        self.fedihub.chmod(0o755)
        self.has("id", "echo 1000")
        self.has("ls", f'case "$*" in {self.root}*) echo {self.migrations}/* ;; *) exit 1 ;; esac')
        self.has_python("3.13")

    def has(self, tool: str, script: str) -> None:
        """Put a tool of this name into PATH."""
        (self.bin / tool).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / tool).chmod(0o755)

    def has_python(self, version: str, *, venv: bool = True, uv: bool = True) -> None:
        """Put a python3 into PATH that claims this version."""
        too_old = tuple(map(int, version.split("."))) < (3, 11)
        self.has("python3", "")
        (self.bin / "python3").write_text(
            FAKE_PYTHON.format(
                log=self.log,
                fedihub=self.fedihub,
                version=version,
                too_old=int(too_old),
                no_venv=int(not venv),
                no_uv=int(not uv),
            )
        )

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one of the scripts, from another folder and without a terminal."""
        return subprocess.run(
            [self.root / "scripts" / script, *arguments],
            env={"PATH": str(self.bin), "HOME": str(self.root), **environment},
            cwd=os.sep,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self) -> list[str]:
        """What python3 and fedihub were asked since the last time, one line each."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """A project folder with the scripts, and a PATH with nothing but what they may ask for."""
    return Sandbox(tmp_path)
