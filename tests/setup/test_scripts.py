"""What somebody meets who has just cloned the repository: the scripts, and what they say when they can't go on."""

import subprocess

import pytest

from tests.setup.conftest import Sandbox
from tests.support.source import ROOT

SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file())


def installs(asked: list[str]) -> list[str]:
    """Those of python3's tasks that install something."""
    return [line for line in asked if " install " in line]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_plain_sh(script: object) -> None:
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0


def test_a_python_that_is_too_old_is_named_and_nothing_is_made(sandbox: Sandbox) -> None:
    sandbox.has_python("3.9")
    result = sandbox.run("run")
    assert result.returncode == 1
    assert "needs Python 3.11 or newer; 'python3' is Python 3.9" in result.stderr
    assert not (sandbox.root / ".venv").exists()


def test_a_machine_without_python_is_told_what_to_install(sandbox: Sandbox) -> None:
    (sandbox.bin / "python3").unlink()
    result = sandbox.run("run")
    assert result.returncode == 1
    assert "apt-get install python3 python3-venv" in result.stderr


def test_a_python_without_venv_is_told_which_package_has_it(sandbox: Sandbox) -> None:
    sandbox.has_python("3.12", venv=False)
    result = sandbox.run("run")
    assert result.returncode == 1
    assert "perhaps python3.12-venv" in result.stderr
    assert not (sandbox.root / ".venv").exists()


def test_the_first_start_makes_environment_and_first_member_then_serves(sandbox: Sandbox) -> None:
    result = sandbox.run("run")
    asked = sandbox.asked()
    assert result.returncode == 0, result.stderr
    assert any("--require-hashes -r bootstrap.lock" in line for line in asked)
    assert any("--require-hashes -r build.lock" in line for line in asked)
    assert any("-e . -c constraints.txt" in line for line in asked)
    assert asked[-2:] == ["fedihub init --owner owner --email owner@localhost", "fedihub serve"]
    assert "http://localhost:8080" in result.stderr
    assert 'The first member is "owner", with the password a-new-password' in result.stderr
    assert f"the password in {sandbox.root}/data/first-password.txt" in result.stderr


def test_the_second_start_only_serves_and_shows_no_password(sandbox: Sandbox) -> None:
    sandbox.run("run")
    sandbox.asked()
    result = sandbox.run("run")
    assert sandbox.asked() == ["fedihub serve"]
    assert "a-new-password" not in result.stderr


def test_after_an_update_with_a_migration_the_database_follows_before_anything_is_served(sandbox: Sandbox) -> None:
    sandbox.run("run")
    sandbox.asked()
    (sandbox.migrations / "0002_more.py").touch()
    assert "a-new-password" not in sandbox.run("run").stderr
    assert [line.split()[1] for line in sandbox.asked()] == ["migrate", "init", "serve"]


def test_a_database_that_was_taken_away_is_made_anew(sandbox: Sandbox) -> None:
    sandbox.run("run")
    sandbox.asked()
    (sandbox.root / "data" / "fedihub.sqlite3").unlink()
    sandbox.run("run")
    assert [line.split()[1] for line in sandbox.asked()] == ["init", "serve"]


def test_another_database_is_filled_once(sandbox: Sandbox) -> None:
    for _ in range(2):
        sandbox.run("run", FEDIHUB_DATABASE_URL="postgresql://hub@db.example/hub")
    commands = [line.split()[1] for line in sandbox.asked() if line.startswith("fedihub")]
    assert commands == ["init", "serve", "serve"]


def test_settings_from_environment_and_file_are_kept(sandbox: Sandbox) -> None:
    config = sandbox.root / "hub.conf"
    config.write_text(f"FEDIHUB_DATA_DIR = {sandbox.root}/elsewhere\nFEDIHUB_BASE_URL=https://file.example\n")
    result = sandbox.run("run", FEDIHUB_CONFIG=str(config), FEDIHUB_BASE_URL="https://hub.example")
    assert "https://hub.example" in result.stderr
    assert (sandbox.root / "elsewhere" / "first-password.txt").exists()
    assert not (sandbox.root / "data").exists()


@pytest.mark.parametrize("command", ["init", "migrate"])
def test_what_could_not_be_prepared_is_not_served(sandbox: Sandbox, command: str) -> None:
    sandbox.run("run")
    (sandbox.migrations / "0002_more.py").touch()
    sandbox.asked()
    for _ in range(2):
        result = sandbox.run("run", FAILS=command)
        assert result.returncode == 1
        assert "nothing is served" in result.stderr
    assert "fedihub serve" not in sandbox.asked()


def test_the_environment_is_made_anew_only_when_what_it_is_made_from_changes(sandbox: Sandbox) -> None:
    sandbox.run("run")
    assert installs(sandbox.asked())
    sandbox.run("run")
    assert not installs(sandbox.asked())
    (sandbox.root / "constraints.txt").write_text("another version\n")
    sandbox.run("run")
    assert installs(sandbox.asked())


def test_what_the_tests_need_is_added_once_and_serves_the_hub_too(sandbox: Sandbox) -> None:
    sandbox.run("run")
    sandbox.asked()
    sandbox.run("test")
    assert any("-e .[test] -c constraints.txt" in line for line in installs(sandbox.asked()))
    sandbox.run("run")
    assert not installs(sandbox.asked())


def test_a_project_that_was_moved_gets_a_new_environment(sandbox: Sandbox) -> None:
    sandbox.run("run")
    sandbox.asked()
    sandbox.root = sandbox.root.rename(sandbox.root.with_name("moved"))
    sandbox.run("run")
    assert any("venv --clear" in line for line in sandbox.asked())


def test_without_uv_pip_installs_the_same_versions(sandbox: Sandbox) -> None:
    sandbox.has_python("3.11", uv=False)
    result = sandbox.run("run")
    assert result.returncode == 0, result.stderr
    assert "-m pip install --no-build-isolation -e . -c constraints.txt" in installs(sandbox.asked())[-1]


def test_what_tests_cannot_have_is_said_last_and_loudly(sandbox: Sandbox) -> None:
    result = sandbox.run("test")
    said = result.stderr.strip().splitlines()[-2:]
    assert [line.split(".")[0] for line in said] == [
        "LEFT OUT: the tests on PostgreSQL",
        "LEFT OUT: the tests in a browser",
    ]
    assert all("apt-get install" in line for line in said)
    assert result.returncode == 0


def test_in_ci_whatever_is_left_out_fails_the_run(sandbox: Sandbox) -> None:
    assert sandbox.run("test", CI="true").returncode == 1


def test_with_everything_there_nothing_is_said_and_arguments_reach_pytest(sandbox: Sandbox) -> None:
    for program in ("initdb", "chromium"):
        sandbox.has(program, "")
    result = sandbox.run("test", "tests/federation", "-x", CI="true")
    assert sandbox.asked()[-1] == "-m pytest tests/federation -x"
    assert "LEFT OUT" not in result.stderr
    assert result.returncode == 0


def test_the_whole_suite_runs_in_three_processes(sandbox: Sandbox) -> None:
    sandbox.run("test")
    assert sandbox.asked()[-1] == "-m pytest -n 3 --dist worksteal"


def test_root_on_debian_gets_installed_what_tests_need(sandbox: Sandbox) -> None:
    sandbox.has("id", "echo 0")
    sandbox.has("apt-get", f'echo "apt-get $*" >>"{sandbox.log}"')
    sandbox.run("test")
    assert "apt-get install -y -qq --no-install-recommends postgresql chromium" in sandbox.asked()


def test_only_the_tests_get_data_of_others_and_nothing_that_it_depends_on(sandbox: Sandbox) -> None:
    sandbox.run("run")
    assert [line for line in sandbox.asked() if "pasture.lock" in line] == []
    sandbox.run("test")
    asked = [line for line in sandbox.asked() if "pasture.lock" in line]
    assert len(asked) == 1
    assert "--no-deps --require-hashes -r pasture.lock" in asked[0]
