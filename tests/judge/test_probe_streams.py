"""The 60 probe streams: what both official SDKs did with each, and what we say of it.

A stream that breaks or silently misleads either SDK has a finding of must level; so has one that both tolerate and the
clauses forbid. One that the clauses allow has none. `EXPECTED` names the cases, all of them: one defect, one case.
"""

import json

import pytest

from support import streams
from support.data import read_data

LEGAL: tuple[str, ...] = ()

EXPECTED = {
    "ok": LEGAL,
    "no_message_start": ("stream-starts-with-message-start",),
    "start_no_usage": ("stream-start-usage",),
    "start_usage_null": ("stream-start-usage",),
    "start_no_content": ("stream-start-content-empty",),
    "start_content_null": ("stream-start-content-empty",),
    "dup_message_start": ("stream-one-message-start",),
    "index_from_1": ("stream-index-contiguous",),
    "index_gap": ("stream-index-contiguous",),
    "all_index_0": ("stream-index-contiguous",),
    "stop_unopened": ("stream-stops-after-start",),
    "delta_without_start": ("stream-deltas-after-start",),
    "no_block_stop": ("stream-blocks-stopped",),
    "tool_no_block_stop": ("stream-blocks-stopped",),
    "delta_no_usage": ("stream-message-delta-usage",),
    "delta_usage_no_output": ("stream-message-delta-output-tokens",),
    "delta_no_delta": ("stream-message-delta-delta",),
    "no_message_delta": ("stream-message-delta-present",),
    "no_message_stop": ("stream-ends-with-message-stop",),
    "truncated_after_text": ("stream-ends-with-message-stop",),
    "data_only": ("stream-events-named",),
    "event_name_message": ("stream-event-names-match",),
    "done_no_event": LEGAL,
    "done_with_event": ("stream-no-done",),
    "unknown_event_json": LEGAL,
    "unknown_event_before_start": LEGAL,
    "unknown_event_nonjson": ("stream-data-is-json",),
    "unknown_delta": LEGAL,
    "unknown_block": LEGAL,
    "json_bad": ("stream-tool-input-joins",),
    "json_trailing": ("stream-tool-input-joins",),
    "json_cumulative": ("stream-tool-input-joins",),
    "json_object_delta": ("stream-partial-json-string",),
    "json_truncated": ("stream-tool-input-joins",),
    "tool_no_delta": LEGAL,
    "tool_empty_delta": LEGAL,
    "tool_input_in_start": ("stream-tool-starts-empty", "stream-tool-input-streamed"),
    "tool_input_in_start_and_delta": ("stream-tool-starts-empty",),
    "tool_input_string": ("stream-tool-starts-object",),
    "error_event": LEGAL,
    "error_data_only": ("stream-events-named",),
    "crlf": LEGAL,
    "comments": LEGAL,
    "multiline_data": LEGAL,
    "ping_first": LEGAL,
    "text_prefilled_start": ("stream-text-starts-empty",),
    "text_start_no_text": ("stream-text-starts-empty",),
    "text_delta_null": ("stream-text-delta-string",),
    "thinking_no_field": ("stream-thinking-starts-empty", "stream-signature-once"),
    "thinking_ok": LEGAL,
    "sig_split": ("stream-signature-once",),
    "two_message_delta": LEGAL,
    "delta_stop_reason_null_second": ("stream-final-stop-reason",),
    "index_string": ("stream-index-integer",),
    "interleaved_blocks": ("stream-blocks-do-not-overlap",),
    "no_type_in_data": ("stream-data-has-type",),
    "stop_reason_unknown": LEGAL,
    "no_final_blank_line": ("stream-ends-with-blank-line",),
    "empty_body": ("stream-starts-with-message-start",),
    "content_in_start": ("stream-start-content-empty",),
}

DECISIONS = {
    "event_name_message": "both SDKs tolerate it; REQ-SSE-003 forbids it",
    "tool_no_block_stop": "both tolerate it; REQ-STREAM-007 forbids it",
    "no_block_stop": "both tolerate it; REQ-STREAM-007 forbids it",
    "interleaved_blocks": "both tolerate it; REQ-STREAM-005 forbids it",
    "index_string": "both tolerate it; REQ-STREAM-004 counts indices, which strings do not",
    "text_prefilled_start": "both tolerate it; REQ-STREAM-008 wants the empty form, and no recorded stream differs",
    "tool_input_in_start": "both tolerate it; REQ-STREAM-008 wants input {}, recordings differ for code execution only",
    "tool_input_in_start_and_delta": "both tolerate it; REQ-STREAM-008 as above, and REQ-STREAM-014 as a warning",
    "tool_input_string": "both tolerate it; REQ-STREAM-008 wants input {}",
    "no_message_delta": "both say OK, with a stop reason of null: silently misleading (REQ-STREAM-001)",
    "delta_usage_no_output": "both say OK, without a count of output tokens: silently misleading (REQ-SDK-004)",
    "all_index_0": "both say OK, without the tool's input: silently misleading (REQ-SDK-004)",
    "json_truncated": "both say OK, without an argument, and no stop reason explains it: silently misleading",
    "sig_split": "both say OK, with half a signature: silently misleading (REQ-SDK-004)",
    "delta_stop_reason_null_second": "both say OK, with the stop reason erased: silently misleading (REQ-STREAM-021)",
    "content_in_start": "both say OK, with the text in a wrong block: silently misleading (REQ-SDK-004)",
    "error_event": "both raise the error that was sent, as they have to (REQ-STREAM-026): nothing is broken",
    "done_no_event": "both tolerate it, as it reaches no client; REQ-SDK-005 calls it harmless",
}
"""The streams for which the outcome in the SDKs alone does not say what we have to say, and why we say it."""


@pytest.fixture(scope="module")
def probes():
    return {stream["id"]: stream for stream in read_data("probe_streams.json")}


def test_every_probe_stream_has_an_expectation(probes):
    assert set(probes) == set(EXPECTED)
    assert len(EXPECTED) == 60


@pytest.mark.parametrize("name", EXPECTED)
def test_exactly_the_expected_cases_of_must_level_fail(probes, name):
    reply = streams.reply_to(probes[name]["sse"])
    assert sorted(streams.failing(reply)) == sorted(EXPECTED[name])


@pytest.mark.parametrize("name", EXPECTED)
def test_findings_are_the_same_when_the_stream_arrives_one_byte_at_a_time(probes, name):
    whole, bytewise = streams.reply_to(probes[name]["sse"]), streams.reply_to(probes[name]["sse"], cut=1)
    assert bytewise.trace == whole.trace
    assert bytewise.message == whole.message
    assert streams.failing(bytewise) == streams.failing(whole)


def test_a_stream_that_fails_in_either_sdk_has_a_finding_unless_the_failure_was_sent(probes):
    failed = {
        name
        for name, stream in probes.items()
        if "FAIL" in (stream["python_sdk_2.12.0"][:4], stream["typescript_sdk_1.12.0"][:4])
    }
    assert {name for name in failed if not EXPECTED[name]} == {"error_event"}


def test_a_finding_on_a_stream_that_both_sdks_read_has_its_reason_written_down(probes):
    fine = {
        name
        for name, stream in probes.items()
        if stream["python_sdk_2.12.0"].startswith("OK") and stream["typescript_sdk_1.12.0"].startswith("OK")
    }
    assert {name for name in fine if EXPECTED[name]} <= set(DECISIONS)


def test_the_message_equals_that_of_both_sdks_where_the_stream_is_legal(probes):
    compared = 0
    for name, stream in probes.items():
        answers = [stream["python_sdk_2.12.0"], stream["typescript_sdk_1.12.0"]]
        if EXPECTED[name] or not all(answer.startswith("OK ") for answer in answers):
            continue
        message = streams.reply_to(stream["sse"]).message
        ours = {"content": message["content"], "stop": message["stop_reason"], "usage": message["usage"]}
        assert [ours, ours] == [json.loads(answer[3:]) for answer in answers], name
        compared += 1
    assert compared >= 14


def test_a_legal_stream_has_no_finding_below_must_level_but_that_it_ends_like_another_api(probes):
    legal = [name for name, cases in EXPECTED.items() if not cases]
    assert {name: streams.failing(streams.reply_to(probes[name]["sse"]), must=False) for name in legal} == {
        name: ["stream-no-bare-done"] if name == "done_no_event" else [] for name in legal
    }
