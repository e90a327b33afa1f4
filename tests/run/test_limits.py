"""A full run keeps to the limits that were set for it, in both versions."""

import pytest

from conformance.engine.estimate import estimate
from conformance.engine.plan import build_plan
from conformance.judge.library import load_library
from conformance.model import Direction

REQUESTS, GENERATING, INPUT, OUTPUT = 280, 130, 60_000, 8_000


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
def test_a_full_run_keeps_to_its_limits(version):
    catalogue = load_library(version).catalogue
    plan = build_plan([(case, mode) for case in catalogue.cases for mode in case.modes], catalogue)
    serving = {case.scenario for case in catalogue.cases if case.direction is Direction.SERVE}
    refusing = {case.scenario for case in catalogue.cases if case.direction is Direction.REFUSE} - serving
    refused = {scenario.id for scenario in plan.scenarios if scenario.name in refusing}
    served = [scenario for scenario in plan.scenarios if scenario.id not in refused]
    cost = estimate(plan.scenarios, refused, (), 1, 8).served
    assert plan.requests <= REQUESTS
    assert sum(step.makes_message for scenario in served for step in scenario.steps) <= GENERATING
    assert (cost.input <= INPUT, cost.output <= OUTPUT) == (True, True), cost
