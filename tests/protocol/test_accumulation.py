import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.protocol.accumulation import accumulate
from conformance.protocol.exchange import Chunk
from conformance.protocol.sse import Event, parse
from support import streams


def add_up(*parts, end=None):
    body = streams.START + "".join(parts) + (streams.DELTA if end is None else end) + streams.STOP
    return accumulate(parse([Chunk(0.0, body.encode())]))


def test_text_thinking_and_tool_input_are_joined_in_order():
    message = add_up(streams.thinking(0, "h", "m"), streams.text(1, "He", "llo"), streams.tool(2, "", '{"a"', ":1}"))
    assert message["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "text", "text": "Hello"},
        {"type": "tool_use", "id": "toolu_2", "name": "f", "input": {"a": 1}},
    ]
    assert (message["stop_reason"], message["usage"]) == ("end_turn", {"input_tokens": 5, "output_tokens": 7})


def test_citations_are_appended_whether_or_not_the_start_has_the_key():
    deltas = [{"type": "citations_delta", "citation": {"n": 1}}, {"type": "citations_delta", "citation": {"n": 2}}]
    for opening in ({}, {"citations": None}, {"citations": []}):
        message = add_up(streams.block(0, {"type": "text", "text": ""} | opening, *deltas))
        assert message["content"][0]["citations"] == [{"n": 1}, {"n": 2}]


def test_a_compaction_gets_its_content():
    delta = {"type": "compaction_delta", "content": "so far", "encrypted_content": "eA"}
    message = add_up(streams.block(0, {"type": "compaction", "content": None}, delta))
    assert message["content"] == [{"type": "compaction", "content": "so far", "encrypted_content": "eA"}]


def test_input_without_any_fragment_is_that_of_the_start():
    message = add_up(streams.tool(0, ""), streams.tool(1, input={"city": "Oslo"}))
    assert [block["input"] for block in message["content"]] == [{}, {"city": "Oslo"}]


def test_input_that_is_not_json_stays_a_string():
    assert add_up(streams.tool(0, '{"a"', '{"a":1}'))["content"][0]["input"] == '{"a"{"a":1}'
    assert add_up(streams.tool(0, '{"a": NaN}'))["content"][0]["input"] == '{"a": NaN}'


def test_input_of_a_cut_answer_that_is_not_json_is_that_of_the_start():
    end = streams.event("message_delta", delta={"stop_reason": "max_tokens"}, usage={"output_tokens": 9})
    assert add_up(streams.tool(0, '{"a'), end=end)["content"][0]["input"] == {}


def test_message_delta_overwrites_counts_and_adds_what_stands_beside_them():
    end = streams.event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 3})
    end += streams.event(
        "message_delta",
        delta={"stop_reason": "tool_use", "container": {"id": "c"}},
        usage={"output_tokens": 9, "input_tokens": None, "cache_read_input_tokens": 4},
        context_management={"applied_edits": []},
    )
    message = add_up(end=end)
    assert message["usage"] == {"input_tokens": 5, "output_tokens": 9, "cache_read_input_tokens": 4}
    assert (message["stop_reason"], message["container"]) == ("tool_use", {"id": "c"})
    assert message["context_management"] == {"applied_edits": []}


def test_a_fallback_names_the_model():
    message = add_up(streams.block(0, {"type": "fallback", "to": {"model": "other"}}))
    assert message["model"] == "other"


def test_blocks_with_wrong_indices_keep_their_content():
    message = add_up(streams.text(0, "a"), streams.tool(0, '{"a":1}'))
    assert [block.get("text", block.get("input")) for block in message["content"]] == ["a", {"a": 1}]


def test_without_a_message_object_there_is_no_message():
    assert accumulate(()) is None
    for data in ({"type": "message_start"}, {"type": "message_start", "message": []}):
        assert accumulate((Event("message_start", json.dumps(data), 0, 1, 0.0),)) is None


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
names = st.sampled_from(
    ["type", "index", "delta", "content_block", "message", "usage", "content", "text", "partial_json", "input"]
)
events = ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta"]
types = ["text", "tool_use", "thinking", "fallback", "text_delta", "input_json_delta", "signature_delta"]
words = st.sampled_from([*events, "message_stop", "error", "ping", *types])
values = st.recursive(
    scalars | words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5)
)
hostile = st.builds(
    lambda name, value: Event(name, json.dumps(value), 0, 1, 0.0),
    st.none() | words | st.text(max_size=3),
    st.dictionaries(names, values, max_size=6) | values,
)


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(hostile, max_size=12))
def test_no_stream_of_any_events_raises(events):
    message = accumulate(events)
    assert message is None or isinstance(message["content"], list)


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(hostile, max_size=10))
def test_no_check_raises_on_any_events(events):
    body = "".join(f"event: {event.name or ''}\ndata: {event.data}\n\n" for event in events)
    reply = streams.reply_to(streams.START + body + streams.STOP)
    for case in streams.streaming_cases():
        streams.observe(case, reply)
