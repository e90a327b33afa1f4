"""The summary for a terminal: verdict first, then numbers, then the worst deviations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from textwrap import wrap

from conformance.report import verdict
from conformance.report import words as wording
from conformance.report.block import block
from conformance.report.escape import cut, one_line
from conformance.results.count import Count, PartCounts
from conformance.results.model import CaseResult, Results

Paint = Callable[[str, str], str]

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_EXIT_COLOURS = {0: "green", 1: "red", 2: "yellow"}
_BAR = 20
_IDS_SHOWN = 3
_DEFECTS_LISTED = 15


def render(results: Results, *, colour: bool = False, limit: int = 5, report: str | None = None) -> str:
    """The summary of a run as text that ends with a newline.

    `limit` is the number of failure blocks, the rest is counted; `report` the path of the HTML report. Every text of
    the endpoint is made printable; the only control characters are newlines and, with `colour`, colour codes.
    """
    paint = _painted if colour else _plain
    sections = [
        _verdict(results, paint),
        _areas(results, paint),
        _strictness(results, paint),
        _tiers(results, paint),
        _clients(results, paint),
        _timing(results, paint),
        _contradictions(results, paint),
        _deviations(results, paint, limit),
        _known(results, paint),
        _undecided(results, paint),
        _end(results, report),
    ]
    return "\n\n".join("\n".join(lines) for section in sections if (lines := list(section))) + "\n"


def _verdict(results: Results, paint: Paint) -> Iterator[str]:
    target = results.target
    word = paint(verdict.word(results).upper(), _EXIT_COLOURS.get(results.exit_code, "yellow"))
    yield f"{paint(word, 'bold')}  {one_line(verdict.sentence(results))}"
    place = f"{target.name}: model {target.model} at {target.url}, answered on {target.path}"
    yield paint(one_line(f"{place}, API version {target.api_version}"), "dim")
    yield paint(f"{wording.effort(results)}; {one_line(results.started)}", "dim")
    if results.unfollowed:
        yield paint(one_line(results.unfollowed), "yellow")


def _areas(results: Results, paint: Paint) -> Iterator[str]:
    part = results.summary.by_axis["conformance"]
    if not part.total.total:
        return
    yield paint(f"{'conformance':<16}passed of decided", "bold")
    width = max(len(wording.of(count)) for count in [part.total, *part.by_area.values()])
    for area, count in part.by_area.items():
        fraction = f"{one_line(area):<14}{wording.of(count):>{width}}"
        yield f"  {fraction}  {_bar(count, paint)}  {_rest(count, paint)}".rstrip()
    yield f"  {'all':<14}{wording.of(part.total):>{width}}  {' ' * _BAR}  {_rest(part.total, paint)}".rstrip()
    yield f"  {_levels(part)}"


def _strictness(results: Results, paint: Paint) -> Iterator[str]:
    for name, meaning in (
        ("strictness", "refuse what the API refuses"),
        ("informational", "on uncertain or optional clauses, which never decide"),
        ("unscored", "of cases that are newer than the edition, which do not count yet"),
    ):
        part = results.summary.by_axis[name]
        if part.total.total:
            rest = _rest(part.total, paint)
            yield f"{paint(f'{name:<16}', 'bold')}{wording.of(part.total)} {meaning}{'; ' if rest else ''}{rest}"


_READINESS = {"ready": "green", "limited": "yellow", "not-ready": "red", "undecided": "yellow"}
_WIDTH = 130
_NOTE = 120
_STANDINGS = {"reached": "green", "not-reached": "red"}


def _tiers(results: Results, paint: Paint) -> Iterator[str]:
    tiers = results.tiers
    if not tiers:
        return
    edition = f"edition {results.suite.edition}" if results.suite.edition else ""
    if not results.complete and all(tier.status == "undecided" for tier in tiers):
        names = ", ".join(tier.title for tier in tiers)
        yield f"{paint('tiers', 'bold')}           {one_line(names)} undecided: the run is incomplete"
        return
    yield paint(f"{'tiers':<16}{one_line(edition)}", "bold").rstrip()
    for tier in tiers:
        covers = f": {tier.covers}" if tier.covers else ""
        status = paint(f"{tier.status.replace('-', ' '):<12}", _STANDINGS.get(tier.status, "yellow"))
        yield one_line(f"  {tier.title:<14}") + status + one_line(f"  {wording.tier_note(tier)}{covers}")
        if tier.deciding:
            yield paint(f"  {'':<14}{'':<12}  decided by {_listed(tier.deciding)}", "dim")


def _clients(results: Results, paint: Paint) -> Iterator[str]:
    groups = wording.clients(results)
    if not groups:
        return
    title = paint(f"{'clients':<16}", "bold")
    if [status for status, _ in groups] == ["undecided"]:
        yield f"{title}undecided for all {len(results.clients)}: this run did not decide what they need"
        return
    yield title + one_line(wording.client_counts(results))
    for status, members in groups:
        word = paint(f"{wording.READINESS[status]:<10}", _READINESS[status])
        if status == "ready":
            names = one_line(", ".join(client.title for client in members))
            yield from wrap(names, _WIDTH, initial_indent=f"  {word}  ", subsequent_indent=" " * 14)
            continue
        for client in members:
            note = one_line(cut(wording.client_note(client), _NOTE))
            yield f"  {word}  {one_line(f'{client.title:<28}')}  {note} {paint(f'({_listed(client.deciding)})', 'dim')}"


def _timing(results: Results, paint: Paint) -> Iterator[str]:
    if results.timing is None:
        return
    for number, each in enumerate(results.timing.modes):
        times = "; ".join(f"{name} {value}" for name, value in wording.timing(each))
        yield paint(f"{'' if number else 'timing':<16}", "bold") + f"{each.mode:<8}{times}"
    for found in results.timing.limits:
        if not found.holds:
            yield f"  {paint('exceeded', 'red')}      {one_line(f'{found.title} {wording.limit(found)}')}"


def _contradictions(results: Results, paint: Paint) -> Iterator[str]:
    found = wording.contradictions(results)
    if found:
        yield paint(f"contradictions between what the target declares and what it does ({len(found)})", "bold")
        for each in found:
            lines = f" (journal line {', '.join(map(str, each.evidence))})" if each.evidence else ""
            yield one_line(f"  {each.name:<24}{each.contradiction}{lines}")


def _known(results: Results, paint: Paint) -> Iterator[str]:
    groups = wording.known(results.cases)
    baseline = results.baseline
    if baseline is not None:
        yield paint("baseline", "bold") + f"        {one_line(wording.baseline(results))}"
        for entry in baseline.stale:
            yield f"  {paint('stale', 'red')}  {one_line(wording.entry_line(entry))}"
        for entry in baseline.open:
            yield paint(f"  open   {one_line(wording.entry_line(entry))}", "dim")
    for group in groups:
        case = group[0]
        reason = cut(wording.accepted(case), 200)
        yield f"  {paint('known', 'yellow')}  {one_line(case.id)}, {wording.modes(group)}: {reason}"


def _levels(part: PartCounts) -> str:
    shown = [f"{level.upper()} {wording.of(count)}" for level, count in part.by_level.items() if count.total]
    return " · ".join(shown) + (f" · not decided {part.total.open}" if part.total.open else "")


def _rest(count: Count, paint: Paint) -> str:
    words = []
    if count.failed:
        words.append(paint(f"{count.failed} failed", "red"))
    if count.ignored:
        words.append(paint(f"{count.ignored} ignored", "red"))
    if count.open:
        words.append(paint(wording.open_words(count), "yellow"))
    return ", ".join(words)


def _bar(count: Count, paint: Paint) -> str:
    """Shares of passed, deviating and open results; what is there at all takes at least one cell."""
    if not count.total:
        return " " * _BAR
    bad = _cells(count.deviating, count.total)
    rest = min(_cells(count.open, count.total), _BAR - bad)
    good = _BAR - bad - rest
    return paint("█" * good, "green") + paint("▒" * bad, "red") + paint("·" * rest, "yellow")


def _cells(number: int, total: int) -> int:
    return max(1, round(number / total * _BAR)) if number else 0


def _deviations(results: Results, paint: Paint, limit: int) -> Iterator[str]:
    found = wording.defects(results)
    if not found:
        return
    gating = sum(defect.gates for defect, _ in found)
    yield paint(f"{wording.plural(len(found), 'defect')}, {gating} of them gating, worst first", "bold")
    for number, (defect, _) in enumerate(found[:_DEFECTS_LISTED], start=1):
        harm = paint(f"{wording.HARMS[defect.harm]:<18}", "red" if defect.gates else "yellow")
        yield f"  {number:>2}  {harm}  {one_line(defect.title)} {paint(f'({wording.extent(defect)})', 'dim')}"
    if len(found) > _DEFECTS_LISTED:
        yield f"      and {wording.plural(len(found) - _DEFECTS_LISTED, 'more defect')}, in the report"
    for number, (defect, members) in enumerate(found[:limit], start=1):
        yield ""
        yield f"{paint(f'defect {number}', 'bold')}  {one_line(defect.title)}"
        if members:
            first, *others = _witness(members)
            yield _coloured(block(first, others), first, paint)


def _witness(members: Sequence[CaseResult]) -> list[CaseResult]:
    """The case of a defect to read first, in the modes in which it deviates."""
    return [case for case in members if case.id == members[0].id and case.known is None]


def _coloured(text: str, case: CaseResult, paint: Paint) -> str:
    word = case.outcome.upper()
    return paint(word, "red" if case.gates else "yellow") + text.removeprefix(word)


def _undecided(results: Results, paint: Paint) -> Iterator[str]:
    groups = wording.undecided(results.cases)
    if not groups:
        return
    yield paint(f"not decided ({results.summary.total.open} of {results.summary.total.total})", "bold")
    for outcome, reason, members in groups:
        yield f"  {len(members):>4}  {outcome:<15}{cut(reason, 160)}  {paint(_ids(members), 'dim')}"


def _ids(members: Sequence[CaseResult]) -> str:
    return f"({_listed([case.id for case in members])})"


def _listed(names: Sequence[str]) -> str:
    ids = list(dict.fromkeys(names))
    more = f", +{len(ids) - _IDS_SHOWN}" if len(ids) > _IDS_SHOWN else ""
    return one_line(f"{', '.join(ids[:_IDS_SHOWN])}{more}")


def _end(results: Results, report: str | None) -> Iterator[str]:
    if report:
        yield f"report  {one_line(report)}"
    gate = results.gate
    yield f"gate    {one_line(gate.policy)}: {one_line('; '.join(gate.reasons)) or 'nothing violates it'}"
    yield f"exit    {results.exit_code}, {verdict.exit_meaning(results)}"


def _plain(text: str, style: str) -> str:  # noqa: ARG001
    return text


def _painted(text: str, style: str) -> str:
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if text else ""
