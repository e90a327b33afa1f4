"""What is known of real clients is complete, and the page about them shows it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from conformance.standard.library import Library
from support.real_clients import DATA, MEASURED, PAGE, Program, measured, page, programs

KEYS = {"program", "recognised", "versions", "models", "environment", "scenarios"}
OF_SCENARIOS = {"id", "does", "steps", "prints"}
SCRIPTS = Path(__file__).parent / "clients" / "programs"


@pytest.mark.parametrize(
    "path", [path for path in sorted(DATA.glob("*.yaml")) if path != MEASURED], ids=lambda p: p.stem
)
def test_a_program_says_how_it_is_installed_driven_and_what_it_prints(path: Path) -> None:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert KEYS <= set(data) <= {*KEYS, "lives-through", "note"}
    for version in data["versions"]:
        assert {"version"} < set(version) <= {"version", "npm", "python", "recognised"}
        assert any(str(version["version"]) in package for key in ("npm", "python") for package in version.get(key, ()))
    for scenario in data["scenarios"]:
        assert OF_SCENARIOS <= set(scenario) <= {*OF_SCENARIOS, "at-most", "exit"}
        assert all(scenario[key] for key in OF_SCENARIOS)


@pytest.mark.parametrize("program", programs(), ids=str)
def test_a_program_is_a_client_that_the_specification_knows(library: Library, program: Program) -> None:
    assert program.recognised in {client.title for client in library.clients.clients}


def test_each_script_is_run_by_a_program() -> None:
    driven = {path.read_text(encoding="utf-8") for path in DATA.glob("*.yaml")}
    unused = {path.name for path in SCRIPTS.iterdir() if path.suffix in (".py", ".mjs", ".json")}
    assert {name for name in unused if not any(name in text for text in driven)} == set()


def test_each_program_was_run_and_recorded() -> None:
    assert set(measured()) == {str(program) for program in programs()}
    for program in programs():
        assert set(measured()[str(program)]["requests"]) == {scenario["id"] for scenario in program.scenarios}


def test_the_page_shows_the_data() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m support.real_clients` in tests"
