"""Whether the gate of a run holds, and the exit code."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from conformance.model import Outcome
from conformance.results.count import count
from conformance.results.model import CaseResult, DefectResult, Gate

BESIDE = (Outcome.UNSUPPORTED, Outcome.NOT_APPLICABLE)
"""Outcomes of results that do not apply, and that nothing can be missing from."""

INCOMPLETE = "the run is incomplete"
"""How the reason of a gate begins that is not decided because a run was not finished."""

SMALLEST_AREA = 3
"""An area with fewer results that apply is too small for a share of its own."""

FEWEST_PASSING = 50
"""Percent of the gating results that apply and have to pass where a baseline lists or explains the others."""


def gate(
    cases: Sequence[CaseResult],
    policy: str,
    unfinished: str = "",
    *,
    stale: int = 0,
    min_decided: int = 0,
    requests: int = 0,
    answered: int = 0,
    declined: Sequence[str] = (),
    open_questions: Sequence[str] = (),
    explained: Collection[str] = (),
) -> tuple[Gate, int]:
    """The gate, and the exit code: 0 it holds, 1 it is violated, 2 it could not be decided.

    Adds up what the judge decided per case. An observed deviation counts even where the run is incomplete; a gate that
    holds needs evidence: of the results that can gate and that apply, one and `min_decided` percent, over the run and
    in each area; and the same share of the `requests` has to be `answered`, because a case on kinds of replies is
    decided by the few that came. `unfinished` says why the run has not judged what it was to judge. `stale` is the
    number of stale entries of the baseline, which gate as well. `declined` says what the tier or the clients of the run
    need and do not get, `open_questions` what is not known of that. `explained` are the keys of results that known
    defects hide (`hidden_by_known`): they are not missing. A baseline explains only so much: half of the results have
    to pass.
    """
    total = count(cases)
    reasons = []
    if total.gating:
        reasons.append(f"{total.gating} of {total.decided} decided results violate a gating clause")
    reasons += declined
    if stale:
        reasons.append(
            f"{stale} {'entry' if stale == 1 else 'entries'} of the baseline {'is' if stale == 1 else 'are'} stale"
        )
    if unfinished:
        reasons.append(f"{INCOMPLETE}: {unfinished}")
    evidence = (*_missing(cases, explained, min_decided), *_unanswered(requests, answered, min_decided))
    missing = (*open_questions, *evidence)
    undecided = bool(unfinished or missing)
    exit_code = 1 if total.gating or stale or declined else 2 if undecided else 0
    return Gate(exit_code == 0, (*reasons, *missing), policy, missing, tuple(declined), tuple(explained)), exit_code


def hidden_by_known(defects: Sequence[DefectResult], cases: Sequence[CaseResult]) -> tuple[str, ...]:
    """The keys of the results that could not be judged because of defects whose gating deviations the baseline lists,
    in the order of `cases`. Where a defect that it does not list hides a result as well, that result is missing.
    """
    by_key = {case.key: case for case in cases}
    known, other = set[str](), set[str]()
    for defect in defects:
        members = [by_key[key] for key in defect.cases]
        listed = [member for member in members if member.known is not None]
        rest = [member for member in members if member.can_gate and member.known is None]
        (known if listed and not rest else other).update(defect.hides)
    return tuple(key for key in by_key if key in known - other)


def _missing(cases: Sequence[CaseResult], explained: Collection[str], min_decided: int) -> Iterator[str]:
    """What was not decided although a gate that holds needs it, a sentence each."""
    if not any(case.decided for case in cases):
        yield f"none of {len(cases)} results could be decided"
        return
    applying = [case for case in cases if case.can_gate and case.outcome not in BESIDE]
    if not any(case.decided for case in applying):
        yield "no result that can violate the gate was decided"
        return
    yield from _unsupported_by_passes(applying, explained, min_decided)
    applying = [case for case in applying if case.key not in explained]
    yield from _shortfall(applying, "", min_decided)
    for area in dict.fromkeys(case.area for case in applying):
        own = [case for case in applying if case.area == area]
        if len(own) >= SMALLEST_AREA:
            yield from _shortfall(own, f" of the area {area}", min_decided)


def _unsupported_by_passes(
    applying: Sequence[CaseResult], explained: Collection[str], min_decided: int
) -> Iterator[str]:
    """That a baseline which lists or explains nearly everything leaves too little to hold."""
    excused = [case for case in applying if case.known is not None or case.key in explained]
    passed = sum(case.outcome is Outcome.PASS for case in applying)
    if excused and (not passed or 100 * passed < min(FEWEST_PASSING, min_decided) * len(applying)):
        yield (
            f"only {passed} of {len(applying)} gating results pass, the baseline excuses {len(excused)}; "
            f"a green needs {min(FEWEST_PASSING, min_decided)} % that pass"
        )


def _unanswered(requests: int, answered: int, min_decided: int) -> Iterator[str]:
    if 100 * answered < min_decided * requests:
        yield (f"only {answered} of {requests} requests were answered, a green needs {min_decided} % (--min-decided)")


def _shortfall(applying: Sequence[CaseResult], where: str, min_decided: int) -> Iterator[str]:
    decided = sum(case.decided for case in applying)
    if 100 * decided < min_decided * len(applying):
        yield (
            f"only {decided} of {len(applying)} gating results{where} could be decided, "
            f"a green needs {min_decided} % (--min-decided)"
        )
