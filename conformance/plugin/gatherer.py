"""Gathers the judgements of all processes, and writes the results."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from functools import partial
from typing import Any

import pytest

from conformance.base.clock import folder_name
from conformance.base.errors import HarnessError
from conformance.model import worst

GATHERER = "messages-gatherer"
"""The name under which pytest knows the one `Gatherer` of a session."""

SCREEN = "messages-screen"
"""The name under which pytest knows the one `CommandScreen` of a session, where the command started it."""

FEWEST_LINES = 12
"""Lines of the end of a run of which there are many at a time."""

WORDS = {
    "pass": ("passed", ".", "PASS"),
    "fail": ("deviating", "d", "DEVIATES"),
    "ignored": ("ignored", "i", "IGNORED"),
    "unsupported": ("unsupported", "u", "UNSUPPORTED"),
    "inconclusive": ("inconclusive", "?", "INCONCLUSIVE"),
    "not-applicable": ("not applicable", "n", "NOT APPLICABLE"),
    "not-run": ("not run", "-", "NOT RUN"),
}
"""How outcomes that do not gate are shown under pytest: category of the closing line, letter, word."""

KNOWN = ("known", "k", "KNOWN")
"""How a known deviation is shown."""

OURS = "error of messages-conformance, not of the endpoint: "
"""How the sentence about an error with exit code 3 begins."""

PHASES = ("setup", "call", "teardown")
"""Phases of a test. The report of a test that took its worker with it has none."""


class Gatherer:
    """Hooks of the process that writes the results: the only one, or the controller of pytest-xdist.

    `stamp` is the UTC time that names the folder of this run in every process. `lost` is True once a worker has died;
    whoever takes its place cannot continue its run, which is no mistake of the user.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.stamp = folder_name()
        self.packed: list[dict[str, Any]] = []
        self.other_failures = 0
        self.error = 0
        self.problem = ""
        self.summary = ""
        self.lost = False

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Notes bad input, such as a malformed case file."""
        error = getattr(report, "messages_error", None)
        if error is not None:
            self._note(error, report.longreprtext)

    @property
    def screen(self) -> Any:
        """What the command shows in place of pytest's output; None where pytest was started itself."""
        return self.config.pluginmanager.get_plugin(SCREEN)

    def _note(self, exit_code: int, sentence: str) -> None:
        """Notes an error of ours or of the user. Its sentence is printed at the end where pytest does not print it."""
        self.error = worst([self.error, exit_code])
        if not self.problem and self.config.option.tbstyle == "no":
            self.problem = sentence

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gathers judgements; notes failures of other tests, which keep their own exit code."""
        packed = getattr(report, "messages_judged", None)
        error = getattr(report, "messages_error", None)
        if packed is not None:
            self.packed.append(packed)
        elif error is not None:
            self._note(3 if self.lost else error, str(report.longrepr))
        elif report.failed and is_case(report.nodeid):
            self.lost = self.lost or report.when not in PHASES
            self.add(3, f"{report.nodeid} was not judged: {_first_line(report)}")
        elif report.failed:
            self.other_failures += 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Ends a session with cases with one sentence, and no traceback, where a hook of any plugin fails."""
        if not self._has_runs():
            return
        from conformance.plugin.crash import sentence_of

        sentence = f"{OURS}{sentence_of(excinfo.value, self.config)}"
        pytest.exit(sentence, returncode=3)

    def _has_runs(self) -> bool:
        """Whether runs were made in this process. Nothing is imported to find out."""
        session = sys.modules.get("conformance.plugin.session")
        return session is not None and session.SESSIONS in self.config.stash

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Notes what went wrong when a worker of pytest-xdist ended its runs."""
        error = getattr(node, "workeroutput", {}).get("messages_error")
        if error is not None:
            self.add(*error)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Writes the files of the runs and sets the exit code, whatever other plugins do at the end of a session."""
        if not self._has_cases(session):
            result = yield
            session.exitstatus = self.error or session.exitstatus
            return result
        from conformance.base.interrupt import uninterrupted
        from conformance.base.output import reason

        with uninterrupted():
            try:
                return (yield)
            except OSError as problem:
                self.add(3, f"a file of pytest cannot be written: {reason(problem)}.")
                return []
            finally:
                self._end(session)

    def add(self, exit_code: int, sentence: str) -> None:
        """Notes an error that belongs to no test. The first one is the cause, and is printed."""
        self.error = worst([self.error, exit_code])
        whose = OURS if exit_code == 3 else ""
        self.problem = self.problem or f"{whose}{sentence}"

    def _has_cases(self, session: pytest.Session) -> bool:
        """Whether there is anything of ours to end: judgements of workers, or cases of this process."""
        return bool(self.packed) or any(hasattr(item, "case") for item in getattr(session, "items", ()))

    def _end(self, session: pytest.Session) -> None:
        from conformance.base.output import reason
        from conformance.base.streams import output_problem
        from conformance.plugin.session import close_sessions, release_sessions

        lost = output_problem(self.screen.output if self.screen is not None else None)
        if lost is not None and self.screen is not None:
            self.error = worst([self.error, 3])  # the command says it itself
        elif lost is not None:
            self.add(3, f"the output cannot be written: {reason(lost)}.")
        self.error = worst([self.error, 3 if session.exitstatus == 3 else 0])  # an exception of pytest or of a plugin
        problem = close_sessions(self.config)
        if problem is not None:
            self.add(problem.exit_code, str(problem))
        exit_code = self._conclude() if self.packed else 0
        if session.exitstatus == 2 and not self.packed and not self.problem:
            self.summary = self._stopped()
        release_sessions(self.config)
        if self.error:
            session.exitstatus = worst([self.error, exit_code])
        elif self.packed and self.other_failures:
            session.exitstatus = 1
        elif self.packed and session.exitstatus in (0, 1, 2):
            session.exitstatus = exit_code

    def _stopped(self) -> str:
        """What is said of runs that were stopped before a result was judged."""
        from conformance.plugin.items import sessions
        from conformance.report.advice import stopped_early

        recorded = [each for each in sessions(self.config).values() if each.recorded]
        return stopped_early([each.shown_folder for each in recorded])

    def _conclude(self) -> int:
        """Writes the files of all runs and keeps the verdict for the terminal; returns the exit code of the runs."""
        from conformance.plugin.crash import foreseen
        from conformance.plugin.items import sessions
        from conformance.plugin.session import Judged
        from conformance.report import overview, terminal

        judged = [Judged.unpack(item) for item in self.packed]
        style = self._style(len({item.target for item in judged}))
        concluded, texts = [], []
        for name, session in sessions(self.config).items():
            own = [item for item in judged if item.target == name]
            if not own:
                continue
            show = partial(terminal.render, **style, folder=session.shown_folder)
            try:
                with foreseen(self.config):
                    finished = session.finish(own, self.error, show)
            except HarnessError as problem:
                self.problem = f"{self.problem.rstrip()} No report was written." if self.problem else ""
                self.add(problem.exit_code, str(problem))
                continue
            texts.append(finished.text)
            concluded.append(finished.results)
        if len(concluded) > 1 and style.get("detail") != "line":
            texts.append(overview.render(concluded))
        self.summary = "".join(texts) if style.get("detail") == "line" else "\n".join(texts)
        return worst([results.exit_code for results in concluded])

    def _style(self, targets: int) -> dict[str, Any]:
        """How the end of a run is shown; several targets share a screen."""
        lines = max((terminal_lines() - targets - 2) // targets, FEWEST_LINES) if targets > 1 else terminal_lines()
        if self.screen is not None:
            screen = self.screen
            return {"colour": screen.colour, "width": screen.width, "detail": screen.detail, "lines": lines}
        shown = {"blocks": 0} if self.config.option.tbstyle != "no" else {}
        verbose = {"detail": "all"} if self.config.get_verbosity() > 0 else {}
        return {"colour": self.config.get_terminal_writer().hasmarkup, "lines": lines, **shown, **verbose}

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Prints what the letters mean, and the verdict. The command does it once pytest is done."""
        if self.screen is not None:
            return
        legend = self._legend(terminalreporter.stats)
        for text in filter(None, (legend, self.summary, self.problem)):
            terminalreporter.write_line("")
            terminalreporter.write_line(text.rstrip())

    def _legend(self, stats: Mapping[str, object]) -> str:
        """What the letters in the progress mean, where letters were shown; empty where there were none of ours."""
        if self.config.get_verbosity() > 0:
            return ""
        shown = [(letter, name) for name, letter, _ in (*WORDS.values(), KNOWN) if letter != "." and stats.get(name)]
        return f"letters: {', '.join(f'{letter} {name}' for letter, name in shown)}" if shown else ""


def terminal_lines() -> int:
    """The lines of one screen."""
    from conformance.report.terminal import LINES

    return LINES


def is_case(nodeid: str) -> bool:
    """Whether a node id is that of a case, such as `choice.yaml::tools-any-forces-a-call[reference-json]`."""
    from conformance.standard.cases import USER_SUFFIX

    file, _, rest = nodeid.partition("::")
    return (file.endswith(USER_SUFFIX) or "catalogue/" in file) and rest.endswith(("-json]", "-stream]"))


def _first_line(report: pytest.TestReport) -> str:
    return next(iter(str(report.longrepr).splitlines()), "the test failed")
