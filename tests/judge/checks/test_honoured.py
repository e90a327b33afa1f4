from dataclasses import replace

import pytest

from conformance.judge.checks.honoured import honoured
from conformance.model import Mode
from conformance.protocol.reply import Reply
from support import make

MARKER = {"marker": "LAPIS-7431"}


def with_input(tokens, *content, **more):
    return make.message(*content, usage={"input_tokens": tokens, "output_tokens": 1, **more})


def test_a_marker_in_the_reply_is_evidence_in_any_case_of_letters():
    observation = honoured(make.reply(make.message("It is ", "lapis-7431.")), MARKER, make.context())
    assert observation.seen
    assert not observation.findings


def test_more_input_tokens_than_the_control_are_evidence_without_the_marker():
    context = make.context("ask", ask=make.reply(with_input(20, "NONE")))
    observation = honoured(make.reply(with_input(21, "hm")), MARKER, context)
    assert observation.seen
    assert not observation.findings


def test_cached_tokens_count_as_input():
    context = make.context("ask", ask=make.reply(with_input(20, "NONE")))
    cached = with_input(1, "hm", cache_creation_input_tokens=None, cache_read_input_tokens=25)
    assert not honoured(make.reply(cached), True, context).findings


def test_neither_marker_nor_more_tokens_means_ignored():
    context = make.context("ask", ask=make.reply(with_input(20, "NONE")))
    (finding,) = honoured(make.reply(with_input(20, "NONE")), MARKER, context).findings
    assert finding.kind == "ignored"
    assert finding.expected == '"LAPIS-7431" in the reply, or more input tokens than in ask'
    assert finding.actual == 'the reply "NONE"; 20 input tokens and 20 input tokens in ask'


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": "9"}, {"input_tokens": True}, []])
def test_usage_without_counts_is_no_evidence_either_way(usage):
    context = make.context("ask", ask=make.reply(with_input(20, "NONE")))
    observation = honoured(make.reply(make.message("hm", usage=usage)), MARKER, context)
    assert not observation.seen
    assert "no input tokens reported" in observation.note


def test_a_control_without_counted_tokens_proves_nothing():
    context = make.context("ask", ask=make.reply(with_input(0, "NONE")))
    observation = honoured(make.reply(with_input(9, "hm")), MARKER, context)
    assert not observation.seen
    assert "0 input tokens in the control" in observation.note


def test_without_a_control_only_the_marker_counts():
    (finding,) = honoured(make.reply(make.message("hm")), MARKER, make.context()).findings
    assert finding.kind == "ignored"


def test_nothing_is_seen_where_the_control_did_not_answer():
    for context in (make.context("ask"), make.context("ask", ask=make.reply({}, status=500))):
        assert not honoured(make.reply(make.message("hm")), MARKER, context).seen


def test_the_marker_needs_no_control_that_answered():
    observation = honoured(make.reply(make.message("LAPIS-7431")), MARKER, make.context("ask"))
    assert observation.seen
    assert not observation.findings


def test_nothing_is_seen_in_a_reply_that_is_no_message():
    assert not honoured(make.reply({"type": "error"}, status=400), MARKER, make.context()).seen
    assert not honoured(make.reply([1]), MARKER, make.context()).seen


def test_unwanted_text_means_ignored_even_beside_the_marker():
    wanted = {**MARKER, "absent": "OPAL"}
    (finding,) = honoured(make.reply(make.message("LAPIS-7431, OPAL")), wanted, make.context()).findings
    assert finding.kind == "ignored"


def prompt(text: str, **more):
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


def test_a_control_in_the_other_mode_is_no_control():
    control = Reply(make.exchange(with_input(20, "NONE"), mode=Mode.JSON))
    streamed = Reply(replace(make.exchange(with_input(21, "hm")), mode=Mode.STREAM))
    assert not honoured(streamed, MARKER, make.context("ask", ask=control)).seen


def test_a_call_of_a_tool_that_only_this_request_declares_proves_that_tools_were_read():
    tools = {"tools": [{"name": "get_weather", "input_schema": {"type": "object"}}]}
    called = make.reply(make.message(make.call(), usage={"input_tokens": 0}), request=prompt("a", **tools))
    without = make.reply(with_input(0, "NONE"), request=prompt("a"))
    assert honoured(called, True, make.context("ask", ask=without)).seen
    declaring = make.reply(with_input(0, "NONE"), request=prompt("a", **tools))
    assert not honoured(called, True, make.context("ask", ask=declaring)).seen
