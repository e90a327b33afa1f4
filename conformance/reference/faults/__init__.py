"""The faults: deliberate defects of the reference endpoint, each one small class that says how it lies.

Belongs here: the registry and how faults are put together. Does not belong here: any fault (see the modules of the
areas), which case catches which (`caught` in the catalogue), judging.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType, ModuleType

from conformance.base.suggestions import nearest
from conformance.model import HarnessError
from conformance.reference.faults import (
    caching,
    counting,
    documents,
    errors,
    messages,
    models,
    output,
    request,
    request_derived,
    response,
    server_tools,
    stop,
    streaming_deltas,
    streaming_endings,
    streaming_framing,
    streaming_grammar,
    streaming_starts,
    system,
    thinking,
    tool_results,
    tools,
    transport,
    transport_answers,
    usage,
    vision,
)
from conformance.reference.faults.base import Fault
from conformance.reference.pipeline import Steps

MODULES: Mapping[str, tuple[ModuleType, ...]] = MappingProxyType(
    {
        "transport": (transport, transport_answers),
        "errors": (errors,),
        "request": (
            request,
            request_derived,
        ),
        "messages": (messages,),
        "system": (system,),
        "vision": (vision,),
        "documents": (documents,),
        "tools": (tools, tool_results),
        "server-tools": (server_tools,),
        "thinking": (thinking,),
        "output": (output,),
        "caching": (caching,),
        "response": (response,),
        "stop": (stop,),
        "usage": (usage,),
        "streaming": (
            streaming_framing,
            streaming_grammar,
            streaming_starts,
            streaming_deltas,
            streaming_endings,
        ),
        "counting": (counting,),
        "models": (models,),
    }
)
"""The modules that hold faults, by area; the areas are those of the catalogue."""


@cache
def all_faults() -> Mapping[str, Fault]:
    """Every fault by id, in order of areas. Raises ValueError where two share an id."""
    found: dict[str, Fault] = {}
    for area, modules in MODULES.items():
        for fault in (fault for module in modules for fault in _faults_of(module, area)):
            if fault.id in found:
                raise ValueError(f"two faults are named {fault.id!r}")
            found[fault.id] = fault
    return MappingProxyType(found)


def faults_named(names: Iterable[str]) -> tuple[Fault, ...]:
    """The faults of these ids. Raises HarnessError (exit code 4) with the nearest id for one that does not exist."""
    known = all_faults()
    for name in names:
        if name not in known:
            near = nearest(name, known)
            raise HarnessError(
                f"there is no fault named {name!r}" + (f"; did you mean {near!r}?" if near else ""), exit_code=4
            )
    return tuple(known[name] for name in names)


def with_faults(steps: Steps, faults: Iterable[Fault]) -> Steps:
    """The steps with all these faults in them, the first one innermost."""
    for fault in faults:
        steps = fault.install(steps)
    return steps


def _faults_of(module: ModuleType, area: str) -> Iterable[Fault]:
    """The faults of a module: one of each public class without arguments, and those of its `family`."""
    made: list[Fault] = [
        value()
        for name, value in vars(module).items()
        if not name.startswith("_")
        and isinstance(value, type)
        and issubclass(value, Fault)
        and value.__module__ == module.__name__
        and value.__init__ is Fault.__init__
    ]
    for fault in (*made, *(module.family() if hasattr(module, "family") else ())):
        fault.area = area
        yield fault
