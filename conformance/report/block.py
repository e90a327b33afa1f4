"""The failure block: one deviation as text, made to be pasted into an issue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.model import SourceLink, Where
from conformance.report.escape import cut, one_line
from conformance.report.words import accepted, actual, modes
from conformance.results.model import AffectedClient, CaseResult, FindingResult, Results

VALUE_LIMIT = 300
"""Longest expected or actual value, in characters."""

TRACE_LIMIT = 240
"""Longest line of an excerpt, in characters."""

OTHERS = 2
"""How many further findings are shown."""

CLIENTS = 2
"""How many clients are shown with what their users see; the others are named."""

_START = 60
_INDENT = " " * 6
_DEEPER = " " * 18


def block(
    case: CaseResult,
    others: Sequence[CaseResult] = (),
    *,
    affects: Sequence[AffectedClient] = (),
    sources: Sequence[SourceLink] = (),
) -> str:
    """The failure block of a deviating result, without a trailing newline.

    `others` are results of the same case in other modes that deviate as well; they are named, not repeated. `affects`
    are the clients that its defect affects, `sources` those of the clause.
    """
    return "\n".join(_lines(case, others, affects, sources))


def block_in(results: Results, case: CaseResult, others: Sequence[CaseResult] = ()) -> str:
    """The failure block of a result, with the clients that its defect affects and the sources of its clause."""
    hit = next((defect.affects for defect in results.defects if case.key in defect.cases and defect.affects), ())
    clause = next((each for each in results.clauses if each.id in case.clauses[:1]), None)
    return block(case, others, affects=hit, sources=clause.sources if clause is not None else ())


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


def _lines(
    case: CaseResult,
    others: Sequence[CaseResult],
    affects: Sequence[AffectedClient],
    sources: Sequence[SourceLink],
) -> Iterator[str]:
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
    yield from _breaks(affects)
    if sources:
        yield _row("source", one_line("; ".join(map(_source, sources))))
    accept = ("known", accepted(case)) if case.known else ("accept", case.accept if case.deviates else "")
    for label, text in (("set", _variables(case)), ("rerun", case.rerun), ("curl", case.curl), accept):
        if text:
            yield _row(label, one_line(text))


def _breaks(affects: Sequence[AffectedClient]) -> Iterator[str]:
    """The clients that break, or are degraded where none breaks, each with what its user sees."""
    broken = [client for client in affects if client.impact == "breaks"]
    label, shown = ("breaks", broken) if broken else ("degrades", list(affects))
    for number, client in enumerate(shown[:CLIENTS]):
        yield _row("" if number else label, cut(f"{client.title}: {client.symptom}", VALUE_LIMIT))
    names = [client.title for client in [*shown[CLIENTS:], *(each for each in affects if each not in shown)]]
    if names:
        yield _row("", one_line(f"also {', '.join(names)}"))


def _source(source: SourceLink) -> str:
    """A source with its address and its date, as far as they are known."""
    date = f" ({source.date})" if source.date else ""
    return f"{source.text}, {source.url}{date}" if source.url else f"{source.text}{date}"


def _variables(case: CaseResult) -> str:
    """How to set the variables that the commands read."""
    return f"export {' '.join(f'{name}=...' for name in case.variables)}" if case.variables else ""


def _place(finding: FindingResult) -> Iterator[str]:
    where = location(finding.where)
    if where:
        yield _row("where", where)
    width = max((len(f"{line.at:.3f} s") for line in finding.excerpt if line.at is not None), default=0)
    several = any(line.marked for line in finding.excerpt) and not all(line.marked for line in finding.excerpt)
    for line in finding.excerpt:
        time = f"{line.at:.3f} s" if line.at is not None else ""
        gap = "  " if width else ""
        mark = "> " if line.marked and several else "  "
        text = _around(line.text, finding) if line.marked or not several else line.text
        yield f"{_DEEPER[:-2]}{mark}{time:>{width}}{gap}{cut(text, TRACE_LIMIT)}".rstrip()


def _around(text: str, finding: FindingResult) -> str:
    """A long line of JSON without what comes before the member that the finding is about."""
    names = [part for part in (finding.where.pointer or "").split("/") if part and not part.isdigit()]
    at = text.find(f'"{names[-1]}"') if names else -1
    if len(text) <= TRACE_LIMIT or at < TRACE_LIMIT // 2:
        return text
    return f"{text[:_START]}… {text[at - _START :]}"


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
