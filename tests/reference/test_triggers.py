"""What the scripted model does on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.reference.answer import Answer
from conformance.reference.triggers import PAUSE_S, PINGS, REFUSAL, TRIGGERS, trigger_of
from conformance.standard.document import load_document

Post = Callable[..., Answer]

BETA = "compact-2026-01-12"
EDITS = {"edits": [{"type": "compact_20260112"}]}
MORE: dict[str, dict[str, Any]] = {
    "redact thinking": {"thinking": {"type": "adaptive"}},
    "compact": {"context_management": EDITS, "betas": BETA},
    "be slow": {"stream": True},
}


def asked(post: Post, trigger: str, **more: Any) -> Answer:
    text = f"<system-reminder>reference: pause</system-reminder>Hello.\nreference: {trigger}\nThank you."
    return post(messages=[{"role": "user", "content": text}], **MORE.get(trigger, {}), **more)


def test_a_line_asks_and_a_word_in_passing_does_not() -> None:
    assert trigger_of("Hello\n reference: refuse.\n") == "refuse"
    assert trigger_of("What does `reference: refuse` mean?") is None
    assert trigger_of("reference: nonsense") is None


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_what_is_answered_on_demand_is_valid_and_comes_back_as_it_is(post: Post, trigger: str) -> None:
    answer = asked(post, trigger)
    assert answer.status == 200
    document = load_document("2023-06-01").with_betas([BETA])
    assert document.validate("Message", answer.message) == []
    content = answer.message["content"] if answer.message else []
    if content:
        history = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": content}]
        later = post(messages=[*history, {"role": "user", "content": "And now?"}], betas=BETA)
        assert later.status == 200, later.body


def test_a_refusal_has_details_and_no_content(post: Post) -> None:
    message = asked(post, "refuse").message or {}
    assert (message["stop_reason"], message["content"], message["stop_details"]) == ("refusal", [], REFUSAL)
    assert message["usage"]["output_tokens"] == 0


def test_thinking_is_redacted_only_where_the_model_may_think(post: Post) -> None:
    kinds = [block["type"] for block in (asked(post, "redact thinking").message or {})["content"]]
    assert kinds[0] == "redacted_thinking"
    plain = post(messages=[{"role": "user", "content": "reference: redact thinking"}]).message or {}
    assert [block["type"] for block in plain["content"]] == ["text"]


def test_a_conversation_is_compacted_where_the_request_has_the_edit(post: Post) -> None:
    message = asked(post, "compact").message or {}
    assert [block["type"] for block in message["content"]] == ["compaction", "text"]
    pausing = {"edits": [{"type": "compact_20260112", "pause_after_compaction": True}]}
    text = "reference: compact"
    paused = post(messages=[{"role": "user", "content": text}], context_management=pausing, betas=BETA).message or {}
    assert (paused["stop_reason"], [block["type"] for block in paused["content"]]) == ("compaction", ["compaction"])
    without = post(messages=[{"role": "user", "content": text}]).message or {}
    assert [block["type"] for block in without["content"]] == ["text"]


def test_a_slow_stream_pings_through_its_pauses(post: Post) -> None:
    answer = asked(post, "be slow")
    kinds = [event.name for event in answer.events or ()]
    assert kinds[: PINGS + 1] == ["message_start", *["ping"] * PINGS]
    assert dict(answer.pauses) == dict.fromkeys(range(1, PINGS + 2), PAUSE_S)
