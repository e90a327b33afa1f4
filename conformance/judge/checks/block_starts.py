"""Checks on content_block_start: blocks that deltas fill start empty, others arrive whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import eq
from typing import Final

from conformance.base.values import MISSING, Missing, show
from conformance.judge.arguments import choice
from conformance.judge.check import NOTHING_SEEN, Observation, check
from conformance.judge.stream_findings import Problem, blocks, conclude, deltas
from conformance.model import Json
from conformance.protocol.blocks import SERVER_TOOL_CALLS, TOOL_CALLS, arrives_whole
from conformance.protocol.blocks import STARTS as EMPTY
from conformance.protocol.reply import Reply


@dataclass(frozen=True)
class Start:
    """How a member of a block must be in its start. `beside`: only blocks with this key as well are judged."""

    types: tuple[str, ...]
    key: str
    expected: str
    holds: Callable[[Json | Missing], bool]
    beside: str = ""


def _is_object(value: Json | Missing) -> bool:
    return isinstance(value, dict)


STARTS: Final[Mapping[str, Start]] = {
    **{
        kind: Start((kind,), key, f"{key} {show(empty)} at the start", partial(eq, empty))
        for kind, fields in EMPTY.items()
        for key, empty in fields.items()
    },
    "signature": Start(("thinking",), "signature", 'signature "" at the start', partial(eq, ""), beside="thinking"),
    "tool_use": Start(
        ("tool_use",), "input", "input {} at the start", lambda value: value == {} or not _is_object(value)
    ),
    "tool-input": Start(("tool_use",), "input", "an input at the start", lambda value: value is not MISSING),
    "tool-object": Start(("tool_use",), "input", "an object as input", _is_object, beside="input"),
    "server-tool": Start(SERVER_TOOL_CALLS, "input", "an object as input", _is_object),
}
"""Members that deltas fill, in the form in which they start: of the block types that the tables list, and more.

That the input of a tool_use is there, is an object, and is empty are three claims.
"""


@check("block-starts", argument=choice(STARTS))
def block_starts(reply: Reply, argument: str) -> Observation:
    """A member of a block is empty in the block's start; the input of a server's tool call may be whole.

    So may the input of a tool_use that code execution calls.
    """
    start = STARTS[argument]
    seen, problems = 0, []
    for block, opening in blocks(reply, *start.types):
        if (_called_by_code(opening) and argument == "tool_use") or (start.beside and start.beside not in opening):
            continue
        seen += 1
        actual = opening.get(start.key, MISSING)
        if not start.holds(actual):
            problems.append(Problem(block.start, start.expected, f"{start.key} {show(actual)}"))
    return conclude(reply, seen, problems, f"{start.types[0]} blocks")


@check("tool-input-sent-once")
def tool_input_sent_once(reply: Reply) -> Observation:
    """The input of a tool call is in the start of its block or in deltas, not in both."""
    seen, problems = 0, []
    for block, start in blocks(reply, *TOOL_CALLS):
        streamed = [delta for _, delta in deltas(reply, block, "input_json_delta") if delta.get("partial_json")]
        if start.get("input") or streamed:
            seen += 1
        if start.get("input") and streamed:
            actual = f"input {show(start['input'])} and {len(streamed)} deltas with input"
            problems.append(Problem(block.start, "input {} at the start of a block with input deltas", actual))
    return conclude(reply, seen, problems, "tool calls")


@check("tool-input-streamed")
def tool_input_streamed(reply: Reply) -> Observation:
    """The input of a tool call comes in deltas, unless code execution calls the tool."""
    seen, problems = 0, []
    for block, start in blocks(reply, "tool_use"):
        if _called_by_code(start):
            continue
        streamed = any(delta.get("partial_json") for _, delta in deltas(reply, block, "input_json_delta"))
        if start.get("input") or streamed:
            seen += 1
        if start.get("input") and not streamed:
            actual = f"no delta, and input {show(start['input'])} at the start of the block"
            problems.append(Problem(block.start, "the input of the tool call in deltas", actual))
    return conclude(reply, seen, problems, "tool calls with input")


@check("whole-blocks")
def whole_blocks(reply: Reply) -> Observation:
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
    return conclude(reply, seen, problems, "blocks")


def _called_by_code(start: Mapping[str, Json]) -> bool:
    """Whether code execution calls the tool: such calls come whole (recorded exchanges)."""
    caller = start.get("caller")
    return isinstance(caller, dict) and caller.get("type") not in (None, "direct")
