"""report.html: one file that works offline, for the buyer first and the maintainer after.

The page loads nothing; its content security policy allows its own script and style alone.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conformance.model import Outcome
from conformance.report import verdict
from conformance.report import words as wording
from conformance.report.block import block, location
from conformance.report.escape import one_line, printable
from conformance.results.count import Count
from conformance.results.model import CaseResult, Results

TEMPLATES = Path(__file__).with_name("templates")

DEFECTS = 5
"""How many defects the first screen names."""


@dataclass(frozen=True)
class Segment:
    """One coloured part of a bar, in percent of its width."""

    kind: str
    start: float
    width: float


@dataclass(frozen=True)
class Area:
    """One row of the table of areas."""

    name: str
    conformance: Count | None
    strictness: Count | None
    cases: tuple[CaseResult, ...]


def render(results: Results, *, limit: int = DEFECTS) -> str:
    """The report as an HTML document; `limit` is the number of defects on the first screen."""
    environment = _environment()
    style, script = (Markup((TEMPLATES / name).read_text(encoding="utf-8")) for name in ("report.css", "report.js"))
    defects = wording.defects(results)
    return environment.get_template("report.html").render(
        results=results,
        areas=areas(results),
        defects=defects[:limit],
        known=wording.known(results.cases),
        contradictions=wording.contradictions(results),
        more_defects=defects[limit:],
        undecided=wording.undecided(results.cases),
        outcomes=[(outcome, number) for outcome in Outcome if (number := _number(results, outcome))],
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )


def segments(count: Count) -> list[Segment]:
    """The bar of a count: passed, deviating and open results as shares of all of them."""
    parts = [("good", count.passed), ("bad", count.deviating), ("open", count.open)]
    drawn, start = [], 0.0
    for kind, number in parts:
        width = 100 * number / count.total if count.total else 0.0
        if number:
            drawn.append(Segment(kind, round(start, 3), round(width, 3)))
        start += width
    return drawn


def areas(results: Results) -> list[Area]:
    """The areas in catalogue order with their numbers and results, deviating results first."""
    axes = results.summary.by_axis
    return [
        Area(
            name,
            axes["conformance"].by_area.get(name),
            axes["strictness"].by_area.get(name),
            tuple(_deviating_first([case for case in results.cases if case.area == name])),
        )
        for name in results.summary.by_area
    ]


def _deviating_first(cases: Sequence[CaseResult]) -> list[CaseResult]:
    return [*wording.worst_first(cases), *(case for case in cases if not case.deviates)]


def _number(results: Results, outcome: Outcome) -> int:
    names = {Outcome.PASS: "passed", Outcome.FAIL: "failed"}
    number: int = getattr(results.summary.total, names.get(outcome, outcome.value.replace("-", "_")))
    return number


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        words=wording, verdict=verdict, segments=segments, block=block, moment=_moment, kilo=_kilo
    )
    environment.filters.update(location=location, one_line=one_line)
    return environment


def _shown(value: Any) -> Any:
    """What every expression of the template passes through before it is escaped."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _moment(started: str) -> str:
    """An RFC 3339 time in UTC for people; other text stays as it is."""
    return f"{started[:16].replace('T', ' ')} UTC" if started.endswith("Z") and len(started) >= 20 else started


def _kilo(text: str) -> str:
    return f"{len(text):,} characters"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
