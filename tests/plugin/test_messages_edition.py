"""`--messages-edition`: which cases score and gate."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.standard import library as loading
from conformance.standard.editions import Edition
from support.project import chosen

CASE = "transport-empty-body-refused"


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edition in which no case of today is."""
    monkeypatch.setattr(loading, "load_edition", lambda folder, name=None: Edition(name or "2020-01-01", frozen=True))


def test_a_case_outside_the_edition_runs_and_shows_and_does_not_gate(project: Any, canned: Any, frozen: None) -> None:
    done = project.catalogue(*canned, *chosen(CASE))
    (case,) = project.results["cases"]
    assert done.ret == 2  # nothing that gates was judged
    assert (case["outcome"], case["scored"], case["gates"]) == ("fail", False, False)
    assert project.results["suite"]["edition"] == "2020-01-01"
    assert project.results["summary"]["by_axis"]["unscored"]["total"]["failed"] == 1
    assert project.results["summary"]["by_axis"]["conformance"]["total"]["total"] == 0
    assert "newer than the edition" in (project.folder / "out" / "summary.md").read_text(encoding="utf-8")


def test_the_newest_edition_is_named_in_the_results(project: Any) -> None:
    project.catalogue(*chosen("response-has-id"))
    assert project.results["suite"]["edition"].startswith("20")


def test_own_cases_gate_beside_every_edition(project: Any, canned: Any, frozen: None) -> None:
    project.write(
        "own.messages.yaml",
        "- id: own-case\n  title: Our own claim\n  on: [text]\n  expect:\n    - honoured: {marker: LAPIS-7431}\n",
    )
    done = project.run("own.messages.yaml", *canned)
    assert done.ret == 1
    assert {(case["scored"], case["gates"]) for case in project.results["cases"]} == {(True, True)}


def test_an_unknown_edition_is_told_and_exit_code_4(project: Any) -> None:
    done = project.catalogue("--messages-edition=1999-01-01")
    assert done.ret == 4
    assert "Unknown edition '1999-01-01'" in done.stderr.str() + done.stdout.str()
