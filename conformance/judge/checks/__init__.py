"""All checks by name. Each module of this package is one family; the registry finds new modules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType, ModuleType
from typing import Final

from conformance.judge.check import Check


def families() -> list[ModuleType]:
    """The modules of this package."""
    return [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]


def checks_of(modules: Iterable[ModuleType]) -> Mapping[str, Check]:
    """The checks that modules define, by name. Raises ValueError where two of them share a name."""
    checks: dict[str, Check] = {}
    for module in modules:
        for found in vars(module).values():
            if isinstance(found, Check) and found.function.__module__ == module.__name__:
                if found.name in checks:
                    raise ValueError(f"two checks are named {found.name!r}")
                checks[found.name] = found
    return MappingProxyType(checks)


REGISTRY: Final = checks_of(families())
"""Every check by the name that case files use."""
