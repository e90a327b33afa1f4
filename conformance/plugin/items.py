"""Case files and cases as pytest knows them: the collector, the item, and how an outcome becomes a pytest result."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.base.errors import HarnessError
from conformance.config.options import PREFIX
from conformance.model import DECIDED, Case, Direction, Judgement, Level, Mode, Plane
from conformance.plugin.crash import foreseen
from conformance.plugin.gatherer import GATHERER, OURS, SCREEN
from conformance.plugin.session import Judged, TargetSession, sessions_of
from conformance.report.block import block
from conformance.results.excerpts import Excerpts
from conformance.standard.cases import USER_SUFFIX
from conformance.standard.vendors import is_of_vendor

BROKEN = pytest.StashKey[bool]()
"""Set once the options or the catalogue turned out to be unusable."""

MARKERS = pytest.StashKey[set[str]]()
"""What markers are registered for in a session."""

SHOWN_TO_ALLURE = 8
"""How many exchanges of one result are looked at for Allure: those with findings, which come first, and a few more."""


class GateViolation(AssertionError):  # noqa: N818 - it is the endpoint's, and no error of ours
    """A gating deviation of the endpoint, which pytest shows as a failure. `shown` is its failure block.

    An AssertionError, because Allure calls every other exception a broken test.
    """

    def __init__(self, judgement: Judgement, shown: str) -> None:
        super().__init__(judgement.case)
        self.shown = shown


def sessions(config: pytest.Config) -> dict[str, TargetSession]:
    """The runs of this process by name of the target. Raises HarnessError for unusable options."""
    workerinput = getattr(config, "workerinput", None)
    gatherer: Any = config.pluginmanager.get_plugin(GATHERER)
    return sessions_of(config, workerinput["messages_stamp"] if workerinput is not None else gatherer.stamp)


def start(session: pytest.Session, targets: Iterable[str] | None = None) -> None:
    """Starts sending for the cases of the named targets (None: all), each target once.

    Raises HarnessError where a run cannot start.
    """
    known = sessions(session.config)
    for name in known if targets is None else targets:
        if known[name].run.started:
            continue
        items = [(item.case, item.mode) for item in session.items if isinstance(item, CaseItem) and item.target == name]
        if items:
            known[name].start(items, _teller(session.config))


def _teller(config: pytest.Config) -> Callable[[str], None]:
    """Shows a line on the terminal, from any thread; a worker of pytest-xdist has none."""
    screen: Any = config.pluginmanager.get_plugin(SCREEN)
    if screen is not None:
        tell: Callable[[str], None] = screen.progress.tell
        return tell
    terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
    return (lambda line: terminal.write(f"\n{line}\n")) if terminal is not None else (lambda _: None)


class CaseFile(pytest.File):
    """A YAML file of cases. `problem` is set where it cannot be collected because of bad input."""

    problem: HarnessError | None = None

    def collect(self) -> Iterator[CaseItem]:
        """One item for each case and mode that the options select."""
        if self.config.stash.get(BROKEN, False):
            return  # the same sentence for every other file would only bury it
        try:
            with foreseen(self.config):
                known = sessions(self.config)
                for session in known.values():
                    if self.path.name.endswith(USER_SUFFIX) and not is_of_vendor(self.path):
                        session.run.add_file(self.path)
                    _ = session.run.library
        except HarnessError as problem:
            self.config.stash[BROKEN] = True
            self.problem = problem
            raise
        if self.path.name.endswith(USER_SUFFIX):
            _register(self.config, self.path.name.removesuffix(USER_SUFFIX), f"the cases of {self.path.name}")
        path = str(self.path)
        for word in _words(case for session in known.values() for case in session.run.library.catalogue.cases):
            _register(self.config, word, "conformance cases, see `messages-conformance list`")
        for target, session in known.items():
            for case in session.run.library.catalogue.cases:
                if case.file == path:
                    yield from (self._item(case, mode, target) for mode in case.modes)

    def _item(self, case: Case, mode: Mode, target: str) -> CaseItem:
        """The item of a case. pytest 9.2 finds it again (`--lf`) only where its id is given as a text to be parsed."""
        name = f"{case.id}[{target}-{mode}]"
        nodeid = f"{self.nodeid}::{name}"
        return CaseItem.from_parent(self, name=name, nodeid=nodeid, case=case, mode=mode, target=target)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """One sentence for a malformed file."""
        del style  # a collector knows one way of showing a failure
        problem = excinfo.value
        return f"messages-conformance: {problem}" if problem is self.problem else super().repr_failure(excinfo)


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
            self.add_marker(marker_name("informational"))

    @property
    def selected(self) -> bool:
        """Whether the options of the run select this item."""
        return self._run.run.selects(self.case, self.mode)

    @property
    def _run(self) -> TargetSession:
        return sessions(self.config)[self.target]

    def runtest(self) -> None:
        """Judges the case. A gating deviation fails, what could not be decided is skipped with the reason."""
        try:
            with foreseen(self.config):
                start(self.session, [self.target])
        except HarnessError as problem:
            self.session.shouldfail = str(problem)
            raise
        with foreseen(self.config):
            judgement, shown = self._judged()
        if judgement.gates:
            raise GateViolation(judgement, shown)
        if judgement.known is not None:
            pytest.skip(f"known: {judgement.known.reason} (until {judgement.known.expires})")
        if judgement.outcome not in DECIDED:
            pytest.skip(f"{judgement.outcome.value}: {judgement.reason}")

    def _judged(self) -> tuple[Judgement, str]:
        """The judgement, and its failure block where it gates."""
        started = time.perf_counter()
        judgement = self._run.judge(self.case, self.mode)
        seconds = round(time.perf_counter() - started, 4)
        shown = self._block(judgement) if judgement.gates else ""
        if self.config.getoption("allure_report_dir", None):
            show_to_allure(self._run, self.case, judgement)
        self.user_properties += [("outcome", judgement.outcome.value), ("level", self.case.level.value)]
        spent = self._run.run.outlay
        self.judged = Judged(self.target, self.case.id, self.mode, judgement, self.case.file, seconds, spent)
        return judgement, shown

    def _block(self, judgement: Judgement) -> str:
        library = self._run.run.library
        clause = library.ledger.clauses.get(self.case.clauses[0]) if self.case.clauses else None
        sources = library.sources.links(clause.source) if clause is not None else ()
        return block(self._run.case_result(self.case, judgement, self._run.excerpts()), sources=sources)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The failure block in place of a traceback; one sentence for errors of our own."""
        if isinstance(excinfo.value, GateViolation):
            return excinfo.value.shown
        if isinstance(excinfo.value, HarnessError):
            return f"{OURS}{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The place of the case and its claim."""
        return self.path, max(self.case.line - 1, 0) if self.case.line else None, self.case.title


def show_to_allure(session: TargetSession, case: Case, judgement: Judgement) -> None:
    """Hands the case, its outcome and its evidence to allure-pytest, which has to be collecting results."""
    from conformance.report.allure import allure_result, attach
    from conformance.results.clauses import cited

    excerpts = Excerpts()
    result = session.case_result(case, judgement, excerpts)
    for line in judgement.evidence[:SHOWN_TO_ALLURE]:
        if line in session.run.replies:
            excerpts.add_exchange(session.run.replies[line].exchange)
    library = session.run.library
    clauses = cited(case.clauses, library.ledger, library.sources)
    attach(allure_result(result, excerpts.exchanges, session.name, clauses))


def marker_name(word: str) -> str:
    """A word, such as the name of a user's file, as the name of a pytest marker."""
    name = re.sub(r"\W", "_", word).strip("_")
    return f"{PREFIX}_{name or 'own'}"


def _words(cases: Iterable[Case]) -> Iterator[str]:
    """What cases are marked with: areas, levels, planes, directions and modes."""
    yield from sorted({case.area for case in cases})
    yield from (*Level, *Plane, *Direction, *Mode, "informational")


def _register(config: pytest.Config, word: str, meaning: str) -> None:
    """Registers a marker, once: a project without cases has none of ours."""
    registered = config.stash.setdefault(MARKERS, set())
    if word not in registered:
        registered.add(word)
        config.addinivalue_line("markers", f"{marker_name(word)}: {meaning}")
