"""Bugs of real endpoints as data: where each was reported, and the faults that show it.

Belongs here: reading `specs/bugs.yaml`. Does not belong here: the faults (see `reference/faults`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.standard.source import check_shape, load_yaml

FILE = "bugs.yaml"

_TEXT = {"type": "string", "minLength": 1}
_LIST = {"type": "array", "minItems": 1, "uniqueItems": True, "items": _TEXT}
SCHEMA: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["id", "system", "evidence", "links"],
        "oneOf": [{"required": ["faults"]}, {"required": ["excluded", "source"]}],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string", "pattern": "^BUG-[0-9]{3}$"},
            "system": _TEXT,
            "evidence": {"enum": ["reported", "review", "inferred", "adjacent", "contested", "synthetic"]},
            "links": {**_LIST, "items": {"type": "string", "pattern": "^https://"}},
            "faults": _LIST,
            "excluded": _TEXT,
            "source": _TEXT,
        },
    },
}


@dataclass(frozen=True)
class Bug:
    """One bug: the system that had it, how firm the report is, its links, and the ids of the faults that show it.

    Without faults, `excluded` says why, and `source` by what.
    """

    id: str
    system: str
    evidence: str
    links: tuple[str, ...]
    faults: tuple[str, ...] = ()
    excluded: str = ""
    source: str = ""


def load_bugs(folder: Path) -> tuple[Bug, ...]:
    """All bugs in order of the file. Raises SourceError with file, line and key for what does not fit."""
    path = folder / FILE
    data = load_yaml(path)
    check_shape(data, SCHEMA, path)
    return tuple(
        Bug(
            item["id"],
            item["system"],
            item["evidence"],
            tuple(item["links"]),
            tuple(item.get("faults", ())),
            item.get("excluded", ""),
            item.get("source", ""),
        )
        for item in data
    )


def links_of(bugs: Iterable[Bug]) -> dict[str, tuple[str, ...]]:
    """Where the bugs that a fault shows were reported, by fault."""
    found: dict[str, dict[str, None]] = {}
    for bug in bugs:
        for fault in bug.faults:
            found.setdefault(fault, {}).update(dict.fromkeys(bug.links))
    return {fault: tuple(links) for fault, links in found.items()}
