"""Adding to the catalogue is one YAML file and one command: what its README describes, done on a copy of the project.

Each block of the README that begins with the name of a file is appended to that file. Then `tox -e regen` runs as
`tox.ini` defines it, and the tests that look at the catalogue pass.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from support.data import CHECKOUT

pytestmark = pytest.mark.slow

README = CHECKOUT / "conformance" / "catalogue" / "README.md"

LOOKING_AT_THE_CATALOGUE = (
    "tests/test_generated.py",
    "tests/standard/test_catalogue.py",
    "tests/standard/test_editions.py::test_every_scored_case_means_what_the_newest_edition_says",
    "tests/standard/test_tiers.py",
    "tests/engine/test_limits.py",
    "tests/mutation/test_faults.py",
)
"""The fast tests that a case, a fault or a check can break."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, to which each test adds more."""
    copy = tmp_path_factory.mktemp("copy") / "project"
    shutil.copytree(CHECKOUT, copy, ignore=shutil.ignore_patterns(".*", "build", "dist", "__pycache__", "*.egg-info"))
    return copy


def blocks(heading: str) -> Iterator[tuple[str, str]]:
    """The blocks of a section that belong into a file: its path, and the text."""
    section = README.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    for body in re.findall(r"```(?:yaml|python)\n(.*?)```", section, re.DOTALL):
        first, _, rest = body.partition("\n")
        yield first.removeprefix("# "), rest


def add(project: Path, heading: str) -> list[str]:
    """Appends the blocks of a section to their files; returns the ids in them, the fault's first."""
    ids = []
    for name, text in blocks(heading):
        path = project / name
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{text}", encoding="utf-8")
        ids += re.findall(r"^- id: (\S+)$", text, re.MULTILINE)
    return ids


def run(project: Path, command: str, **environment: str) -> str:
    """Runs a command in the copy, and holds that it succeeds."""
    first, *rest = shlex.split(command)
    program = {"python": [sys.executable], "messages-conformance": [sys.executable, "-m", "conformance.cli"]}[first]
    variables = os.environ | {"PYTHONPATH": str(project)} | environment
    done = subprocess.run([*program, *rest], cwd=project, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def regen(project: Path, names: str) -> None:
    """What `tox -e regen -- NAMES` runs."""
    tox = configparser.ConfigParser()
    tox.read(project / "tox.ini", encoding="utf-8")
    for line in tox["testenv:regen"]["commands"].strip().splitlines():
        run(project, line.replace("{posargs}", names), PYTHONPATH=f"{project}{os.pathsep}{project / 'tests'}")


def hold_the_tests(project: Path, fault: str, *more: str) -> None:
    """Holds that the fast tests pass. Of the faults only one is rehearsed."""
    files = " ".join((*LOOKING_AT_THE_CATALOGUE, *more))
    told = run(project, f"python -m pytest -q -x -k 'not test_a_fault_fails or {fault}' {files}")
    assert " passed" in told


def text_of(project: Path, name: str) -> str:
    return (project / name).read_text(encoding="utf-8")


def test_a_case_is_nine_lines_in_one_file(project: Path) -> None:
    ((name, text),) = blocks("Add a case")
    assert name.startswith("conformance/catalogue/")
    assert len(text.splitlines()) <= 9
    (case,) = add(project, "Add a case")
    regen(project, f"--case {case}")
    hold_the_tests(project, "tool-choice-any-dropped", "tests/standard/test_request_catalogue.py")
    assert f"`{case}`" in text_of(project, "docs/coverage.md")
    collateral = yaml.safe_load(text_of(project, "conformance/reference/faults/collateral.yaml"))
    assert case in collateral["tool-choice-dropped"]


def test_a_fault_is_data_beside_its_case(project: Path) -> None:
    fault, case = add(project, "Add a fault for it")
    regen(project, f"--case {case} --fault {fault}")
    hold_the_tests(project, fault, "tests/test_style.py::test_titles_are_short_unique_claims_without_modal_verbs")
    assert f"| `{fault}` |" in text_of(project, "docs/faults.md")
    assert f"\n{fault}:" in text_of(project, "conformance/reference/faults/collateral.yaml")


def test_a_check_is_a_function_beside_its_family(project: Path) -> None:
    (case,) = add(project, "Add a check")
    regen(project, f"--case {case}")
    hold_the_tests(
        project, "max-tokens-ignored", "tests/judge/checks/test_hostile.py::test_no_bytes_make_a_check_raise"
    )
    assert f"`{case}`" in text_of(project, "docs/coverage.md")
