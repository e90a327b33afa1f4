"""Bugs of real endpoints (`specs/bugs.yaml`): where each was reported, and the faults that show it."""

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

    Without faults, `excluded` is the reason and `source` what it rests on.
    """

    id: str
    system: str
    evidence: str
    links: tuple[str, ...]
    faults: tuple[str, ...] = ()
    excluded: str = ""
    source: str = ""


def load_bugs(folder: Path) -> tuple[Bug, ...]:
    """All bugs in the order of the file. Raises SourceError with file, line and key for an invalid entry."""
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
    """The reports of the bugs that each fault shows, by fault."""
    found: dict[str, dict[str, None]] = {}
    for bug in bugs:
        for fault in bug.faults:
            found.setdefault(fault, {}).update(dict.fromkeys(bug.links))
    return {fault: tuple(links) for fault, links in found.items()}
