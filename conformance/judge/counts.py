"""Whether token counts are alive. Only a living count is evidence: of a part that was read, or of counts that agree.

Some endpoints report the same count for every request, one at random, none in streams, or another one there. The gauges
of the catalogue show it: requests that differ in the length of one plain message alone. An endpoint that ignores a part
of other requests still counts these, so that its counts convict it.
"""

from __future__ import annotations

from typing import Final

from conformance.base.pointer import look_up
from conformance.base.values import whole_number
from conformance.judge.check import Context
from conformance.model import Mode
from conformance.protocol.reply import Reply
from conformance.protocol.usage import total_input

DEAD_COUNTS: Final = "input-not-counted"
DEAD_COUNT_ROUTE: Final = "answers-of-route-v1-messages-count-tokens"
"""The defects (`specs/defects.yaml`) of counts that are not alive, in replies and in count_tokens."""

TOO_FEW: Final = "too few requests were answered that show whether counts grow with the input"

FEWEST_PER_TOKEN: Final = 20
"""Characters of plain text that make at least one token."""

TOKENS_PER_CHARACTER: Final = 4
"""More than any encoding makes of a character of plain text."""

APART: Final = 2
"""Tokens by which the counts of one request in two modes may differ, besides 5 percent."""

COUNT_PATH: Final = "/messages/count_tokens"


def why_dead(context: Context, mode: Mode, *, counting: bool = False) -> str:
    """Why the input counts of a mode prove nothing, as a sentence, or the empty string.

    They have to grow with the input, and to be those of the other mode wherever the run saw both. `counting`: the
    counts of count_tokens, which has one mode.
    """
    stagnant = why_stagnant(context, mode, counting=counting)
    if stagnant is None:
        return TOO_FEW
    if stagnant or counting:
        return stagnant
    readings = _readings(context, mode, counting)
    other = _readings(context, Mode.JSON if mode is Mode.STREAM else Mode.STREAM, counting)
    for size, tokens in readings.items():
        there = other.get(size) or tokens
        if 100 * abs(tokens - there) > 5 * max(tokens, there) + 100 * APART:
            return f"a message of {size} characters counts {tokens} tokens in one mode and {there} in the other"
    return ""


def hiding(why: str, *, counting: bool = False) -> str:
    """The defect that hides what counts would show, given why they prove nothing; empty where none does."""
    if why == TOO_FEW:
        return ""
    return DEAD_COUNT_ROUTE if counting else DEAD_COUNTS


def why_stagnant(context: Context, mode: Mode, *, counting: bool = False) -> str | None:
    """Why the counts of a mode do not follow the length of the input, or the empty string; None where none show it."""
    readings = _readings(context, mode, counting)
    if len(readings) < 2:
        return None
    (size, tokens), *_, (longer, more) = readings.items()
    added, grown = longer - size, more - tokens
    if added <= FEWEST_PER_TOKEN * grown and grown <= TOKENS_PER_CHARACTER * added:
        return ""
    return f"a message of {size} characters counts {tokens} tokens, one of {longer} characters {more}"


def _readings(context: Context, mode: Mode, counting: bool) -> dict[int, int]:
    """The count of each gauge that was answered in a mode, by the length of its message, the shortest first."""
    found: dict[int, int] = {}
    for name in context.case.gauges:
        reply = context.reply(name, mode)
        if reply is None or not reply.answers or is_count(reply) is not counting:
            continue
        if counting or reply.exchange.mode is mode:
            size = len(str(look_up(reply.request, "/messages/0/content")))
            tokens = whole_number(look_up(reply.json, "/input_tokens")) if counting else total_input(reply.usage)
            found.update({size: tokens} if tokens is not None else {})
    return dict(sorted(found.items()))


def is_count(reply: Reply) -> bool:
    """Whether a reply is one of count_tokens."""
    return reply.exchange.request.url.partition("?")[0].endswith(COUNT_PATH)
