"""What changed between two runs against one target: by defect, by case and mode, and by client.

A difference is of the endpoint, or of the suite that looked: cases that only one run has are neither better nor worse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from conformance.model import Harm, Level, Outcome
from conformance.results.model import CaseResult, ClientResult, DefectResult, Results


class ChangeKind(StrEnum):
    """What became of a case or a defect, the worst first.

    `regression`: it deviates, or is declined, and did not before. `lost`: it was decided and is not any more. `new`,
    `vanished`: only one run has it. `still`: it deviates as before. `undecided`: neither run decided it. `fix`: it
    deviated, or was declined, and passes now.
    """

    REGRESSION = "regression"
    LOST = "lost"
    NEW = "new"
    STILL = "still"
    UNDECIDED = "undecided"
    VANISHED = "vanished"
    FIX = "fix"


@dataclass(frozen=True)
class CaseChange:
    """One case in one mode, as `case/mode`. Outcomes are None in a run that does not have it.

    `gates`: what is worse violates the gate, or what is lost could have. `actual` is what was seen last.
    """

    kind: ChangeKind
    id: str
    title: str
    level: Level
    before: Outcome | None
    after: Outcome | None
    gates: bool = False
    actual: str = ""


@dataclass(frozen=True)
class DefectChange:
    """One defect. `cases` are its results, as `case/mode`, of the run that has it; of both, those of the newer one."""

    kind: ChangeKind
    id: str
    title: str
    harm: Harm
    gates: bool
    cases: tuple[str, ...]


@dataclass(frozen=True)
class ClientChange:
    """A client for which the endpoint is ready otherwise than before."""

    id: str
    title: str
    before: str
    after: str
    worse: bool
    symptoms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delta:
    """What changed. `notes` are sentences on what keeps the runs from being compared in full."""

    old: Results
    new: Results
    defects: tuple[DefectChange, ...]
    cases: tuple[CaseChange, ...]
    clients: tuple[ClientChange, ...]
    notes: tuple[str, ...]
    compared: int

    @property
    def exit_code(self) -> int:
        """1 where something that gates got worse, 2 where that could not be decided, otherwise 0."""
        changes: tuple[CaseChange | DefectChange, ...] = (*self.defects, *self.cases)
        if any(each.kind is ChangeKind.REGRESSION and each.gates for each in changes):
            return 1
        lost = any(each.kind is ChangeKind.LOST and each.gates for each in changes)
        return 2 if lost or not self.compared else 0

    def of(self, kind: ChangeKind) -> tuple[CaseChange, ...]:
        """The cases of a kind."""
        return tuple(each for each in self.cases if each.kind is kind)


_ORDER: Final = list(ChangeKind)
_READINESS: Final = ("not-ready", "limited", "undecided", "ready")
"""What an endpoint is for a client, worst first."""


def delta_of(old: Results, new: Results) -> Delta:
    """What changed from one run to a later one."""
    before, after = ({case.key: case for case in results.cases} for results in (old, new))
    cases = [_case_change(key, before.get(key), after.get(key)) for key in {**before, **after}]
    changed = [each for each in cases if each is not None]
    defects = list(_defect_changes(old, new, before, after))
    return Delta(
        old,
        new,
        tuple(sorted(defects, key=lambda each: (_ORDER.index(each.kind), not each.gates))),
        tuple(sorted(changed, key=lambda each: (_ORDER.index(each.kind), not each.gates))),
        tuple(_client_changes(old.clients, new.clients)),
        tuple(_notes(old, new)),
        len(before.keys() & after.keys()),
    )


def _case_change(key: str, before: CaseResult | None, after: CaseResult | None) -> CaseChange | None:
    """What became of a case, None where it passes as before, or does not apply."""
    shown = after or before
    assert shown is not None
    kind = _kind(before, after)
    if kind is None:
        return None
    gates = after is not None and (after.can_gate if kind is ChangeKind.LOST else after.gates)
    return CaseChange(
        kind,
        key,
        shown.title,
        shown.level,
        before.outcome if before is not None else None,
        after.outcome if after is not None else None,
        gates,
        _actual(shown),
    )


def _kind(before: CaseResult | None, after: CaseResult | None) -> ChangeKind | None:
    if after is None:
        return ChangeKind.VANISHED
    if before is None:
        return ChangeKind.NEW
    bad, worse = _is_bad(before), _is_bad(after)
    if worse:
        return ChangeKind.STILL if bad else ChangeKind.REGRESSION
    if after.decided:
        return ChangeKind.FIX if bad else None
    if before.decided:
        return None if after.outcome is Outcome.NOT_APPLICABLE else ChangeKind.LOST
    return ChangeKind.UNDECIDED if after.outcome is not Outcome.NOT_APPLICABLE else None


def _is_bad(case: CaseResult) -> bool:
    return case.deviates or case.outcome is Outcome.UNSUPPORTED


def _actual(case: CaseResult) -> str:
    return case.findings[0].actual if case.findings else case.reason


def _defect_changes(
    old: Results, new: Results, before: Mapping[str, CaseResult], after: Mapping[str, CaseResult]
) -> Iterator[DefectChange]:
    earlier, later = ({defect.id: defect for defect in results.defects} for results in (old, new))
    for name, defect in {**earlier, **later}.items():
        if name in later and name in earlier:
            kind = ChangeKind.STILL
        elif name in later:
            kind = ChangeKind.REGRESSION if _known(defect, before) else ChangeKind.NEW
        else:
            kind = _gone(defect, after)
        yield DefectChange(kind, name, defect.title, defect.harm, defect.gates, defect.cases)


def _known(defect: DefectResult, cases: Mapping[str, CaseResult]) -> bool:
    """Whether the other run had a look: a defect of no case is what a tier needs, at which every run looks."""
    return not defect.cases or any(key in cases for key in defect.cases)


def _gone(defect: DefectResult, after: Mapping[str, CaseResult]) -> ChangeKind:
    found = [after[key] for key in defect.cases if key in after]
    if defect.cases and not found:
        return ChangeKind.VANISHED
    if any(not case.decided and case.outcome is not Outcome.NOT_APPLICABLE for case in found):
        return ChangeKind.UNDECIDED
    return ChangeKind.FIX


def _client_changes(old: Iterable[ClientResult], new: Iterable[ClientResult]) -> Iterator[ClientChange]:
    earlier = {client.id: client for client in old}
    for client in new:
        before = earlier.get(client.id)
        if before is not None and before.readiness != client.readiness:
            worse = _rank(client.readiness) < _rank(before.readiness)
            symptoms = client.symptoms if worse else ()
            yield ClientChange(client.id, client.title, before.readiness, client.readiness, worse, symptoms)


def _rank(readiness: str) -> int:
    return _READINESS.index(readiness) if readiness in _READINESS else len(_READINESS)


def _notes(old: Results, new: Results) -> Iterator[str]:
    pairs = (
        ("edition", old.suite.edition, new.suite.edition),
        ("version of the suite", old.suite.version, new.suite.version),
        ("catalogue", old.suite.catalogue, new.suite.catalogue),
        ("API version", old.target.api_version, new.target.api_version),
        ("model", old.target.model, new.target.model),
        ("base URL", old.target.url, new.target.url),
        ("gate", old.gate.policy, new.gate.policy),
    )
    for what, before, after in pairs:
        if before != after:
            yield f"The {what} differs: {before or 'none'} before, {after or 'none'} now."
    for name, results in (("older", old), ("newer", new)):
        if not results.complete:
            yield f"The {name} run is incomplete: {results.incomplete_reason or 'it was stopped'}."
