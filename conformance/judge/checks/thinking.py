"""Checks on which blocks an answer has, and on thinking: where it stands, whether it is shown, what it costs.

Belongs here: REQ-THINK-002, -003, -005 and REQ-STREAM-017 as far as the server alone decides, and the pairing of server
tool calls with their results (REQ-TOOL-021). Does not belong here: the shape of the blocks (see `matching.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from conformance.base.pointer import look_up
from conformance.base.values import show, whole_number
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.model import Json
from conformance.protocol.blocks import THINKING, is_server_result
from conformance.protocol.message import blocks, stop_reason, text_of
from conformance.protocol.reply import Reply
from conformance.protocol.stop_reasons import leaves_server_call

CHARACTERS_PER_TOKEN: Final = 20
"""More characters than this in one token of running text is not possible."""


def has_blocks(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The answer has a block of one of these types."""
    if reply.message is None:
        return NOTHING_SEEN
    types = [block.get("type") for _, block in blocks(reply)]
    if any(kind in argument for kind in types):
        return FINE
    expected = f"a block of type {' or '.join(argument)}"
    actual = ", ".join(str(kind) for kind in types) or "no block"
    return found(deviation("has-blocks", reply, expected=expected, actual=actual, pointer="/content", kind="ignored"))


def lacks_blocks(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The answer has no block of any of these types."""
    if reply.message is None:
        return NOTHING_SEEN
    return found(
        *(
            deviation(
                "lacks-blocks",
                reply,
                expected=f"no block of type {' or '.join(argument)}",
                actual=show(block.get("type")),
                pointer=f"/content/{index}",
                kind="ignored",
            )
            for index, block in blocks(reply)
            if block.get("type") in argument
        )
    )


def thinking_first(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The first thinking block stands before the first text and the first call."""
    order = [block.get("type") for _, block in blocks(reply)]
    thought = [index for index, kind in enumerate(order) if kind in THINKING]
    said = [index for index, kind in enumerate(order) if kind in ("text", "tool_use")]
    if not thought or not said:
        return NOTHING_SEEN
    if thought[0] < said[0]:
        return FINE
    actual = ", ".join(str(kind) for kind in order)
    return found(deviation("thinking-first", reply, expected="thinking first", actual=actual, pointer="/content"))


def thinking_hidden(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The text of every thinking block is empty, and its signature is not."""
    found_blocks = [(index, block) for index, block in blocks(reply) if block.get("type") == "thinking"]
    if not found_blocks:
        return NOTHING_SEEN
    findings = [
        deviation(
            "thinking-hidden",
            reply,
            expected="empty thinking with a signature",
            actual=f"thinking {show(block.get('thinking'))}, signature {show(block.get('signature'))}",
            pointer=f"/content/{index}",
            kind="ignored" if block.get("thinking") else "deviation",
        )
        for index, block in found_blocks
        if block.get("thinking") or not block.get("signature")
    ]
    return found(*findings)


def thinking_shown(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """A thinking block has text; nothing is seen where there is no thinking block."""
    found_blocks = [block for _, block in blocks(reply) if block.get("type") == "thinking"]
    if not found_blocks:
        return NOTHING_SEEN
    if any(block.get("thinking") for block in found_blocks):
        return FINE
    return found(deviation("thinking-shown", reply, expected="thinking with text", actual="empty", pointer="/content"))


def thinking_undelivered(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """No thinking_delta carries text; nothing is seen in a stream without a signature."""
    deltas = [
        (number, event.json.get("delta"))
        for number, event in enumerate(reply.events or (), start=1)
        if isinstance(event.json, dict)
    ]
    kinds = [(number, delta) for number, delta in deltas if isinstance(delta, dict)]
    if not any(delta.get("type") == "signature_delta" for _, delta in kinds):
        return NOTHING_SEEN
    return found(
        *(
            deviation(
                "thinking-undelivered",
                reply,
                expected="no thinking_delta with text",
                actual=show(delta.get("thinking")),
                event=number,
            )
            for number, delta in kinds
            if delta.get("type") == "thinking_delta" and delta.get("thinking")
        )
    )


def thinking_costs(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """output_tokens are enough for the thinking that is shown and the text together."""
    shown = [block.get("thinking") for _, block in blocks(reply) if block.get("type") == "thinking"]
    thought = "".join(text for text in shown if isinstance(text, str))
    output = whole_number(look_up(reply.message, "/usage/output_tokens"))
    if not thought or output is None:
        return NOTHING_SEEN
    least = (len(thought) + len(text_of(reply))) // CHARACTERS_PER_TOKEN
    if output >= least:
        return FINE
    expected = f"at least {least} tokens for {len(thought)} characters of thinking and the text"
    return found(
        deviation("thinking-costs", reply, expected=expected, actual=str(output), pointer="/usage/output_tokens")
    )


def server_results_follow(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """Every server tool call is followed by a result with its id, unless the answer ended before that."""
    called = [(index, block) for index, block in blocks(reply) if block.get("type") == "server_tool_use"]
    if not called or leaves_server_call(stop_reason(reply)):
        return NOTHING_SEEN
    results = {
        str(block.get("tool_use_id")): index for index, block in blocks(reply) if is_server_result(block.get("type"))
    }
    return found(
        *(
            deviation(
                "server-results-follow",
                reply,
                expected=f"a result for {show(block.get('id'))} behind it",
                actual="none",
                pointer=f"/content/{index}",
            )
            for index, block in called
            if results.get(str(block.get("id")), -1) < index
        )
    )


TYPES: Final = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}

CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "has-blocks": Check("has-blocks", each=has_blocks, argument=TYPES),
        "lacks-blocks": Check("lacks-blocks", each=lacks_blocks, argument=TYPES),
        "thinking-first": Check("thinking-first", each=thinking_first),
        "thinking-hidden": Check("thinking-hidden", each=thinking_hidden),
        "thinking-shown": Check("thinking-shown", each=thinking_shown),
        "thinking-undelivered": Check("thinking-undelivered", each=thinking_undelivered),
        "thinking-costs": Check("thinking-costs", each=thinking_costs),
        "server-results-follow": Check("server-results-follow", each=server_results_follow),
    }
)
