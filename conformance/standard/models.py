"""What a model accepts and refuses, as far as the specification and the endpoint's own list of models say.

Belongs here: reading `specs/models.yaml`, and joining it with an entry of GET /v1/models. Does not belong here: what a
lacking ability means for a case (see `judge/evaluate.py`), abilities that a run observes (see `judge/capabilities.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from conformance.model import Json
from conformance.standard.ledger import Ledger
from conformance.standard.source import SourceError, check_shape, load_yaml, nearest

FILE = "models.yaml"

ENTRY_SCENARIO = "models-retrieved"
"""The scenario whose answer is the model's entry: GET /v1/models/{id}."""

ENTRY: Mapping[str, tuple[str, ...]] = {
    "vision": ("image_input",),
    "citations": ("citations",),
    "structured-outputs": ("structured_outputs",),
    "manual-thinking": ("thinking", "types", "enabled"),
    "adaptive-thinking": ("thinking", "types", "adaptive"),
    "no-thinking": ("thinking", "types", "disabled"),
    "between-tools-thinking": ("thinking", "types", "between_tools"),
    "effort": ("effort",),
    "highest-effort": ("effort", "xhigh"),
}
"""Where the `capabilities` of an entry tell of an ability, as an object with `supported` (REQ-MODELS-005)."""

_NAMES = {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True, "minItems": 1}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["refusals", "families"],
    "additionalProperties": False,
    "properties": {
        "refusals": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^REQ-[A-Z]+-[0-9]{3}$"}},
        "families": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["family", "ids"],
                "additionalProperties": False,
                "properties": {
                    "family": {"type": "string", "minLength": 1},
                    "ids": _NAMES,
                    "accepts": _NAMES,
                    "refuses": _NAMES,
                },
            },
        },
    },
}


@dataclass(frozen=True)
class Family:
    """Models whose ids match one of the shell patterns `ids`, and the abilities that they have and lack."""

    name: str
    ids: tuple[str, ...]
    accepts: frozenset[str]
    refuses: frozenset[str]


@dataclass(frozen=True)
class Refusal:
    """The clause that has a model without an ability refuse it. `certain` is False where the clause never decides."""

    clause: str
    certain: bool


@dataclass(frozen=True)
class Models:
    """What is known of models: how the lack of an ability shows, and the families in order."""

    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    families: tuple[Family, ...] = ()


NO_MODELS = Models()
"""Nothing is known of any model."""


def load_models(folder: Path, ledger: Ledger) -> Models:
    """Reads `models.yaml`. Raises SourceError with file, line and key for what does not fit and for unknown clauses."""
    path = folder / FILE
    data = load_yaml(path)
    check_shape(data, SCHEMA, path)
    for ability, clause in data["refusals"].items():
        if clause not in ledger:
            near = nearest(clause, ledger.clauses)
            raise SourceError(
                f"there is no clause {clause!r}", path=path, pointer=f"/refusals/{ability}", suggestion=near
            )
    refusals = {
        ability: Refusal(clause, not ledger[clause].informational) for ability, clause in data["refusals"].items()
    }
    families = tuple(
        Family(
            item["family"],
            tuple(item["ids"]),
            frozenset(item.get("accepts", ())),
            frozenset(item.get("refuses", ())),
        )
        for item in data["families"]
    )
    return Models(refusals, families)


def abilities_of(model: str, entry: Json, models: Models) -> dict[str, bool]:
    """The abilities that a model is known to have (True) and to lack (False); what nothing is said of is left out.

    `entry` is the model's object of GET /v1/models/{id}, or anything where there is none. A lack that either source
    tells of counts.
    """
    family = next((one for one in models.families if any(fnmatchcase(model, pattern) for pattern in one.ids)), None)
    found = dict.fromkeys(family.accepts, True) | dict.fromkeys(family.refuses, False) if family is not None else {}
    for ability, steps in ENTRY.items():
        said = _supported(entry, steps)
        if said is not None:
            found[ability] = said and found.get(ability, True)
    return found


def _supported(entry: Json, steps: tuple[str, ...]) -> bool | None:
    value = entry
    for step in ("capabilities", *steps, "supported"):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, bool) else None
