"""A fault: one deliberate, documented defect of the reference endpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from conformance.reference.pipeline import Steps

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Fault:
    """One defect: how it lies, in one sentence, and how it is put into the steps of an endpoint.

    `install` takes the steps, whatever other faults they already contain, and returns those with the fault. `area` is
    the area of the catalogue that the fault belongs to.
    """

    id: str
    lie: str
    install: Callable[[Steps], Steps]
    area: str = ""


def fault(seam: Callable[[Steps, Function], Steps]) -> Callable[[Function], Fault]:
    """Turns a function into a fault. Its name is the id, with hyphens; its docstring says how it lies.

    `seam` is one of the functions in `seams`: it puts the function into the steps.
    """

    def made(function: Function) -> Fault:
        lie = " ".join((function.__doc__ or "").split())
        return Fault(function.__name__.replace("_", "-"), lie, lambda steps: seam(steps, function))

    return made
