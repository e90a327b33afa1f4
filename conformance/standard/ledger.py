"""The ledger (`specs/clauses/*.yaml`): every clause of the specification, by id."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from conformance.base.suggestions import nearest
from conformance.model import Clause, Direction, HarnessError, Json, Level
from conformance.standard.source import SourceError, check_shape, load_yaml

_ID = re.compile(r"REQ-[A-Z]+-[0-9]{3}")
_VALUES = {
    "level": frozenset(Level),
    "direction": frozenset(Direction),
    "grade": frozenset("ABCD"),
    "depends": frozenset({"deterministic", "model-dependent", "environment-dependent"}),
}
_REQUIRED = frozenset({"id", *_VALUES, "statement", "source"})
_KEYS = _REQUIRED | {"level_note", "observe", "uncertain", "caveat", "uncovered"}
_REASONS = frozenset({"not-visible-from-outside", "needs-account", "needs-abuse", "sources-disagree", "client-side"})


@dataclass(frozen=True)
class Ledger:
    """All clauses in the order of the files. `level_notes`: by id, why a level differs from the source's."""

    clauses: Mapping[str, Clause]
    level_notes: Mapping[str, str]
    folder: Path

    def __getitem__(self, clause_id: str) -> Clause:
        """The clause with this id. Raises SourceError with the nearest id for an unknown one."""
        try:
            return self.clauses[clause_id]
        except KeyError:
            raise SourceError(
                f"Unknown clause {clause_id!r}",
                path=self.folder,
                suggestion=nearest(clause_id, self.clauses),
            ) from None

    def __contains__(self, clause_id: object) -> bool:
        return clause_id in self.clauses

    def __iter__(self) -> Iterator[Clause]:
        return iter(self.clauses.values())

    def __len__(self) -> int:
        return len(self.clauses)

    @property
    def by_area(self) -> dict[str, tuple[Clause, ...]]:
        """The clauses of each area, which is named after its file."""
        areas = dict.fromkeys(clause.area for clause in self)
        return {area: tuple(clause for clause in self if clause.area == area) for area in areas}


def load_ledger(folder: Path) -> Ledger:
    """Reads all ledger files of a folder (`*.yaml`, with `schema.json` beside them).

    Raises SourceError with file, line and key for an entry that does not fit the schema and for a duplicate id.
    """
    clauses: dict[str, Clause] = {}
    notes: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        entries = load_yaml(path)
        if not isinstance(entries, list) or not entries:
            raise _misfit(entries, path)
        for index, entry in enumerate(entries):
            clause = _clause(entry, path.stem)
            if clause is None:
                raise _misfit(entries, path)
            if clause.id in clauses:
                problem = f"Duplicate id {clause.id} (first used in {clauses[clause.id].area}.yaml)"
                raise SourceError(problem, path=path, pointer=f"/{index}/id")
            clauses[clause.id] = clause
            if "level_note" in entry:
                notes[clause.id] = entry["level_note"]
    if not clauses:
        raise SourceError("No ledger files in the folder", path=folder)
    return Ledger(MappingProxyType(clauses), MappingProxyType(notes), folder)


def _clause(entry: Json, area: str) -> Clause | None:
    """One entry as a clause, or None where it does not fit.

    This check costs a fraction of the schema's time. It says only that something is wrong; the schema then says what.
    """
    if not isinstance(entry, dict) or not entry.keys() >= _REQUIRED or not entry.keys() <= _KEYS:
        return None
    texts = [value for key, value in entry.items() if key != "uncovered"]
    if not all(isinstance(text, str) and text and not text[0].isspace() for text in texts):
        return None
    if any(entry[key] not in values for key, values in _VALUES.items()) or not _ID.fullmatch(entry["id"]):
        return None
    if "uncovered" in entry and not _is_reason(entry["uncovered"]):
        return None
    return Clause(
        id=entry["id"],
        area=area,
        level=Level(entry["level"]),
        direction=Direction(entry["direction"]),
        grade=entry["grade"],
        depends=entry["depends"],
        statement=entry["statement"],
        observe=entry.get("observe", ""),
        source=entry["source"],
        uncertain=entry.get("uncertain"),
        caveat=entry.get("caveat"),
        uncovered=_reason(entry["uncovered"]) if "uncovered" in entry else None,
    )


def _is_reason(value: Json) -> bool:
    if not isinstance(value, dict) or not value.keys() <= {"reason", "note"}:
        return False
    reason, note = value.get("reason"), value.get("note", "no note")
    return isinstance(reason, str) and reason in _REASONS and isinstance(note, str) and bool(note.strip())


def _reason(value: Mapping[str, str]) -> str:
    return f"{value['reason']}: {value['note']}" if "note" in value else value["reason"]


def _misfit(entries: Json, path: Path) -> HarnessError:
    schema = json.loads((path.parent / "schema.json").read_text(encoding="utf-8"))
    try:
        check_shape(entries, schema, path)
    except SourceError as problem:
        return problem
    return HarnessError(f"{path}: the loader refuses what schema.json allows")
