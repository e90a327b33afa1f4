"""report.html: one file that works offline, for the buyer first and the maintainer after.

The page loads nothing; its content security policy allows its own script and style alone. What is read on demand, the
findings of each result and the exchanges, is packed into the page and shown as text by its script.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment

from conformance.model import Outcome
from conformance.report import pages, vendor, verdict
from conformance.report import words as wording
from conformance.report.block import location
from conformance.report.escape import one_line
from conformance.report.packed import address, packed
from conformance.results.count import Count
from conformance.results.model import CaseResult, Results

DEFECTS = 5
"""How many defects the first screen names."""

NARROWEST = 1.5
"""The least width of a part of a bar that is not empty, in percent: less cannot be seen on a phone."""

ANSWERS: Mapping[str, str] = {
    "not-ready": "Does not work",
    "limited": "Works with limits",
    "undecided": "Not known",
    "ready": "Works",
}
"""Whether a client works, as its user asks."""

CLAIMS: Mapping[str, str] = {
    vendor.VERDICTS["broken"]: "broken",
    vendor.VERDICTS["deviates"]: "limited",
    vendor.VERDICTS["conforms"]: "limited",
    vendor.VERDICTS["kept"]: "ready",
}
"""How what became of a claim is coloured."""

APART = (("informational", "Clauses that only inform"), ("unscored", "Cases that are newer than the edition"))
"""Parts of the numbers that never decide."""


@dataclass(frozen=True)
class Segment:
    """One coloured part of a bar, in percent of its width."""

    kind: str
    start: float
    width: float


@dataclass(frozen=True)
class Area:
    """One row of the list of areas: results that count for conformance, and how many of them are open."""

    name: str
    count: Count
    open: int


@dataclass(frozen=True)
class Group:
    """Results of one kind. `open`: they are shown before anybody asks."""

    name: str
    title: str
    open: bool
    cases: tuple[CaseResult, ...]


def render(results: Results, *, limit: int = DEFECTS) -> str:
    """The report as an HTML document; `limit` is the number of defects on the first screen."""
    environment = _environment()
    style, script = pages.style_of("report.css"), pages.style_of("report.js")
    readiness = wording.clients(results)
    lead, rest = verdict.parts(results)
    return environment.get_template("report.html").render(
        results=results,
        lead=lead,
        rest=rest,
        readiness=readiness,
        unknown=[status for status, _ in readiness] == ["undecided"],
        areas=areas(results),
        shown=limit,
        defects=wording.defects(results),
        known=wording.known(results.cases),
        contradictions=wording.contradictions(results),
        undecided=wording.undecided(results.cases),
        clauses={clause.id: clause for clause in results.clauses},
        groups=groups(results),
        outcomes=[(outcome, number) for outcome in Outcome if (number := _number(results, outcome))],
        packed=packed(results),
        style=style,
        script=script,
        policy=pages.policy(style, script),
    )


def segments(count: Count) -> list[Segment]:
    """The bar of a count: passed, deviating and open results as shares of all of them, each wide enough to be seen."""
    parts = [(kind, number) for kind, number in _kinds(count) if number]
    widths = [max(NARROWEST, 100 * number / count.total) for _, number in parts]
    drawn, start = [], 0.0
    for (kind, _), width in zip(parts, widths, strict=True):
        share = 100 * width / sum(widths)
        drawn.append(Segment(kind, round(start, 2), round(share, 2)))
        start += share
    return drawn


def _kinds(count: Count) -> list[tuple[str, int]]:
    return [("good", count.passed), ("bad", count.deviating), ("open", count.open - _beside(count))]


def _beside(count: Count) -> int:
    """What does not apply, and is not open."""
    return count.unsupported + count.not_applicable


def areas(results: Results) -> list[Area]:
    """The areas in catalogue order with the numbers of their results for conformance."""
    found = results.summary.by_axis["conformance"].by_area
    return [Area(name, count, count.open - _beside(count)) for name, count in found.items()]


def groups(results: Results) -> list[Group]:
    """All results by what a reader does with them: deviations first, the worst in front, then what is open."""
    deviating = wording.worst_first(results.cases)
    beside = (Outcome.UNSUPPORTED, Outcome.NOT_APPLICABLE)
    rest = [case for case in results.cases if not case.deviates]
    found = [
        Group("deviations", "Deviations", open=True, cases=tuple(deviating)),
        Group("open", "Not decided", False, tuple(c for c in rest if not c.decided and c.outcome not in beside)),
        Group("passed", "Passed", False, tuple(c for c in rest if c.decided)),
        Group("beside", "Does not apply", False, tuple(c for c in rest if c.outcome in beside)),
    ]
    return [group for group in found if group.cases]


def notes(case: CaseResult) -> str:
    """What else a reader has to know of a result before opening it."""
    words = [
        "gates" if case.gates else "",
        "known" if case.known else "",
        "" if case.scored else "not scored",
        "informational" if case.informational else ("strictness" if case.axis == "strictness" else ""),
    ]
    return "".join(f" · {word}" for word in words if word)


def _number(results: Results, outcome: Outcome) -> int:
    names = {Outcome.PASS: "passed", Outcome.FAIL: "failed"}
    number: int = getattr(results.summary.total, names.get(outcome, outcome.value.replace("-", "_")))
    return number


@cache
def _environment() -> Environment:
    environment = pages.environment()
    environment.globals.update(
        words=wording,
        verdict=verdict,
        segments=segments,
        moment=_moment,
        notes=notes,
        ANSWERS=ANSWERS,
        APART=APART,
        CLAIMS=CLAIMS,
        vendor=vendor,
    )
    environment.filters.update(location=location, one_line=one_line, address=address)
    return environment


def _moment(started: str) -> str:
    """An RFC 3339 time in UTC for people; other text stays as it is."""
    return f"{started[:16].replace('T', ' ')} UTC" if started.endswith("Z") and len(started) >= 20 else started
