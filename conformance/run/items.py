"""Case files and cases as pytest knows them.

Belongs here: the collector, the item, and how an outcome becomes a pytest result. Does not belong here: hooks and
options (`plugin.py`), the run itself (`session.py`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.judge.verdict import DECIDED
from conformance.model import Case, HarnessError, Judgement, Mode
from conformance.report import terminal
from conformance.report.block import block
from conformance.run.finish import Judged, finish
from conformance.run.library import is_selected
from conformance.run.outcome import case_result
from conformance.run.session import Run
from conformance.run.settings import OPTIONS, PREFIX, read_settings
from conformance.standard.catalogue import USER_SUFFIX


class Deviation(Exception):
    """A gating deviation of the endpoint, which pytest shows as a failure."""

    def __init__(self, judgement: Judgement) -> None:
        super().__init__(judgement.case)
        self.judgement = judgement


RUN = pytest.StashKey[Run]()
"""Where the run of this process lives in `config.stash`."""

BROKEN = pytest.StashKey[bool]()
"""Set once the options or the catalogue turned out to be unusable."""

BLOCKS = 5
"""How many failure blocks the closing summary shows where pytest does not show them itself."""


def run_of(config: pytest.Config) -> Run:
    """The run of this process, made when it is first asked for. Raises HarnessError for unusable options."""
    if RUN not in config.stash:
        given = {option.key: getattr(config.option, f"{PREFIX}_{option.key}", None) for option in OPTIONS}
        settings = read_settings(given, config.invocation_params.dir)
        workerinput = getattr(config, "workerinput", None)
        gatherer: Any = config.pluginmanager.get_plugin("messages-gatherer")
        stamp = workerinput["messages_stamp"] if workerinput is not None else gatherer.stamp
        config.stash[RUN] = Run(settings, config.invocation_params.dir, stamp)
    return config.stash[RUN]


def start_run(session: pytest.Session) -> None:
    """Starts sending for all cases of the session, once. Raises HarnessError where the run cannot start."""
    run = run_of(session.config)
    if not run.started:
        items = [(item.case, item.mode) for item in session.items if isinstance(item, CaseItem)]
        total = sum(len(case.modes) for case in run.library.catalogue.cases)
        run.start(items, whole=len(items) >= total)


def close_run(config: pytest.Config) -> None:
    """Ends the run of this process, if there is one."""
    if RUN in config.stash:
        config.stash[RUN].close()


def conclude(config: pytest.Config, packed: Sequence[Mapping[str, Any]]) -> tuple[str, int]:
    """Writes the files of the run; returns the verdict for the terminal and the exit code.

    Raises HarnessError where files cannot be read or written.
    """
    run = run_of(config)
    judged = [Judged.unpack(item) for item in packed]
    for item in judged:
        if item.file.endswith(USER_SUFFIX):
            run.add_file(Path(item.file))
    results = finish(run.folder, judged, run.library.cases, run.library.ledger.clauses, run.policy)
    colour = config.get_terminal_writer().hasmarkup
    shown = 0 if config.option.tbstyle != "no" else BLOCKS
    text = terminal.render(results, colour=colour, limit=shown, report=str(run.folder / "report.html"))
    return text, results.gate.exit_code


class CaseFile(pytest.File):
    """A YAML file of cases."""

    def collect(self) -> Iterator[CaseItem]:
        """One item for each case and mode that the options select."""
        if self.config.stash.get(BROKEN, False):
            return  # the same sentence for every other file would only bury it
        try:
            run = run_of(self.config)
            if self.path.name.endswith(USER_SUFFIX):
                run.add_file(self.path)
            _ = run.library
        except HarnessError:
            self.config.stash[BROKEN] = True
            raise
        for case in run.library.catalogue.cases:
            if Path(case.file) == self.path:
                for mode in case.modes:
                    name = f"{case.id}[{run.target_name}-{mode}]"
                    yield CaseItem.from_parent(self, name=name, case=case, mode=mode)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A malformed file is told in one sentence."""
        del style  # a collector knows one way of showing a failure
        return str(excinfo.value) if isinstance(excinfo.value, HarnessError) else super().repr_failure(excinfo)


class CaseItem(pytest.Item):
    """One case in one mode against one target."""

    def __init__(self, *, case: Case, mode: Mode, **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case
        self.mode = mode
        self.judged: Judged | None = None
        for word in (case.area, case.level.value, case.plane.value, mode.value, case.direction.value):
            self.add_marker(marker_name(word))
        if case.informational:
            self.add_marker("informational")

    @property
    def selected(self) -> bool:
        """Whether the options of the run select this item."""
        return is_selected(self.case, self.mode, self.config.stash[RUN].settings)

    def runtest(self) -> None:
        """Judges the case. A gating deviation fails, what could not be decided is skipped with the reason."""
        try:
            start_run(self.session)
        except HarnessError as problem:
            pytest.exit(str(problem), returncode=problem.exit_code)
        started = time.perf_counter()
        judgement = self.config.stash[RUN].judge(self.case, self.mode)
        seconds = round(time.perf_counter() - started, 4)
        self.judged = Judged(self.case.id, self.mode, judgement, self.case.file, seconds)
        self.user_properties += [("outcome", judgement.outcome.value), ("level", self.case.level.value)]
        if judgement.gates:
            raise Deviation(judgement)
        if judgement.outcome not in DECIDED:
            pytest.skip(f"{judgement.outcome.value}: {judgement.reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The failure block in place of a traceback; one sentence for errors of our own."""
        if isinstance(excinfo.value, Deviation):
            run = self.config.stash[RUN]
            clauses, target, exchanges = run.for_report()
            return block(case_result(self.case, excinfo.value.judgement, clauses, exchanges, target))
        if isinstance(excinfo.value, HarnessError):
            return f"error of messages-conformance, not of the endpoint: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the case stands and what it claims."""
        return self.path, max(self.case.line - 1, 0) if self.case.line else None, self.case.title


def marker_name(word: str) -> str:
    """A word as a pytest marker name."""
    return word.replace("-", "_")
