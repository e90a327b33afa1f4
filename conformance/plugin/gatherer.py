"""Gathers the judgements of all processes, and writes the results."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.model import HarnessError, worst

BLOCKS = 5
"""How many failure blocks the closing summary shows where pytest does not show them itself."""


class Gatherer:
    """Hooks of the process that writes the results: the only one, or the controller of pytest-xdist.

    `stamp` is the UTC time that names the folder of this run in every process.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        self.packed: list[dict[str, Any]] = []
        self.other_failures = 0
        self.error = 0
        self.problem = ""
        self.summary = ""
        self.area = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Notes bad input, such as a malformed case file."""
        error = getattr(report, "messages_error", None)
        if error is not None:
            self._note(error, report.longreprtext)

    def _note(self, exit_code: int, sentence: str) -> None:
        """Notes an error of ours or of the user. Its sentence is printed at the end where pytest does not print it."""
        self.error = worst([self.error, exit_code])
        if not self.problem and self.config.option.tbstyle == "no":
            self.problem = sentence

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Names the area when it changes, where pytest does not name files itself (`-q`, as the command runs it)."""
        file = nodeid.partition("::")[0]
        area = Path(file).parent.name if "catalogue/" in file else ""
        if area and area != self.area and self.config.get_verbosity() == -1:
            terminal: Any = self.config.pluginmanager.get_plugin("terminalreporter")
            terminal.write(f"{chr(10) if self.area else ''}{area:<12} ")
            self.area = area

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gathers judgements; notes failures of other tests, which keep their own exit code."""
        packed = getattr(report, "messages_judged", None)
        error = getattr(report, "messages_error", None)
        if packed is not None:
            self.packed.append(packed)
        elif error is not None:
            self._note(error, str(report.longrepr))
        elif report.failed:
            self.other_failures += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Writes the files of the runs and sets the exit code."""
        broken = 3 if session.exitstatus == 3 else 0  # pytest stopped at an exception of its own or of a plugin
        self.error = worst([self.error, broken])
        if self.error:
            session.exitstatus = self.error
        if not self.packed:
            return
        from conformance.plugin.session import close_sessions

        close_sessions(self.config)
        try:
            self.summary, exit_code = self._conclude()
        except HarnessError as problem:
            self.summary, exit_code = f"error of messages-conformance: {problem}\n", problem.exit_code
        if self.error:
            session.exitstatus = worst([self.error, exit_code])
            return
        if self.other_failures:
            session.exitstatus = 3 if exit_code == 3 else 1
        elif session.exitstatus in (0, 1, 2):
            session.exitstatus = exit_code

    def _conclude(self) -> tuple[str, int]:
        """Writes the files of all runs; returns the verdict for the terminal and the exit code.

        Raises HarnessError where files cannot be read or written.
        """
        from conformance.plugin.items import sessions
        from conformance.plugin.session import Judged
        from conformance.report import overview, terminal

        judged = [Judged.unpack(item) for item in self.packed]
        shown = 0 if self.config.option.tbstyle != "no" else BLOCKS
        concluded, texts = [], []
        for name, session in sessions(self.config).items():
            own = [item for item in judged if item.target == name]
            if own:
                results = session.finish(own, self.error)
                report = str(session.run.folder / "report.html")
                colour = self.config.get_terminal_writer().hasmarkup
                texts.append(terminal.render(results, colour=colour, limit=shown, report=report))
                concluded.append(results)
        if len(concluded) > 1:
            texts.append(overview.render(concluded))
        return "\n".join(texts), worst([results.exit_code for results in concluded])

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Prints the verdict."""
        for text in filter(None, (self.summary, self.problem)):
            terminalreporter.write_line("")
            terminalreporter.write_line(text.rstrip())
