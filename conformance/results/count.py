"""Every number that is told about a run, and whether its gate holds.

Belongs here: counting results (`summarise`, `level_result`) and adding up the gate (`gate`). Does not belong here:
deciding outcomes, wording for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.model import Level, Outcome
from conformance.results.conclusion_model import Gate, LevelResult
from conformance.results.model import DECIDED, DEVIATING, PARTS, CaseResult, Count, Part, Summary


def summarise(cases: Sequence[CaseResult]) -> Summary:
    """Counts results by area, by level and by part. Every output prints these numbers and computes none of its own."""
    by_axis = {}
    for name in PARTS:
        members = [case for case in cases if case.part == name]
        by_axis[name] = Part(_count(members), _by_area(members), _by_level(members))
    distinct = len({case.id for case in cases})
    return Summary(distinct, _count(cases), _by_area(cases), _by_level(cases), by_axis)


def level_result(
    name: str,
    status: str,
    members: Sequence[CaseResult],
    absent: int,
    *,
    deciding: tuple[str, ...] = (),
    covers: str = "",
    reason: str = "",
) -> LevelResult:
    """A named level with its numbers: `members` are the results that count, `absent` how many were not judged."""
    count = _count(members)
    return LevelResult(name, status, count.passed, count.decided, count.total + absent, deciding, covers, reason)


def gate(cases: Sequence[CaseResult], policy: str, complete: bool, incomplete_reason: str = "", stale: int = 0) -> Gate:
    """Adds up what the judge decided per case. A deviation that was seen counts even where the run is incomplete.

    `stale` is the number of stale entries of the baseline, which gate as well.
    """
    total = _count(cases)
    reasons = []
    if total.gating:
        reasons.append(f"{total.gating} of {total.decided} decided results violate a gating clause")
    if stale:
        reasons.append(
            f"{stale} {'entry' if stale == 1 else 'entries'} of the baseline {'is' if stale == 1 else 'are'} stale"
        )
    if not complete:
        reasons.append(f"the run is incomplete: {incomplete_reason}" if incomplete_reason else "the run is incomplete")
    if not total.decided:
        reasons.append(f"none of {total.total} results could be decided")
    undecided = not complete or not total.decided
    exit_code = 1 if total.gating or stale else 2 if undecided else 0
    return Gate(exit_code == 0, exit_code, tuple(reasons), policy)


def _count(cases: Iterable[CaseResult]) -> Count:
    members = list(cases)
    outcomes = {outcome: sum(case.outcome is outcome for case in members) for outcome in Outcome}
    decided = sum(outcomes[outcome] for outcome in DECIDED)
    return Count(
        total=len(members),
        decided=decided,
        passed=outcomes[Outcome.PASS],
        failed=outcomes[Outcome.FAIL],
        ignored=outcomes[Outcome.IGNORED],
        unsupported=outcomes[Outcome.UNSUPPORTED],
        inconclusive=outcomes[Outcome.INCONCLUSIVE],
        not_applicable=outcomes[Outcome.NOT_APPLICABLE],
        not_run=outcomes[Outcome.NOT_RUN],
        deviating=sum(outcomes[outcome] for outcome in DEVIATING),
        open=len(members) - decided,
        gating=sum(case.gates for case in members),
        known=sum(case.known is not None for case in members),
    )


def _by_area(cases: Sequence[CaseResult]) -> dict[str, Count]:
    areas = dict.fromkeys(case.area for case in cases)
    return {area: _count(case for case in cases if case.area == area) for area in areas}


def _by_level(cases: Sequence[CaseResult]) -> dict[str, Count]:
    return {level.value: _count(case for case in cases if case.level is level) for level in Level}
