"""Genuine recorded exchanges with Anthropic's API: no case that needs no particular request raises a false alarm.

Damage done by recorders is left out by its flag (`specs/recorders.yaml`), never by record. Where a case and a genuine
recording disagree, the case is wrong.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from conformance.engine.offline import Audited, RecordingJudge, audit, is_messages_api, recorders_of
from conformance.judge.audit import Audit
from conformance.judge.checks import REGISTRY
from conformance.judge.evaluate import Bench, CaseContext
from conformance.judge.evidence import Evidence
from conformance.judge.verdict import Policy
from conformance.model import Judgement, Level, Mode, Outcome, ScenarioName
from conformance.protocol.reply import Reply
from conformance.standard.library import Library
from conformance.wire.importers.files import open_recording
from conformance.wire.importers.reader import RecordedExchange
from support.data import read_data, records

EXPLAINED: Mapping[str, str] = {"errors-request-id-key": "2025-07", "usage-cache-counters-present": "2024-12"}
"""Should-level cases with findings -> the month in which the API began to do as they say. No later one deviates."""

INFORMING = {
    "response-tool-use-has-caller",
}
"""Cases on uncertain clauses with findings: the sources disagree about absent and null, and older answers lack them."""

NEVER_RECORDED = {
    "citations-page-location",  # in streams
    "citations-search-result-location",  # in streams
    *(f"errors-{status}-type" for status in (402, 403, 409, 413, 429, 500, 504, 529)),
    "errors-details-well-formed",
    "errors-not-retryable",
    "response-diagnostics-well-formed",
    "server-tools-errors-have-a-code",
    "stop-pause-has-no-tool-call",
    "stop-refusal-before-output",
    "stop-refusal-has-details",
    "stop-window-full-before-the-limit",
    "stream-body-ends",
    "stream-error-event",
    "stream-is-utf-8",
    "stream-never-silent-for-a-minute",
    "stream-never-silent-for-minutes",
    "transport-one-length",
    "transport-priority-headers-well-formed",
    "transport-priority-resets-are-times",
    "transport-workspace-id-has-prefix",
}
"""Cases about which the recordings say nothing: they hold no such answer, no arrival times, bodies as text, and not why
a request was sent.
"""


@dataclass
class Genuine:
    """The genuine exchanges, judged one by one."""

    judged: int = 0
    dates: dict[str, list[str | None]] = field(default_factory=dict)
    judgements: list[tuple[Any, Judgement]] = field(default_factory=list)
    damaged: Counter[str] = field(default_factory=Counter)
    models: list[Reply] = field(default_factory=list)


def recordings(corpus: Path) -> Iterator[tuple[RecordedExchange, dict[str, Any]]]:
    yield from zip(open_recording(corpus).exchanges(), records(corpus), strict=True)


@pytest.fixture(scope="module")
def genuine(corpus: Path, library: Library) -> Genuine:
    auditor = Audit(
        [replace(case, scored=True) for case in library.catalogue.cases],  # new ones as well
        Bench(REGISTRY, library.document, "", Policy(Level.SHOULD, strict=True, behaviour=True)),
        recorders_of(library),
    )
    found = Genuine()
    for recorded, record in recordings(corpus):
        if recorded.synthetic or not is_messages_api(recorded.exchange.request):
            continue
        found.judged += 1
        reply = Reply(recorded.exchange, recorded.streamed)
        for noticed in auditor.take(reply, record["source"], recorded.flags):
            found.dates.setdefault(noticed.case.id, []).append(record["recorded"])
        if reply.ok and recorded.exchange.request.url.endswith("/v1/models"):
            found.models.append(reply)
    found.judgements, found.damaged = auditor.judgements(), auditor.damaged
    return found


def test_no_genuine_exchange_has_a_gating_finding(genuine: Genuine) -> None:
    gating = [case.id for case, judgement in genuine.judgements if judgement.gates and case.level is Level.MUST]
    assert gating == []
    assert genuine.judged > 200


def test_findings_of_should_level_are_older_than_what_they_ask_for(genuine: Genuine) -> None:
    warning = {case.id for case, judgement in genuine.judgements if judgement.gates}
    assert warning == set(EXPLAINED)
    for case, since in EXPLAINED.items():
        dates = [date for date in genuine.dates[case] if date is not None]
        assert dates, case
        assert max(dates) < since, case


def test_what_informs_deviates_only_where_the_sources_disagree(genuine: Genuine) -> None:
    deviating = {case.id for case, judgement in genuine.judgements if judgement.deviating and case.informational}
    assert deviating == INFORMING
    for case in INFORMING:  # a drift that has ended: no answer of today has a finding that informs
        assert max(date for date in genuine.dates[case] if date is not None) < "2026-03", case


def test_the_recordings_show_what_nearly_every_case_is_about(genuine: Genuine) -> None:
    unseen = {case.id for case, judgement in genuine.judgements if not judgement.seen}
    assert unseen == NEVER_RECORDED
    assert sum(judgement.seen for _, judgement in genuine.judgements) > 30 * genuine.judged


def test_damage_leaves_few_exchanges_out_of_each_case_and_none_out_of_all(genuine: Genuine, library: Library) -> None:
    assert set(genuine.damaged) <= set(recorders_of(library).damages)
    passed = Counter(judgement.outcome for _, judgement in genuine.judgements)
    assert passed[Outcome.PASS] > 140


def test_the_recorded_lists_of_models_satisfy_the_cases_on_lists_of_models(genuine: Genuine, library: Library) -> None:
    assert len(genuine.models) >= 2
    alarms = []
    for case in library.catalogue.cases:
        if ScenarioName("models") not in case.on:
            continue
        context = CaseContext(library.document, case, "", Evidence({}, {}))
        for call in case.expect:
            check = REGISTRY[call.name]
            for reply in genuine.models:
                for seen in check.observe([reply], call.argument, context):
                    alarms += [(case.id, str(finding)) for finding in seen.findings]
    about_the_target = "models-tested-model-listed"
    assert [alarm for alarm in alarms if alarm[0] != about_the_target] == []


def test_the_command_says_the_same_of_the_whole_file(corpus: Path, library: Library) -> None:
    audited = audited_file(corpus, library)
    assert not [judgement.case for judgement in audited.judgements if judgement.gates]
    (counted,) = audited.files
    assert counted.exchanges == counted.judged + counted.other + counted.synthetic
    assert audited.unknown_flags == ()
    compare_all_of_a_run = {"response-no-cross-talk", "stream-characters-as-in-json"}
    assert {left.case for left in audited.left_out} == compare_all_of_a_run


def test_the_samples_of_anthropics_own_documentation_have_no_finding_that_decides(
    library: Library, tmp_path: Path
) -> None:
    samples = read_data("documented_messages.json")
    judged = judgements_of(samples, library, tmp_path)
    assert {case for case, judgement in judged.items() if judgement.deviating} <= INFORMING | set(EXPLAINED)
    assert judged["response-has-usage"].seen == len(samples)


def test_answers_without_the_keys_that_official_samples_leave_out_have_no_finding_that_decides(
    library: Library, tmp_path: Path
) -> None:
    bare = {"type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn", "stop_sequence": None}
    usage = {"input_tokens": 12, "output_tokens": 6}
    text = {"type": "text", "text": "Hello!"}
    call = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
    thought = {"type": "thinking", "thinking": "", "signature": "c2ln"}
    samples = [
        {**bare, "id": "msg_1", "content": [text], "usage": usage},
        {**bare, "id": "msg_2", "content": [text], "usage": usage, "stop_details": None, "container": None},
        {**bare, "id": "msg_3", "content": [text, call], "usage": usage, "stop_reason": "tool_use"},
        {**bare, "id": "msg_4", "content": [thought, text], "usage": usage},
    ]
    judged = judgements_of(samples, library, tmp_path)
    assert {case for case, judgement in judged.items() if judgement.deviating} <= INFORMING | set(EXPLAINED)


def judgements_of(samples: list[dict[str, Any]], library: Library, folder: Path) -> dict[str, Judgement]:
    """The results of messages of which nothing is known but their body, by case."""
    request = {"method": "POST", "url": "https://api.anthropic.com/v1/messages", "headers": {}}
    records = [{"request": request, "response": {"status": 200, "headers": {}, "body": body}} for body in samples]
    path = folder / "samples.ndjson"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    judgements = audited_file(path, library).judgements
    return {judgement.case: judgement for judgement in judgements if judgement.mode is Mode.JSON}


def audited_file(path: Path, library: Library) -> Audited:
    return audit([open_recording(path)], RecordingJudge(library, Policy(), lambda *_: None))
