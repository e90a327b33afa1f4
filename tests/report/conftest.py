"""The sample results, loaded by path because the test folders are no packages."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from conformance.results import Results


@pytest.fixture(scope="session")
def sample() -> ModuleType:
    """The module that builds the sample."""
    path = Path(__file__).with_name("sample.py")
    spec = importlib.util.spec_from_file_location("report_sample", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def results(sample: ModuleType) -> Results:
    """A run with all outcomes."""
    built = sample.results()
    assert isinstance(built, Results)
    return built
