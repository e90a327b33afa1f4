"""Reads `specs/drift.yaml`, which explains intended differences, and separates explained differences from others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from conformance.model import Json
from conformance.sdk_drift.structure import Difference, Scope
from conformance.standard.source import check_shape, lines_of, load_yaml

FILE = "drift.yaml"

_TEXT: Json = {"type": "string", "minLength": 1}
_SHAPE: Json = {
    "type": "object",
    "required": ["sdk", "explained"],
    "properties": {
        "sdk": _TEXT,
        "explained": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["reason", "differences"],
                "properties": {
                    "reason": {"type": "string", "minLength": 20},
                    "scope": {"enum": [scope.value for scope in Scope]},
                    "differences": {"type": "array", "minItems": 1, "items": _TEXT, "uniqueItems": True},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Explanation:
    """The reason for a difference.

    `pattern` is the id of the difference, with `*` as a wildcard; `scopes` are the scopes that it explains; `line` is
    its line in the file.
    """

    pattern: str
    reason: str
    scopes: frozenset[Scope]
    line: int

    def covers(self, difference: Difference) -> bool:
        """Whether the pattern matches the difference, and the scopes include all of its scopes."""
        return self.scopes.issuperset(difference.scopes) and fnmatchcase(difference.id, self.pattern)


@dataclass(frozen=True)
class Explanations:
    """The explanations of a file, and the release of the SDK that they were written for."""

    sdk: str
    entries: tuple[Explanation, ...] = ()


@dataclass(frozen=True)
class Sorted:
    """Differences by whether they are explained. `stale` holds explanations that match no difference."""

    unexplained: tuple[Difference, ...]
    explained: tuple[tuple[Difference, Explanation], ...]
    stale: tuple[Explanation, ...]


def read_explanations(path: Path) -> Explanations:
    """The explanations in a file. Raises SourceError, with file and line, for entries that do not fit the schema."""
    data = load_yaml(path)
    check_shape(data, _SHAPE, path)
    line_of = lines_of(path)
    entries = (
        Explanation(
            pattern,
            entry["reason"],
            frozenset([Scope(entry["scope"])] if "scope" in entry else Scope),
            line_of(f"/explained/{number}/differences/{index}"),
        )
        for number, entry in enumerate(data["explained"])
        for index, pattern in enumerate(entry["differences"])
    )
    return Explanations(data["sdk"], tuple(entries))


def sort(differences: Iterable[Difference], explanations: Sequence[Explanation]) -> Sorted:
    """Separates explained differences from unexplained ones, and finds stale explanations."""
    unexplained, explained, used = [], [], set()
    for difference in differences:
        reasons = [each for each in explanations if each.covers(difference)]
        used.update(reasons)
        if reasons:
            explained.append((difference, reasons[0]))
        else:
            unexplained.append(difference)
    stale = tuple(each for each in explanations if each not in used)
    return Sorted(tuple(unexplained), tuple(explained), stale)
