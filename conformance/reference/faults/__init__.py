"""The faults: deliberate defects of the reference endpoint, each one small class that says how it lies.

Belongs here: the registry and how faults are put together. Does not belong here: any fault (see the modules of the
areas), which case catches which (`caught` in the catalogue), judging.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType, ModuleType

from conformance.model import HarnessError
from conformance.reference.faults import (
    counting,
    errors,
    messages,
    models,
    request,
    request_derived,
    response,
    stop,
    streaming_deltas,
    streaming_endings,
    streaming_framing,
    streaming_grammar,
    streaming_starts,
    system,
    tools,
    transport,
    usage,
)
from conformance.reference.faults.base import Fault
from conformance.reference.pipeline import Steps
from conformance.standard.source import nearest

MODULES: tuple[ModuleType, ...] = (
    transport,
    errors,
    request,
    request_derived,
    messages,
    system,
    tools,
    response,
    stop,
    usage,
    streaming_framing,
    streaming_grammar,
    streaming_starts,
    streaming_deltas,
    streaming_endings,
    counting,
    models,
)
"""The modules that hold faults; the first word of a module's name is the area of its faults."""


@cache
def all_faults() -> Mapping[str, Fault]:
    """Every fault by id, in order of areas. Raises ValueError where two share an id."""
    found: dict[str, Fault] = {}
    for module in MODULES:
        for fault in _faults_of(module):
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
            raise HarnessError(f"there is no fault named {name!r}" + (f"; did you mean {near!r}?" if near else ""), exit_code=4)
    return tuple(known[name] for name in names)


def with_faults(steps: Steps, faults: Iterable[Fault]) -> Steps:
    """The steps with all these faults in them, the first one innermost."""
    for fault in faults:
        steps = fault.install(steps)
    return steps


def _faults_of(module: ModuleType) -> Iterable[Fault]:
    """The faults of a module: one of each public class without arguments, and those of its `family`."""
    for name, value in vars(module).items():
        ours = isinstance(value, type) and issubclass(value, Fault) and value.__module__ == module.__name__
        if ours and not name.startswith("_") and value.__init__ is Fault.__init__:
            yield value()
    if hasattr(module, "family"):
        yield from module.family()
