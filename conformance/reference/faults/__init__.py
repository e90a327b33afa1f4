"""The faults: deliberate, documented defects of the reference endpoint, by area of the catalogue.

A fault is an entry of `<area>.yaml` where data is enough (see `language`), and a small function in `<area>.py` where it
is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType

from conformance.base.errors import HarnessError, UsageError
from conformance.base.suggestions import unknown
from conformance.reference.faults import (
    caching,
    counting,
    documents,
    errors,
    messages,
    models,
    output,
    request,
    response,
    stop,
    streaming,
    thinking,
    tools,
    transport,
    usage,
    vision,
)
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.language import read_faults
from conformance.reference.pipeline import Steps
from conformance.standard.source import load_yaml

__all__ = ["AREAS", "COLLATERAL", "Fault", "all_faults", "faults_named", "load_collateral", "with_faults"]

COLLATERAL = Path(__file__).with_name("collateral.yaml")
"""The generated file of the cases that each fault fails besides those that are made for it."""

AREAS: Mapping[str, ModuleType | None] = MappingProxyType(
    {
        "transport": transport,
        "errors": errors,
        "request": request,
        "messages": messages,
        "system": None,
        "vision": vision,
        "documents": documents,
        "tools": tools,
        "server-tools": None,
        "thinking": thinking,
        "output": output,
        "caching": caching,
        "response": response,
        "stop": stop,
        "usage": usage,
        "streaming": streaming,
        "counting": counting,
        "models": models,
    }
)
"""The areas of the catalogue in its order, each with the module of the faults that need code. Every area also has a
file of faults as data."""


@cache
def all_faults() -> Mapping[str, Fault]:
    """Every fault by id, in order of areas. Raises HarnessError where two have the same id."""
    found: dict[str, Fault] = {}
    for area, module in AREAS.items():
        data = read_faults(Path(__file__).with_name(f"{area}.yaml"))
        for fault in (*data, *(_in_code(module) if module else ())):
            if fault.id in found:
                raise HarnessError(f"two faults have the id {fault.id!r}")
            found[fault.id] = replace(fault, area=area)
    return MappingProxyType(found)


def faults_named(names: Iterable[str]) -> tuple[Fault, ...]:
    """The faults with these ids. Raises UsageError with the nearest id for one that does not exist."""
    known = all_faults()
    for name in names:
        if name not in known:
            raise UsageError(unknown("fault", name, known))
    return tuple(known[name] for name in names)


def load_collateral() -> Mapping[str, tuple[str, ...]]:
    """The cases that each fault fails besides those that name it, by the id of the fault."""
    return MappingProxyType({fault: tuple(cases) for fault, cases in load_yaml(COLLATERAL).items()})


def with_faults(steps: Steps, faults: Iterable[Fault]) -> Steps:
    """The steps with all these faults in them, the first one innermost."""
    for fault in faults:
        steps = fault.install(steps)
    return steps


def _in_code(module: ModuleType) -> Iterator[Fault]:
    """The faults that a module defines, and those of its `family`."""
    yield from (value for value in vars(module).values() if isinstance(value, Fault))
    yield from module.family() if hasattr(module, "family") else ()
