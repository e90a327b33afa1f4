"""What a pytest session runs: for each target its run, its baseline, and at the end its results and their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from conformance.base.dataclass_json import decode, encode
from conformance.base.errors import HarnessError, UsageError
from conformance.config.options import OPTIONS, PREFIX
from conformance.config.settings import RunSettings, target_of
from conformance.config.target import REFERENCE, Target
from conformance.config.targets_file import read_all_settings
from conformance.engine.run import JOURNAL, Outlay, Resumption, Run, public
from conformance.engine.sender import Slowdown
from conformance.judge.capabilities import capability_facts
from conformance.model import Case, Judgement, Mode
from conformance.protocol.reply import Reply
from conformance.report import plan as words
from conformance.report.files import write
from conformance.results.build import build_run, case_result
from conformance.results.conclusions.baseline import KnownDeviations, known_deviations
from conformance.results.excerpts import Excerpts, named_from
from conformance.results.model import CaseResult, Results
from conformance.results.run import facts_of_run, target_summary
from conformance.standard.capabilities import check_declared
from conformance.standard.cases import USER_SUFFIX
from conformance.standard.models import SHOWN_BY_LIST
from conformance.standard.vendors import is_of_vendor
from conformance.wire.journal import read

Tell = Callable[[str], None]
"""Shows a line to whoever waits for a run."""


@dataclass(frozen=True)
class Judged:
    """A judgement on its way from the process that made it to the one that reports it.

    `spent` is what the run had sent by then, for those who wait.
    """

    target: str
    case: str
    mode: Mode
    judgement: Judgement
    file: str
    seconds: float
    spent: Outlay = field(default_factory=Outlay)

    def pack(self) -> dict[str, Any]:
        """As JSON values, which is what pytest-xdist can carry."""
        packed: dict[str, Any] = encode(self)
        return packed

    @staticmethod
    def unpack(packed: Mapping[str, Any]) -> Judged:
        """From what `pack` made."""
        unpacked: Judged = decode(Judged, packed)
        return unpacked


@dataclass(frozen=True)
class Finished:
    """The results of a run whose files are written, and its text for the terminal."""

    results: Results
    text: str


@dataclass
class TargetSession:
    """The run against one target. `start`, `judge` what is asked for, `close`; `finish` in the process that reports.

    `here` is the current folder, `stamp` the UTC time that names the folder of the run, `several` is True where there
    are runs against other targets beside this one. Not shared between processes.
    """

    settings: RunSettings
    here: Path
    stamp: str
    several: bool = False
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def name(self) -> str:
        """The name of the target, known before anything is started."""
        target = target_of(self.settings)
        return target.name if target is not None else REFERENCE

    @cached_property
    def run(self) -> Run:
        """The run itself."""
        return Run(self.settings, self.folder, self.here)

    @cached_property
    def baseline(self) -> KnownDeviations | None:
        """The baseline that the options name. Raises UsageError for one that does not fit."""
        aliases = {alias: case.id for case in self.run.library.catalogue.cases for alias in case.aliases}
        return known_deviations(
            self.settings["baseline"],
            self.here,
            aliases,
            date.fromisoformat(self.stamp[:8]),
            updating=self.settings["baseline_update"],
        )

    def check_options(self) -> None:
        """Raises UsageError where the options name what does not exist or does not fit."""
        self.run.check_selection()
        check_declared(self.run.library.capabilities, self.settings["declare"], self.settings["lacks"])
        _ = self.baseline

    def start(self, items: Sequence[tuple[Case, Mode]], tell: Tell) -> None:
        """Starts sending what the items need, if this was not done before.

        Raises HarnessError where the target or the output folder is unusable (exit code 4), the run that is continued
        is another one (4), or the budget is too small (2).
        """
        if self.run.started:
            return
        target = target_of(self.settings)
        if target is None:
            _refuse_own_cases(items)
            target = self._reference()
        if target.api_key is None:
            tell(words.without_key(target.name, target.key_name))
        for note in self.settings.notes:
            tell(note)
        whole = len(items) >= sum(len(case.modes) for case in self.run.library.catalogue.cases)
        self.run.start(items, target, whole=whole, notify=lambda notice: tell(line_of(target.name, notice)))

    def judge(self, case: Case, mode: Mode) -> Judgement:
        """The judgement of a case, with what the baseline knows of it; waits for the scenarios that it needs."""
        judgement = self.run.judge(case, mode)
        return self.baseline.excused(judgement) if self.baseline is not None else judgement

    def case_result(self, case: Case, judgement: Judgement, excerpts: Excerpts) -> CaseResult:
        """What the results will say of a case, while the run goes on; adds what is shown of it to `excerpts`."""
        settled = self.run.settled
        target = target_summary(public(settled, self.settings), settled.root, settled.auth)
        excerpts.add_judgement(judgement, self.run.replies, target)
        return case_result(case, judgement, self.run.library.ledger.clauses, excerpts, target)

    def close(self) -> None:
        """Ends the run and the embedded reference endpoint. Safe to call twice. Raises HarnessError on a full disk."""
        try:
            if "run" in vars(self):
                self.run.close()
        finally:
            self._open.close()

    def release(self) -> None:
        """Lets other processes write to the folder of the run, once its files are written."""
        if "run" in vars(self):
            self.run.release()

    def finish(self, judged: Sequence[Judged], failed: int, show: Callable[[Results], str] = lambda _: "") -> Finished:
        """Builds the results and writes the files of the run, the baseline among them where that was asked for.

        `failed` is the exit code of an error of ours during the session, otherwise 0. `show` makes the text for the
        terminal, before anything is written: the files name the exit code, and nothing may go wrong behind them. Raises
        HarnessError where a file cannot be read or written; the journal is untouched by that.
        """
        for item in judged:
            if item.file.endswith(USER_SUFFIX) and not is_of_vendor(Path(item.file)):
                self.run.add_file(Path(item.file))
        recording = read(self.run.folder / JOURNAL, known=self.run.replies)
        others = {exchange.line: Reply(exchange) for exchange in recording.exchanges}  # sent by workers of pytest-xdist
        replies = [reply for _, reply in sorted({**self.run.replies, **others}.items())]
        judgements = [item.judgement for item in judged]
        facts = facts_of_run(
            recording.history,
            replies,
            judgements,
            str(self.run.policy),
            catalogue=self.run.library.catalogue,
            failed=failed,
        )
        baseline = self.baseline
        if baseline is not None:
            baseline = baseline.updated(judgements, whole=facts.complete, failed=bool(failed))
        library, target = self.run.library, facts.target
        excerpts = self.excerpts()
        results = build_run(
            facts,
            replies,
            [(item.judgement, item.seconds) for item in judged],
            library,
            capability_facts(library.capabilities, replies, declared=target.declared, lacking=target.lacks),
            baseline,
            excerpts,
        )
        updated = {baseline.path: baseline.text} if baseline is not None and baseline.text is not None else {}
        updated |= {self.run.folder / name: text for name, text in excerpts.bodies.items()}
        finished = Finished(results, show(results))
        write(self.run.folder, results, updated)
        return finished

    def excerpts(self) -> Excerpts:
        """What results show of this run, with commands that work in the current folder."""
        return Excerpts(folder=self.shown_folder, here=self.here)

    @property
    def recorded(self) -> bool:
        """Whether anything of the run is recorded, by whatever process."""
        return (self.folder / JOURNAL).exists()

    @property
    def shown_folder(self) -> str:
        """Where the files of the run go, as a command names it in the current folder."""
        return named_from(self.run.folder, self.here)

    @property
    def folder(self) -> Path:
        """Where the files of the run go."""
        if self.settings["resume"]:
            return self.here / str(self.settings["resume"])
        if self.settings["out"]:
            out = self.here / str(self.settings["out"])
            return out / self.name if self.several else out
        return self.here / "reports" / self.name / self.stamp

    def _reference(self) -> Target:
        """Starts the embedded reference endpoint and returns it as the target."""
        from conformance.reference.models import lacking
        from conformance.reference.server import LocalServer

        server = self._open.enter_context(LocalServer())
        model = self.settings["model"] or server.model
        lacks = lacking(model) | frozenset(self.settings["lacks"])
        needs = frozenset(need for case in self.run.library.catalogue.cases for need in case.needs)
        return Target(
            name=REFERENCE,
            url=server.url,
            model=model,
            api_key=server.key,
            secrets=(server.key,),
            auth=self.settings["auth"],
            api_version=self.settings["api_version"],
            declared=needs - lacks - SHOWN_BY_LIST,
            absent=lacks,
        )


def _refuse_own_cases(items: Sequence[tuple[Case, Mode]]) -> None:
    """Raises UsageError for cases of a user where no target is named: they are about an endpoint of theirs."""
    own = sorted({case.file for case, _ in items if case.file.endswith(USER_SUFFIX)})
    if own:
        raise UsageError(
            f"{own[0]} has cases of your own, and no endpoint is named to judge them on. Name one with --url and "
            "--model, or with --target."
        )


def line_of(target: str, notice: Slowdown | Resumption) -> str:
    """A notice of a run, for the terminal."""
    if isinstance(notice, Resumption):
        return words.resumed(target, notice.recorded, notice.missing, notice.torn)
    return words.slowed(target, notice.status, notice.pause_s, notice.done, notice.left, notice.seconds_left)


SESSIONS = pytest.StashKey[dict[str, TargetSession]]()
"""Where the runs of this process are kept in `config.stash`, by name of the target."""


def sessions_of(config: pytest.Config, stamp: str) -> dict[str, TargetSession]:
    """The runs of this process by name of the target, made when first asked for. `stamp` names their folders.

    Raises HarnessError for unusable options.
    """
    if SESSIONS not in config.stash:
        given = {option.key: getattr(config.option, f"{PREFIX}_{option.key}", None) for option in OPTIONS}
        here = config.invocation_params.dir
        settings = read_all_settings(given, here)
        made = [TargetSession(each, here, stamp, several=len(settings) > 1) for each in settings]
        config.stash[SESSIONS] = {session.name: session for session in made}
    return config.stash[SESSIONS]


def close_sessions(config: pytest.Config) -> HarnessError | None:
    """Ends the runs of this process, if there are any. Returns why one could not be ended."""
    from conformance.plugin.crash import foreseen

    problems: list[HarnessError] = []
    for session in config.stash.get(SESSIONS, {}).values():
        try:
            with foreseen(config):
                session.close()
        except HarnessError as problem:
            problems.append(problem)
    return next(iter(problems), None)


def release_sessions(config: pytest.Config) -> None:
    """Lets other processes write to the folders of the runs of this process."""
    for session in config.stash.get(SESSIONS, {}).values():
        session.release()
