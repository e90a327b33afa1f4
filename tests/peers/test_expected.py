"""What a run finds of each server is what `tests/data/peers` says: everything that gates, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from conftest import Run

EXPECTED = Path(__file__).resolve().parents[1] / "data" / "peers"

MOST_DEFECTS = 15
"""Gating defects of one server that a person can still read."""


@pytest.fixture
def run(server: str, run_of: Callable[[str], Run]) -> Run:
    return run_of(server)


@pytest.fixture
def expected(server: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((EXPECTED / f"{server}.yaml").read_text(encoding="utf-8"))
    return loaded


def test_the_run_ends_with_deviations_and_without_a_traceback(run: Run) -> None:
    assert run.exit_code == 1, run.printed
    assert "Traceback" not in run.printed
    assert run.results["complete"], run.results["incomplete_reason"]


def test_every_gating_finding_is_one_that_was_checked_on_the_wire(run: Run, expected: dict[str, Any]) -> None:
    known = {case for defect in expected["defects"] for case in defect.get("gating", ())}
    new = run.gating() - known
    assert not new, "\n".join(f"{case}: {run.outcomes(case)}, {run.findings(case)[:3]}" for case in sorted(new))


def test_every_known_defect_is_found(run: Run, expected: dict[str, Any]) -> None:
    certain = [defect for defect in expected["defects"] if not defect.get("by-chance")]
    gone = [
        f"{case}: {run.outcomes(case)} ({defect['defect']})"
        for defect in certain
        for key, found in (("gating", run.gating()), ("found", run.deviating()))
        for case in defect.get(key, ())
        if case not in found
    ]
    assert not gone, "\n".join(gone)


def test_the_defects_are_few_enough_to_be_read(run: Run) -> None:
    gating = [defect["title"] for defect in run.results["defects"] if defect["gates"]]
    assert 0 < len(gating) <= MOST_DEFECTS, gating
