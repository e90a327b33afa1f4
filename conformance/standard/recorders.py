"""What recorders do to exchanges (`specs/recorders.yaml`): flags of damage, and what each leaves unjudged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.base.pointer import join
from conformance.base.suggestions import nearest
from conformance.model import Case
from conformance.standard.source import SourceError, check_shape, load_yaml

FILE = "recorders.yaml"

_NAMES = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "uniqueItems": True}
_TEXT = {"type": "string", "minLength": 1}

SCHEMA: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["flag", "title", "reason"],
        "oneOf": [{"required": ["leaves-out"]}, {"required": ["keeps"]}, {"required": ["doubts"]}],
        "additionalProperties": False,
        "properties": {
            "flag": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
            "title": _TEXT,
            "reason": _TEXT,
            "found": {"const": True},
            "keeps": _NAMES,
            "doubts": _NAMES,
            "leaves-out": {
                "type": "object",
                "additionalProperties": False,
                "properties": dict.fromkeys(("cases", "clauses", "checks"), _NAMES),
            },
        },
    },
}


@dataclass(frozen=True)
class Damage:
    """One kind of damage. `keeps` None: everything is judged but `cases`, `clauses` and `checks`.

    `doubts` are checks that are run: where one finds nothing, that counts; what it finds may be the recorder's doing.
    """

    flag: str
    title: str
    reason: str
    cases: frozenset[str] = frozenset()
    clauses: frozenset[str] = frozenset()
    checks: frozenset[str] = frozenset()
    keeps: frozenset[str] | None = None
    doubts: frozenset[str] = frozenset()

    def touches(self, case: Case, check: str) -> bool:
        """Whether the damage may affect what a check of a case reports."""
        if self.keeps is not None:
            return check not in self.keeps
        governing = case.clauses[0] if case.clauses else ""
        return case.id in self.cases or governing in self.clauses or check in self.checks


@dataclass(frozen=True)
class Recorders:
    """All kinds of damage by flag. An unknown flag touches nothing."""

    damages: Mapping[str, Damage]

    def touched_by(self, flags: Collection[str], case: Case, check: str) -> tuple[str, ...]:
        """The flags that keep a check of a case from being judged, in the order of the file."""
        return tuple(flag for flag, damage in self.damages.items() if flag in flags and damage.touches(case, check))

    def doubting(self, flags: Collection[str], check: str) -> str | None:
        """The first flag, in the order of the file, because of which a finding of a check proves nothing, or None."""
        return next((flag for flag, damage in self.damages.items() if flag in flags and check in damage.doubts), None)


@dataclass(frozen=True)
class KnownNames:
    """The names that the file may use."""

    cases: Collection[str]
    clauses: Collection[str]
    checks: Collection[str]


def load_recorders(folder: Path, known: KnownNames) -> Recorders:
    """Reads `recorders.yaml`. Raises SourceError with file, line and key for invalid entries and unknown names."""
    path = folder / FILE
    data = load_yaml(path)
    check_shape(data, SCHEMA, path)
    damages: dict[str, Damage] = {}
    for index, entry in enumerate(data):
        flag, left_out = entry["flag"], entry.get("leaves-out", {})
        if flag in damages:
            raise SourceError(f"Duplicate flag {flag!r}", path=path, pointer=join("", index, "flag"))
        for key in ("cases", "clauses", "checks"):
            _check_names(left_out.get(key, ()), getattr(known, key), path, join("", index, "leaves-out", key))
        for key in ("keeps", "doubts"):
            _check_names(entry.get(key, ()), known.checks, path, join("", index, key))
        damages[flag] = Damage(
            flag,
            entry["title"],
            entry["reason"],
            **{key: frozenset(left_out.get(key, ())) for key in ("cases", "clauses", "checks")},
            keeps=frozenset(entry["keeps"]) if "keeps" in entry else None,
            doubts=frozenset(entry.get("doubts", ())),
        )
    return Recorders(damages)


def _check_names(names: Iterable[str], known: Collection[str], path: Path, pointer: str) -> None:
    for position, name in enumerate(names):
        if name not in known:
            message = f"Unknown name {name!r}"
            raise SourceError(message, path=path, pointer=join(pointer, position), suggestion=nearest(name, known))
