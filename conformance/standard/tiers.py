"""The tiers Core, Agent and Full (`specs/tiers.yaml`), and the cases that belong to each.

Whether a run reached a tier is a conclusion of its results.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.base.pointer import join
from conformance.standard.source import SourceError, check_shape, load_yaml

FILE = "tiers.yaml"

NAMES = ("core", "agent", "full")
"""The tiers in their order; each includes the ones before it."""

_LIST = {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True}

SCHEMA: dict[str, Any] = {
    "type": "array",
    "minItems": len(NAMES),
    "maxItems": len(NAMES),
    "items": {
        "type": "object",
        "required": ["name", "title", "covers", "areas"],
        "additionalProperties": False,
        "properties": {
            "name": {"enum": list(NAMES)},
            "title": {"type": "string", "minLength": 1},
            "covers": {"type": "string", "minLength": 1},
            **dict.fromkeys(("areas", "paths", "requires", "optional", "cases"), _LIST),
        },
    },
}


@dataclass(frozen=True)
class Tier:
    """One tier. `requires` are capabilities that it promises, `optional` those that count if the endpoint has them."""

    name: str
    title: str
    covers: str
    areas: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()

    def claims(self, case: str, area: str, needs: Collection[str], paths: Collection[str]) -> bool:
        """Whether the tier lists a case, its area, one of its needs, or a path that it sends to."""
        return (
            case in self.cases
            or area in self.areas
            or any(need in self.requires or need in self.optional for need in needs)
            or any(path == own or path.startswith(f"{own}/") for path in paths for own in self.paths)
        )


def load_tiers(folder: Path) -> tuple[Tier, ...]:
    """The tiers in their order. Raises SourceError with file, line and key for an invalid one."""
    path = folder / FILE
    data = load_yaml(path)
    check_shape(data, SCHEMA, path)
    for index, (item, name) in enumerate(zip(data, NAMES, strict=True)):
        if item["name"] != name:
            raise SourceError(
                f"Expected the tiers {', '.join(NAMES)}, in order", path=path, pointer=join("", index, "name")
            )
    lists = ("areas", "paths", "requires", "optional", "cases")
    return tuple(
        Tier(item["name"], item["title"], item["covers"], **{key: tuple(item.get(key, ())) for key in lists})
        for item in data
    )


def tier_name(tiers: Sequence[Tier], case: str, area: str, needs: Collection[str], paths: Collection[str]) -> str:
    """The highest tier that claims a case; the last one if none does."""
    claiming = [tier.name for tier in tiers if tier.claims(case, area, needs, paths)]
    return claiming[-1] if claiming else NAMES[-1]
