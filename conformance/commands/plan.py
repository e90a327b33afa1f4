"""The command `plan`: what a run would send and spend. Sends nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.base.spend import Spend
from conformance.config.settings import RunSettings, target_of
from conformance.config.target import REFERENCE
from conformance.config.targets_file import read_all_settings
from conformance.engine.budget import limits_of
from conformance.engine.estimate import RULES, area_costs, estimate_of, refusals_of, scenario_ceiling
from conformance.engine.plan import build_plan
from conformance.engine.selection import check_selection, selected_items
from conformance.judge.library import load_library
from conformance.report import plan as report
from conformance.standard.capabilities import check_declared


def text(given: Mapping[str, Any], folder: Path, *, as_json: bool) -> tuple[str, int]:
    """The plan of every selected target, for people or as JSON, and the exit code: 2 where a run would not start.

    Raises UsageError for options that do not fit.
    """
    plans = [_plan_of(settings) for settings in read_all_settings(given, folder)]
    refused = any(plan["refused_by"] for plan in plans)
    return f"{json.dumps(plans, indent=1)}\n" if as_json else report.text(plans), 2 if refused else 0


def _plan_of(settings: RunSettings) -> dict[str, Any]:
    target = target_of(settings)
    limits = limits_of(settings)
    library = load_library(settings["api_version"], edition=settings["edition"], vendor=settings["vendor"])
    check_selection(settings, library)
    check_declared(library.capabilities, settings["declare"], settings["lacks"])
    items = selected_items(library, settings)
    declared = settings["declare"] if target is not None else library.capabilities
    unasked = library.unasked(settings["lacks"], declared, target.model if target is not None else "")
    plan = build_plan(items, library.catalogue, unasked)
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
        "requests": found.least.requests,
        "repeats": found.repeated.requests,
        "areas": [
            {"area": each.area, **_spend(each.spend), "requests": each.requests, "cost": limits.prices.of(each.spend)}
            for each in area_costs(plan, library.catalogue)
        ],
        **{
            name: {**_spend(spend), "cost": limits.prices.of(spend)}
            for name, spend in (
                ("served", found.served),
                ("refused", found.refused),
                ("repeated", found.repeated),
                ("on_demand", found.on_demand),
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
