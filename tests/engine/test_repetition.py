"""Cases in which the model has a say are tried several times; what the server alone decides is asked once."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.engine.rejudge import rejudge
from conformance.model import Mode, Outcome
from conformance.wire.importers.files import open_recording


def message(stop_reason: str = "end_turn", text: str = "Hm.") -> dict[str, Any]:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "reference-1", "stop_reason": stop_reason,
        "stop_sequence": None, "content": [{"type": "text", "text": text}],
        "usage": {"input_tokens": 9, "output_tokens": 2},
    }  # fmt: skip


def test_repetitions_are_counted_and_the_majority_decides(serve: Any, run: Any) -> None:
    """The model answers with a text where a tool was to be called: in 1, 2 and 3 of 3 attempts."""
    case, lie = "tools-default-calls-a-tool", (200, message(), {})
    expected = (
        ((lie, None), (Outcome.PASS, 3, 1)),
        ((lie, None, lie), (Outcome.IGNORED, 3, 2)),
        ((lie,), (Outcome.IGNORED, 2, 2)),
        ((None, lie), (Outcome.PASS, 1, 0)),
    )
    for answers, (outcome, attempts, deviating) in expected:
        endpoint = serve(in_turn("weather", [*answers]))
        judged = run(endpoint, case=[case], mode="json").of(case)
        assert (judged.outcome, judged.attempts, judged.deviating_attempts) == (outcome, attempts, deviating)
        assert endpoint.names().count("weather") == attempts
        assert len(judged.evidence) >= attempts
        if deviating:
            assert f"deviated in {deviating} of {attempts} attempts" in judged.reason


def in_turn(name: str, answers: list[Any]) -> Any:
    """Answers the calls of a scenario in turn, as they are told; the last one where there is but one."""
    seen = 0

    def intervene(call: Any, number: int) -> Any:
        nonlocal seen
        if not (call.header("user-agent") or "").endswith(f"({name})"):
            return None
        seen += 1
        return answers[0] if len(answers) == 1 else answers[seen - 1] if seen <= len(answers) else None

    return intervene


def test_a_protocol_case_is_never_asked_twice(serve: Any, run: Any) -> None:
    text = {"id": 7, "type": "message", "role": "assistant", "content": [], "usage": {}}
    endpoint = serve(in_turn("text", [(200, text, {})]))
    judged = run(endpoint, case=["response-has-id"], mode="json").of("response-has-id")
    assert (judged.outcome, judged.attempts) == (Outcome.FAIL, 1)
    assert endpoint.names().count("text") == 1


def test_one_attempt_is_enough_where_that_is_what_was_asked_for(serve: Any, run: Any) -> None:
    endpoint = serve(in_turn("weather", [(200, {"type": "message", "content": []}, {})]))
    judged = run(endpoint, case=["tools-default-calls-a-tool"], mode="json", repeat=1)
    judgement = judged.of("tools-default-calls-a-tool")
    assert (judgement.outcome, judgement.attempts) == (Outcome.IGNORED, 1)
    assert endpoint.names().count("weather") == 1


def test_a_repetition_that_the_budget_forbids_leaves_the_deviation_unconfirmed(serve: Any, run: Any) -> None:
    endpoint = serve(in_turn("weather", [(200, {"type": "message", "content": []}, {})]))
    done = run(endpoint, case=["tools-default-calls-a-tool"], mode="json", max_requests=2)
    judged = done.of("tools-default-calls-a-tool")
    assert judged.outcome is Outcome.INCONCLUSIVE
    assert judged.reason == "deviated in 1 of 1 attempt (3 were wanted), which is not a majority"
    assert not judged.gates
    assert Mode.JSON in {mode for _, mode in done.judgements}


def test_what_the_model_did_not_show_is_asked_for_again(serve: Any, run: Any) -> None:
    case = "stop-sequence-named"
    endpoint = serve(in_turn("stop", [(200, message(), {}), None]))
    judged = run(endpoint, case=[case], mode="json").of(case)
    assert (judged.outcome, judged.attempts, judged.deviating_attempts) == (Outcome.PASS, 2, 0)
    endpoint = serve(in_turn("stop", [(200, message(), {})]))
    judged = run(endpoint, case=[case], mode="json").of(case)
    assert (judged.outcome, judged.attempts) == (Outcome.INCONCLUSIVE, 3)
    assert judged.reason.endswith(", in 3 attempts")


def test_two_cases_share_the_repetitions_of_their_scenario(serve: Any, run: Any) -> None:
    endpoint = serve(in_turn("stop", [(200, message(), {})]))
    run(endpoint, case=["stop-sequence-named", "stop-sequence-hit", "stop-sequence-text-excluded"], mode="json")
    assert endpoint.names().count("stop") == 3


def test_repetitions_are_sent_alone_and_stand_in_the_journal(serve: Any, run: Any) -> None:
    endpoint = serve(in_turn("stop", [(200, message(), {})]))
    done = run(endpoint, area=["stop"], mode="json")
    repeated = [exchange.repetition for exchange in done.recording.exchanges if exchange.scenario == "stop"]
    assert repeated == [1, 2, 3]
    places = {name: [n for n, other in enumerate(endpoint.names()) if other == name] for name in endpoint.names()}
    again = places.pop("stop")[1:]
    assert max(place for others in places.values() for place in others) < min(again)


def test_what_is_not_repeated_because_enough_was_is_said_and_not_judged(
    serve: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.engine.plan.MOST_REPEATED", 1)  # two requests with three attempts
    cases = ["stop-sequence-hit", "stop-max-tokens", "tools-default-calls-a-tool"]
    endpoint = serve(in_turn("stop", [(200, message(), {})]))
    whole = run(endpoint, case=cases[:1], mode="json").of(cases[0])
    assert whole.attempts == 3
    lies = {name: in_turn(name, [(200, message(), {})]) for name in ("stop", "weather")}
    endpoint = serve(lambda call, number: lies["stop"](call, number) or lies["weather"](call, number))
    done = run(endpoint, case=cases, mode="json")
    judged = done.of("tools-default-calls-a-tool")
    assert judged.outcome is Outcome.INCONCLUSIVE
    assert judged.reason == (
        "deviated in 1 of 1 attempt (3 were wanted), which is not a majority; "
        "not asked again: a run repeats at most 2 requests"
    )
    again = rejudge(open_recording(done.folder / "journal.ndjson"), ())
    assert {(each.case, each.mode): each for each in again.judgements} == done.judgements


def test_a_refusal_that_is_not_asked_again_says_so(serve: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.engine.plan.MOST_REPEATED", 0)
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
    endpoint = serve(in_turn("messages-consecutive-user-turns", [(400, error, {}), None]))
    judged = run(endpoint, case=["messages-consecutive-user-turns"]).of("messages-consecutive-user-turns")
    assert judged.outcome is Outcome.FAIL
    assert judged.reason == "not asked again: a run repeats at most 0 requests"
