"""A case is judged within a larger request that holds its own, and asked alone only where that does not settle it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from conformance.engine import loop, plan
from conformance.engine import rejudge as rejudges
from conformance.engine.plan import build_plan
from conformance.engine.rejudge import rejudge
from conformance.model import Direction, Json, Mode, Outcome, Plane, Step
from conformance.wire.importers.files import open_recording
from support import standard
from support.endpoint import scenario_of

LIBRARY = standard.library()
CATALOGUE = LIBRARY.catalogue
INNER = {case.id: case for case in CATALOGUE.cases if case.within is not None}
WHOLE = "request-optional-fields"
HELD = sorted(name for name, case in INNER.items() if case.within and case.within.name == WHOLE)
ERROR = {"type": "error", "error": {"type": "invalid_request_error", "message": "service_tier: not supported"}}


def refusing(wanted: Any) -> Any:
    """Refuses each request for a message of which this holds."""

    def intervene(call: Any, number: int) -> Any:
        asks = call.method == "POST" and wanted(json.loads(call.body))
        return (400, ERROR, {}) if asks else None

    return intervene


def test_what_a_larger_request_shows_is_not_sent_alone(serve: Any, run: Any) -> None:
    endpoint = serve()
    done = run(endpoint, case=[WHOLE, *HELD])
    assert {judged.outcome for judged in done.judgements.values()} == {Outcome.PASS}
    assert set(HELD).isdisjoint(endpoint.names())
    assert endpoint.names().count(WHOLE) == 1


def test_a_refusal_is_the_fault_of_the_field_that_is_refused_alone(serve: Any, run: Any) -> None:
    endpoint = serve(refusing(lambda body: "service_tier" in body))
    done = run(endpoint, case=[WHOLE, *HELD])
    failed = {name for (name, _), judged in done.judgements.items() if judged.outcome is Outcome.FAIL}
    assert failed == {"request-service-tier-standard-only"}
    assert done.of(WHOLE).outcome is Outcome.INCONCLUSIVE
    assert done.of(WHOLE).reason.endswith(f"of its {len(HELD)} parts: request-service-tier-standard-only")
    assert not done.of(WHOLE).gates


def test_what_is_refused_only_together_fails_the_whole(serve: Any, run: Any) -> None:
    endpoint = serve(refusing(lambda body: "service_tier" in body and "metadata" in body))
    done = run(endpoint, case=[WHOLE, *HELD])
    assert done.of(WHOLE).outcome is Outcome.FAIL
    assert done.of(WHOLE).reason.endswith(f"none of its {len(HELD)} parts alone")
    assert {done.of(name).outcome for name in HELD} == {Outcome.PASS}


def test_one_case_alone_needs_the_larger_request_and_nothing_else_of_it(serve: Any, run: Any) -> None:
    endpoint = serve()
    assert run(endpoint, case=["request-metadata-user-id"]).of("request-metadata-user-id").outcome is Outcome.PASS
    assert "request-metadata-user-id" not in endpoint.names()


def test_a_larger_request_without_evidence_has_the_case_asked_alone(serve: Any, run: Any) -> None:
    busy = (529, {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, {})
    endpoint = serve(lambda call, number: busy if scenario_of(call) == WHOLE else None)
    done = run(endpoint, case=[WHOLE, *HELD], retries=0)
    assert {done.of(name).outcome for name in HELD} == {Outcome.PASS}
    assert set(HELD) <= set(endpoint.names())


def test_the_recorded_run_gives_the_same_again(serve: Any, run: Any) -> None:
    endpoint = serve(refusing(lambda body: "service_tier" in body))
    done = run(endpoint, case=[WHOLE, *HELD])
    again = rejudge(open_recording(done.folder / "journal.ndjson"), ())
    assert {(each.case, each.mode): each for each in again.judgements} == done.judgements


def test_what_a_run_may_not_ask_any_more_is_undecided_and_no_reason_to_continue_it(
    serve: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (loop, plan, rejudges):
        monkeypatch.setattr(module, "MOST_ON_DEMAND", 2)
    endpoint = serve(refusing(lambda body: "metadata" in body and "service_tier" in body))
    done = run(endpoint, case=[WHOLE, *HELD])
    outcomes = [done.of(name).outcome for name in HELD]
    assert outcomes.count(Outcome.PASS) == 2
    assert outcomes.count(Outcome.INCONCLUSIVE) == len(HELD) - 2
    assert {done.of(name).reason for name in HELD if done.of(name).outcome is Outcome.INCONCLUSIVE} == {
        "a run sends at most 2 requests on demand"
    }
    again = rejudge(open_recording(done.folder / "journal.ndjson"), ())
    assert {(each.case, each.mode): each for each in again.judgements} == done.judgements


@pytest.mark.parametrize("name", sorted(INNER))
def test_what_is_held_is_one_valid_request_that_no_other_case_looks_at(name: str) -> None:
    case = INNER[name]
    assert case.direction is Direction.SERVE
    assert case.plane is Plane.PROTOCOL
    others = [each for each in CATALOGUE.cases if each.id != name]
    looked_at = {
        named.name
        for each in others
        for named in (*each.judged, each.control, *each.beside, *each.probes)
        if named is not None and not (each.within and named in each.judged)
    }
    assert case.judged[0].name not in looked_at


@pytest.mark.parametrize("name", sorted(INNER))
def test_the_larger_request_holds_what_the_case_sends(name: str) -> None:
    """Save for the words and the turns, which differ, so that the larger request stays one conversation."""
    case = INNER[name]
    assert case.within is not None
    [whole], [own] = CATALOGUE.scenarios[case.within.name], case.steps
    assert holds(said(whole), said(own))


def said(step: Step) -> dict[str, Json]:
    """What a step sends besides its words: fields of the body, query, and headers, with the names of betas apart."""
    fields = {key: value for key, value in step.body.items() if key not in ("messages", "max_tokens")}
    headers = {key: value for key, value in step.headers.items() if key != "anthropic-beta"}
    betas = [beta.strip() for beta in str(step.headers.get("anthropic-beta", "")).split(",") if beta]
    return {"fields": fields, "query": dict(step.query), "headers": headers, "betas": betas, "path": step.path}


def holds(whole: Json, part: Json) -> bool:
    """Whether a value holds all of another: members of objects, and items of arrays. Names of tools may differ."""
    if isinstance(whole, Mapping) and isinstance(part, Mapping):
        return all(key in whole and (key == "name" or holds(whole[key], value)) for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return all(any(holds(item, wanted) for item in whole) for wanted in part)
    return bool(whole == part)


def test_a_plan_sends_the_larger_request_and_keeps_the_others_for_later() -> None:
    items = [(INNER[name], Mode.JSON) for name in HELD]
    plan = build_plan(items, CATALOGUE)
    sent = {scenario.name for scenario in plan.scenarios}
    assert WHOLE in sent
    assert sent.isdisjoint(HELD)
    assert {scenario.name for scenario in plan.on_demand} == set(HELD)
