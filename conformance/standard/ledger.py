"""The ledger (`specs/clauses/*.yaml`): every clause of the specification, by id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from conformance.base.pointer import join
from conformance.base.suggestions import nearest
from conformance.model import Clause, Direction, Json, Level
from conformance.standard.schemas import read_checked
from conformance.standard.source import SourceError


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
        for index, entry in enumerate(read_checked(path, folder / "schema.json")):
            clause = _clause(entry, path.stem)
            if clause.id in clauses:
                problem = f"Duplicate id {clause.id} (first used in {clauses[clause.id].area}.yaml)"
                raise SourceError(problem, path=path, pointer=join("", index, "id"))
            clauses[clause.id] = clause
            if "level_note" in entry:
                notes[clause.id] = entry["level_note"]
    if not clauses:
        raise SourceError("No ledger files in the folder", path=folder)
    return Ledger(MappingProxyType(clauses), MappingProxyType(notes), folder)


def _clause(entry: Mapping[str, Json], area: str) -> Clause:
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
        corrected=entry.get("corrected"),
        uncovered=_reason(entry["uncovered"]) if "uncovered" in entry else None,
    )


def _reason(value: Mapping[str, str]) -> str:
    return f"{value['reason']}: {value['note']}" if "note" in value else value["reason"]
