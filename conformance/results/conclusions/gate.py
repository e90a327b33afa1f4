"""Whether the gate of a run holds, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.results.count import count
from conformance.results.model import CaseResult, Gate


def gate(
    cases: Sequence[CaseResult], policy: str, complete: bool, incomplete_reason: str = "", stale: int = 0
) -> tuple[Gate, int]:
    """The gate, and the exit code: 0 it holds, 1 it is violated, 2 it could not be decided.

    Adds up what the judge decided per case. An observed deviation counts even where the run is incomplete. `stale` is
    the number of stale entries of the baseline, which gate as well.
    """
    total = count(cases)
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
    return Gate(exit_code == 0, tuple(reasons), policy), exit_code
