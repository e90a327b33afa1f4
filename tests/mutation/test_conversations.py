"""Both modes say the same of any conversation, and the judge finds nothing in it; with a fault it does."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from conformance.model import DEVIATING, Mode
from conformance.reference.faults import all_faults
from mutation import conversations as talk
from mutation.rehearsal import same

QUIET = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large)

PHASES = (Phase.generate, Phase.shrink)

UNFOUND: Mapping[str, str] = {
    "message-id-repeated": "there is one answer in each mode",
    "stop-reason-always-end-turn": "why a text ended shows only where it is known how it goes on",
    "text-delta-cumulative": "two pieces may begin in the same way by chance",
    "thinking-delta-cumulative": "two pieces may begin in the same way by chance",
}
"""Faults that can change an answer without a case of any request seeing it, and why."""

UNFOUND_IN_CUT_CALLS = (
    *("partial-json-cumulative", "partial-json-invalid", "partial-json-trailing", "partial-json-truncated"),
    *("tool-start-prefilled", "tool-use-without-call"),
)
"""A call that max_tokens cut may be incomplete in any way (REQ-STREAM-015)."""


@settings(max_examples=120, deadline=None, derandomize=True, phases=PHASES, suppress_health_check=QUIET)
@given(data=st.data())
def test_a_stream_adds_up_to_the_json_answer_and_the_judge_finds_nothing(stage, data) -> None:
    honest = stage()
    body = data.draw(talk.bodies())
    replies = {mode: talk.heard(*talk.ask(honest, body, mode), mode) for mode in Mode}
    assert replies[Mode.JSON].status == 200, replies[Mode.JSON].json
    streamed = talk.rechunked(replies[Mode.STREAM], data.draw(st.lists(st.integers(0, 1 << 16), max_size=40)))
    assert talk.without_ids(streamed.message) == talk.without_ids(replies[Mode.JSON].message)
    event(str(replies[Mode.JSON].message["stop_reason"]))
    cases = talk.cases_of_any_request(honest)
    found = [each for each in talk.judged(honest, cases, replies[Mode.JSON], streamed) if each.outcome in DEVIATING]
    assert [(each.case, each.findings) for each in found] == []


@settings(max_examples=400, deadline=None, derandomize=True, phases=PHASES, suppress_health_check=QUIET)
@given(data=st.data())
def test_a_fault_in_any_conversation_is_found_or_was_not_triggered(stage, data) -> None:
    honest = stage()
    cases = talk.cases_of_any_request(honest)
    visible = sorted({name for case in cases for name in case.caught} - set(UNFOUND))
    fault = all_faults()[data.draw(st.sampled_from(visible))]
    body = data.draw(talk.bodies())
    asked = {mode: (talk.ask(honest, body, mode), talk.ask(honest, body, mode, [fault])) for mode in Mode}
    if all(same(before[1], after[1]) for before, after in asked.values()):
        event("not triggered")
        return
    event("triggered")
    replies = [talk.heard(*after, mode) for mode, (_, after) in asked.items()]
    deviating = [each.case for each in talk.judged(honest, cases, *replies) if each.outcome in DEVIATING]
    cut = asked[Mode.JSON][0][1].message["stop_reason"] == "max_tokens"
    assert deviating or (cut and fault.id in UNFOUND_IN_CUT_CALLS), fault.id
