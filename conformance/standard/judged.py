"""The table of what is judged: what an endpoint can get wrong, and the cases that see it, or why none does.

The rows follow from the OpenAPI document (`rows.py`), or are pairs and times listed in `specs/judged/`. What a case
sees is not claimed but shown: by the evidence of breaking each row (`python -m mutation.regen`), or by the faults of a
pair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from conformance.base.pointer import join
from conformance.base.suggestions import nearest
from conformance.model import Case
from conformance.standard.document import Document
from conformance.standard.rows import BROKEN, Section, Subject, rows
from conformance.standard.source import SourceError, check_shape, load_yaml

FOLDER: Final = "judged"
EVIDENCE: Final = "evidence.yaml"
PAIRS: Final = "pairs.yaml"
REASONS: Final = "reasons.yaml"

_TEXT: Final = {"type": "string", "minLength": 1}
_NAMES: Final = {"type": "array", "minItems": 1, "uniqueItems": True, "items": _TEXT}

_EVIDENCE_SHAPE: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": {"type": "object", "minProperties": 1, "additionalProperties": _NAMES},
}
_PAIRS_SHAPE: Final[dict[str, Any]] = {
    "type": "object",
    "required": [Section.PAIRS, Section.TIMING],
    "additionalProperties": False,
    "properties": {
        section: {"type": "object", "additionalProperties": {"type": "array", "uniqueItems": True, "items": _TEXT}}
        for section in (Section.PAIRS, Section.TIMING)
    },
}
_REASONS_SHAPE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["categories", "reasons"],
    "additionalProperties": False,
    "properties": {
        "categories": {"type": "object", "minProperties": 1, "additionalProperties": _TEXT},
        "reasons": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["rows", "why"],
                "additionalProperties": False,
                "properties": {"rows": _NAMES, "cell": _TEXT, "why": _TEXT, "note": _TEXT},
            },
        },
    },
}


@dataclass(frozen=True)
class Reason:
    """Why no case judges some cells: a category, and a note.

    `rows` are patterns of row ids (`fnmatch`; brackets are taken as they are). `cell` empty: any cell.
    """

    rows: tuple[str, ...]
    cell: str
    category: str
    note: str = ""

    def covers(self, row: str, cell: str) -> bool:
        """Whether the reason is about a cell of a row."""
        return self.cell in ("", cell) and fits(row, *self.rows)


@dataclass(frozen=True)
class Cell:
    """One way to get a row wrong: the cases that see it, or the reason why none does. Neither is an error."""

    row: Subject
    name: str
    cases: tuple[str, ...] = ()
    reason: Reason | None = None


@dataclass(frozen=True)
class Table:
    """All cells, and what the reasons' categories mean. `stale` are reasons and evidence that fit no cell."""

    cells: tuple[Cell, ...]
    categories: Mapping[str, str]
    reasons: tuple[Reason, ...]
    stale: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """Cells without a case and without a reason, and what is stale, each in one line."""
        empty = (
            f"{cell.row.id}: nothing judges {cell.name!r}, and no reason says why"
            for cell in self.cells
            if not (cell.cases or cell.reason)
        )
        return (*empty, *self.stale)

    def count(self, section: Section) -> tuple[int, int]:
        """The cells of a section, and those of them that a case judges."""
        found = [cell for cell in self.cells if cell.row.section is section]
        return len(found), sum(bool(cell.cases) for cell in found)


def load_table(document: Document, cases: Sequence[Case], folder: Path) -> Table:
    """The table. `folder` is the specs folder. Raises SourceError with file, line and key for an invalid file."""
    evidence, pairs = load_evidence(folder), _read(folder / FOLDER / PAIRS, _PAIRS_SHAPE)
    reasons = _read(folder / FOLDER / REASONS, _REASONS_SHAPE)
    told = tuple(_reasons(reasons, folder / FOLDER / REASONS))
    listed = {row.id: row for row in (*_rows_of(pairs), *rows(document))}
    seen = _by_evidence(evidence) | _by_faults(pairs, cases)
    cells = tuple(_cell(row, name, seen.get((row.id, name), ()), told) for row in listed.values() for name in row.cells)
    known = {(cell.row.id, cell.name) for cell in cells}
    ids = {case.id for case in cases}
    stale = (
        *(f"{row}: no such row, or no such cell: {name}" for row, name in seen if (row, name) not in known),
        *(f"{row}: no such case: {case}" for (row, _), found in seen.items() for case in found if case not in ids),
        *_stale_reasons(told, cells),
    )
    return Table(cells, reasons["categories"], told, stale)


def load_evidence(folder: Path) -> dict[str, dict[str, list[str]]]:
    """The cases that were seen to deviate for each cell, by row and cell. `folder` is the specs folder."""
    found: dict[str, dict[str, list[str]]] = _read(folder / FOLDER / EVIDENCE, _EVIDENCE_SHAPE)
    return found


def fits(row: str, *patterns: str) -> bool:
    """Whether the id of a row matches one of the patterns (`fnmatch`); brackets are taken as they are."""
    return any(fnmatchcase(row, pattern.replace("[", "[[]")) for pattern in patterns)


def _cell(row: Subject, name: str, cases: Collection[str], reasons: Iterable[Reason]) -> Cell:
    if cases:
        return Cell(row, name, tuple(cases))
    return Cell(row, name, reason=next((reason for reason in reasons if reason.covers(row.id, name)), None))


def _stale_reasons(reasons: Sequence[Reason], cells: Sequence[Cell]) -> Iterator[str]:
    """Patterns that no empty cell needs, and those that name a judged cell without a wildcard."""
    needed = Counter[tuple[int, str]]()
    numbers = {id(reason): number for number, reason in enumerate(reasons)}
    for cell in cells:
        if cell.reason is not None:
            number = numbers[id(cell.reason)]
            needed.update((number, pattern) for pattern in cell.reason.rows if fits(cell.row.id, pattern))
    for number, reason in enumerate(reasons):
        for pattern in reason.rows:
            if not needed[number, pattern]:
                yield f"{pattern}: a reason ({reason.category}) for no cell, or for cells that are judged"


def _by_evidence(evidence: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(row, name): tuple(found) for row, cells in evidence.items() for name, found in cells.items()}


def _by_faults(
    pairs: Mapping[str, Mapping[str, Sequence[str]]], cases: Iterable[Case]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """The cases that name the faults of each pair, to which the tests of the faults hold them."""
    catching: dict[str, list[str]] = {}
    for case in cases:
        for fault in case.caught:
            catching.setdefault(fault, []).append(case.id)
    every = {row: faults for listed in pairs.values() for row, faults in listed.items()}
    return {
        (row, BROKEN): tuple(
            dict.fromkeys(case for fault in faults for case in catching.get(fault, [f"(none: {fault})"]))
        )
        for row, faults in every.items()
    }


def _rows_of(pairs: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[Subject]:
    for section, listed in pairs.items():
        for name in listed:
            yield Subject(name, Section(section), (BROKEN,))


def _reasons(data: Mapping[str, Any], path: Path) -> Iterator[Reason]:
    for number, item in enumerate(data["reasons"]):
        if item["why"] not in data["categories"]:
            place = join("", "reasons", number, "why")
            near = nearest(item["why"], data["categories"])
            raise SourceError(f"Unknown category {item['why']!r}", path=path, pointer=place, suggestion=near)
        yield Reason(tuple(item["rows"]), item.get("cell", ""), item["why"], item.get("note", ""))


def _read(path: Path, shape: Mapping[str, Any]) -> Any:
    data = load_yaml(path)
    check_shape(data, shape, path)
    return data
