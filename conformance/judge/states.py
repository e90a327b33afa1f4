"""What is known of the capabilities that a case needs, before anything that it sent is looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from conformance.judge.capabilities import probed, route_missing
from conformance.judge.evidence import Evidence
from conformance.judge.verdict import CapabilityState
from conformance.model import Case, Json, Mode, ScenarioName
from conformance.standard.models import ENTRY_SCENARIO, Models, RefusalClause, capabilities_of


def capability_state(
    case: Case,
    mode: Mode,
    evidence: Evidence,
    *,
    model: str,
    models: Models,
    declared: Collection[str],
    lacking: Collection[str],
) -> tuple[CapabilityState, str]:
    """What is known of the capabilities that a case needs, and why: the clause that has the model refuse the request,
    or the capabilities that are lacking.

    A capability is lacking by the target's declaration, which exempts it from whatever needs the capability, or by the
    specification of the model or the list of models, which may have it refuse.
    """
    if not case.needs and not case.lacks:
        return CapabilityState.CORE, ""
    known = capabilities_of(model, _entry(evidence), models)
    if not all(name in lacking or known.get(name) is False for name in case.lacks):
        return CapabilityState.OTHER_MODEL, ""
    if not case.needs:
        return CapabilityState.CORE, ""
    if exempt := [need for need in case.needs if need in lacking]:
        return CapabilityState.LACKING, ", ".join(exempt)
    if not all(name in declared or known.get(name) for name in case.opt_in):
        return CapabilityState.OPT_IN, ""
    if lacked := [need for need in case.needs if known.get(need) is False]:
        return _lacking(lacked, models.refusals)
    declared = {*declared, *case.opt_in}
    probes = dict(zip(case.needs, case.probes, strict=False))
    if all(need in declared for need in case.needs):
        missing = case.reported_by and any(_route_missing(probe, mode, evidence) for probe in case.probes)
        return (CapabilityState.NO_ROUTE if missing else CapabilityState.DECLARED), ""
    shown = (need in declared or _accepted(probes.get(need), mode, evidence) for need in case.needs)
    if all(shown):
        return CapabilityState.PROBED, ""
    absent = case.reported_by and any(_route_missing(probe, mode, evidence) for probe in case.probes)
    return (CapabilityState.ROUTE_ABSENT if absent else CapabilityState.UNKNOWN), ""


def declines_one(case: Case, mode: Mode, evidence: Evidence, declared: Collection[str]) -> bool:
    """Whether the endpoint declines, in its probe, a capability that a case needs and the target does not declare.

    Where a capability is declined as a whole, a refusal of an invalid request for it shows nothing.
    """
    probes = zip(case.needs, case.probes, strict=False)
    sent = [evidence.get(probe, mode) for need, probe in probes if probe is not None and need not in declared]
    return any(each is not None and probed(each.replies[-1:]) == "declined" for each in sent)


def _lacking(names: Sequence[str], refusals: Mapping[str, RefusalClause]) -> tuple[CapabilityState, str]:
    """How a lack of capabilities shows: by the first certain clause, else by an uncertain one, else not at all."""
    if not all(name in refusals for name in names):
        return CapabilityState.LACKING, ", ".join(names)
    found = sorted((refusals[name] for name in names), key=lambda refusal: not refusal.certain)
    return (CapabilityState.MUST_REFUSE if found[0].certain else CapabilityState.MAY_REFUSE), found[0].clause


def _accepted(probe: ScenarioName | None, mode: Mode, evidence: Evidence) -> bool:
    sent = evidence.get(probe, mode) if probe else None
    return sent is not None and probed(sent.replies[-1:]) == "accepted"


def _route_missing(probe: ScenarioName | None, mode: Mode, evidence: Evidence) -> bool:
    sent = (evidence.get(probe, mode) or evidence.get(probe, Mode.JSON)) if probe else None
    return sent is not None and sent.last is not None and route_missing(sent.last)


def _entry(evidence: Evidence) -> Json:
    """The model's own entry in the list of models, or None."""
    sent = evidence.get(ScenarioName(ENTRY_SCENARIO), Mode.JSON)
    last = sent.last if sent is not None else None
    return last.json if last is not None and last.ok else None
