"""A full run without repetitions keeps to its budget, area by area, in both API versions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from conformance.engine.estimate import scenario_ceiling
from conformance.engine.plan import build_plan, names_of, scenario_of
from conformance.model import Mode, Scenario
from conformance.standard.catalogue import Catalogue
from conformance.standard.models import is_listed
from conformance.standard.source import load_yaml
from support import standard

BUDGET = load_yaml(Path(__file__).parents[1] / "data" / "request_budget.yaml")


def spent(catalogue: Catalogue) -> dict[str, Counter[str]]:
    """What each area costs. A scenario that several areas look at is paid by the first one that sends it as its own."""
    items = [(case, mode) for case in catalogue.cases for mode in case.modes]
    payer: dict[str, str] = {}
    for wanted in (lambda case: () if case.on else case.judged, names_of):
        for case, mode in items:
            for name in wanted(case):
                payer.setdefault(scenario_of(name, mode, catalogue).id, case.area)
    found: dict[str, Counter[str]] = {area: Counter() for area in BUDGET["areas"]}
    unasked = standard.library().unasked(())
    for scenario in build_plan(items, catalogue, unasked).scenarios:
        cost = Counter(requests=len(scenario.steps))
        if scenario.name not in catalogue.invalid:
            ceiling = scenario_ceiling(scenario)
            cost += Counter(
                generating=sum(step.makes_message for step in scenario.steps),
                input=ceiling.input,
                output=ceiling.output,
            )
        found.setdefault(payer.get(scenario.id, "samples"), Counter()).update(cost)
    return found


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
def test_every_area_keeps_to_its_budget(version: str) -> None:
    """An area that is over its budget shares requests (a base, `on`), or gets more in data/request_budget.yaml."""
    over = {
        (area, what): f"{used} of {BUDGET['areas'].get(area, {}).get(what, 0)}"
        for area, cost in spent(standard.library(version).catalogue).items()
        for what, used in cost.items()
        if used > BUDGET["areas"].get(area, {}).get(what, 0)
    }
    assert over == {}


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
def test_a_run_keeps_to_its_budget(version: str) -> None:
    whole: Counter[str] = Counter()
    for cost in spent(standard.library(version).catalogue).values():
        whole.update(cost)
    assert {what: total for what, total in whole.items() if total > BUDGET["run"][what]} == {}


SMALL_CONTEXT = 8_192
"""Tokens of the smallest context window that the catalogue is written for."""


def test_every_request_and_its_reply_fit_a_small_context() -> None:
    catalogue = standard.library().catalogue
    larger = {case.scenario for case in catalogue.cases if is_listed(case)}
    too_large = {}
    for name, steps in catalogue.scenarios.items():
        for number, step in enumerate(steps, start=1):
            ceiling = scenario_ceiling(Scenario(name, Mode.JSON, (step,)))
            if name not in larger and name not in catalogue.invalid and ceiling.input + ceiling.output > SMALL_CONTEXT:
                too_large[name, number] = (ceiling.input, ceiling.output)
    assert too_large == {}
