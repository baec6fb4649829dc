"""The lock files hold names, versions and hashes: never an address, and nothing beside what pyproject.toml asks for."""

import re
import tomllib

import pytest

from tests.support.source import ROOT

LOCKS = ("constraints.txt", "requirements.lock", "build.lock", "bootstrap.lock", "pasture.lock")
PINNED = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)


def pinned(lock: str) -> dict[str, str]:
    """Each package of a lock file with its version."""
    return dict(PINNED.findall((ROOT / lock).read_text()))


def canonical(requirement: str) -> str:
    """The package that a requirement names, as lock files spell it."""
    name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_holds_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index" not in text
    assert pinned(lock)


def test_the_image_gets_the_versions_that_were_tested() -> None:
    tested = pinned("constraints.txt")
    assert {name: version for name, version in pinned("requirements.lock").items() if tested.get(name) != version} == {}


@pytest.mark.parametrize("lock", ["requirements.lock", "build.lock", "bootstrap.lock", "pasture.lock"])
def test_what_is_installed_without_being_asked_is_checked_by_hash(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [name for group in project["optional-dependencies"].values() for name in group]
    assert {canonical(name) for name in project["dependencies"]} <= set(pinned("requirements.lock"))
    assert {canonical(name) for name in extras} <= set(pinned("constraints.txt"))
