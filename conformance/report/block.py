"""The failure block: one deviation as text, made to be pasted into an issue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.model import Where
from conformance.report.escape import cut, one_line
from conformance.report.words import accepted, actual, modes
from conformance.results.model import CaseResult, FindingResult

VALUE_LIMIT = 300
"""Longest expected or actual value, in characters."""

TRACE_LIMIT = 240
"""Longest line of an excerpt, in characters."""

OTHERS = 2
"""How many further findings are shown."""

_INDENT = " " * 6
_DEEPER = " " * 18


def block(case: CaseResult, others: Sequence[CaseResult] = ()) -> str:
    """The failure block of a deviating result, without a trailing newline.

    `others` are results of the same case in other modes that deviate as well; they are named, not repeated.
    """
    return "\n".join(_lines(case, others))


def location(where: Where) -> str:
    """Where a finding was made, in words; empty where nothing is known."""
    place = []
    if where.event is not None:
        place.append(f"event {where.event}")
    if where.pointer:
        place.append(one_line(where.pointer))
    if where.offset is not None:
        place.append(f"byte {where.offset:,}")
    words = ", ".join(place)
    if where.file:
        return f"{words} of {one_line(where.file)}" if words else one_line(where.file)
    if where.scenario:
        words = f"{words} of scenario {one_line(where.scenario)}" if words else f"scenario {one_line(where.scenario)}"
    if where.line:
        words = f"{words} (journal line {where.line})" if words else f"journal line {where.line}"
    return words


def _lines(case: CaseResult, others: Sequence[CaseResult]) -> Iterator[str]:
    level = f"{case.level.upper()}{', informational' if case.informational else ''}"
    yield one_line(f"{case.outcome.upper():<4}  {case.id}   {level}   {', '.join(case.clauses)}".rstrip())
    yield _INDENT + one_line(case.title)
    first = case.findings[0] if case.findings else None
    if first is not None:
        yield _row("expected", cut(first.expected, VALUE_LIMIT))
    yield _row("actual", cut(actual(case), VALUE_LIMIT))
    if first is not None:
        yield from _place(first)
    yield from _further(case, others)
    accept = ("known", accepted(case)) if case.known else ("accept", case.accept if case.deviates else "")
    for label, text in (("rerun", case.rerun), ("curl", case.curl), accept):
        if text:
            yield _row(label, one_line(text))


def _place(finding: FindingResult) -> Iterator[str]:
    where = location(finding.where)
    if where:
        yield _row("where", where)
    width = max((len(f"{line.at:.3f} s") for line in finding.excerpt if line.at is not None), default=0)
    for line in finding.excerpt:
        time = f"{line.at:.3f} s" if line.at is not None else ""
        gap = "  " if width else ""
        yield f"{_DEEPER}{time:>{width}}{gap}{cut(line.text, TRACE_LIMIT)}".rstrip()


def _further(case: CaseResult, others: Sequence[CaseResult]) -> Iterator[str]:
    if others:
        yield _row("also", f"in mode {modes(others)}: {cut(actual(others[0]), VALUE_LIMIT)}")
    first = (case.findings[0].expected, case.findings[0].actual) if case.findings else ("", "")
    distinct = {(finding.expected, finding.actual): finding for finding in case.findings[1:]}
    distinct.pop(first, None)
    for finding in list(distinct.values())[:OTHERS]:
        where = location(finding.where)
        yield _row(
            "also",
            f"{cut(finding.actual, VALUE_LIMIT)}; expected {cut(finding.expected, VALUE_LIMIT)}"
            + (f"; {where}" if where else ""),
        )
    if len(distinct) > OTHERS:
        yield _row("also", f"{len(distinct) - OTHERS} more kinds of finding, in the report")


def _row(label: str, text: str) -> str:
    return f"{_INDENT}{label:<10}{text}"
