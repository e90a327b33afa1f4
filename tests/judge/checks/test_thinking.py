"""Checks on thinking: each with a reply that passes, one that fails, one with nothing."""

from __future__ import annotations

import json

import pytest

from support import make
from support.make import observe, places

THOUGHT = {"type": "thinking", "thinking": "Let me see.", "signature": "c2ln"}
HIDDEN = THOUGHT | {"thinking": ""}


def fine(check, *content, **changes):
    observation = observe(check, True, make.reply(make.message(*content, **changes)))
    return observation.seen and not observation.findings


def wrong(check, *content, **changes):
    return places(observe(check, True, make.reply(make.message(*content, **changes))))


def test_thinking_comes_before_text_and_calls():
    assert fine("thinking-first", THOUGHT, "hi")
    assert fine("thinking-first", {"type": "redacted_thinking", "data": "x"}, make.call())
    assert wrong("thinking-first", "hi", THOUGHT) == ["/content"]


def test_hidden_thinking_is_empty_and_its_signature_is_judged_elsewhere():
    assert fine("thinking-hidden", HIDDEN | {"signature": ""}, "hi")
    assert wrong("thinking-hidden", THOUGHT, HIDDEN) == ["/content/0/thinking"]
    kinds = [each.kind for each in observe("thinking-hidden", True, make.reply(make.message(THOUGHT))).findings]
    assert kinds == ["ignored"]


def test_shown_thinking_has_text():
    assert fine("thinking-shown", HIDDEN, THOUGHT)
    assert wrong("thinking-shown", HIDDEN) == ["/content"]


def test_thinking_is_signed():
    assert fine("thinking-signed", THOUGHT)
    assert wrong("thinking-signed", "hi", THOUGHT | {"signature": ""}) == ["/content/1/signature"]


def test_output_tokens_pay_for_thinking_and_text():
    long = THOUGHT | {"thinking": "word " * 100}
    assert fine("thinking-costs", long, usage={"input_tokens": 1, "output_tokens": 25})
    assert wrong("thinking-costs", long, usage={"input_tokens": 1, "output_tokens": 24}) == ["/usage/output_tokens"]


@pytest.mark.parametrize(
    "check", ["thinking-first", "thinking-hidden", "thinking-shown", "thinking-signed", "thinking-costs"]
)
def test_an_answer_without_thinking_shows_nothing(check):
    assert not observe(check, True, make.reply(make.message("hi"))).seen


def stream(*deltas):
    events = [{"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas]
    return make.reply("".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events))


def test_omitted_thinking_is_not_delivered_in_deltas():
    signature = {"type": "signature_delta", "signature": "c2ln"}
    assert observe("thinking-undelivered", True, stream(signature)).findings == ()
    (finding,) = observe(
        "thinking-undelivered", True, stream({"type": "thinking_delta", "thinking": "hm"}, signature)
    ).findings
    assert finding.where.event == 1
    assert not observe("thinking-undelivered", True, stream({"type": "text_delta", "text": "hi"})).seen
