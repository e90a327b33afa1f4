"""Capabilities of models, as far as `specs/models.yaml` and the endpoint's own list of models say.

What a run observes is in `judge/capabilities.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from conformance.base.pointer import join
from conformance.base.suggestions import nearest
from conformance.model import Case, Json
from conformance.standard.ledger import Ledger
from conformance.standard.source import SourceError, check_shape, load_yaml

FILE = "models.yaml"

ENTRY_SCENARIO = "models-retrieved"
"""The scenario whose reply is the model's entry: GET /v1/models/{id}."""

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
    "max-effort": ("effort", "max"),
}
"""Where the `capabilities` of an entry describe a capability, as an object with `supported` (REQ-MODELS-005)."""

SMALL_CONTEXT = 32_768
"""The most input tokens of a model for which a prompt that is too long is cheap."""

LARGE_CONTEXT = 64_000
"""The least input tokens of a model that takes a prompt of the size that coding agents send."""

LISTED = frozenset({"small-context", "large-context"})
"""Capabilities that depend on `max_input_tokens` of an entry. What needs one is sent once that is known."""

SHOWN_BY_LIST = frozenset({"small-context"})
"""Those that an entry alone shows; the others have to be declared as well, because they cost money."""

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
    """Models whose ids match one of the shell patterns `ids`, and the capabilities that they have and lack."""

    name: str
    ids: tuple[str, ...]
    accepts: frozenset[str]
    refuses: frozenset[str]


@dataclass(frozen=True)
class RefusalClause:
    """The clause by which a model without a capability refuses it. `certain` is False if the clause never decides."""

    clause: str
    certain: bool


@dataclass(frozen=True)
class Models:
    """What is known about models: the clause that shows each lack, by capability, and the families in order."""

    refusals: Mapping[str, RefusalClause] = field(default_factory=dict)
    families: tuple[Family, ...] = ()


NO_MODELS = Models()
"""Nothing is known about any model."""


def load_models(folder: Path, ledger: Ledger) -> Models:
    """Reads `models.yaml`. Raises SourceError with file, line and key for invalid entries and unknown clauses."""
    path = folder / FILE
    data = load_yaml(path)
    check_shape(data, SCHEMA, path)
    for name, clause in data["refusals"].items():
        if clause not in ledger:
            near = nearest(clause, ledger.clauses)
            raise SourceError(
                f"Unknown clause {clause!r}", path=path, pointer=join("", "refusals", name), suggestion=near
            )
    refusals = {
        name: RefusalClause(clause, not ledger[clause].informational) for name, clause in data["refusals"].items()
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


def capabilities_of(model: str, entry: Json, models: Models) -> dict[str, bool]:
    """The capabilities that a model is known to have (True) and to lack (False); unknown ones are left out.

    `entry` is the model's object of GET /v1/models/{id}, or any other value if absent. A lack counts if either source
    states it.
    """
    family = next((one for one in models.families if any(fnmatchcase(model, pattern) for pattern in one.ids)), None)
    found = dict.fromkeys(family.accepts, True) | dict.fromkeys(family.refuses, False) if family is not None else {}
    for name, steps in ENTRY.items():
        said = _supported(entry, steps)
        if said is not None:
            found[name] = said and found.get(name, True)
    return found | _by_context(entry)


def is_listed(case: Case) -> bool:
    """Whether a case is sent only where the list of models allows it."""
    return not LISTED.isdisjoint(case.opt_in)


def _by_context(entry: Json) -> dict[str, bool]:
    most = entry.get("max_input_tokens") if isinstance(entry, dict) else None
    if not isinstance(most, int) or isinstance(most, bool):
        return {}
    return {"small-context": most <= SMALL_CONTEXT} | ({"large-context": False} if most < LARGE_CONTEXT else {})


def _supported(entry: Json, steps: tuple[str, ...]) -> bool | None:
    value = entry
    for step in ("capabilities", *steps, "supported"):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, bool) else None
