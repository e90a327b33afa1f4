"""The sample results, loaded by path because the test folders are no packages, and the golden files."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from conformance.results.model import Results

GOLDEN = Path(__file__).parents[1] / "golden"


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


@pytest.fixture(scope="session")
def hostile(sample: ModuleType) -> Results:
    """The same run against an endpoint that attacks whoever reads the report, with its text in every place."""
    built = sample.poisoned(sample.results())
    assert isinstance(built, Results)
    return built


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with a golden file; `UPDATE_GOLDEN=1` writes the file instead."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
