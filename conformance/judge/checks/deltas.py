"""Checks on what content_block_delta events carry, and what they add up to.

Which delta fits which block is a rule of `event_order.py`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from conformance.base.values import MISSING, kind, show
from conformance.judge.arguments import choice
from conformance.judge.check import NOTHING_SEEN, Observation, check
from conformance.judge.stream_findings import Problem, blocks, conclude, deltas, of_type
from conformance.model import Json
from conformance.protocol.accumulation import joined_input
from conformance.protocol.blocks import CARRYING, DELTAS, TOOL_CALLS
from conformance.protocol.grammar import Block
from conformance.protocol.message import was_cut
from conformance.protocol.reply import Reply

FEWEST_FRAGMENTS: Final = 3
"""So many fragments, each beginning with all of the one before it, are no coincidence."""


@check("delta-carries", argument=choice(CARRYING))
def delta_carries(reply: Reply, argument: str) -> Observation:
    """A delta of this type carries its field, in the right type and never null."""
    row = DELTAS[argument]
    key, wanted, words = row.carries or "", row.value, row.value_words
    seen, problems = 0, []
    for number, data in of_type(reply, "content_block_delta"):
        delta = data.get("delta")
        if isinstance(delta, dict) and delta.get("type") == argument:
            seen += 1
            if not isinstance(delta.get(key), wanted):
                actual = f"{key} {show(delta.get(key, MISSING))}"
                problems.append(Problem(number, f"{words} as {key}", actual))
    return conclude(reply, seen, problems, f"{argument} events")


@check("tool-input-joins")
def tool_input_joins(reply: Reply) -> Observation:
    """The fragments of a tool call's input join to a JSON object, or to nothing at all.

    Not judged where REQ-STREAM-015 excepts it: an answer that was cut, and tools with eager_input_streaming. Fragments
    that are not strings are left to `delta-carries`.
    """
    if was_cut(reply):
        return NOTHING_SEEN
    eager = _eager_tools(reply)
    seen, problems = 0, []
    for block, start in blocks(reply, *TOOL_CALLS):
        fragments = [delta.get("partial_json") for _, delta in deltas(reply, block, "input_json_delta")]
        strings = [fragment for fragment in fragments if isinstance(fragment, str)]
        if block.stop is None and not _finished(reply):
            continue
        if not strings or len(strings) < len(fragments) or show(start.get("name")) in eager:
            continue
        seen += 1
        text, value = joined_input(strings)
        if text and not isinstance(value, dict):
            how = "each fragment repeats the one before it: " if _cumulative(strings, 2) else ""
            actual = f"{how}{show(text)}, which is {kind(value) if value is not text else 'not JSON'}"
            problems.append(Problem(block.deltas[-1], "fragments that join to a JSON object", actual))
    return conclude(reply, seen, problems, "tool calls")


@check("one-signature")
def one_signature(reply: Reply) -> Observation:
    """A thinking block has exactly one signature_delta."""
    seen, problems = 0, []
    for block, _ in _whole_thinking(reply):
        seen += 1
        signatures = [number for number, _ in deltas(reply, block, "signature_delta")]
        if len(signatures) != 1:
            where = signatures[1] if signatures else block.stop or block.start
            actual = f"{len(signatures)} signature_delta events" if signatures else "none"
            problems.append(Problem(where, f"one signature_delta in block {block.index}", actual))
    return conclude(reply, seen, problems, "thinking blocks")


@check("signature-last")
def signature_last(reply: Reply) -> Observation:
    """The signature_delta of a thinking block is its last delta."""
    seen, problems = 0, []
    for block, _ in _whole_thinking(reply):
        kinds = [(number, delta.get("type")) for number, delta in deltas(reply, block)]
        places = [place for place, (_, found) in enumerate(kinds) if found == "signature_delta"]
        if places:
            seen += 1
            after = [item for item in kinds[places[0] + 1 :] if item[1] == "thinking_delta"]
            if after:
                expected = f"signature_delta as the last delta of block {block.index}"
                problems.append(Problem(after[0][0], expected, f"{show(after[0][1])} after it"))
    return conclude(reply, seen, problems, "thinking blocks")


@check("incremental", argument=choice(("text_delta", "thinking_delta")))
def incremental(reply: Reply, argument: str) -> Observation:
    """The deltas of this type add to each other; none repeats all that came before it in its block."""
    key = DELTAS[argument].carries or ""
    seen, problems = 0, []
    for block, _ in blocks(reply):
        found = [(number, delta.get(key)) for number, delta in deltas(reply, block, argument)]
        spoken = [(number, text) for number, text in found if isinstance(text, str) and text]
        if len(spoken) < FEWEST_FRAGMENTS:
            continue
        seen += 1
        if _cumulative([text for _, text in spoken], FEWEST_FRAGMENTS):
            number, text = spoken[-1]
            expected = f"deltas that add new text to block {block.index}"
            problems.append(Problem(number, expected, f"a delta that repeats the one before it: {show(text)}"))
    return conclude(reply, seen, problems, "blocks")


def _whole_thinking(reply: Reply) -> list[tuple[Block, dict[str, Json]]]:
    """The thinking blocks that were stopped; with an answer that was cut, the last block may lack its signature."""
    found = [(block, start) for block, start in blocks(reply, "thinking") if block.stop is not None]
    if found and was_cut(reply) and reply.trace is not None and found[-1][0] is reply.trace.blocks[-1]:
        return found[:-1]
    return found


def _cumulative(fragments: list[str], fewest: int) -> bool:
    """Whether each fragment begins with all of the one before it and says more."""
    told = [fragment for fragment in fragments if fragment]
    return len(told) >= fewest and all(len(b) > len(a) and b.startswith(a) for a, b in pairwise(told))


def _finished(reply: Reply) -> bool:
    """Whether the stream came to its message_stop, so that what is there is all there is."""
    return reply.trace is not None and bool(reply.trace.numbers("message_stop"))


def _eager_tools(reply: Reply) -> frozenset[str]:
    """The names, as shown, of the request's tools that stream their input unchecked."""
    tools = reply.request.get("tools")
    return frozenset(
        show(tool.get("name"))
        for tool in (tools if isinstance(tools, list) else ())
        if isinstance(tool, dict) and tool.get("eager_input_streaming") is True
    )
