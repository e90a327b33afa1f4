"""The catalogue and the ledger as lists: for people, and for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from conformance.model import Case, Clause, Json
from conformance.report.explained import paragraph, sources
from conformance.standard.source_links import SourceTable


def entries(cases: Sequence[Case], clauses: Iterable[Clause]) -> dict[str, Json]:
    """Cases and clauses as JSON values, each naming the other side."""
    by_clause = cases_by_clause(cases)
    return {
        "cases": [_case(case) for case in cases],
        "clauses": [_clause(clause, by_clause.get(clause.id, [])) for clause in clauses],
    }


def cases_by_clause(cases: Iterable[Case]) -> dict[str, list[str]]:
    """Which cases cite a clause, by clause id."""
    found: dict[str, list[str]] = {}
    for case in cases:
        for clause in case.clauses:
            found.setdefault(clause, []).append(case.id)
    return found


def text(listed: Mapping[str, Json], *, filtered: bool = False) -> str:
    """The list for people: cases by area, then how many clauses have cases, where all are listed."""
    whole = 0 if filtered else len(listed["clauses"])
    lines: list[str] = []
    area = None
    for case in listed["cases"]:
        if case["area"] != area:
            area = case["area"]
            lines += ["", area]
        strength = "info" if case["informational"] else case["level"]
        lines.append(f"  {strength:<6} {case['id']:<52} {case['title']}")
    covered = sum(1 for clause in listed["clauses"] if clause["cases"])
    lines += ["", f"{len(listed['cases'])} cases{f', {covered} of {whole} clauses have cases' if whole else ''}"]
    return "\n".join(lines[1:]) + "\n"


def explain_clause(clause: Clause, cases: Iterable[Case], table: SourceTable) -> str:
    """What a clause says, where that comes from, and its cases."""
    return "\n".join(_explained_clause(clause, cases_by_clause(cases).get(clause.id, []), table)) + "\n"


def _case(case: Case) -> dict[str, Json]:
    return {
        "id": case.id,
        "title": case.title,
        "area": case.area,
        "level": case.level.value,
        "informational": case.informational,
        "direction": case.direction.value,
        "plane": case.plane.value,
        "modes": [mode.value for mode in case.modes],
        "clauses": list(case.clauses),
        "needs": list(case.needs),
        "caught": list(case.caught),
        "derived": bool(case.derived),
        "tier": case.tier,
        "scored": case.scored,
    }


def _clause(clause: Clause, cases: Sequence[str]) -> dict[str, Json]:
    return {
        "id": clause.id,
        "area": clause.area,
        "level": clause.level.value,
        "direction": clause.direction.value,
        "grade": clause.grade,
        "informational": clause.informational,
        "statement": clause.statement,
        "source": clause.source,
        "uncertain": clause.uncertain,
        "caveat": clause.caveat,
        "cases": list(cases),
        "uncovered": clause.uncovered,
    }


def _explained_clause(clause: Clause, cases: Sequence[str], table: SourceTable) -> Iterator[str]:
    yield f"{clause.id}   {clause.level.upper()}   {clause.direction}   grade {clause.grade}"
    yield from paragraph("says", clause.statement)
    yield from paragraph("observe", clause.observe)
    yield from sources(table.links(clause.source))
    if clause.uncertain:
        yield from paragraph("uncertain", f"{clause.uncertain} (it informs and never decides)")
    if clause.caveat:
        yield from paragraph("caveat", clause.caveat)
    yield from paragraph("cases", ", ".join(cases) if cases else f"none: {clause.uncovered or 'not yet'}")


def explained_case(case: Case, clauses: Mapping[str, Clause], table: SourceTable) -> Iterator[str]:
    """What a case claims, by which clauses, and how it is judged, line by line."""
    strength = "informational" if case.informational else case.level.upper()
    yield f"{case.id}   {strength}   {case.plane}   {', '.join(case.modes)}"
    yield from paragraph("claims", case.title)
    for clause in case.clauses:
        yield from paragraph(clause, clauses[clause].statement)
        yield from sources(table.links(clauses[clause].source))
    if case.tier:
        beside = "" if case.scored else "; newer than the edition, so it neither scores nor gates"
        yield from paragraph("belongs to", f"the tier {case.tier.title()}{beside}")
    if case.needs:
        yield from paragraph("needs", ", ".join(case.needs))
    if case.on:
        yield from paragraph("judges", ", ".join(map(str, case.on)))
    for step in case.steps:
        yield from paragraph("sends", f"{step.method} {step.path} {step.body if step.raw is None else step.raw!r}")
    if case.within:
        yield from paragraph("within", f"{case.within}, which holds this request; alone only where that is not enough")
    if case.control:
        yield from paragraph("control", str(case.control))
    for label, calls in (("given", case.given), ("expects", case.expect)):
        for call in calls:
            yield from paragraph(label, call.name if call.argument is True else f"{call.name}: {call.argument}")
    if case.caught:
        yield from paragraph("catches", ", ".join(case.caught))
    yield from paragraph("defined in", case.file.rpartition("catalogue/")[2])
