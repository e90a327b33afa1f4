"""A small project in which pytest runs, and what a run left behind."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
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


def chosen(*cases: str) -> tuple[str, ...]:
    """The options that choose cases."""
    return tuple(f"--messages-case={case}" for case in cases)
