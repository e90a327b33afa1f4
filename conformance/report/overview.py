"""Several targets side by side, one line each."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.report.escape import one_line
from conformance.results.count import CONFORMANCE, STRICTNESS
from conformance.results.model import Results

WORDS = {0: "holds", 1: "violated", 2: "not decided", 3: "error", 4: "error"}


def render(runs: Sequence[Results]) -> str:
    """A table with one line a target: gate, conformance, strictness, requests. Ends with a newline."""
    width = max(len(one_line(run.target.name)) for run in runs)
    lines = [f"{'target':<{width}}  {'gate':<11}  {'conformance':>13}  {'strictness':>12}  {'requests':>8}"]
    for run in runs:
        parts = run.summary.by_axis
        conformance, strictness = parts[CONFORMANCE].total, parts[STRICTNESS].total
        lines.append(
            f"{one_line(run.target.name):<{width}}  {WORDS[run.exit_code]:<11}  "
            f"{f'{conformance.passed} of {conformance.decided}':>13}  "
            f"{f'{strictness.passed} of {strictness.decided}':>12}  {run.requests:>8}"
        )
    return "\n".join(lines) + "\n"
