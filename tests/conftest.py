"""Plugins of all tests, and what a run says of its data."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

from support.data import large_corpus, said_of_the_corpus

EXAMPLES = os.environ.get("MESSAGES_EXAMPLES")
# No test depends on the clock, and none on luck: random examples, and so many, are tried in `tox -e fuzz` only.
hypothesis.settings.register_profile(
    "project", deadline=None, derandomize=EXAMPLES is None, max_examples=int(EXAMPLES or 100)
)
hypothesis.settings.load_profile("project")

pytest_plugins = ["pytester", "support.fixtures"]

TESTS = Path(__file__).parent
SLOW = frozenset({"clients", "commands", "mutation", "peers", "plugin"})
"""Folders of whole runs and processes. Slow tests elsewhere say so with a marker."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what `tox -e quick` leaves out, and properties that hypothesis does not see, because a test holds them.

    https://docs.pytest.org/en/stable/reference/reference.html#pytest.hookspec.pytest_collection_modifyitems
    """
    for item in items:
        folders = set(item.path.relative_to(TESTS).parts) if item.path.is_relative_to(TESTS) else set()
        if folders & SLOW:
            item.add_marker(pytest.mark.slow)
        if "hostile" in folders:
            item.add_marker(pytest.mark.hypothesis)


def pytest_report_header() -> str:
    """https://docs.pytest.org/en/stable/reference/reference.html#pytest.hookspec.pytest_report_header."""
    return said_of_the_corpus()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says at the end what was not tested, for those who read only that.

    https://docs.pytest.org/en/stable/reference/reference.html#pytest.hookspec.pytest_terminal_summary
    """
    if large_corpus() is None:
        terminalreporter.write_line(said_of_the_corpus())
