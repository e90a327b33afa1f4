"""The stage on which faults are rehearsed: set once per process and API version."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest


@cache
def load(name: str) -> ModuleType:
    """A module of this folder, which no test can import by name."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def load_module() -> Callable[[str], ModuleType]:
    return load


@pytest.fixture(scope="session")
def rehearsal() -> ModuleType:
    return load("rehearsal")


@pytest.fixture(scope="session")
def stage(rehearsal: ModuleType) -> Callable[[str], object]:
    """The stage of an API version, by default the one of a run that names none."""

    @cache
    def of(api_version: str = "2023-06-01") -> object:
        return rehearsal.set_stage(api_version)

    return of
