"""A test that is skipped must not go unseen where everything has to be run."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source import ROOT

ONE_OF_TWO_IS_SKIPPED = """
import pytest

def test_runs():
    pass

@pytest.mark.skip(reason="nothing to run it with")
def test_does_not_run():
    pass
"""


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_only_in_ci_a_skipped_test_fails_the_run(tmp_path: Path, ci: str, code: int) -> None:
    (tmp_path / "test_two.py").write_text(ONE_OF_TWO_IS_SKIPPED)
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.support.left_out", "--rootdir", tmp_path, tmp_path],
        env={"PYTHONPATH": str(ROOT), "CI": ci},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed, 1 skipped" in result.stdout
    assert result.returncode == code
    assert ("LEFT OUT: 1 tests" in result.stdout) == bool(code)
