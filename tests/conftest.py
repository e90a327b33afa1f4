"""Plugins of all tests, and what a run says of its data."""

from __future__ import annotations

import os

import hypothesis
import pytest

from support.data import large_corpus, said_of_the_corpus

# No test depends on the clock, and none on luck: new examples are sought where MESSAGES_EXAMPLES is set (tox -e fuzz).
hypothesis.settings.register_profile("project", deadline=None, derandomize="MESSAGES_EXAMPLES" not in os.environ)
hypothesis.settings.load_profile("project")

pytest_plugins = ["pytester", "support.fixtures"]

SLOW = frozenset({"commands", "mutation", "peers", "plugin"})
"""Folders of whole runs and processes. Slow tests elsewhere say so with a marker."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what `tox -e quick` leaves out.

    https://docs.pytest.org/en/stable/reference/reference.html#pytest.hookspec.pytest_collection_modifyitems
    """
    for item in items:
        if SLOW.intersection(item.path.parts):
            item.add_marker(pytest.mark.slow)


def pytest_report_header() -> str:
    """https://docs.pytest.org/en/stable/reference/reference.html#pytest.hookspec.pytest_report_header."""
    return said_of_the_corpus()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says at the end what was not tested, for those who read only that.

    https://docs.pytest.org/en/stable/reference/reference.html#pytest.hookspec.pytest_terminal_summary
    """
    if large_corpus() is None:
        terminalreporter.write_line(said_of_the_corpus())
