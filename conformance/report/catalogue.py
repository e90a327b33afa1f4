"""The catalogue and the ledger as lists: for people, and for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap

from conformance.base.errors import UsageError
from conformance.base.suggestions import unknown
from conformance.model import Case, Clause, Json

WIDTH = 100


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


def text(listed: Mapping[str, Json]) -> str:
    """The list for people: cases by area, then how many clauses have cases."""
    lines: list[str] = []
    area = None
    for case in listed["cases"]:
        if case["area"] != area:
            area = case["area"]
            lines += ["", area]
        strength = "info" if case["informational"] else case["level"]
        lines.append(f"  {strength:<6} {case['id']:<52} {case['title']}")
    covered = sum(1 for clause in listed["clauses"] if clause["cases"])
    lines += ["", f"{len(listed['cases'])} cases, {covered} of {len(listed['clauses'])} clauses have cases"]
    return "\n".join(lines[1:]) + "\n"


def explain(name: str, cases: Sequence[Case], clauses: Mapping[str, Clause], clients: Sequence[str] = ()) -> str:
    """What a case or a clause says, where that comes from, and how it is judged.

    Raises UsageError for a name that is neither; `clients` are names of clients and vendors that it may be meant to be.
    """
    if name in clauses:
        return "\n".join(_explained_clause(clauses[name], cases_by_clause(cases).get(name, []))) + "\n"
    for case in cases:
        if name == case.id or name in case.aliases:
            return "\n".join(_explained_case(case, clauses)) + "\n"
    raise UsageError(
        unknown("case, clause, client or vendor", name, [*clauses, *clients, *(case.id for case in cases)])
    )


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


def _explained_clause(clause: Clause, cases: Sequence[str]) -> Iterator[str]:
    yield f"{clause.id}   {clause.level.upper()}   {clause.direction}   grade {clause.grade}"
    yield from _paragraph("says", clause.statement)
    yield from _paragraph("observe", clause.observe)
    yield from _paragraph("source", clause.source)
    if clause.uncertain:
        yield from _paragraph("uncertain", f"{clause.uncertain} (it informs and never decides)")
    if clause.caveat:
        yield from _paragraph("caveat", clause.caveat)
    yield from _paragraph("cases", ", ".join(cases) if cases else f"none: {clause.uncovered or 'not yet'}")


def _explained_case(case: Case, clauses: Mapping[str, Clause]) -> Iterator[str]:
    strength = "informational" if case.informational else case.level.upper()
    yield f"{case.id}   {strength}   {case.plane}   {', '.join(case.modes)}"
    yield from _paragraph("claims", case.title)
    for clause in case.clauses:
        yield from _paragraph(clause, f"{clauses[clause].statement} [{clauses[clause].source}]")
    if case.tier:
        beside = "" if case.scored else "; newer than the edition, so it neither scores nor gates"
        yield from _paragraph("belongs to", f"the tier {case.tier.title()}{beside}")
    if case.needs:
        yield from _paragraph("needs", ", ".join(case.needs))
    if case.on:
        yield from _paragraph("judges", ", ".join(map(str, case.on)))
    for step in case.steps:
        yield from _paragraph("sends", f"{step.method} {step.path} {step.body if step.raw is None else step.raw!r}")
    if case.within:
        yield from _paragraph("within", f"{case.within}, which holds this request; alone only where that is not enough")
    if case.control:
        yield from _paragraph("control", str(case.control))
    for label, calls in (("given", case.given), ("expects", case.expect)):
        for call in calls:
            yield from _paragraph(label, call.name if call.argument is True else f"{call.name}: {call.argument}")
    if case.caught:
        yield from _paragraph("catches", ", ".join(case.caught))
    yield from _paragraph("defined in", case.file.rpartition("catalogue/")[2])


def _paragraph(label: str, sentence: str) -> Iterator[str]:
    indent = " " * 16
    yield from wrap(sentence, WIDTH, initial_indent=f"  {label:<14}", subsequent_indent=indent) or [f"  {label}"]
