"""What the judgements of a run add up to beyond each case: baseline, named levels, abilities, edition.

Belongs here: loading the baseline, writing its update, and putting conclusions into the results. Does not belong here:
how a conclusion is reached (`judge/`), counting (`results`), judging cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from conformance.config.settings import Settings
from conformance.model import DECIDED, Case, HarnessError, Judgement
from conformance.results import (
    BaselineResult,
    CapabilityResult,
    CaseResult,
    EntryResult,
    LevelResult,
    Results,
    gate,
    level_result,
)
from conformance.results import baseline as known
from conformance.results import tiers as levels
from conformance.standard.baseline import Baseline, read_baseline, render
from conformance.standard.capabilities import Capability, CapabilityFacts, check_declared
from conformance.standard.library import Library
from conformance.standard.tiers import Tier


@dataclass(frozen=True)
class Grading:
    """What a run is measured with after its cases are judged.

    `baseline` is None where none was asked for; it stands in the file `path`, which is written when `updating`. `today`
    decides what has expired. `update` says what an update has written.
    """

    today: date
    levels: tuple[Tier, ...] = ()
    capabilities: Mapping[str, Capability] = field(default_factory=dict)
    edition: str | None = None
    baseline: Baseline | None = None
    path: Path = Path()
    updating: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)
    update: str = ""

    def excused(self, judgement: Judgement) -> Judgement:
        """The judgement with what the baseline knows of it."""
        if self.baseline is None:
            return judgement
        return known.excused(judgement, self.baseline, self.today, updating=self.updating)

    def updated(self, judgements: Sequence[Judgement], *, whole: bool) -> Grading:
        """Writes the baseline where that was asked for; returns the grading with what stands in the file now.

        A run that decided nothing writes nothing. Raises HarnessError where the file cannot be written.
        """
        if self.baseline is None or not self.updating:
            return self
        if not any(judgement.outcome in DECIDED for judgement in judgements):
            return replace(self, update="not written: nothing was decided in this run")
        change = known.updated(self.baseline, judgements, whole=whole, today=self.today)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(render(change.entries), encoding="utf-8")
        except OSError as problem:
            raise HarnessError(f"the baseline {self.path} cannot be written: {problem.strerror}") from None
        told = [f"{change.added} added", f"{change.removed} removed", f"{change.renewed} with a later date"]
        written = read_baseline(self.path, self.baseline.file, self.aliases)
        count = f"{len(change.entries)} {'entry' if len(change.entries) == 1 else 'entries'}"
        return replace(self, baseline=written, updating=False, update=f"written with {count}: {', '.join(told)}")


def grading_of(settings: Settings, library: Library, here: Path, today: date) -> Grading:
    """The grading of a run. Raises HarnessError (exit code 4) for a baseline or capabilities that do not fit."""
    check_declared(library.capabilities, settings["declare"], settings["lacks"])
    label = library.edition.name if library.edition is not None else None
    plain = Grading(today, library.tiers, library.capabilities, label)
    name, updating = settings["baseline"], settings["baseline_update"]
    if not name:
        if updating:
            raise HarnessError("--baseline-update needs --baseline FILE, the file to write", exit_code=4)
        return plain
    path = here / name
    aliases = {alias: case.id for case in library.catalogue.cases for alias in case.aliases}
    fresh = updating and not path.exists()
    baseline = Baseline(name) if fresh else read_baseline(path, name, aliases)
    return replace(plain, baseline=baseline, path=path, updating=updating, aliases=aliases)


def graded(
    results: Results,
    grading: Grading,
    judgements: Sequence[Judgement],
    cases: Mapping[str, Case],
    facts: Sequence[CapabilityFacts],
    unfinished: str = "",
) -> Results:
    """The results with edition, levels, abilities and baseline, and the gate with what the baseline adds to it.

    `unfinished` says why not all that was selected could be judged, or is empty.
    """
    lacking = results.target.lacks
    standing = levels.standings(grading.levels, cases, judgements, complete=results.complete, lacking=lacking)
    baseline = _baseline(grading, judgements, whole=results.complete)
    stale = len(baseline.stale) if baseline is not None else 0
    return replace(
        results,
        suite=replace(results.suite, edition=grading.edition),
        levels=tuple(_level(each, results.cases) for each in standing),
        capabilities=tuple(_capability(each) for each in facts),
        baseline=baseline,
        gate=gate(results.cases, results.gate.policy, not unfinished, unfinished, stale),
    )


def _level(standing: levels.LevelStanding, cases: Sequence[CaseResult]) -> LevelResult:
    members = set(standing.members)
    return level_result(
        standing.level.title,
        standing.status,
        [case for case in cases if (case.id, case.mode) in members],
        standing.absent,
        deciding=standing.deciding,
        covers=standing.level.covers,
        reason=standing.reason,
    )


def _capability(facts: CapabilityFacts) -> CapabilityResult:
    return CapabilityResult(
        name=facts.capability.name,
        title=facts.capability.title,
        core=facts.capability.core,
        declared=facts.declared,
        probed=facts.probed,
        observed=facts.observed,
        contradiction=facts.contradiction,
        evidence=facts.lines,
    )


def _baseline(grading: Grading, judgements: Sequence[Judgement], *, whole: bool) -> BaselineResult | None:
    baseline = grading.baseline
    if baseline is None:
        return None
    told = [
        (standing.state, EntryResult(entry.case, entry.mode, standing.state, baseline.place(entry), standing.sentence))
        for standing in known.standings(baseline, judgements, whole=whole, today=grading.today)
        for entry in [standing.entry]
    ]
    return BaselineResult(
        file=baseline.file,
        entries=len(baseline.entries),
        stale=tuple(entry for state, entry in told if state in known.STALE),
        open=tuple(entry for state, entry in told if state is known.State.OPEN),
        update=grading.update,
    )
