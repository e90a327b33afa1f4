"""One defect of a stream is one failure: the Message that a broken stream adds up to decides nothing else."""

from __future__ import annotations

import pytest

from conformance.judge.checks import REGISTRY
from conformance.judge.evaluate import Bench, judge
from conformance.judge.evidence import Evidence, ScenarioReplies
from conformance.judge.verdict import Policy
from conformance.model import Judgement, Mode, Outcome, Scenario
from conformance.protocol.reply import Reply
from support import standard, streams


@pytest.fixture(scope="module")
def judged():
    library = standard.library()
    bench = Bench(REGISTRY, library.document, "m", Policy())

    def of(case: str, body: str) -> Judgement:
        reply: Reply = streams.reply_to(body, request={"stream": True, "max_tokens": 64})
        scenario = Scenario("text", Mode.STREAM, library.catalogue.scenarios["text"])
        evidence = Evidence({scenario.id: ScenarioReplies(scenario, (reply,))}, {})
        return judge(library.cases[case], Mode.STREAM, evidence, bench)

    return of


def test_a_wrong_message_in_a_sound_stream_fails(judged) -> None:
    wrong = streams.DELTA.replace("end_turn", "stop")
    body = streams.START + streams.text(0, "LAPIS-7431") + wrong + streams.STOP
    assert judged("stop-end-turn", body).outcome is Outcome.FAIL
    assert judged("stop-reason-is-native", body).outcome is Outcome.FAIL


def test_a_stream_without_its_end_fails_as_a_stream_and_leaves_its_message_undecided(judged) -> None:
    body = streams.START + streams.text(0, "LAPIS-7431")
    assert judged("stream-ends-with-message-stop", body).outcome is Outcome.FAIL
    undecided = judged("stop-end-turn", body)
    assert undecided.outcome is Outcome.INCONCLUSIVE
    assert "the streaming and response areas" in undecided.reason


def test_what_holds_in_spite_of_a_broken_stream_passes(judged) -> None:
    twice = streams.START + streams.START + streams.text(0, "LAPIS-7431") + streams.DELTA + streams.STOP
    assert judged("stream-one-message-start", twice).outcome is Outcome.FAIL
    assert judged("response-role-is-assistant", twice).outcome is Outcome.PASS
    assert judged("stop-end-turn", twice).outcome is Outcome.PASS


def test_a_defect_that_leaves_the_message_as_it_is_excuses_nothing(judged) -> None:
    wrong = streams.DELTA.replace("end_turn", "stop")
    body = (
        streams.START
        + 'event: ping\ndata: {"type": "ping", "time": 1}\n\n'
        + streams.text(0, "LAPIS-7431")
        + wrong
        + streams.STOP
    )
    assert judged("stream-ping-bare", body).outcome is Outcome.FAIL
    assert judged("stop-reason-is-native", body).outcome is Outcome.FAIL
