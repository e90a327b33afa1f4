"""Judging exchange by exchange: what adds up, what is kept, what is left out."""

from __future__ import annotations

import gc
import json
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.judge.audit import KINDS_KEPT, LINES_KEPT, Audit, LeftOut, Noticed
from conformance.judge.checks import REGISTRY
from conformance.judge.evaluate import Bench
from conformance.judge.verdict import Policy
from conformance.model import Case, Judgement, Mode, Outcome, ScenarioName
from conformance.protocol.reply import Reply
from conformance.standard.library import Library
from conformance.standard.recorders import Damage, Recorders
from support import make

USAGE = {"input_tokens": 9, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 3}


def body(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"msg_{number}", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
        "stop_sequence": None, "content": [{"type": "text", "text": "Hello."}], "usage": USAGE,
    } | changes  # fmt: skip


def reply(number: int, *, raw: bytes | None = None, version: str = "2023-06-01", **changes: Any) -> Reply:
    sent = make.request({"max_tokens": 9}, headers=[("anthropic-version", version)])
    headers = make.JSON_HEADERS | {"request-id": f"req_{number}"}
    return make.reply(body(number, **changes) if raw is None else raw, sent=sent, headers=headers, line=number)


def auditor(library: Library, *cases: Case, **more: Any) -> Audit:
    return Audit(cases or library.catalogue.cases, Bench(REGISTRY, library.document, "", Policy()), **more)


def deciding(noticed: tuple[Noticed, ...]) -> list[Noticed]:
    return [each for each in noticed if not each.case.informational]


def found(audit: Audit, case: str, mode: Mode = Mode.JSON) -> Judgement:
    return next(judgement for each, judgement in audit.judgements() if each.id == case and judgement.mode is mode)


def test_counts_add_up_and_the_first_finding_of_each_kind_is_kept(library: Library) -> None:
    audit = auditor(library)
    for number in range(1, 31):
        audit.take(reply(number, stop_reason="stop" if number % 3 else "end_turn"), f"a:{number}")
    judgement = found(audit, "stop-reason-is-native")
    assert (judgement.outcome, judgement.seen, judgement.deviating) == (Outcome.FAIL, 30, 20)
    assert judgement.gates
    assert len(judgement.findings) == 1 <= KINDS_KEPT
    assert judgement.evidence == (1, 2, 4, 5, 7)
    assert len(judgement.evidence) == LINES_KEPT


def test_what_is_noticed_is_reported_at_once_with_every_finding(library: Library) -> None:
    audit = auditor(library)
    assert deciding(audit.take(reply(1), "a:1")) == []
    first, second = (deciding(audit.take(reply(n, role="user"), f"a:{n}")) for n in (2, 3))
    assert [(each.case.id, len(each.findings)) for each in first] == [("response-role-is-assistant", 1)]
    assert first[0].kept == first[0].findings
    assert second[0].kept == ()
    assert second[0].shown


def test_values_that_answers_share_are_found_within_what_is_remembered(library: Library) -> None:
    for remembered, outcome in ((3, Outcome.PASS), (4, Outcome.FAIL)):
        audit = auditor(library, remembered=remembered)
        for number in range(1, 5):
            audit.take(reply(number), f"a:{number}")
        audit.take(reply(1, model="other"), "b:1")
        judgement = found(audit, "response-id-unique")
        assert judgement.outcome is outcome
        if outcome is Outcome.FAIL:
            assert judgement.findings[0].actual == '"msg_1", also in a:1'


def test_one_answer_recorded_twice_is_one_answer(library: Library) -> None:
    audit = auditor(library)
    for place in ("a:1", "b:1"):
        audit.take(reply(1), place)
    assert found(audit, "response-id-unique").outcome is Outcome.PASS
    assert found(audit, "transport-request-id-unique").outcome is Outcome.PASS


def test_what_did_not_occur_does_not_apply_and_damage_says_so(library: Library) -> None:
    cut = Damage("cut", "It is cut", "The end is missing.", checks=frozenset({"header-present"}))
    audit = auditor(library, damage=Recorders({"cut": cut}))
    audit.take(reply(1), "a:1", frozenset({"cut"}))
    assert found(audit, "response-thinking-blocks").outcome is Outcome.NOT_APPLICABLE
    damaged = found(audit, "transport-request-id-on-answers")
    assert (damaged.outcome, damaged.seen) == (Outcome.INCONCLUSIVE, 0)
    assert "cut" in damaged.reason
    assert audit.damaged == {"cut": 1}


def test_nothing_passes_before_anything_was_taken(library: Library) -> None:
    assert {judgement.outcome for _, judgement in auditor(library).judgements()} == {Outcome.INCONCLUSIVE}


def test_a_broken_stream_is_reported_by_the_cases_on_streams_alone(library: Library) -> None:
    start = {"type": "message_start", "message": body(1, content=[], stop_reason=None)}
    text = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in (start, {"type": "message_stop"}))
    audit = auditor(library)
    noticed = audit.take(make.reply(text), "a:1")
    assert {each.case.area for each in noticed if not each.case.informational} == {"streaming"}


def test_cases_that_compare_with_other_requests_are_left_out_and_named(library: Library) -> None:
    case = replace(library.cases["response-has-id"], beside=(ScenarioName("text"),))
    assert auditor(library, case).left_out == (LeftOut("response-has-id", "compares with another request"),)
    assert {each.reason for each in auditor(library).left_out} <= {"needs all exchanges at once"}


def test_an_exchange_is_judged_in_the_api_version_that_it_names(library: Library) -> None:
    audit = auditor(library)
    for number, version in enumerate(("2023-06-01", "2026-10-21", "2031-01-01", ""), 1):
        assert deciding(audit.take(reply(number, version=version), f"a:{number}")) == []


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_exchanges(library: Library) -> None:
    audit = auditor(library, remembered=20)
    sizes = []
    for round_ in range(3):
        for number in range(60):
            audit.take(
                reply(1_000 * round_ + number, stop_reason="stop", role="user"), f"file-{round_}.ndjson:{number}"
            )
        if not sizes:
            tracemalloc.start()
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert sizes[2] - sizes[1] < 20_000


KEYS = [*body(1), "error"]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(value=anything)
def test_hostile_answers_are_judged_without_an_error(library: Library, value: Any) -> None:
    audit = auditor(library)
    audit.take(reply(1, raw=json.dumps(value).encode()), "a:1")
    if isinstance(value, dict):
        audit.take(reply(2, **value), "a:2")
    assert audit.judgements()
