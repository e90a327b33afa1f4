"""The coverage page: which cases test each clause, and which faults each case catches.

Belongs here: the page as Markdown. Does not belong here: loading, results of runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from conformance.model import Case, Clause

HEAD = """\
# Coverage

Every clause of the ledger, the cases that cite it, and the faults of the reference endpoint that each case catches. A
clause without cases has its reason. Generated: `MESSAGES_WRITE_COVERAGE=1 pytest tests/standard/test_coverage.py`.
"""


def page(cases: Sequence[Case], clauses: Iterable[Clause]) -> str:
    """The page, one section for each area of the ledger, in the order of the ledger."""
    citing: dict[str, list[Case]] = {}
    for case in cases:
        for clause_id in case.clauses:
            citing.setdefault(clause_id, []).append(case)
    listed = list(clauses)
    lines = [HEAD, *_numbers(listed, cases, citing)]
    for area in dict.fromkeys(clause.area for clause in listed):
        lines += ["", f"## {area}", ""]
        for clause in (clause for clause in listed if clause.area == area):
            lines += _clause(clause, citing.get(clause.id, []))
    return "\n".join(lines) + "\n"


def _numbers(clauses: Sequence[Clause], cases: Sequence[Case], citing: dict[str, list[Case]]) -> list[str]:
    reasons = Counter((clause.uncovered or "").partition(":")[0] for clause in clauses if clause.id not in citing)
    areas = Counter(case.area for case in cases)
    without = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    by_area = ", ".join(f"{area} {count}" for area, count in sorted(areas.items()))
    return [
        f"- {len(clauses)} clauses: {len(clauses) - sum(reasons.values())} with cases; without: {without}",
        f"- {len(cases)} cases: {by_area}",
        f"- {len({fault for case in cases for fault in case.caught})} faults",
    ]


def _clause(clause: Clause, cases: Sequence[Case]) -> list[str]:
    force = f"{clause.level}, informational" if clause.informational else str(clause.level)
    if not cases:
        return [f"- **{clause.id}** ({force}): no case, {clause.uncovered}"]
    lines = [f"- **{clause.id}** ({force})"]
    lines += [f"  - `{case.id}`: {', '.join(case.caught)}" for case in cases]
    return lines
