"""In a project without case files the plugin costs nothing."""

from __future__ import annotations

import json

import pytest

CONFTEST = """
import json
import sys
from pathlib import Path

def pytest_unconfigure(config):
    name = "worker.json" if hasattr(config, "workerinput") else "main.json"
    Path(name).write_text(json.dumps(sorted(sys.modules)))
"""
HEAVY = (
    "httpx",
    "jsonschema",
    "yaml",
    "jinja2",
    "starlette",
    "uvicorn",
    "dotenv",
    "anyio",
    "click",
    "referencing",
    "conformance.plugin.items",
    "conformance.engine.run",
    "conformance.plugin.session",
    "conformance.standard.catalogue",
    "conformance.judge",
    "conformance.wire",
    "conformance.report",
    "conformance.reference",
)
OURS = {"base", "config", "model", "plugin"}
"""The packages of which anything is loaded: options, and what they need."""


@pytest.fixture
def other(project):
    project.write("conftest.py", CONFTEST)
    project.write("test_own.py", "def test_own():\n    pass\n")
    project.write("settings.yaml", "a: 1\n")
    return project


# Other plugins of this environment import some of these packages themselves.
ALONE = ("-p", "no:anyio", "-p", "no:hypothesispytest", "-p", "no:allure_pytest", "-p", "no:schemathesis")


def loaded(project, name: str) -> set[str]:
    return set(json.loads((project.folder / name).read_text(encoding="utf-8")))


def test_nothing_heavy_is_imported_and_nothing_is_written(other) -> None:
    done = other.pytester.runpytest_subprocess(*ALONE)
    done.assert_outcomes(passed=1)
    modules = loaded(other, "main.json")
    assert [name for name in HEAVY if name in modules] == []
    assert {name.split(".")[1] for name in modules if name.startswith("conformance.")} == OURS
    assert "messages-conformance" in done.stdout.str()
    assert "GATE" not in done.stdout.str()
    assert other.wrote_nothing


def test_the_command_line_is_only_longer_by_our_options(other) -> None:
    done = other.pytester.runpytest_subprocess(*ALONE, "--messages-strict")
    done.assert_outcomes(passed=1)
    assert [name for name in HEAVY if name in loaded(other, "main.json")] == []


def test_workers_of_xdist_import_nothing_heavy_either(other) -> None:
    done = other.pytester.runpytest_subprocess(*ALONE, "-n", "1")
    done.assert_outcomes(passed=1)
    assert [name for name in HEAVY if name in loaded(other, "worker.json")] == []
