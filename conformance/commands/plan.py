"""What a run would send and spend, before it sends anything.

Belongs here: from settings to an estimate, the limits of a run, whether a plan fits them, the data of the `plan`
command. Does not belong here: the rules of estimating (`estimate.py`), keeping an account (`budget.py`), wording.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.config.settings import Settings, target_of
from conformance.config.targets_file import read_all_settings
from conformance.engine.budget import Limits, Prices, Spend
from conformance.engine.estimate import RULES, Estimate, estimate, scenario_ceiling
from conformance.engine.plan import Plan, build_plan, scenario_of
from conformance.judge.library import Library, check_selection, is_selected, load_library
from conformance.model import Case, HarnessError, Mode, Plane
from conformance.standard.capabilities import check_declared
from conformance.standard.catalogue import Catalogue

REFERENCE = "reference"


def limits_of(settings: Settings) -> Limits:
    """What a run may spend. Raises HarnessError (exit code 4) for a limit on money without prices."""
    prices = Prices(settings["price_input"], settings["price_output"])
    if settings["max_cost"] is not None and not prices.known:
        raise HarnessError("--max-cost needs prices: add --price-input and --price-output", exit_code=4)
    return Limits(settings["max_requests"], settings["max_tokens"], settings["max_cost"], prices)


def estimate_of(plan: Plan, catalogue: Catalogue, settings: Settings) -> Estimate:
    """What a plan costs under the settings of a run."""
    return estimate(
        plan.scenarios,
        refusals_of(plan, catalogue),
        _repeatable(plan, catalogue),
        settings["repeat"],
        settings["concurrency"],
    )


def refusals_of(plan: Plan, catalogue: Catalogue) -> frozenset[str]:
    """The scenarios, by id, that are sent in order to be refused."""
    refused = set(_own(plan, catalogue, [case for case, _ in plan.items if _expects_refusal(case)]))
    served = set(_own(plan, catalogue, [case for case, _ in plan.items if not _expects_refusal(case)]))
    return frozenset(refused - served)


def _repeatable(plan: Plan, catalogue: Catalogue) -> frozenset[str]:
    """The scenarios that are sent again where a case of them deviates, or does not show what it is about."""
    return frozenset(_own(plan, catalogue, [c for c, _ in plan.items if c.plane is Plane.BEHAVIOUR or c.given]))


def _own(plan: Plan, catalogue: Catalogue, cases: Sequence[Case]) -> list[str]:
    """The scenarios that cases judge, by id; not those that they only look up."""
    wanted = {case.id for case in cases}
    found = []
    for case, mode in plan.items:
        if case.id in wanted:
            names = (case.scenario or case.id,) if not case.on else [n for n in case.on if not n.startswith("every-")]
            found += [scenario_of(name, mode, catalogue).id for name in names]
    return found


def _expects_refusal(case: Case) -> bool:
    return any(call.name == "refused" for call in case.expect)


def check_budget(found: Estimate, limits: Limits) -> None:
    """Raises HarnessError (exit code 2) with one sentence where even the least that a plan costs crosses a limit."""
    crossed = limits.crossed_by(found.least)
    if crossed:
        raise HarnessError(
            f"nothing was sent: the plan takes at least {_words(found.least, limits.prices)}, and the limit is "
            f"{crossed}; raise it, or select less",
            exit_code=2,
        )


def _words(spend: Spend, prices: Prices) -> str:
    cost = prices.of(spend)
    money = f" for USD {cost:.4f}" if cost is not None else ""
    return f"{spend.requests:,} requests and {spend.input:,} input tokens{money}"


def plans(given: Mapping[str, Any], folder: Path) -> list[dict[str, Any]]:
    """The plan of every selected target as JSON values. Sends nothing.

    Raises HarnessError (exit code 4) for options that do not fit.
    """
    return [_plan_of(settings) for settings in read_all_settings(given, folder)]


def _plan_of(settings: Settings) -> dict[str, Any]:
    target = target_of(settings)
    limits = limits_of(settings)
    library = load_library(settings["api_version"], edition=settings["edition"])
    check_selection(settings, library.catalogue)
    check_declared(library.capabilities, settings["declare"], settings["lacks"])
    items = selected_items(library, settings)
    plan = build_plan(items, library.catalogue, library.unasked(settings["lacks"]))
    found = estimate_of(plan, library.catalogue, settings)
    refusals = refusals_of(plan, library.catalogue)
    return {
        "target": target.name if target is not None else REFERENCE,
        "url": target.url if target is not None else None,
        "model": target.model if target is not None else settings["model"],
        "cases": len({case.id for case, _ in items}),
        "results": len(items),
        "scenarios": [
            {"id": scenario.id, "expected": "refused" if scenario.id in refusals else "served", **_spend(cost)}
            for scenario in plan.scenarios
            for cost in [scenario_ceiling(scenario)]
        ],
        "requests": plan.requests,
        **{
            name: {**_spend(spend), "cost": limits.prices.of(spend)}
            for name, spend in (
                ("served", found.served),
                ("refused", found.refused),
                ("repeated", found.repeated),
                ("least", found.least),
                ("most", found.most),
            )
        },
        "seconds": round(found.seconds, 1),
        "prices": {"input": limits.prices.input, "output": limits.prices.output},
        "limits": {"requests": limits.requests, "tokens": limits.tokens, "cost": limits.cost},
        "refused_by": limits.crossed_by(found.least),
        "may_stop_at": limits.crossed_by(found.most),
        "repeat": settings["repeat"],
        "concurrency": settings["concurrency"],
        "rules": list(RULES),
    }


def _spend(spend: Spend) -> dict[str, int]:
    return {"requests": spend.requests, "input_tokens": spend.input, "output_tokens": spend.output}


def selected_items(library: Library, settings: Settings) -> list[tuple[Case, Mode]]:
    """The cases and modes that the options of a run select, in order of the catalogue."""
    cases = library.catalogue.cases
    return [(case, mode) for case in cases for mode in case.modes if is_selected(case, mode, settings)]
