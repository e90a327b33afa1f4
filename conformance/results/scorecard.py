"""Many results side by side: targets as columns, tiers, clients, areas, defects and cases as rows.

Nothing is ranked, and nothing is added up to one number. Only results of one edition are compared; those of
another are listed apart. Of several results of one target the newest is its column, the others are its history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from conformance.model import Harm, Outcome
from conformance.results.model import CaseResult, DefectResult, Results
from conformance.standard.submissions import Dispute

Order = Literal["submission", "name"]
Tone = Literal["good", "bad", "warn", "open", "none"]
"""How a cell looks. `none`: nothing is known, or it does not apply."""


@dataclass(frozen=True)
class ScoredRun:
    """One results file. `place` is where it is, `report` the address of its report, or empty. `by` says who ran it."""

    results: Results
    place: str
    report: str = ""
    by: str = ""
    disputes: tuple[Dispute, ...] = ()

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes two runs those of one target."""
        target = self.results.target
        return target.name, target.url, target.model, target.api_version


@dataclass(frozen=True)
class Column:
    """One target: its newest run, and the older ones, the oldest first."""

    run: ScoredRun
    history: tuple[ScoredRun, ...] = ()


@dataclass(frozen=True)
class ScoreCell:
    """What one target has in one row. `detail` is what was seen; `anchor` the place in the target's report."""

    text: str
    tone: Tone
    detail: str = ""
    anchor: str = ""
    disputed: str = ""


@dataclass(frozen=True)
class ScoreRow:
    """One thing that targets are compared in."""

    id: str
    title: str
    cells: tuple[ScoreCell, ...]


@dataclass(frozen=True)
class Scorecard:
    """The columns, and the rows by kind. `apart` are targets whose results are of another edition.

    `cases` has only rows in which some target does not simply pass; `alike` counts the others.
    """

    edition: str
    columns: tuple[Column, ...]
    apart: tuple[Column, ...]
    tiers: tuple[ScoreRow, ...]
    clients: tuple[ScoreRow, ...]
    areas: tuple[ScoreRow, ...]
    defects: tuple[ScoreRow, ...]
    cases: tuple[ScoreRow, ...]
    alike: int


def scorecard_of(runs: Sequence[ScoredRun], order: Order = "submission") -> Scorecard:
    """The scorecard of results in the order of their submission. Raises ValueError without any."""
    columns = _columns(runs)
    editions = [column.run.results.suite.edition or "" for column in columns]
    edition = max(editions)
    chosen = [column for column, own in zip(columns, editions, strict=True) if own == edition]
    if order == "name":
        chosen.sort(key=lambda column: (column.run.results.target.name.lower(), column.run.results.target.model))
    apart = tuple(column for column, own in zip(columns, editions, strict=True) if own != edition)
    found = [column.run for column in chosen]
    rows = list(_cases(found))
    shown = tuple(row for row in rows if any(cell.tone in ("bad", "warn", "open") for cell in row.cells))
    return Scorecard(
        edition,
        tuple(chosen),
        apart,
        tuple(_tiers(found)),
        tuple(_clients(found)),
        tuple(_areas(found)),
        tuple(_defects(found)),
        shown,
        len(rows) - len(shown),
    )


def _columns(runs: Iterable[ScoredRun]) -> list[Column]:
    together: dict[tuple[str, str, str, str], list[ScoredRun]] = {}
    for run in runs:
        together.setdefault(run.key, []).append(run)
    columns = []
    for group in together.values():
        *older, newest = sorted(group, key=lambda run: run.results.started)
        columns.append(Column(newest, tuple(older)))
    return columns


NOTHING = ScoreCell("", "none")

_TIERS: dict[str, tuple[str, Tone]] = {
    "reached": ("reached", "good"),
    "not-reached": ("not reached", "bad"),
    "undecided": ("undecided", "open"),
}
_CLIENTS: dict[str, tuple[str, Tone]] = {
    "ready": ("works", "good"),
    "limited": ("limited", "warn"),
    "not-ready": ("does not work", "bad"),
    "undecided": ("not known", "open"),
}
_OUTCOMES: dict[Outcome, tuple[str, Tone]] = {
    Outcome.PASS: ("pass", "good"),
    Outcome.FAIL: ("fail", "bad"),
    Outcome.IGNORED: ("ignored", "bad"),
    Outcome.UNSUPPORTED: ("declined", "warn"),
    Outcome.INCONCLUSIVE: ("?", "open"),
    Outcome.NOT_RUN: ("?", "open"),
    Outcome.NOT_APPLICABLE: ("", "none"),
}


def _tiers(runs: Sequence[ScoredRun]) -> Iterator[ScoreRow]:
    names = dict.fromkeys((tier.id, tier.title) for run in runs for tier in run.results.tiers)
    for name, title in names:
        found = [next((tier for tier in run.results.tiers if tier.id == name), None) for run in runs]
        yield ScoreRow(
            name,
            title,
            tuple(
                ScoreCell(*_TIERS.get(tier.status, (tier.status, "open")), ", ".join(tier.deciding[:3]), "tiers")
                if tier is not None
                else NOTHING
                for tier in found
            ),
        )


def _clients(runs: Sequence[ScoredRun]) -> Iterator[ScoreRow]:
    names = {client.id: client.title for run in runs for client in run.results.clients}
    for name, title in sorted(names.items(), key=lambda item: item[1].lower()):
        found = [next((each for each in run.results.clients if each.id == name), None) for run in runs]
        yield ScoreRow(
            name,
            title,
            tuple(
                ScoreCell(
                    *_CLIENTS.get(client.readiness, (client.readiness, "open")),
                    client.symptoms[0] if client.symptoms else "",
                    f"client-{client.id}",
                )
                if client is not None
                else NOTHING
                for client in found
            ),
        )


def _areas(runs: Sequence[ScoredRun]) -> Iterator[ScoreRow]:
    counted = [_count(run.results.cases) for run in runs]
    for area in dict.fromkeys(area for passed, decided in counted for area in (*passed, *decided)):
        cells = []
        for passed, decided in counted:
            some, all_of_them = passed[area], decided[area]
            tone: Tone = "none" if not all_of_them else "good" if some == all_of_them else "warn" if some else "bad"
            cells.append(ScoreCell(f"{some} of {all_of_them}" if all_of_them else "", tone))
        yield ScoreRow(area, area, tuple(cells))


def _count(cases: Iterable[CaseResult]) -> tuple[Counter[str], Counter[str]]:
    """Passed and decided results by area, of those that score."""
    scored = [case for case in cases if case.scored and not case.informational and case.decided]
    return (
        Counter(case.area for case in scored if case.outcome is Outcome.PASS),
        Counter(case.area for case in scored),
    )


def _defects(runs: Sequence[ScoredRun]) -> Iterator[ScoreRow]:
    """Each defect that some target has, once: those first that harm most, otherwise in the order of their results."""
    harms = list(Harm)
    found: dict[str, DefectResult] = {}
    for run in runs:
        for defect in run.results.defects:
            known = found.get(defect.id)
            if known is None or harms.index(defect.harm) < harms.index(known.harm):
                found[defect.id] = defect
    for defect in sorted(found.values(), key=lambda each: harms.index(each.harm)):
        own = (next((each for each in run.results.defects if each.id == defect.id), None) for run in runs)
        yield ScoreRow(defect.id, defect.title, tuple(_defect(each) if each is not None else NOTHING for each in own))


def _defect(defect: DefectResult) -> ScoreCell:
    who = ", ".join(each.title for each in defect.affects[:3])
    return ScoreCell(str(defect.harm), "bad" if defect.gates else "warn", who, f"defect-{defect.id}")


def _cases(runs: Sequence[ScoredRun]) -> Iterator[ScoreRow]:
    by_key = [{case.key: case for case in run.results.cases} for run in runs]
    titles = {case.key: case.title for run in runs for case in run.results.cases}
    for key, title in titles.items():
        cells = (_case(run, cases.get(key)) for run, cases in zip(runs, by_key, strict=True))
        yield ScoreRow(key, title, tuple(cells))


def _case(run: ScoredRun, case: CaseResult | None) -> ScoreCell:
    if case is None:
        return NOTHING
    text, tone = _OUTCOMES[case.outcome]
    if case.informational or not case.scored:
        tone = "none" if tone in ("bad", "warn", "open") else tone
    seen = case.findings[0].actual if case.findings else case.reason
    disputes = [each for each in run.disputes if each.covers(case.id, case.mode)]
    disputed = "; ".join(f"{each.state}: {each.statement}" for each in disputes)
    return ScoreCell(text, tone, seen if tone != "good" else "", f"case-{case.key}", disputed)
