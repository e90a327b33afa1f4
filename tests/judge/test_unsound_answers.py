"""One defect of a JSON answer is one failure: what an answer in a broken shape says decides nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judge.checks import REGISTRY
from conformance.judge.evaluate import Bench, judge
from conformance.judge.evidence import Evidence, ScenarioReplies
from conformance.judge.verdict import Policy
from conformance.model import Mode, Outcome, Scenario
from conformance.standard.library import Library
from support import make

MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "GARNET-3907"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 3},
}


@pytest.fixture
def outcome(library: Library):
    bench = Bench(REGISTRY, library.document, "m", Policy(), declared=("tools",))

    def of(case: str, **changes: Any) -> Outcome:
        reply = make.reply(MESSAGE | changes, request={"max_tokens": 64}, scenario="tool-loop")
        scenario = Scenario("tool-loop", Mode.JSON, library.catalogue.scenarios["tool-loop"])
        evidence = Evidence({scenario.id: ScenarioReplies(scenario, (reply,))}, {})
        return judge(library.cases[case], Mode.JSON, evidence, bench).outcome

    return of


def test_what_a_sound_answer_does_not_say_is_a_deviation(outcome) -> None:
    assert outcome("tools-result-repeated") is Outcome.PASS
    assert outcome("tools-result-repeated", content=[{"type": "text", "text": "I see."}]) is Outcome.FAIL


@pytest.mark.parametrize(
    ("case", "content"),
    [
        ("response-content-is-array", "GARNET-3907"),
        ("response-blocks-have-type", [{"text": "GARNET-3907"}]),
        ("response-text-blocks", [{"type": "text", "content": "GARNET-3907"}]),
    ],
)
def test_a_broken_shape_is_reported_once_and_hides_what_was_said(outcome, case, content) -> None:
    assert outcome(case, content=content) is Outcome.FAIL
    assert outcome("tools-result-repeated", content=content) is Outcome.INCONCLUSIVE


def test_a_broken_shape_hides_nothing_beside_the_content(outcome) -> None:
    assert outcome("response-role-is-assistant", content="text", role="user") is Outcome.FAIL
