"""The capabilities of an endpoint (`specs/capabilities.yaml`): their names, what probes them, what shows them.

What a run probed or observed is in `judge/capabilities.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from conformance.base.errors import UsageError
from conformance.base.pointer import join
from conformance.base.suggestions import unknown
from conformance.model import Json, ScenarioName
from conformance.standard.source import SourceError, check_shape, load_yaml

FILE = "capabilities.yaml"

SLUG = {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"}
TEXT = {"type": "string", "minLength": 1}

SCHEMA: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["name", "title"],
        "additionalProperties": False,
        "properties": {
            "name": SLUG,
            "title": TEXT,
            "core": {"const": True},
            "opt-in": {"const": True},
            "reported-by": SLUG,
            "part-of": SLUG,
            "probe": {"type": "string", "pattern": "^[a-z][A-Za-z0-9_-]*(/(json|stream))?$"},
            "observed": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "oneOf": [{"required": ["at"]}, {"required": ["reply"], "maxProperties": 1}],
                    "additionalProperties": False,
                    "properties": {
                        "reply": {"enum": ["stream", "error"]},
                        "at": {"type": "string", "pattern": "^/"},
                        "is": True,
                        "above": {"type": "number"},
                        "several": {"const": True},
                    },
                },
            },
        },
    },
}


@dataclass(frozen=True)
class Sign:
    """What shows a capability: a place in a Message (JSON pointer with `*`) and its value (None: any).

    `reply` is `stream` or `error` if any such reply shows it, whatever its content.
    """

    at: str = ""
    value: Json = None
    above: float | None = None
    several: bool = False
    reply: str = ""


@dataclass(frozen=True)
class Capability:
    """One capability. `core`: no target is exempt from it. `probe` is the scenario that asks for it.

    `opt_in`: nothing asks for it unless the target declares it or its model is known to have it (`models.yaml`).
    `reported_by` is the case that reports that the route of the capability is missing, or empty. `part_of` is the
    capability without which nobody has this one, or empty.
    """

    name: str
    title: str
    core: bool = False
    probe: ScenarioName | None = None
    signs: tuple[Sign, ...] = ()
    opt_in: bool = False
    reported_by: str = ""
    part_of: str = ""


Probed = Literal["accepted", "declined", "unknown"]


@dataclass(frozen=True)
class CapabilityFacts:
    """What a run knows about one capability: whether it is declared, what its probe found, whether a reply shows it.

    `declared` is None if the target does not say. `observed` is None if no reply can show the capability.
    `lines` are journal lines: of the probe, and of the first reply that shows the capability. `contradiction` is a
    sentence, or empty.
    """

    capability: Capability
    declared: bool | None
    probed: Probed
    observed: bool | None
    lines: tuple[int, ...] = ()
    contradiction: str = ""


def load_capabilities(folder: Path) -> dict[str, Capability]:
    """All capabilities by name, in the order of the file. Raises SourceError, with file and line, if one is invalid."""
    path = folder / FILE
    data = load_yaml(path)
    check_shape(data, SCHEMA, path)
    found: dict[str, Capability] = {}
    for index, item in enumerate(data):
        if item["name"] in found:
            raise SourceError(f"Duplicate capability {item['name']!r}", path=path, pointer=join("", index, "name"))
        signs = tuple(
            Sign(
                sign.get("at", ""), sign.get("is"), sign.get("above"), sign.get("several", False), sign.get("reply", "")
            )
            for sign in item.get("observed", ())
        )
        probe = ScenarioName.parse(item["probe"]) if "probe" in item else None
        found[item["name"]] = Capability(
            item["name"],
            item["title"],
            item.get("core", False),
            probe,
            signs,
            item.get("opt-in", False),
            item.get("reported-by", ""),
            item.get("part-of", ""),
        )
    return found


def with_parts(
    known: Mapping[str, Capability], lacking: Collection[str], declared: Collection[str] = ()
) -> frozenset[str]:
    """What a target lacks, with the parts of these capabilities, except those that it declares to have."""
    parts = {name for name, each in known.items() if each.part_of in lacking}
    return frozenset(lacking) | (parts - frozenset(declared))


def check_declared(known: Mapping[str, Capability], declared: Collection[str], lacking: Collection[str]) -> None:
    """Raises UsageError if a target declares an unknown capability, or lacks a core one."""
    for option, names in (("--declare", declared), ("--lacks", lacking)):
        for name in names:
            if name not in known:
                raise UsageError(f"{option}: {unknown('capability', name, known, 'capabilities')}")
            if option == "--lacks" and known[name].core:
                raise UsageError(f"--lacks: {name} is core, and no target is exempt from it.")
    both = sorted(set(declared) & set(lacking))
    if both:
        raise UsageError(f"{both[0]} is both declared and lacking; remove one of --declare and --lacks.")
