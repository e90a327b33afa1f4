"""The end of a run on a terminal: one screen that begins with the verdict and ends with the next command to type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from conformance.model import Outcome
from conformance.report import advice, vendor, verdict
from conformance.report import words as wording
from conformance.report.areas import area_table
from conformance.report.block import block_in
from conformance.report.escape import cut, one_line
from conformance.report.sheet import INDENT, Sheet
from conformance.results.model import CaseResult, ClientResult, DefectResult, Results

Detail = Literal["line", "screen", "all"]
"""How much is shown: the verdict, a screen, or every failing case and everything that was not decided."""

LINES: Final = 40
"""Lines of a screen."""

BLOCKS: Final = 5
"""Failure blocks of a screen, at most."""

LONGEST: Final = 120
"""Characters of a line that has no other end, about."""

_COLOURS: Final = {0: "green", 1: "red", 2: "yellow"}
_READINESS: Final = {"ready": "green", "limited": "yellow", "not-ready": "red", "undecided": "yellow"}
_IDS_SHOWN: Final = 3
_LISTED: Final = 3
"""How many entries of a kind a screen lists; the rest is counted."""

_FEWEST_DEFECTS: Final = 6
"""Defects that are shown before anything that can be left out."""


def render(
    results: Results,
    *,
    colour: bool = False,
    width: int | None = None,
    lines: int = LINES,
    detail: Detail = "screen",
    blocks: int = BLOCKS,
    folder: str | None = None,
) -> str:
    """The end of a run as text that ends with a newline.

    It takes at most `lines` lines of `width` columns (None: a line is as long as it is), unless all details are asked
    for. The failure blocks of the worst defects, at most `blocks`, are shown where there is room. `folder` is where the
    files of the run are. Every text of the endpoint is made printable; the only control characters are newlines and,
    with `colour`, colour codes.
    """
    sheet = Sheet(width, colour)
    if detail == "line":
        return "\n".join(_brief(results, sheet)) + "\n"
    end = list(_end(results, folder))
    if advice.nothing_tested(results):
        return "\n".join([*_verdict(results, sheet, 3 * (width or LONGEST)), *end]) + "\n"
    if advice.interrupted(results) and detail == "screen":
        return "\n".join([*_stopped(results, sheet), *end]) + "\n"
    head = [*_verdict(results, sheet), *_place(results, sheet)]
    parts = _all(results, sheet, blocks=bool(blocks)) if detail == "all" else None
    if parts is None:
        parts = _screen(results, sheet, lines - sheet.rows([*head, *end]) - 1, blocks)
    return "\n\n".join("\n".join(part) for part in (head, *parts, end) if part) + "\n"


def _screen(results: Results, sheet: Sheet, room: int, blocks: int) -> Iterator[list[str]]:
    """What fits into `room` lines, blank lines in between included."""
    defects = wording.defects(results)
    reserved = min(len(defects), _FEWEST_DEFECTS) + 2 if defects else 0
    if blocks and defects and defects[0][1]:  # the block of the worst defect says more than times and areas
        most = 2 * len(defects) + 3 + sheet.rows(_failure(results, wording.witness(defects[0][1]), sheet))
        core = sheet.rows([*_tiers(results, sheet), *_clients(results, sheet)])
        reserved = most if most + core + 2 <= room else reserved
    facts = _facts(results, sheet, room - reserved - 1)
    if facts:
        yield facts
        room -= sheet.rows(facts) + 1
    if defects:
        listed = list(_defects(defects, sheet, room - 1))
        yield listed
        room -= sheet.rows(listed) + 1
    for defect, members in defects[:blocks]:
        shown = list(_failure(results, wording.witness(members), sheet)) if members and defect.gates else []
        if not shown or sheet.rows(shown) >= room:
            return
        yield shown
        room -= sheet.rows(shown) + 1


def _facts(results: Results, sheet: Sheet, room: int) -> list[str]:
    """Tiers, clients and so on: those that matter most, as many as fit, in the order to read them."""
    made = {
        "tiers": list(_tiers(results, sheet)),
        "clients": list(_clients(results, sheet)),
        "vendor": list(_vendor(results, sheet, _LISTED)),
        "timing": list(_timing(results, sheet)),
        "areas": list(_areas(results, sheet)),
        "baseline": list(_baseline(results, sheet, _LISTED)),
        "contradictions": list(_contradictions(results, sheet, _LISTED)),
        "undecided": list(_undecided(results, sheet, _LISTED)),
    }
    kept = set()
    for name in ("tiers", "clients", "baseline", "vendor", "undecided", "areas", "contradictions", "timing"):
        if sheet.rows(made[name]) <= room:
            room -= sheet.rows(made[name])
            kept.add(name)
    return [line for name, lines in made.items() if name in kept for line in lines]


def _all(results: Results, sheet: Sheet, *, blocks: bool) -> Iterator[list[str]]:
    """Everything: all areas, all defects, the block of every failing case, all that was not decided."""
    defects = wording.defects(results)
    many = max(len(results.cases), len(results.capabilities), 1)
    yield [
        *_tiers(results, sheet),
        *_clients(results, sheet),
        *_vendor(results, sheet, max(len(results.claims), 1)),
        *_timing(results, sheet),
        *_baseline(results, sheet, many),
        *_contradictions(results, sheet, many),
    ]
    yield list(area_table(results, sheet))
    if defects:
        yield list(_defects(defects, sheet, 3 * len(defects)))
    for group in wording.decisive(results.cases) if blocks else ():
        yield list(_failure(results, group, sheet))
    yield list(_undecided(results, sheet, many))
    yield list(_beside(results, sheet))
    yield list(sheet.labelled("gate", f"{results.gate.policy}: {'; '.join(results.gate.reasons) or 'it holds'}"))


def _brief(results: Results, sheet: Sheet) -> Iterator[str]:
    word = verdict.word(results)
    line = one_line(f"{word}  {results.target.name}: {verdict.sentence(results)}")
    if sheet.width is not None:
        line = cut(line, sheet.width - 30) if len(line) > sheet.width else line
    yield sheet.paint(word, _COLOURS.get(results.exit_code, "yellow"), "bold") + line.removeprefix(word)


def _stopped(results: Results, sheet: Sheet) -> Iterator[str]:
    """The verdict of a run that somebody stopped."""
    word, gating = verdict.word(results), results.summary.total.gating
    found = f", and {wording.plural(gating, 'deviation')} violate the gate so far" if gating else ""
    yield sheet.paint(word, _COLOURS.get(results.exit_code, "yellow"), "bold") + one_line(
        f"  {results.incomplete_reason}{found}."
    )


def _verdict(results: Results, sheet: Sheet, most: int | None = None) -> Iterator[str]:
    word = verdict.word(results)
    text = one_line(f"{word}  {verdict.sentence(results)}")
    first, *rest = sheet.wrapped(text if most is None else cut(text, most - 60))
    yield sheet.paint(word, _COLOURS.get(results.exit_code, "yellow"), "bold") + first.removeprefix(word)
    yield from rest


def _place(results: Results, sheet: Sheet) -> Iterator[str]:
    target = results.target
    place = f"{target.name}: model {target.model} at {target.url}, answered on {target.path}"
    yield from sheet.dim(f"{place}, API version {target.api_version}")
    yield from sheet.dim(f"{wording.effort(results)}; {results.started}")
    if results.unfollowed:
        yield from (sheet.paint(line, "yellow") for line in sheet.wrapped(results.unfollowed))


def _tiers(results: Results, sheet: Sheet) -> Iterator[str]:
    tiers = results.tiers
    if not tiers:
        return
    names = wording.listed([tier.title for tier in tiers])
    edition = f" (edition {results.suite.edition})" if results.suite.edition else ""
    if all(tier.status == "reached" for tier in tiers):
        yield from sheet.labelled("tiers", f"{names} reached{edition}", "green")
    elif not results.complete and all(tier.status == "undecided" for tier in tiers):
        yield from sheet.labelled("tiers", f"{names} undecided: the run is incomplete")
    elif len({tier.status for tier in tiers}) == 1 and tiers[0].deciding:
        decided = f"{names} {tiers[0].status.replace('-', ' ')}; decided by {_names(tiers[0].deciding)}"
        yield from sheet.labelled("tiers", sheet.fitting(decided, sheet.room), "red")
    else:
        for number, tier in enumerate(tiers):
            status = tier.status.replace("-", " ")
            style = {"reached": "green", "not reached": "red"}.get(status, "yellow")
            decided = f"; decided by {_names(tier.deciding)}" if tier.deciding else ""
            text = sheet.fitting(f"{tier.title:<6} {status:<11}  {wording.tier_note(tier)}{decided}", sheet.room)
            yield from sheet.labelled("" if number else "tiers", text, style)


def _clients(results: Results, sheet: Sheet) -> Iterator[str]:
    groups = wording.clients(results)
    if not groups:
        return
    if [status for status, _ in groups] == ["undecided"]:
        text = f"undecided for all {len(results.clients)}: this run did not decide what they need"
        yield from sheet.labelled("clients", text)
        return
    if [status for status, _ in groups] == ["ready"]:
        yield from sheet.labelled("clients", f"ready for all {len(results.clients)}", "green")
        return
    yield from sheet.labelled("clients", wording.client_counts(results))
    for status, members in groups:
        if status != "ready":
            yield from _group(status, members, sheet)


def _group(status: str, members: Sequence[ClientResult], sheet: Sheet) -> Iterator[str]:
    """The clients of one readiness; where there is only one, with what its user sees."""
    if len(members) == 1:
        text = f"{members[0].title}: {wording.client_note(members[0])}"
    else:
        text = _fitting_names([client.title for client in members], sheet)
    word = f"{wording.READINESS[status]:<10}"
    first, *rest = sheet.wrapped(f"{INDENT}{word} {text}", indent=len(INDENT) + 11)
    yield INDENT + sheet.paint(word, _READINESS[status]) + first.removeprefix(INDENT + word)
    yield from rest


def _vendor(results: Results, sheet: Sheet, limit: int) -> Iterator[str]:
    """What became of the claims in a vendor's own documents."""
    lines = list(vendor.lines(results))
    for number, line in enumerate(lines[: limit + 1]):
        yield from sheet.labelled("" if number else "claims", line.strip(), "red" if number else "")
    yield from _more(len(lines) - 1 - limit, "broken claim", sheet)


def _fitting_names(names: Sequence[str], sheet: Sheet) -> str:
    """As many names as two lines hold, and the number of the others."""
    most = None if sheet.width is None else 2 * (sheet.width - len(INDENT) - 16)
    shown = list(names)
    while most is not None and len(shown) > 1 and len(", ".join(shown)) > most:
        shown.pop()
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"{', '.join(shown)}{more}"


def _timing(results: Results, sheet: Sheet) -> Iterator[str]:
    if results.timing is None:
        return
    for number, each in enumerate(results.timing.modes):
        times = "; ".join(f"{name} {value}" for name, value in wording.timing(each))
        yield from sheet.labelled("" if number else "timing", f"{each.mode:<7} {times}")
    for found in results.timing.limits:
        if not found.holds:
            yield from sheet.labelled("", f"exceeded: {found.title} {wording.limit(found)}", "red")


def _areas(results: Results, sheet: Sheet) -> Iterator[str]:
    """The areas in which something deviates, in one sentence."""
    areas = results.summary.by_axis["conformance"].by_area
    bad = [f"{area} {wording.of(count)}" for area, count in areas.items() if count.deviating]
    if bad:
        others = f"; nothing deviates in the other {len(areas) - len(bad)}" if len(areas) - len(bad) > 1 else ""
        yield from sheet.labelled("areas", f"{', '.join(bad)} pass{others}")


def _contradictions(results: Results, sheet: Sheet, limit: int) -> Iterator[str]:
    found = wording.contradictions(results)
    for each in found[:limit]:
        lines = f" (journal line {', '.join(map(str, each.evidence))})" if each.evidence else ""
        yield from sheet.labelled(
            "" if each is not found[0] else "differs", f"{each.name}: {each.contradiction}{lines}"
        )
    yield from _more(len(found) - limit, "contradiction", sheet)


def _baseline(results: Results, sheet: Sheet, limit: int) -> Iterator[str]:
    if results.baseline is not None:
        yield from sheet.labelled("known", wording.baseline(results))
        for state, style, entries in (("stale", "red", results.baseline.stale), ("open", "dim", results.baseline.open)):
            for entry in entries[:limit]:
                yield from sheet.labelled("", f"{state:<6} {wording.entry_line(entry)}", style)
            yield from _more(len(entries) - limit, f"{state} entr", sheet, ("y", "ies"))
    groups = wording.known(results.cases)
    for group in groups[:limit]:
        reason = cut(wording.accepted(group[0]), 200)
        yield from sheet.labelled("", f"known  {group[0].id}, {wording.modes(group)}: {reason}", "yellow")
    yield from _more(len(groups) - limit, "known deviation", sheet)


def _more(number: int, noun: str, sheet: Sheet, endings: tuple[str, str] = ("", "s")) -> Iterator[str]:
    if number > 0:
        yield from sheet.labelled("", f"and {number} more {noun}{endings[number != 1]}")


def _defects(found: Sequence[tuple[DefectResult, Sequence[CaseResult]]], sheet: Sheet, room: int) -> Iterator[str]:
    """The defects, worst first: two lines each where there is room for all of them, otherwise one."""
    gating = sum(defect.gates for defect, _ in found)
    gates = f"{gating} of them gating"
    if gating == len(found):
        gates = "which gates" if gating == 1 else "all of them gating"
    elif not gating:
        gates = "which does not gate" if len(found) == 1 else "none of them gating"
    worst = ", worst first" if len(found) > 1 else ""
    yield sheet.paint(f"{wording.plural(len(found), 'defect')}, {gates}{worst}", "bold")
    roomy = 2 * len(found) + 1 <= room
    shown = found if roomy or len(found) < room else found[: max(room - 2, 1)]
    for number, (defect, _) in enumerate(shown, start=1):
        yield from _defect(number, defect, sheet, roomy=roomy)
    if len(found) > len(shown):
        yield f"      and {wording.plural(len(found) - len(shown), 'more defect')}, in the report"


def _defect(number: int, defect: DefectResult, sheet: Sheet, *, roomy: bool) -> Iterator[str]:
    start, harm = f"  {number:>2}  ", f"{wording.HARMS[defect.harm]:<18}  "
    style = "red" if defect.gates else "yellow"
    who, left = one_line(wording.affected(defect)), None
    if sheet.width is not None:
        left = sheet.width - len(start) - len(harm)
    title = sheet.fitting(defect.title, left)
    if roomy:
        yield start + sheet.paint(harm, style) + title
        extent = "; ".join(filter(None, [who, wording.extent(defect)]))
        yield sheet.paint(" " * len(start + harm) + sheet.fitting(extent, left), "dim")
        return
    suffix = f"  ({who})" if who else ""
    if left is not None and len(title) + len(suffix) > left:
        title, suffix = (
            sheet.fitting(defect.title, left - min(len(suffix), left // 2)),
            sheet.fitting(suffix, left // 2),
        )
    yield start + sheet.paint(harm, style) + title + sheet.paint(suffix, "dim")


def _failure(results: Results, group: Sequence[CaseResult], sheet: Sheet) -> Iterator[str]:
    word = group[0].outcome.upper()
    text = block_in(results, group[0], group[1:])
    yield from (sheet.paint(word, "red" if group[0].gates else "yellow") + text.removeprefix(word)).split("\n")


def _undecided(results: Results, sheet: Sheet, limit: int) -> Iterator[str]:
    """What could not be decided, and what was not sent; what does not apply is not open."""
    groups = [each for each in wording.undecided(results.cases) if each[0] in (Outcome.INCONCLUSIVE, Outcome.NOT_RUN)]
    for number, (outcome, reason, members) in enumerate(groups[:limit]):
        text = (
            f"{len(members)} {outcome.replace('-', ' ')}: {cut(reason, 160)}  ({_names([each.id for each in members])})"
        )
        yield from sheet.labelled("" if number else "open", text)
    yield from _more(len(groups) - limit, "reason", sheet)
    declined = [case for case in results.cases if case.outcome is Outcome.UNSUPPORTED]
    needs = list(dict.fromkeys(case.needs[0] for case in declined if case.needs))
    if declined:
        text = f"{', '.join(needs) or 'optional capabilities'} ({wording.plural(len(declined), 'result')})"
        yield from sheet.labelled("lacks", text)


def _beside(results: Results, sheet: Sheet) -> Iterator[str]:
    """What does not apply to this endpoint."""
    groups = [each for each in wording.undecided(results.cases) if each[0] is Outcome.NOT_APPLICABLE]
    total = sum(len(members) for _, _, members in groups)
    if groups:
        yield sheet.paint(f"{total} of {results.summary.total.total} results do not apply to this endpoint", "bold")
    for _, reason, members in groups:
        yield f"  {len(members):>4}  {cut(reason, 160)}  ({_names([each.id for each in members])})"


def _names(names: Sequence[str]) -> str:
    ids = list(dict.fromkeys(names))
    more = f", +{len(ids) - _IDS_SHOWN}" if len(ids) > _IDS_SHOWN else ""
    return one_line(f"{', '.join(ids[:_IDS_SHOWN])}{more}")


def _end(results: Results, folder: str | None) -> Iterator[str]:
    """Where the files are, what to type next, and the exit code. Commands are never wrapped: they are pasted."""
    nothing = advice.nothing_tested(results)
    if folder is not None and not nothing:
        yield f"report  {one_line(folder)}/report.html"
    for number, line in enumerate(advice.following(results, folder)):
        yield f"{'' if number else 'next':<8}{one_line(line)}"
    yield f"exit    {results.exit_code}, {verdict.exit_meaning(results)}"
