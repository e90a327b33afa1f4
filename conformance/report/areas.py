"""The table of areas for a terminal: what passes of what was decided, and a bar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.report import words as wording
from conformance.report.escape import one_line
from conformance.report.sheet import Paint, Sheet
from conformance.results.count import Count
from conformance.results.model import Results

_BAR: Final = 20


def area_table(results: Results, sheet: Sheet) -> Iterator[str]:
    """A line for each area, then the levels, and the parts that do not count as conformance."""
    part = results.summary.by_axis["conformance"]
    if not part.total.total:
        return
    yield sheet.paint(f"{'conformance':<16}passed of decided", "bold")
    width = max(len(wording.of(count)) for count in [part.total, *part.by_area.values()])
    for area, count in part.by_area.items():
        fraction = f"{one_line(area):<14}{wording.of(count):>{width}}"
        yield f"  {fraction}  {_bar(count, sheet.paint)}  {_rest(count, sheet.paint)}".rstrip()
    yield f"  {'all':<14}{wording.of(part.total):>{width}}  {' ' * _BAR}  {_rest(part.total, sheet.paint)}".rstrip()
    shown = [f"{level.upper()} {wording.of(count)}" for level, count in part.by_level.items() if count.total]
    yield f"  {' · '.join(shown)}"
    for name, meaning in (
        ("strictness", "refuse what the API refuses"),
        ("informational", "on uncertain or optional clauses, which never decide"),
        ("unscored", "of cases that are newer than the edition, which do not count yet"),
    ):
        other = results.summary.by_axis[name].total
        if other.total:
            rest = _rest(other, sheet.paint)
            title = sheet.paint(f"{name:<16}", "bold")
            yield f"{title}{wording.of(other)} {meaning}{'; ' if rest else ''}{rest}"


def _rest(count: Count, paint: Paint) -> str:
    """What does not pass: deviations first, then what is open, then what does not apply."""
    deviating = [
        f"{number} {word}" for number, word in ((count.failed, "failed"), (count.ignored, "ignored")) if number
    ]
    parts = [paint(word, "red") for word in deviating]
    if count.open:
        parts.append(paint(wording.open_words(count), "yellow"))
    return ", ".join(parts)


def _bar(count: Count, paint: Paint) -> str:
    """Shares of passed, deviating and open results; what is there at all takes at least one cell."""
    if not count.total:
        return " " * _BAR
    bad = _cells(count.deviating, count.total)
    rest = min(_cells(count.open, count.total), _BAR - bad)
    return paint("█" * (_BAR - bad - rest), "green") + paint("▒" * bad, "red") + paint("·" * rest, "yellow")


def _cells(number: int, total: int) -> int:
    return max(1, round(number / total * _BAR)) if number else 0
