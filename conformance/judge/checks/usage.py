"""Checks on usage: counters, what they have to add up to, and what they have to agree with.

Belongs here: the arithmetic of tokens (REQ-USAGE, REQ-CACHE-005, -006). Does not belong here: the types of the counters
(see `matching.py` and the OpenAPI document), what count_tokens answers on its own (see `counting.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.base.pointer import look_up
from conformance.base.values import MISSING, show, whole_number
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.model import Json, Mode
from conformance.protocol.message import blocks
from conformance.protocol.reply import Reply
from conformance.protocol.usage import total_input

STOP_TOKENS: Final = 2
"""Tokens above max_tokens that the stop itself can cost (REQ-USAGE-004)."""

ESTIMATE_PERCENT: Final = 5
ESTIMATE_TOKENS: Final = 20
"""How far count_tokens may be away from usage: 5 percent and 20 tokens (REQ-COUNT-005)."""


def input_counted(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The input tokens, cached ones included, are more than 0, except where a server-side compaction is the answer."""
    total = total_input(reply.usage)
    if total is None or _compacted(reply):
        return NOTHING_SEEN
    if total > 0:
        return FINE
    expected = "more than 0 input tokens, cached ones included"
    return found(
        deviation("input-counted", reply, expected=expected, actual=show(total), pointer="/usage/input_tokens")
    )


def output_counted(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """output_tokens is more than 0, except where max_tokens is 0 or a server-side compaction is the answer."""
    usage = _usage(reply)
    output = whole_number(usage.get("output_tokens"))
    limit = _limit(reply)
    if output is None or (limit is not None and limit < 1) or _compacted(reply):
        return NOTHING_SEEN
    if output > 0:
        return FINE
    expected = "more than 0 output tokens"
    return found(
        deviation("output-counted", reply, expected=expected, actual=show(output), pointer="/usage/output_tokens")
    )


def output_within_limit(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """output_tokens stays within max_tokens, a stop token aside; server tools take several passes and show nothing."""
    usage = _usage(reply)
    output, limit = whole_number(usage.get("output_tokens")), _limit(reply)
    if output is None or limit is None or limit < 1 or _server_side(reply):
        return NOTHING_SEEN
    if output <= limit + STOP_TOKENS:
        return FINE
    expected = f"at most {limit} output tokens, which is max_tokens"
    return found(
        deviation("output-within-limit", reply, expected=expected, actual=show(output), pointer="/usage/output_tokens")
    )


def thinking_within_output(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """thinking_tokens, where there are any, are part of output_tokens."""
    usage = _usage(reply)
    thinking = whole_number(look_up(usage, "/output_tokens_details/thinking_tokens"))
    output = whole_number(usage.get("output_tokens"))
    if thinking is None or output is None:
        return NOTHING_SEEN
    if thinking <= output:
        return FINE
    pointer = "/usage/output_tokens_details/thinking_tokens"
    expected = f"at most output_tokens, which is {output}"
    return found(deviation("thinking-within-output", reply, expected=expected, actual=show(thinking), pointer=pointer))


def cache_split_adds_up(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The two parts of cache_creation add up to cache_creation_input_tokens; answers with server tools show nothing."""
    usage = _usage(reply)
    whole = whole_number(usage.get("cache_creation_input_tokens"))
    split = usage.get("cache_creation")
    if whole is None or not isinstance(split, dict) or _server_side(reply):
        return NOTHING_SEEN
    parts = [whole_number(split.get(f"ephemeral_{ttl}_input_tokens")) for ttl in ("5m", "1h")]
    if parts == [None, None]:
        return NOTHING_SEEN
    total = sum(part or 0 for part in parts)
    if total == whole:
        return FINE
    expected = f"parts that add up to cache_creation_input_tokens, which is {whole}"
    return found(
        deviation("cache-split-adds-up", reply, expected=expected, actual=show(total), pointer="/usage/cache_creation")
    )


def server_tools_counted_only_if_used(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """server_tool_use is null, absent or all zero where the request declares no server tool and none ran.

    Nothing is seen in a usage that counts no tokens in our sense, such as another API's.
    """
    usage = _usage(reply)
    if not usage.keys() & {"input_tokens", "output_tokens"} or _server_side(reply, by_usage=False):
        return NOTHING_SEEN
    counts = usage.get("server_tool_use")
    if counts is None or (isinstance(counts, dict) and not any(counts.values())):
        return FINE
    expected = "null, absent or zeros, as no server tool ran"
    return found(
        deviation(
            "server-tools-counted-only-if-used",
            reply,
            expected=expected,
            actual=show(counts),
            pointer="/usage/server_tool_use",
        )
    )


def input_as_in_json(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """A stream reports as many input tokens as the JSON answer to the same request; other bodies show nothing."""
    other = facts.reply(reply.exchange.scenario, Mode.JSON, reply.exchange.step)
    ours = total_input(reply.usage)
    theirs = total_input(other.usage) if other is not None and other.ok else None
    if reply.exchange.mode is not Mode.STREAM or reply.events is None or ours is None or theirs is None:
        return NOTHING_SEEN
    if close(ours, theirs, STOP_TOKENS):
        return FINE
    expected = f"{theirs} input tokens, as in the JSON answer"
    return found(
        deviation("input-as-in-json", reply, expected=expected, actual=show(ours), pointer="/usage/input_tokens")
    )


def input_as_counted(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The input tokens agree with what count_tokens says of the same input, within 5 percent and 20 tokens.

    The argument names the count_tokens scenario.
    """
    counted = facts.reply(argument, Mode.JSON)
    estimate = whole_number(look_up(counted.json, "/input_tokens")) if counted is not None and counted.ok else None
    total = total_input(reply.usage)
    if total is None or estimate is None:
        return NOTHING_SEEN
    if close(total, estimate, ESTIMATE_TOKENS):
        return FINE
    expected = f"about {estimate} input tokens, as count_tokens says of the same input"
    return found(
        deviation("input-as-counted", reply, expected=expected, actual=show(total), pointer="/usage/input_tokens")
    )


def close(one: int, other: int, tokens: int) -> bool:
    """Whether two counts agree within 5 percent and so many tokens.

    In integers throughout: what an endpoint sends can be too large for a float.
    """
    return 100 * abs(one - other) <= ESTIMATE_PERCENT * max(one, other) + 100 * tokens


def _compacted(reply: Reply) -> bool:
    """True where usage lists its iterations: a compaction is counted there alone, with 0 tokens for the answer."""
    iterations = _usage(reply).get("iterations")
    return isinstance(iterations, list) and bool(iterations)


def _limit(reply: Reply) -> int | None:
    return whole_number(reply.request.get("max_tokens", MISSING))


def _usage(reply: Reply) -> Mapping[str, Json]:
    usage = look_up(reply.message, "/usage")
    return usage if isinstance(usage, dict) else {}


def _server_side(reply: Reply, *, by_usage: bool = True) -> bool:
    """True where more than one model pass can be behind the numbers: server tools, compaction, an advisor."""
    usage = _usage(reply)
    if by_usage and ("iterations" in usage or usage.get("server_tool_use")):
        return True
    if any(str(block.get("type")).startswith(("server_", "mcp_")) for _, block in blocks(reply)):
        return True
    tools = reply.request.get("tools")
    listed = tools if isinstance(tools, list) else []
    return any(isinstance(tool, dict) and tool.get("type") not in (None, "custom") for tool in listed)


CHECKS: Final[Mapping[str, Check]] = {
    check.name: check
    for check in (
        Check("input-counted", each=input_counted),
        Check("output-counted", each=output_counted),
        Check("output-within-limit", each=output_within_limit),
        Check("thinking-within-output", each=thinking_within_output),
        Check("cache-split-adds-up", each=cache_split_adds_up),
        Check("server-tools-counted-only-if-used", each=server_tools_counted_only_if_used),
        Check("input-as-in-json", each=input_as_in_json),
        Check("input-as-counted", each=input_as_counted, argument={"type": "string"}),
    )
}
