"""What a case means, in a canonical form that editions hash.

The form is spelled out here, key by key, and not taken from the dataclasses: a better title, a renamed scenario, a new
field or another default changes nothing. Every name of a scenario is replaced by the requests that are sent for it, so
a changed base request changes every case that sends it, compares with it or judges it.

Whoever gives a case or a request a new field that means something writes it into the form only where it differs from
what held before. Then the cases that do not use the field keep their meaning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from conformance.model import Case, CheckCall, Json, ScenarioName, Selector, Step

DIGITS = 12
"""Hexadecimal digits of a hash: enough for some thousand cases that nobody forges."""


def meanings(cases: Iterable[Case], scenarios: Mapping[str, Sequence[Step]]) -> dict[str, str]:
    """A hash of the meaning of each case, by id. `scenarios` are those of the catalogue, by name."""
    return {case.id: _digest(canonical(case, scenarios)) for case in cases}


def canonical(case: Case, scenarios: Mapping[str, Sequence[Step]]) -> dict[str, Json]:
    """Everything that decides what a case says about an endpoint, as JSON values.

    Not part of it: id and aliases, title, file and line, area and tier, faults, and how the case was made. The order of
    capabilities and modes, and that of the clauses behind the governing one, mean nothing.
    """
    return {
        "clauses": [*case.clauses[:1], *sorted(case.clauses[1:])],
        "level": case.level.value,
        "informational": case.informational,
        "protects": case.protects,
        "plane": case.plane.value,
        "direction": case.direction.value,
        "modes": sorted(mode.value for mode in case.modes),
        "needs": sorted(case.needs),
        "requests": [_request(step) for step in case.steps],
        "on": [_evidence(name, scenarios) for name in case.on],
        "control": _evidence(case.control, scenarios) if case.control is not None else None,
        "beside": [_evidence(name, scenarios) for name in case.beside],
        "given": [_call(call) for call in case.given],
        "expect": [_call(call) for call in case.expect],
        **({"lacks": sorted(case.lacks)} if case.lacks else {}),
        **({"within": _evidence(case.within, scenarios)} if case.within is not None else {}),
    }


def _request(step: Step) -> dict[str, Json]:
    """A request as it is sent, before target and mode fill in the rest."""
    return {
        "method": step.method,
        "path": step.path,
        "query": dict(step.query),
        "headers": {name.lower(): value for name, value in step.headers.items()},
        "auth": step.auth,
        "body": step.body,
        "raw": step.raw.hex() if step.raw is not None else None,
        "model": step.fill_model,
    }


def _evidence(name: ScenarioName | Selector, scenarios: Mapping[str, Sequence[Step]]) -> Json:
    """A selector by its name, a scenario by its requests and the mode that is named with it."""
    if isinstance(name, Selector) or name.name not in scenarios:
        return str(name)
    return {"requests": [_request(step) for step in scenarios[name.name]], "mode": name.mode}


def _call(call: CheckCall) -> dict[str, Json]:
    return {"check": call.name, "argument": call.argument, "step": call.step}


def _digest(form: Json) -> str:
    text = json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
