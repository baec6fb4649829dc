"""A plugin of pytest (pyproject.toml names it): with CI=true nothing may be left out, so a skip fails the run."""

import os

import pytest
from _pytest.terminal import TerminalReporter


def _skipped(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", ())) if isinstance(reporter, TerminalReporter) else 0


def _nothing_may_be_left_out() -> bool:
    return os.environ.get("CI") == "true"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn success into failure when tests were skipped where none may be."""
    if _nothing_may_be_left_out() and _skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say so, right above pytest's own last line."""
    count = _skipped(terminalreporter.config)
    if count and _nothing_may_be_left_out():
        terminalreporter.write_line(f"LEFT OUT: {count} tests were skipped; with CI=true that is a failure.", red=True)
