"""A small project in which pytest runs, an endpoint for it, and what a run left behind."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CATALOGUE = ("--pyargs", "conformance")

QUICK = ("-p", "no:hypothesispytest", "--assert=plain")
"""What no test here is about, and what costs seconds."""

KEPT = (
    "anyio._backends._asyncio",
    "conformance.report.allure",
    "conformance.reference.server",
    "conformance.plugin.items",
    "conformance.plugin.session",
    "conformance.plugin.scheduler",
    "conformance.standard.dialect",
    "httpcore",
)
"""Imported before any run, because pytester forgets what a run in this process imports: even what httpx imports late,
whose exceptions it then no longer knows. It also saves a second a run."""

for name in KEPT:
    importlib.import_module(name)

Outcomes = dict[tuple[str, str], str]


class Project:
    """A folder in which pytest runs as a user would run it, without the configuration of this machine."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.folder = pytester.path

    def run(self, *arguments: str) -> pytest.RunResult:
        """Runs pytest in this process, with the files of a run in `out`."""
        return self.pytester.runpytest(*QUICK, "--messages-out=out", *arguments)

    def catalogue(self, *arguments: str) -> pytest.RunResult:
        """Runs the shipped catalogue in this process."""
        return self.run(*CATALOGUE, *arguments)

    def write(self, name: str, text: str) -> Path:
        """Writes a file of the project."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def results(self) -> dict[str, Any]:
        """The results file of the last run."""
        loaded: dict[str, Any] = json.loads((self.folder / "out" / "results.json").read_text(encoding="utf-8"))
        return loaded

    @property
    def outcomes(self) -> Outcomes:
        """Outcomes of the last run by case and mode."""
        return {(case["id"], case["mode"]): case["outcome"] for case in self.results["cases"]}

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The exchanges in the journal of the last run."""
        lines = (self.folder / "out" / "journal.ndjson").read_text(encoding="utf-8").splitlines()
        return [record for record in map(json.loads, lines) if record["kind"] == "exchange"]

    @property
    def wrote_nothing(self) -> bool:
        """Whether no file of a run is there."""
        return not (self.folder / "out").exists() and not (self.folder / "reports").exists()


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project."""
    for name in list(os.environ):
        if name.startswith(("MESSAGES_", "ANTHROPIC_", "PYTEST_ADDOPTS", "PYTEST_XDIST")):
            monkeypatch.delenv(name)
    return Project(pytester)


@pytest.fixture(scope="session")
def worst() -> ModuleType:
    """The module `tests/worst.py`, by path because the test folders are no packages."""
    spec = importlib.util.spec_from_file_location("worst", Path(__file__).parents[1] / "worst.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def canned(worst: ModuleType) -> Iterator[tuple[str, ...]]:
    """The options that point a run to a server with one canned answer."""
    with worst.serving(worst.Canned) as url:
        yield (f"--messages-url={url}", "--messages-model=some-model")


@pytest.fixture(scope="module")
def broken(worst: ModuleType) -> Iterator[tuple[str, ...]]:
    """The options that point a run to a server that answers everything with status 500."""
    with worst.serving(worst.Broken) as url:
        yield (f"--messages-url={url}", "--messages-model=some-model")


@pytest.fixture(scope="session")
def reference() -> Iterator[Any]:
    """A reference endpoint that is not the run's own."""
    from conformance.reference.server import LocalServer

    with LocalServer() as server:
        yield server


@pytest.fixture
def chosen() -> Callable[..., tuple[str, ...]]:
    """The options that choose cases."""
    return lambda *cases: tuple(f"--messages-case={case}" for case in cases)
