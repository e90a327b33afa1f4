"""Checks on thinking: where it is, whether it is shown and signed, and what it costs (REQ-THINK, REQ-STREAM-017)."""

from __future__ import annotations

from typing import Final

from conformance.base.pointer import join, look_up
from conformance.base.values import show, whole_number
from conformance.judge.check import FINE, NOTHING_SEEN, Observation, check, deviates, deviation, found
from conformance.judge.stream_findings import of_type
from conformance.model import Json
from conformance.protocol.blocks import THINKING
from conformance.protocol.message import blocks, text_of
from conformance.protocol.reply import Reply

CHARACTERS_PER_TOKEN: Final = 20
"""No token of running text has more characters than this."""


@check("thinking-first")
def thinking_first(reply: Reply) -> Observation:
    """The first thinking block comes before the first text and the first call."""
    order = [block.get("type") for _, block in blocks(reply)]
    thought = [index for index, kind in enumerate(order) if kind in THINKING]
    spoken = [index for index, kind in enumerate(order) if kind in ("text", "tool_use")]
    if not thought or not spoken:
        return NOTHING_SEEN
    if thought[0] < spoken[0]:
        return FINE
    return deviates(reply, "thinking first", ", ".join(str(kind) for kind in order), pointer="/content")


@check("thinking-hidden")
def thinking_hidden(reply: Reply) -> Observation:
    """The text of every thinking block is empty."""
    thoughts = _thoughts(reply)
    if not thoughts:
        return NOTHING_SEEN
    return found(
        *(
            deviation(
                reply,
                "empty thinking",
                f"thinking {show(block.get('thinking'))}",
                pointer=join("/content", index, "thinking"),
                kind="ignored",
            )
            for index, block in thoughts
            if block.get("thinking")
        )
    )


@check("thinking-shown")
def thinking_shown(reply: Reply) -> Observation:
    """A thinking block has text; nothing is seen where there is no thinking block."""
    thoughts = _thoughts(reply)
    if not thoughts:
        return NOTHING_SEEN
    if any(block.get("thinking") for _, block in thoughts):
        return FINE
    return deviates(reply, "thinking with text", "empty", pointer="/content")


@check("thinking-signed")
def thinking_signed(reply: Reply) -> Observation:
    """The signature of every thinking block is not empty; a block that max_tokens cut in a stream shows nothing."""
    thoughts = _thoughts(reply)
    if reply.events is not None and look_up(reply.message, "/stop_reason") in ("max_tokens", None):
        thoughts = thoughts[:-1]
    signed = [(index, block["signature"]) for index, block in thoughts if isinstance(block.get("signature"), str)]
    if not signed:
        return NOTHING_SEEN
    return found(
        *(
            deviation(reply, "a non-empty signature", '""', pointer=join("/content", index, "signature"))
            for index, value in signed
            if not value
        )
    )


@check("thinking-undelivered")
def thinking_undelivered(reply: Reply) -> Observation:
    """No thinking_delta carries text; nothing is seen in a stream without a signature."""
    events = [(number, data.get("delta")) for number, data in of_type(reply, "content_block_delta")]
    deltas = [(number, delta) for number, delta in events if isinstance(delta, dict)]
    if not any(delta.get("type") == "signature_delta" for _, delta in deltas):
        return NOTHING_SEEN
    return found(
        *(
            deviation(reply, "no thinking_delta with text", show(delta.get("thinking")), event=number)
            for number, delta in deltas
            if delta.get("type") == "thinking_delta" and delta.get("thinking")
        )
    )


@check("thinking-costs")
def thinking_costs(reply: Reply) -> Observation:
    """output_tokens are enough for the visible thinking and the text together."""
    thought = "".join(block["thinking"] for _, block in _thoughts(reply) if isinstance(block.get("thinking"), str))
    output = whole_number((reply.usage or {}).get("output_tokens"))
    if not thought or output is None:
        return NOTHING_SEEN
    least = (len(thought) + len(text_of(reply))) // CHARACTERS_PER_TOKEN
    if output >= least:
        return FINE
    expected = f"usage.output_tokens of at least {least}, for {len(thought)} characters of thinking and the text"
    return deviates(reply, expected, str(output), pointer="/usage/output_tokens")


def _thoughts(reply: Reply) -> list[tuple[int, dict[str, Json]]]:
    return [(index, block) for index, block in blocks(reply) if block.get("type") == "thinking"]
