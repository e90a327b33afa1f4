"""Each case on streams: one defect that it finds, alone, and a good stream that it passes."""

import pytest

from conformance.protocol.exchange import Chunk, Trouble
from support import make, streams

GOOD_CASES_NEED = {
    "stream-server-tool-starts-object",
    "stream-results-arrive-whole",
    "stream-citation-per-delta",
    "stream-error-event",
    "stream-adds-up-to-a-message",
    "stream-names-model-of-json",
    "stream-start-cached-tokens",
}
"""Cases whose subject the good stream below does not have."""


CACHED = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": None}


def good():
    blocks = (
        streams.thinking(0, "h", "m"),
        streams.text(1, "Hel", "lo ", "you"),
        streams.tool(2, "", '{"city":', '"Oslo"}'),
    )
    usage = {"output_tokens": 9, "input_tokens": 5}
    end = streams.event("message_delta", delta={"stop_reason": "tool_use", "stop_sequence": None}, usage=usage)
    return "".join([streams.START, streams.event("ping"), *blocks, end, streams.STOP])


def started(**changes):
    """A stream whose message_start differs."""
    return (
        streams.event("message_start", message=streams.message(**changes))
        + streams.text(0, "a")
        + streams.DELTA
        + streams.STOP
    )


def ended(**changes):
    """A stream whose message_delta differs."""
    whole = {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 7}} | changes
    end = streams.event("message_delta", **{key: value for key, value in whole.items() if value is not ...})
    return streams.START + streams.text(0, "a") + end + streams.STOP


def holding(*blocks):
    """A stream of these blocks."""
    return streams.START + "".join(blocks) + streams.DELTA + streams.STOP


def defects():
    """(case, a stream with the defect): the case finds it, and no other does."""
    ok = holding(streams.text(0, "a"))
    usage = {"input_tokens": 5, "output_tokens": 1}
    signed = {"type": "thinking", "thinking": "", "signature": ""}
    tool = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    sign = {"type": "signature_delta", "signature": "c2ln"}
    hm = {"type": "thinking_delta", "thinking": "hm"}
    fragment = {"type": "input_json_delta", "partial_json": '{"a":1}'}
    without_input = {key: value for key, value in tool.items() if key != "input"}
    result = {"type": "web_search_tool_result", "tool_use_id": "s", "content": []}
    plain = {"type": "text", "text": ""}
    return [
        ("stream-events-named", ok.replace("event: content_block_delta\n", "")),
        ("stream-event-names-match", ok.replace("event: message_stop\n", "event: done\n")),
        ("stream-data-is-json", ok.replace(streams.STOP, streams.STOP + "event: extra\ndata: hello\n\n")),
        ("stream-data-is-json", ok.replace(streams.STOP, streams.STOP + "event: extra\ndata: [1]\n\n")),
        ("stream-data-is-json", ok.replace(streams.STOP, streams.STOP + "event: extra\n\n")),
        (
            "stream-data-is-json",
            ok.replace(streams.STOP, streams.STOP + 'event: extra\ndata: {"type": "extra", "x": NaN}\n\n'),
        ),
        ("stream-ping-has-type", "event: ping\ndata: {}\n\n" + ok),
        ("stream-data-has-type", ok.replace('"type": "message_stop"', '"type": null')),
        ("stream-no-done", ok + "event: done\ndata: [DONE]\n\n"),
        ("stream-no-bare-done", ok + "data: [DONE]\n\n"),
        ("stream-ends-with-blank-line", ok[:-1]),
        ("stream-ends-with-blank-line", ok[:-2]),
        ("stream-is-utf-8", ok.encode().replace(b'"a"', b'"\xe6\x9d"')),
        ("stream-characters-whole", holding(streams.text(0, "\ud83d", "\ude42"))),
        (
            "stream-start-carries-message",
            streams.event("message_start", message=None) + streams.text(0, "a") + streams.DELTA + streams.STOP,
        ),
        ("stream-start-content-empty", started(content=...)),
        ("stream-start-content-empty", started(content=[{"type": "text", "text": "pre"}])),
        ("stream-start-stop-reason-null", started(stop_reason="end_turn")),
        ("stream-start-stop-sequence-null", started(stop_sequence="")),
        ("stream-start-usage", started(usage=None)),
        ("stream-start-input-tokens", started(usage={"output_tokens": 1})),
        ("stream-start-input-tokens", started(usage=usage | {"input_tokens": "5"})),
        ("stream-start-output-tokens", started(usage={"input_tokens": 5})),
        ("stream-usage-counts-input", started(usage=usage | {"input_tokens": 0})),
        ("stream-block-start-object", holding(streams.event("content_block_start", index=0), streams.stop(0))),
        ("stream-text-starts-empty", holding(streams.block(0, {"type": "text", "text": "pre"}))),
        ("stream-text-starts-empty", holding(streams.block(0, {"type": "text", "text": None}))),
        ("stream-thinking-starts-empty", holding(streams.block(0, {"type": "thinking", "signature": ""}, hm, sign))),
        ("stream-thinking-starts-unsigned", holding(streams.block(0, {"type": "thinking", "thinking": ""}, hm, sign))),
        ("stream-tool-starts-empty", holding(streams.tool(0, input={"a": 1}))),
        ("stream-tool-starts-object", holding(streams.tool(0, input="", caller={"type": "direct"}))),
        ("stream-tool-start-has-input", holding(streams.block(0, without_input, fragment))),
        (
            "stream-server-tool-starts-object",
            holding(streams.block(0, tool | {"type": "server_tool_use", "input": None})),
        ),
        (
            "stream-tool-input-sent-once",
            holding(streams.block(0, tool | {"type": "mcp_tool_use", "input": {"a": 1}}, fragment)),
        ),
        ("stream-results-arrive-whole", holding(streams.block(0, result, {"type": "text_delta", "text": "a"}))),
        ("stream-delta-object", holding(streams.block(0, plain, "a"))),
        ("stream-delta-object", holding(streams.block(0, plain, {"text": "a"}))),
        ("stream-text-delta-string", holding(streams.block(0, plain, {"type": "text_delta", "text": None}))),
        ("stream-text-delta-string", holding(streams.block(0, plain, {"type": "text_delta"}))),
        ("stream-thinking-delta-string", holding(streams.block(0, signed, hm | {"thinking": None}, sign))),
        ("stream-signature-delta-string", holding(streams.block(0, signed, hm, sign | {"signature": None}))),
        ("stream-partial-json-string", holding(streams.block(0, tool, fragment | {"partial_json": {"a": 1}}))),
        ("stream-citation-per-delta", holding(streams.block(0, plain, {"type": "citations_delta", "citation": [{}]}))),
        ("stream-tool-input-joins", holding(streams.tool(0, '{"a":1}}'))),
        ("stream-tool-input-joins", holding(streams.tool(0, "[1]"))),
        ("stream-tool-input-joins", holding(streams.tool(0, '{"a"', '{"a":1}'))),
        ("stream-signature-once", holding(streams.block(0, signed, hm))),
        ("stream-signature-once", holding(streams.block(0, signed, hm, sign, sign))),
        ("stream-signature-last", holding(streams.block(0, signed, sign, hm))),
        ("stream-text-incremental", holding(streams.text(0, "I", "I am", "I am here"))),
        ("stream-start-cached-tokens", started(usage=usage | CACHED | {"cache_creation_input_tokens": "0"})),
        ("stream-start-cached-tokens", started(usage=usage | CACHED | {"cache_read_input_tokens": -1})),
        ("stream-message-delta-delta", ended(delta=...)),
        ("stream-message-delta-usage", ended(usage=...)),
        ("stream-message-delta-usage", ended(usage=None)),
        ("stream-message-delta-output-tokens", ended(usage={})),
        ("stream-message-delta-stop-sequence", ended(delta={"stop_reason": "end_turn"})),
        ("stream-message-delta-counts", ended(usage={"output_tokens": 7, "input_tokens": "5"})),
        ("stream-final-stop-reason", ended(delta={"stop_reason": None, "stop_sequence": None})),
        ("stream-final-stop-reason", ended(delta={"type": "text_delta"})),
        ("stream-usage-cumulative", ended(usage={"output_tokens": 0})),
        ("stream-error-event", streams.START + streams.event("error", error="overloaded")),
        ("stream-error-event", streams.START + streams.event("error", error={"type": "overloaded_error"})),
        ("stream-ping-bare", holding(streams.event("ping", usage={}))),
    ]


ALONGSIDE = {"stream-tool-starts-empty": "stream-tool-input-streamed"}
"""A defect that two cases find: input at the start of a block is not in deltas, unless it is sent twice."""


def all_findings(body):
    reply = streams.reply_to(body)
    return sorted(streams.failing(reply) + streams.failing(reply, must=False))


def test_a_good_stream_has_no_finding_and_shows_what_the_cases_are_about():
    reply = streams.reply_to(good(), ended=0.1)
    seen = {case.id: streams.observe(case, reply) for case in streams.streaming_cases() if case.on}
    assert [case for case, observation in seen.items() if observation.findings] == []
    assert {case for case, observation in seen.items() if not observation.seen} == GOOD_CASES_NEED


def test_each_defect_is_found_by_its_case_alone():
    found = [(case, all_findings(body)) for case, body in defects()]
    expected = [sorted({case, ALONGSIDE.get(case, case)}) for case, _ in found]
    assert [item for item, cases in zip(found, expected, strict=True) if item[1] != cases] == []


def test_every_case_on_content_and_framing_has_a_defect_here():
    elsewhere = {"stream-content-type", "stream-sent", "stream-body-ends", "stream-adds-up-to-a-message"}
    elsewhere |= {"stream-names-model-of-json"}  # needs a JSON reply
    elsewhere |= {"stream-never-silent-for-a-minute", "stream-never-silent-for-minutes"}  # need arrival times
    cases = {case.id for case in streams.streaming_cases() if case.on and case.expect[0].name != "grammar"}
    assert {case for case, _ in defects()} | set(ALONGSIDE.values()) == cases - elsewhere


def test_an_empty_body_passes_nothing():
    reply = streams.reply_to("")
    seen = {case.id for case in streams.streaming_cases() if streams.observe(case, reply).seen}
    assert seen == {"stream-starts-with-message-start"} == set(streams.failing(reply))


def test_a_finding_counts_its_occurrences_and_is_located_at_the_first():
    body = streams.START + streams.text(0, *[None] * 3, "a") + streams.DELTA + streams.STOP
    (case,) = [case for case in streams.streaming_cases() if case.id == "stream-text-delta-string"]
    (finding,) = streams.observe(case, streams.reply_to(body)).findings
    assert finding.actual == "text null (in 3 of 4 text_delta events)"
    assert (finding.where.event, finding.where.offset) == (
        3,
        len(streams.START) + len(streams.start(0, type="text", text="")),
    )


def verdict(case_id, reply):
    (case,) = [case for case in streams.streaming_cases() if case.id == case_id]
    observation = streams.observe(case, reply)
    return "deviates" if observation.findings else "fine" if observation.seen else "unseen"


@pytest.mark.parametrize(
    ("content_type", "said"),
    [("text/event-stream", "fine"), ("Text/Event-Stream; charset=utf-8", "fine"), ("application/json", "deviates")],
)
def test_the_content_type_of_a_stream_is_compared_without_its_parameters(content_type, said):
    reply = streams.reply_to(good(), headers={"content-type": content_type})
    assert verdict("stream-content-type", reply) == said


def test_a_stream_without_content_type_deviates():
    assert verdict("stream-content-type", streams.reply_to(good(), headers={})) == "deviates"


def timed(times, end=None):
    """Text deltas with these arrival times, behind a message_start at 0."""
    pieces = [streams.START + streams.start(0, type="text", text="")]
    pieces += [streams.delta(0, "text_delta", text=f"{number} ") for number in range(len(times))]
    pieces += [streams.stop(0) + streams.DELTA + streams.STOP]
    at = [0.0, *times, times[-1]]
    return streams.reply_to("", chunks=tuple(Chunk(t, p.encode()) for t, p in zip(at, pieces, strict=True)), ended=end)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([0.1 * n for n in range(30)], "fine"),
        ([3.0 + 0.0001 * n for n in range(30)], "deviates"),
        ([3.0] * 30, "deviates"),
        ([0.2] * 30, "unseen"),
        ([0.001 * n for n in range(30)], "fine"),
        ([3.0] * 5, "unseen"),
        ([2.0 + 0.1 * n for n in range(30)], "fine"),
    ],
)
def test_only_a_long_answer_that_comes_all_at_once_was_held_back(times, said):
    assert verdict("stream-flushed-as-generated", timed(times)) == said


@pytest.mark.parametrize(("ended", "said"), [(1.0, "fine"), (5.9, "fine"), (6.1, "deviates"), (None, "unseen")])
def test_a_body_that_stays_open_after_message_stop_deviates(ended, said):
    assert verdict("stream-body-ends", timed([1.0], end=ended)) == said


def test_a_connection_that_hangs_or_breaks_after_message_stop_deviates():
    for kind in ("timeout-gap", "timeout-total", "protocol", "closed"):
        reply = streams.reply_to(good(), trouble=Trouble(kind, "no more bytes", 30.0))
        assert verdict("stream-body-ends", reply) == "deviates"


def test_a_stream_that_broke_off_is_found_once_and_not_for_its_open_body():
    body = streams.START + streams.start(0, type="text", text="") + streams.delta(0, "text_delta", text="a")
    reply = streams.reply_to(body, trouble=Trouble("closed", "the peer ended the connection", 1.0))
    assert streams.failing(reply) == ["stream-ends-with-message-stop"]


@pytest.mark.parametrize("cut", [3, 40])
def test_a_stream_cut_inside_an_event_is_found_once(cut):
    body = streams.START + streams.start(0, type="text", text="") + streams.delta(0, "text_delta", text="東京")
    assert streams.failing(streams.reply_to(body.encode()[:-cut])) == ["stream-ends-with-message-stop"]


def test_invalid_input_json_is_excused_for_cut_answers_and_eager_tools():
    def of(reason, request=None):
        end = streams.event(
            "message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage={"output_tokens": 7}
        )
        return streams.failing(
            streams.reply_to(streams.START + streams.tool(0, '{"a": 1') + end + streams.STOP, request=request)
        )

    eager = {"stream": True, "tools": [{"name": "f", "eager_input_streaming": True}]}
    other = {"stream": True, "tools": [{"name": "g", "eager_input_streaming": True}]}
    assert of("max_tokens") == of("tool_use", eager) == []
    assert of("tool_use") == of("tool_use", other) == ["stream-tool-input-joins"]


def test_a_call_by_code_execution_arrives_whole():
    call = streams.tool(0, input={"a": 1}, caller={"type": "code_execution_20250825", "tool_id": "s"})
    assert all_findings(holding(call)) == []


def test_cached_input_counts_as_input():
    usage = {"input_tokens": 0, "cache_read_input_tokens": 9, "output_tokens": 1}
    assert all_findings(started(usage=usage)) == []


def test_a_replacement_character_of_the_request_comes_back_legally():
    body = holding(streams.text(0, "a \ufffd b"))
    request = {"messages": [{"role": "user", "content": "Say \ufffd"}]}
    assert streams.failing(streams.reply_to(body.replace("\\ufffd", "\ufffd"), request=request)) == []


@pytest.mark.parametrize(
    ("times", "argument", "findings"),
    [([1.0, 2.0, 50.0], 60, 0), ([1.0, 2.0, 70.0], 60, 1), ([1.0, 2.0, 70.0], 300, 0)],
)
def test_silence_is_the_longest_time_between_two_arrivals(times, argument, findings):
    observed = make.observe("silent-at-most", argument, timed(times, end=times[-1]))
    assert (observed.seen, len(observed.findings)) == (True, findings)


def test_a_recording_without_times_shows_no_silence():
    assert not make.observe("silent-at-most", 60, streams.reply_to(streams.whole())).seen


@pytest.mark.parametrize(("repeated", "findings"), [({}, 0), ({"input_tokens": 12}, 0), ({"input_tokens": 19}, 1)])
def test_message_delta_repeats_the_input_of_message_start(repeated, findings):
    start = streams.event(
        "message_start", message=make.message(stop_reason=None, usage={"input_tokens": 12, "output_tokens": 1})
    )
    delta = streams.event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 7, **repeated})
    observed = make.observe("delta-repeats-input", True, streams.reply_to(start + delta + streams.STOP))
    assert (observed.seen, len(observed.findings)) == (bool(repeated), findings)
