"""Checks on what message_start and content_block_start carry.

Belongs here: the opening events, and blocks that arrive whole in theirs. Does not belong here: their order and indices
(see `grammar.py`), identity and shape of the Message in both modes (see `message.py`, `matching.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from conformance.base.values import MISSING, Missing, show, whole_number
from conformance.judge.check import NOTHING_SEEN, Check, Facts, Observation
from conformance.judge.stream_findings import Problem, blocks, conclude, deltas, of_type
from conformance.model import Json
from conformance.protocol.blocks import SERVER_TOOL_CALLS, STARTS, TOOL_CALLS, arrives_whole
from conformance.protocol.reply import Reply
from conformance.protocol.usage import total_input


@dataclass(frozen=True)
class Part:
    """A part of message_start: where it stands, what it has to be, and the test for it."""

    path: tuple[str, ...]
    expected: str
    holds: Callable[[Json | Missing], bool]


def _count(value: Json | Missing) -> bool:
    number = whole_number(value)
    return number is not None and number >= 0


PARTS: Final[Mapping[str, Part]] = {
    "message": Part(("message",), "an object as message", lambda value: isinstance(value, dict)),
    "content": Part(("message", "content"), "content []", lambda value: value == []),
    "stop_reason": Part(("message", "stop_reason"), "stop_reason null", lambda value: value in (None, MISSING)),
    "stop_sequence": Part(("message", "stop_sequence"), "stop_sequence null", lambda value: value in (None, MISSING)),
    "usage": Part(("message", "usage"), "an object as usage", lambda value: isinstance(value, dict)),
    "input_tokens": Part(("message", "usage", "input_tokens"), "a whole number, 0 or more, as input_tokens", _count),
    "output_tokens": Part(("message", "usage", "output_tokens"), "a whole number, 0 or more, as output_tokens", _count),
}
"""Parts of message_start by name (REQ-STREAM-003). A null that is left out breaks no client and passes."""


def message_start(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """A part of message_start is as it has to be; nothing is seen where what it stands in is missing."""
    part = PARTS[argument]
    seen, problems = 0, []
    for number, data in of_type(reply, "message_start"):
        value = _inside(data, part.path[:-1])
        if isinstance(value, dict):
            seen += 1
            actual = value.get(part.path[-1], MISSING)
            if not part.holds(actual):
                problems.append(Problem(number, part.expected, f"{part.path[-1]} {show(actual)}"))
    return conclude("message-start", reply, seen, problems, "message_start events")


def message_start_counts_input(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The input tokens in message_start, cached ones included, are more than 0."""
    seen, problems = 0, []
    for number, data in of_type(reply, "message_start"):
        total = total_input(_inside(data, ("message", "usage")))
        if total is not None:
            seen += 1
            if total <= 0:
                problems.append(Problem(number, "more than 0 input tokens, cached ones included", str(total)))
    return conclude("message-start-counts-input", reply, seen, problems, "message_start events")


def block_start_is_object(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """content_block_start carries a content_block object with a string as type."""
    starts = list(of_type(reply, "content_block_start"))
    problems = [
        Problem(number, "an object with a type as content_block", show(data.get("content_block", MISSING)))
        for number, data in starts
        if not isinstance(data.get("content_block"), dict) or not isinstance(data["content_block"].get("type"), str)
    ]
    return conclude("block-start-is-object", reply, len(starts), problems, "blocks")


def block_starts_empty(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """A block of this type starts in its empty form; a tool_use that code execution calls starts with its input."""
    seen, problems = 0, []
    for block, start in blocks(reply, argument):
        if argument == "tool_use" and _called_by_code(start):
            continue
        seen += 1
        for key, empty in STARTS[argument].items():
            actual = start.get(key, MISSING)
            if actual != empty:
                problems.append(Problem(block.start, f"{key} {show(empty)} at the start", f"{key} {show(actual)}"))
    return conclude("block-starts-empty", reply, seen, problems, f"{argument} blocks")


def thinking_start_signature(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """A thinking block starts with an empty signature."""
    starts = [(block, start) for block, start in blocks(reply, "thinking") if "thinking" in start]
    problems = [
        Problem(block.start, 'signature "" at the start', f"signature {show(start.get('signature', MISSING))}")
        for block, start in starts
        if start.get("signature", MISSING) != ""
    ]
    return conclude("thinking-start-signature", reply, len(starts), problems, "thinking blocks")


def server_tool_starts(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """A server's tool call starts with an object as input: empty, or whole."""
    starts = list(blocks(reply, *SERVER_TOOL_CALLS))
    problems = [
        Problem(block.start, "an object as input", f"input {show(start.get('input', MISSING))}")
        for block, start in starts
        if not isinstance(start.get("input"), dict)
    ]
    return conclude("server-tool-starts", reply, len(starts), problems, "server tool calls")


def tool_input_sent_once(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The input of a tool call stands in the start of its block or in deltas, not in both."""
    seen, problems = 0, []
    for block, start in blocks(reply, *TOOL_CALLS):
        streamed = [delta for _, delta in deltas(reply, block, "input_json_delta") if delta.get("partial_json")]
        if start.get("input") or streamed:
            seen += 1
        if start.get("input") and streamed:
            actual = f"input {show(start['input'])} and {len(streamed)} deltas with input"
            problems.append(Problem(block.start, "input {} at the start of a block whose input is streamed", actual))
    return conclude("tool-input-sent-once", reply, seen, problems, "tool calls")


def whole_blocks(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """Results, redacted thinking, uploads and fallbacks arrive whole in the start of their block, without deltas."""
    if reply.events is None:
        return NOTHING_SEEN
    seen, problems = 0, []
    for block, start in blocks(reply):
        if arrives_whole(start.get("type")):
            seen += 1
            if block.deltas:
                actual = f"{len(block.deltas)} deltas in block {block.index}"
                problems.append(Problem(block.deltas[0], f"no delta in a block of type {show(block.type)}", actual))
    return conclude("whole-blocks", reply, seen, problems, "blocks")


def _called_by_code(start: Mapping[str, Json]) -> bool:
    """Whether code execution calls the tool: such calls come whole (recorded exchanges)."""
    caller = start.get("caller")
    return isinstance(caller, dict) and caller.get("type") not in (None, "direct")


def _inside(value: Json, path: tuple[str, ...]) -> Json:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


CHECKS: Final[Mapping[str, Check]] = {
    check.name: check
    for check in (
        Check("message-start", each=message_start, argument={"enum": list(PARTS)}),
        Check("message-start-counts-input", each=message_start_counts_input),
        Check("block-start-is-object", each=block_start_is_object),
        Check("block-starts-empty", each=block_starts_empty, argument={"enum": list(STARTS)}),
        Check("thinking-start-signature", each=thinking_start_signature),
        Check("server-tool-starts", each=server_tool_starts),
        Check("tool-input-sent-once", each=tool_input_sent_once),
        Check("whole-blocks", each=whole_blocks),
    )
}
"""The checks of this family by name."""
