"""Checks on token counts: one comparison with many rows, and the counter of server tools (REQ-USAGE, -CACHE, -COUNT).

The types of the counters are in the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import eq, gt, le
from typing import Final, Literal

from conformance.base.pointer import look_up
from conformance.base.values import MISSING, show, whole_number
from conformance.judge.arguments import STEP, TEXT, choice, partial
from conformance.judge.check import FINE, NOTHING_SEEN, Context, Observation, check, deviates
from conformance.judge.counts import hiding, is_count, why_dead, why_stagnant
from conformance.model import Json, Mode
from conformance.protocol.message import blocks, stop_reason
from conformance.protocol.reply import Reply
from conformance.protocol.usage import total_input

STOP_TOKENS: Final = 2
"""Tokens that the stop itself can cost, above max_tokens or in one mode alone (REQ-USAGE-004)."""

ESTIMATE_PERCENT: Final = 5
ESTIMATE_TOKENS: Final = 20
"""How far count_tokens may be away from usage: 5 percent and 20 tokens (REQ-COUNT-005)."""

Quantity = Callable[[Reply], int | None]
"""A count that a reply reports or its request sets; None if it is missing."""

Counted = Literal["messages", "count_tokens"]
"""Whose input counts are compared."""

Other = Callable[[Reply, Json, Context], Reply | None]
"""The reply to compare with. The argument names it, where the row takes one."""


@dataclass(frozen=True)
class CountComparison:
    """One row: `left` of the reply has to be in `relation` to `right` of the same or of the `other` reply.

    Nothing is seen where one of them is None, where `silent` is True for the reply, or where counts are dead that the
    row takes as `evidence`: those of messages, or of count_tokens. With
    `reports`, dead counts that deviate are a finding all the same. `expected` may contain `{right}`
    and `{argument}`; `pointer` is the place of the finding. With `moves`, equal counts mean that the part under test
    was ignored.
    """

    left: Quantity
    relation: Callable[[int, int], bool]
    right: Quantity
    expected: str
    pointer: str
    other: Other = lambda reply, _argument, _context: reply
    silent: Callable[[Reply], bool] = lambda _reply: False
    moves: bool = False
    evidence: tuple[Counted, ...] = ()
    reports: bool = False


def near(tokens: int) -> Callable[[int, int], bool]:
    """Whether two counts agree within 5 percent and so many tokens.

    In integers throughout: what an endpoint sends can be too large for a float.
    """
    return lambda one, other: 100 * abs(one - other) <= ESTIMATE_PERCENT * max(one, other) + 100 * tokens


def _input(reply: Reply) -> int | None:
    return total_input(reply.usage)


def _output(reply: Reply) -> int | None:
    return whole_number(look_up(reply.usage, "/output_tokens"))


def _thinking(reply: Reply) -> int | None:
    return whole_number(look_up(reply.usage, "/output_tokens_details/thinking_tokens"))


def _cache_creation(reply: Reply) -> int | None:
    return whole_number(look_up(reply.usage, "/cache_creation_input_tokens"))


def _cache_parts(reply: Reply) -> int | None:
    """The two parts of cache_creation together."""
    parts = [
        whole_number(look_up(reply.usage, f"/cache_creation/ephemeral_{ttl}_input_tokens")) for ttl in ("5m", "1h")
    ]
    return None if parts == [None, None] else sum(part or 0 for part in parts)


def _max_tokens(reply: Reply) -> int | None:
    return whole_number(reply.request.get("max_tokens", MISSING))


def _count(reply: Reply) -> int | None:
    """The answer of count_tokens."""
    return whole_number(look_up(reply.json, "/input_tokens")) if reply.ok else None


def _zero(_reply: Reply) -> int:
    return 0


def _json_answer(reply: Reply, _argument: Json, context: Context) -> Reply | None:
    """The JSON answer to the same request."""
    return _answered(context.reply(reply.exchange.scenario, Mode.JSON, reply.exchange.step))


def _step(reply: Reply, argument: Json, context: Context) -> Reply | None:
    """An earlier step, by its number."""
    return _answered(context.reply(reply.exchange.scenario, reply.exchange.mode, argument))


def _scenario(_reply: Reply, argument: Json, context: Context) -> Reply | None:
    """The JSON answer in another scenario, by its name."""
    return _answered(context.reply(argument, Mode.JSON))


def _answered(reply: Reply | None) -> Reply | None:
    return reply if reply is not None and reply.ok else None


def has_server_side(reply: Reply, *, by_usage: bool = True) -> bool:
    """True where more than one model pass can be behind the counts: server tools, compaction, an advisor."""
    usage = reply.usage or {}
    if by_usage and ("iterations" in usage or usage.get("server_tool_use")):
        return True
    if any(str(block.get("type")).startswith(("server_", "mcp_")) for _, block in blocks(reply)):
        return True
    tools = reply.request.get("tools")
    listed = tools if isinstance(tools, list) else []
    return any(isinstance(tool, dict) and tool.get("type") not in (None, "custom") for tool in listed)


def _compacted(reply: Reply) -> bool:
    """True where usage lists its iterations: a compaction is counted there alone, with 0 tokens for the answer."""
    iterations = (reply.usage or {}).get("iterations")
    return isinstance(iterations, list) and bool(iterations)


def _generates_nothing(reply: Reply) -> bool:
    limit = _max_tokens(reply)
    refused = stop_reason(reply) == "refusal"  # before any output (REQ-USAGE-003)
    return _compacted(reply) or refused or (limit is not None and limit < 1)


def _has_no_limit(reply: Reply) -> bool:
    return (_max_tokens(reply) or 0) < 1 or has_server_side(reply)


def _is_no_stream(reply: Reply) -> bool:
    return reply.exchange.mode is not Mode.STREAM or reply.events is None


INPUT: Final = "/usage/input_tokens"
OUTPUT: Final = "/usage/output_tokens"

ROWS: Final[Mapping[str, CountComparison]] = {
    "input-counted": CountComparison(
        _input, gt, _zero, "usage.input_tokens, plus cached ones, greater than 0", INPUT, silent=_compacted
    ),
    "output-counted": CountComparison(
        _output, gt, _zero, "usage.output_tokens greater than 0", OUTPUT, silent=_generates_nothing
    ),
    "output-within-max-tokens": CountComparison(
        _output,
        lambda output, limit: output <= limit + STOP_TOKENS,
        _max_tokens,
        "usage.output_tokens of at most {right}, which is max_tokens",
        OUTPUT,
        silent=_has_no_limit,
    ),
    "thinking-within-output": CountComparison(
        _thinking,
        le,
        _output,
        "thinking_tokens of at most {right}, which is output_tokens",
        "/usage/output_tokens_details/thinking_tokens",
    ),
    "cache-parts-add-up": CountComparison(
        _cache_parts,
        eq,
        _cache_creation,
        "parts that add up to {right}, which is cache_creation_input_tokens",
        "/usage/cache_creation",
        silent=has_server_side,
    ),
    "input-as-in-json": CountComparison(
        _input,
        near(STOP_TOKENS),
        _input,
        "{right} input tokens, as in the JSON answer",
        INPUT,
        other=_json_answer,
        silent=_is_no_stream,
        evidence=("messages",),
        reports=True,
    ),
    "input-as-in-step": CountComparison(
        _input,
        near(STOP_TOKENS),
        _input,
        "about {right} input tokens including cached ones, as in step {argument}",
        "/usage",
        other=_step,
        evidence=("messages",),
    ),
    "input-as-counted": CountComparison(
        _input,
        near(ESTIMATE_TOKENS),
        _count,
        "about {right} input tokens, the answer of count_tokens to the same input",
        INPUT,
        other=_scenario,
        evidence=("messages", "count_tokens"),
    ),
    "count-same": CountComparison(
        _count,
        eq,
        _count,
        "exactly {right}, the count in scenario {argument}",
        "/input_tokens",
        other=_scenario,
        evidence=("count_tokens",),
    ),
    "count-near": CountComparison(
        _count,
        near(STOP_TOKENS),
        _count,
        "about {right}, the count in scenario {argument}",
        "/input_tokens",
        other=_scenario,
        evidence=("count_tokens",),
    ),
    "count-larger": CountComparison(
        _count,
        gt,
        _count,
        "more than {right}, the count in scenario {argument}",
        "/input_tokens",
        other=_scenario,
        moves=True,
        evidence=("count_tokens",),
    ),
}
"""The comparisons by the name that case files use."""

ARGUMENTS: Final = {
    "input-as-in-step": STEP,
    "input-as-counted": TEXT,
    "count-same": TEXT,
    "count-near": TEXT,
    "count-larger": TEXT,
}
"""The rows that take an argument: a step, or the scenario to compare with."""


@check(
    "token-counts",
    counts=True,
    argument={"oneOf": [choice(name for name in ROWS if name not in ARGUMENTS), partial(ARGUMENTS, most=1)]},
)
def token_counts(reply: Reply, argument: Json, context: Context) -> Observation:
    """Two counts compare as the row says, for example input-counted or `{count-same: SCENARIO}`."""
    (name, value), *_ = argument.items() if isinstance(argument, dict) else [(argument, None)]
    row = ROWS[name]
    other = None if row.silent(reply) else row.other(reply, value, context)
    left, right = row.left(reply), row.right(other) if other is not None else None
    if left is None or right is None:
        return NOTHING_SEEN
    silent = _silent(row, reply, context)
    if row.relation(left, right):
        return silent or FINE
    if silent is not None and not row.reports:
        return silent
    kind = "ignored" if row.moves and left == right else "deviation"
    expected = row.expected.format(right=right, argument=value)
    return deviates(reply, expected, str(left), pointer=row.pointer, kind=kind)


def _silent(row: CountComparison, reply: Reply, context: Context) -> Observation | None:
    """That counts prove nothing that a row takes as evidence, and why; None where they are alive."""
    for counting in (whose == "count_tokens" for whose in row.evidence):
        if dead := why_dead(context, reply.exchange.mode, counting=counting):
            note = f"the token counts prove nothing ({dead})"
            return Observation(seen=False, note=note, because=hiding(dead, counting=counting))
    return None


@check("counts-grow", counts=True)
def counts_grow(reply: Reply, context: Context) -> Observation:
    """Input tokens grow with the length of a plain message, in count_tokens and in the replies of one mode."""
    counting = is_count(reply)
    dead = why_stagnant(context, reply.exchange.mode, counting=counting)
    if not reply.answers or dead is None:
        return NOTHING_SEEN
    expected = "more input tokens for a longer message, at most a few for each character"
    pointer = "/input_tokens" if counting else INPUT
    return deviates(reply, expected, dead, pointer=pointer) if dead else FINE


@check("server-tools-counted-only-if-used")
def server_tools_counted_only_if_used(reply: Reply) -> Observation:
    """server_tool_use is null, absent or all zero where the request declares no server tool and none ran.

    Nothing is seen in a usage that has no token counts in our sense, such as another API's.
    """
    usage = reply.usage or {}
    if not usage.keys() & {"input_tokens", "output_tokens"} or has_server_side(reply, by_usage=False):
        return NOTHING_SEEN
    counts = usage.get("server_tool_use")
    if counts is None or (isinstance(counts, dict) and not any(counts.values())):
        return FINE
    expected = "null, absent or zeros, as no server tool ran"
    return deviates(reply, expected, show(counts), pointer="/usage/server_tool_use")
