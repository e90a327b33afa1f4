"""Case files and cases as pytest knows them.

Belongs here: the collector, the item, and how an outcome becomes a pytest result. Does not belong here: hooks and
options (`plugin.py`), the run itself (`session.py`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance.config.options import OPTIONS, PREFIX
from conformance.config.targets_file import read_all_settings
from conformance.engine.finish import Judged, finish
from conformance.engine.plan import is_selected
from conformance.engine.session import Run, silent
from conformance.model import DECIDED, Case, HarnessError, Judgement, Mode
from conformance.report import overview, terminal
from conformance.report.block import block
from conformance.results import Results
from conformance.results.build import Account, build_results, case_result
from conformance.standard.cases import USER_SUFFIX


class Deviation(Exception):  # noqa: N818 - it is the endpoint's, and no error of ours
    """A gating deviation of the endpoint, which pytest shows as a failure."""

    def __init__(self, judgement: Judgement) -> None:
        super().__init__(judgement.case)
        self.judgement = judgement


RUNS = pytest.StashKey[dict[str, Run]]()
"""Where the runs of this process live in `config.stash`, by name of the target."""

BROKEN = pytest.StashKey[bool]()
"""Set once the options or the catalogue turned out to be unusable."""

OURS = "messages-conformance: "
"""How a sentence about bad input begins, by which the plugin knows it (it imports nothing from here)."""

BLOCKS = 5
"""How many failure blocks the closing summary shows where pytest does not show them itself."""

SHOWN_TO_ALLURE = 8
"""How many exchanges Allure may be told of one result: those with findings, which come first, and a few more."""


def runs_of(config: pytest.Config) -> dict[str, Run]:
    """The runs of this process by name of the target, made when first asked for.

    Raises HarnessError for unusable options.
    """
    if RUNS not in config.stash:
        given = {option.key: getattr(config.option, f"{PREFIX}_{option.key}", None) for option in OPTIONS}
        here = config.invocation_params.dir
        settings = read_all_settings(given, here)
        workerinput = getattr(config, "workerinput", None)
        gatherer: Any = config.pluginmanager.get_plugin("messages-gatherer")
        stamp = workerinput["messages_stamp"] if workerinput is not None else gatherer.stamp
        today = date.fromisoformat(stamp[:8])
        runs = [Run(each, here, stamp, several=len(settings) > 1, today=today) for each in settings]
        config.stash[RUNS] = {run.target_name: run for run in runs}
    return config.stash[RUNS]


def start_runs(session: pytest.Session, targets: Iterable[str] | None = None) -> None:
    """Starts sending for the cases of the named targets (None: all), each target once.

    Raises HarnessError where a run cannot start.
    """
    runs = runs_of(session.config)
    for name in runs if targets is None else targets:
        run = runs[name]
        if run.started:
            continue
        items = [(item.case, item.mode) for item in session.items if isinstance(item, CaseItem) and item.target == name]
        if items:
            total = sum(len(case.modes) for case in run.library.catalogue.cases)
            run.start(items, whole=len(items) >= total, tell=_teller(session.config))


def _teller(config: pytest.Config) -> Callable[[str], None]:
    """Shows a line on the terminal, from any thread; a worker of pytest-xdist has none."""
    terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None:
        return silent

    def tell(line: str) -> None:
        terminal.write(f"\n{line}\n")

    return tell


def close_runs(config: pytest.Config) -> None:
    """Ends the runs of this process, if there are any."""
    for run in config.stash.get(RUNS, {}).values():
        run.close()


def conclude(config: pytest.Config, packed: Sequence[Mapping[str, Any]]) -> tuple[str, int]:
    """Writes the files of all runs; returns the verdict for the terminal and the exit code.

    Raises HarnessError where files cannot be read or written.
    """
    judged = [Judged.unpack(item) for item in packed]
    concluded: list[tuple[Results, Path]] = []
    for name, run in runs_of(config).items():
        own = [item for item in judged if item.target == name]
        for item in own:
            if item.file.endswith(USER_SUFFIX):
                run.add_file(Path(item.file))
        if own:
            results = finish(
                run.folder, own, run.library.cases, run.library.ledger.clauses, run.policy, run.grading, run.replies
            )
            concluded.append((results, run.folder / "report.html"))
    colour = config.get_terminal_writer().hasmarkup
    shown = 0 if config.option.tbstyle != "no" else BLOCKS
    texts = [terminal.render(results, colour=colour, limit=shown, report=str(report)) for results, report in concluded]
    if len(concluded) > 1:
        texts.append(overview.render([results for results, _ in concluded]))
    return "\n".join(texts), worst([results.gate.exit_code for results, _ in concluded])


def worst(codes: Sequence[int]) -> int:
    """The exit code of several runs: a harness error before a violated gate before one that could not be decided."""
    return next((code for code in (3, 1, 2) if code in codes), 0)


class CaseFile(pytest.File):
    """A YAML file of cases."""

    def collect(self) -> Iterator[CaseItem]:
        """One item for each case and mode that the options select."""
        if self.config.stash.get(BROKEN, False):
            return  # the same sentence for every other file would only bury it
        try:
            runs = runs_of(self.config)
            for run in runs.values():
                if self.path.name.endswith(USER_SUFFIX):
                    run.add_file(self.path)
                _ = run.library
        except HarnessError:
            self.config.stash[BROKEN] = True
            raise
        if self.path.name.endswith(USER_SUFFIX):
            name = marker_name(self.path.name.removesuffix(USER_SUFFIX))
            self.config.addinivalue_line("markers", f"{name}: the cases of {self.path.name}")
        path = str(self.path)
        for target, run in runs.items():
            for case in run.library.catalogue.cases:
                if case.file == path:
                    yield from (self._item(case, mode, target) for mode in case.modes)

    def _item(self, case: Case, mode: Mode, target: str) -> CaseItem:
        """The item of a case. pytest 9.2 finds it again (`--lf`) only where its id is given as a text to be parsed."""
        name = f"{case.id}[{target}-{mode}]"
        nodeid = f"{self.nodeid}::{name}"
        return CaseItem.from_parent(self, name=name, nodeid=nodeid, case=case, mode=mode, target=target)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A malformed file is told in one sentence."""
        del style  # a collector knows one way of showing a failure
        problem = excinfo.value
        return f"{OURS}{problem}" if isinstance(problem, HarnessError) else super().repr_failure(excinfo)


class CaseItem(pytest.Item):
    """One case in one mode against one target."""

    def __init__(self, *, case: Case, mode: Mode, target: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case
        self.mode = mode
        self.target = target
        self.judged: Judged | None = None
        for word in (case.area, case.level.value, case.plane.value, mode.value, case.direction.value):
            self.add_marker(marker_name(word))
        if case.informational:
            self.add_marker("informational")

    @property
    def selected(self) -> bool:
        """Whether the options of the run select this item."""
        return is_selected(self.case, self.mode, self._run.settings)

    @property
    def _run(self) -> Run:
        return runs_of(self.config)[self.target]

    def runtest(self) -> None:
        """Judges the case. A gating deviation fails, what could not be decided is skipped with the reason."""
        try:
            start_runs(self.session, [self.target])
        except HarnessError as problem:
            self.session.shouldfail = str(problem)
            raise
        started = time.perf_counter()
        judgement = self._run.judge(self.case, self.mode)
        seconds = round(time.perf_counter() - started, 4)
        self.judged = Judged(self.target, self.case.id, self.mode, judgement, self.case.file, seconds)
        self.user_properties += [("outcome", judgement.outcome.value), ("level", self.case.level.value)]
        if self.config.getoption("allure_report_dir", None):
            tell_allure(self._run, self.case, judgement)
        if judgement.gates:
            raise Deviation(judgement)
        if judgement.known is not None:
            pytest.skip(f"known: {judgement.known.reason} (until {judgement.known.expires})")
        if judgement.outcome not in DECIDED:
            pytest.skip(f"{judgement.outcome.value}: {judgement.reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The failure block in place of a traceback; one sentence for errors of our own."""
        if isinstance(excinfo.value, Deviation):
            clauses, target, replies = self._run.for_report()
            return block(case_result(self.case, excinfo.value.judgement, clauses, replies, target))
        if isinstance(excinfo.value, HarnessError):
            return f"error of messages-conformance, not of the endpoint: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the case stands and what it claims."""
        return self.path, max(self.case.line - 1, 0) if self.case.line else None, self.case.title


def tell_allure(run: Run, case: Case, judgement: Judgement) -> None:
    """Hands the case, its outcome and its evidence to allure-pytest, which has to be collecting results."""
    from conformance.report.allure import attach, record

    clauses, target, replies = run.for_report()
    shown = [replies[line] for line in judgement.evidence[:SHOWN_TO_ALLURE] if line in replies]
    account = Account(target=target, catalogue="", started="", duration_s=0.0, policy="", complete=False)
    results = build_results(account, [(case, judgement, 0.0)], clauses, shown)
    attach(record(results.cases[0], results))


def marker_name(word: str) -> str:
    """A word, such as the name of a user's file, as the name of a pytest marker."""
    return re.sub(r"\W", "_", word).strip("_") or "own"
