"""Every number about a run, and whether its gate holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.model import DECIDED, DEVIATING, Level, Outcome

if TYPE_CHECKING:
    from conformance.results.model import CaseResult

CONFORMANCE, STRICTNESS, INFORMATIONAL, UNSCORED = "conformance", "strictness", "informational", "unscored"
PARTS = (CONFORMANCE, STRICTNESS, INFORMATIONAL, UNSCORED)
"""The parts that results are counted in. Informational cases and those outside the edition never decide."""


@dataclass(frozen=True)
class Count:
    """How many results have which outcome. `decided` is passed, failed and ignored; `total` is all, never-run included.

    `deviating` is failed and ignored, `open` is what is not decided, `gating` the results that violate the gate,
    `known` the deviations that the baseline lists.
    """

    total: int = 0
    decided: int = 0
    passed: int = 0
    failed: int = 0
    ignored: int = 0
    unsupported: int = 0
    inconclusive: int = 0
    not_applicable: int = 0
    not_run: int = 0
    deviating: int = 0
    open: int = 0
    gating: int = 0
    known: int = 0


@dataclass(frozen=True)
class PartCounts:
    """The numbers of one part of the results."""

    total: Count
    by_area: Mapping[str, Count]
    by_level: Mapping[str, Count]


@dataclass(frozen=True)
class Summary:
    """Every number about a run. A case that is judged in two modes counts twice; `cases` counts it once.

    `by_axis` splits the same results into `PARTS`. In each mapping the counts add up to the total above it.
    """

    cases: int
    total: Count
    by_area: Mapping[str, Count]
    by_level: Mapping[str, Count]
    by_axis: Mapping[str, PartCounts]


def summarise(cases: Sequence[CaseResult]) -> Summary:
    """Counts results by area, by level and by part. Every output prints these numbers and computes none of its own."""
    by_axis = {}
    for name in PARTS:
        members = [case for case in cases if case.part == name]
        by_axis[name] = PartCounts(count(members), _by_area(members), _by_level(members))
    distinct = len({case.id for case in cases})
    return Summary(distinct, count(cases), _by_area(cases), _by_level(cases), by_axis)


def count(cases: Iterable[CaseResult]) -> Count:
    """How many results have which outcome."""
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
    return {area: count(case for case in cases if case.area == area) for area in areas}


def _by_level(cases: Sequence[CaseResult]) -> dict[str, Count]:
    return {level.value: count(case for case in cases if case.level is level) for level in Level}
