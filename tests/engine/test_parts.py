"""A request of several parts is sent whole. Where it is refused, each part is sent alone, to name the guilty one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from conformance.engine.plan import MOST_ON_DEMAND
from conformance.engine.rejudge import rejudge
from conformance.model import Case, Mode, Outcome, Step
from conformance.standard.document import SchemaViolation
from conformance.wire.importers.files import open_recording
from support import standard
from support.endpoint import scenario_of

CASE = "messages-history-of-calls"
CASES = [case for case in standard.library().catalogue.cases if case.parts]
PARTS = {part.scenario for part in next(case for case in CASES if case.id == CASE).parts}
ERROR = {"type": "error", "error": {"type": "invalid_request_error", "message": "content: at least one item"}}


def refusing(wanted: Any, status: int = 400) -> Any:
    """Refuses each request for a message of which this holds."""

    def intervene(call: Any, number: int) -> Any:
        asks = call.method == "POST" and wanted(json.loads(call.body))
        return (status, ERROR, {}) if asks else None

    return intervene


def results(body: Any) -> list[Any]:
    blocks = [block for turn in body["messages"] if isinstance(turn["content"], list) for block in turn["content"]]
    return [block for block in blocks if block["type"] == "tool_result"]


def empty_array(body: Any) -> bool:
    return any(result.get("content") == [] for result in results(body))


def test_the_parts_of_an_accepted_request_are_not_sent(serve: Any, run: Any) -> None:
    endpoint = serve()
    done = run(endpoint, case=[CASE])
    assert {judged.outcome for judged in done.judgements.values()} == {Outcome.PASS}
    assert PARTS.isdisjoint(endpoint.names())


@pytest.mark.parametrize("status", [400, 500])
def test_the_finding_names_the_part_that_is_refused_alone(serve: Any, run: Any, status: int) -> None:
    endpoint = serve(refusing(empty_array, status))
    judged = run(endpoint, case=[CASE], retries=0).of(CASE)
    assert judged.outcome is Outcome.FAIL
    assert judged.findings[0].expected == "status 200 for the part result-empty-array alone"
    assert judged.findings[0].actual.startswith(f"status {status}: ")
    assert judged.reason.endswith(f"refused alone, of its {len(PARTS)} parts: result-empty-array")
    assert judged.findings[0].where.scenario == f"{CASE}+result-empty-array/json"


def test_each_part_is_sent_once(serve: Any, run: Any) -> None:
    endpoint = serve(refusing(empty_array))
    run(endpoint, case=[CASE])
    sent = Counter(name for name in endpoint.names() if name in PARTS)
    assert sent == Counter(PARTS)


def test_a_request_that_is_refused_now_and_then_has_no_guilty_part(serve: Any, run: Any) -> None:
    first = [True]

    def once(body: Any) -> bool:
        return len(body["messages"]) > 100 and bool(first) and first.pop()

    endpoint = serve(refusing(once))
    judged = run(endpoint, case=[CASE], mode="json").of(CASE)
    assert judged.reason == "the same valid request is refused now and then"
    assert PARTS.isdisjoint(endpoint.names())


def test_what_is_refused_only_together_is_said(serve: Any, run: Any) -> None:
    endpoint = serve(refusing(lambda body: len(body["messages"]) > 100))
    judged = run(endpoint, case=[CASE], mode="json").of(CASE)
    assert judged.reason.endswith(f"refused as a whole, and none of its {len(PARTS)} parts alone")
    assert [finding.expected for finding in judged.findings] == ["status 200"]


def test_what_is_refused_in_every_part_is_one_finding(serve: Any, run: Any) -> None:
    endpoint = serve(refusing(lambda body: bool(results(body))))
    judged = run(endpoint, case=[CASE], mode="json").of(CASE)
    assert judged.reason.endswith(f"each of its {len(PARTS)} parts is refused alone as well")
    assert len(judged.findings) == 1


def test_parts_that_the_budget_forbids_are_said_to_be_missing(serve: Any, run: Any) -> None:
    endpoint = serve(refusing(empty_array))
    judged = run(endpoint, case=[CASE], mode="json", max_requests=8).of(CASE)
    assert judged.outcome is Outcome.FAIL
    assert "parts got no answer" in judged.reason


def test_the_recorded_run_gives_the_same_again(serve: Any, run: Any) -> None:
    endpoint = serve(refusing(empty_array))
    done = run(endpoint, case=[CASE])
    again = rejudge(open_recording(done.folder / "journal.ndjson"), ())
    assert {(each.case, each.mode): each for each in again.judgements} == done.judgements


def test_a_continued_run_sends_no_part_again(serve: Any, run: Any) -> None:
    endpoint = serve(refusing(empty_array))
    done = run(endpoint, case=[CASE])
    before = len(endpoint.calls)
    again = run(endpoint, case=[CASE], resume=str(done.folder))
    assert again.judgements == done.judgements
    assert len(endpoint.calls) == before


@pytest.mark.parametrize("case", ["client-claude-code-first", "client-claude-code-again"])
def test_the_guilty_part_of_what_a_client_sends_is_named(serve: Any, run: Any, case: str) -> None:
    """The second case sends two requests, of which the first one is refused."""
    judged = run(serve(refusing(lambda body: "metadata" in body)), case=[case]).judgements[case, Mode.STREAM]
    assert judged.outcome is Outcome.FAIL
    assert judged.findings[0].expected == "status 200 for the part metadata alone"
    assert judged.reason.endswith("parts: metadata")


def test_the_guilty_part_of_a_loop_is_named(serve: Any, run: Any) -> None:
    cached = refusing(lambda body: any(result.get("cache_control") for result in results(body)))
    judged = run(serve(cached), case=["client-claude-code-loop"]).judgements["client-claude-code-loop", Mode.STREAM]
    assert judged.outcome is Outcome.FAIL
    assert judged.reason.endswith("parts: tool-result")


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
def test_the_document_accepts_every_whole_and_every_part(version: str) -> None:
    wrong = {
        (name, number): found
        for case in CASES
        for name, steps in ((case.id, case.steps), *((part.scenario, part.steps) for part in case.parts))
        for number, step in enumerate(steps, start=1)
        if "$reply" not in repr(step.body) and (found := violations(step, version))
    }
    assert wrong == {}


def violations(step: Step, version: str) -> list[SchemaViolation]:
    """What is wrong with a request by the version and the betas that it names, or by `version`."""
    own = str(step.headers.get("anthropic-version", version))
    betas = [name.strip() for name in str(step.headers.get("anthropic-beta", "")).split(",")]
    document = standard.library(own).document.with_betas(betas)
    component = "MessageCreateParams" if step.makes_message else "MessageCountTokensParams"
    return document.validate(component, {"model": "m", **step.body})


@pytest.mark.parametrize("mode", Mode)
def test_the_reference_endpoint_accepts_every_part(serve: Any, run: Any, mode: Mode) -> None:
    """Where a whole is refused, every part is sent. What is streamed only is judged in that mode."""
    endpoint = serve(lambda call, number: (400, ERROR, {}) if is_whole(call) else None)
    for cases in groups(case for case in CASES if case.steps and case.modes[0] is mode):
        done = run(endpoint, case=cases, mode=mode, declare=["message-threads", "large-context"])
        reasons = {case: done.judgements[case, mode].reason for case in cases}
        assert {name: why for name, why in reasons.items() if "none of its" not in why} == {}


def groups(cases: Iterable[Case]) -> list[list[str]]:
    """The ids of cases, in groups of which a run sends all parts."""
    found: list[list[str]] = [[]]
    room = MOST_ON_DEMAND
    for case in cases:
        if len(case.parts) > room:
            found.append([])
            room = MOST_ON_DEMAND
        found[-1].append(case.id)
        room -= len(case.parts)
    return found


WHOLES = {case.id for case in CASES}
BODIES = [case.steps[0].body for case in CASES if case.steps]


def is_whole(call: Any) -> bool:
    """Whether a call asks for a whole. Clients have user agents of their own, so that the body says what it is."""
    body = json.loads(call.body) if call.body else {}
    own = {key: body[key] for key in body if key != "model"}
    name = scenario_of(call)
    return name in WHOLES or (name not in standard.library().catalogue.scenarios and own in alike(body))


def alike(body: Any) -> list[Any]:
    """The bodies of wholes, with `stream` where the body has it."""
    return [{**whole, "stream": body["stream"]} if "stream" in body else whole for whole in BODIES]
