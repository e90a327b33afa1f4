"""The check on the order of events, by rule of the grammar (`protocol/grammar.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.judge.arguments import choice, one_or_more
from conformance.judge.check import FINE, NOTHING_SEEN, Observation, check, deviation, found
from conformance.protocol import grammar as rules
from conformance.protocol.grammar import RULES, Trace
from conformance.protocol.reply import Reply

EVIDENCE: Final[Mapping[str, tuple[str, int]]] = {
    rules.MESSAGE_START_FIRST: ("message_start", 1),
    rules.ONE_MESSAGE_START: ("message_start", 1),
    rules.INDEX_IS_INTEGER: ("content_block_start", 1),
    rules.INDEX_CONTIGUOUS: ("content_block_start", 1),
    rules.BLOCKS_DO_NOT_OVERLAP: ("content_block_start", 2),
    rules.DELTA_WITHOUT_START: ("content_block_delta", 1),
    rules.DELTA_AFTER_STOP: ("content_block_delta", 1),
    rules.DELTA_FITS_BLOCK: ("content_block_delta", 1),
    rules.STOP_WITHOUT_START: ("content_block_stop", 1),
    rules.STOP_AFTER_STOP: ("content_block_stop", 1),
    rules.BLOCK_NOT_STOPPED: ("content_block_start", 1),
    rules.BLOCKS_BEFORE_MESSAGE_DELTA: ("content_block_start", 1),
    rules.MESSAGE_DELTA_PRESENT: ("message_stop", 1),
    rules.MESSAGE_STOP_LAST: ("message_stop", 1),
    rules.NOTHING_AFTER_MESSAGE_STOP: ("message_stop", 1),
}
"""Rule -> the event type, and how many of it, that a stream must contain to show that it keeps the rule."""


@check("grammar", argument=one_or_more(choice(RULES)))
def grammar(reply: Reply, argument: str | list[str]) -> Observation:
    """The order of the events keeps this rule of the grammar, or these."""
    if reply.trace is None:
        return NOTHING_SEEN
    wanted = (argument,) if isinstance(argument, str) else tuple(argument)
    broken = [violation for violation in reply.trace.violations if violation.rule in wanted]
    if not broken:
        return FINE if any(_shows(rule, reply.trace) for rule in wanted) else NOTHING_SEEN
    first = broken[0]
    more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
    finding = deviation(
        reply, first.expected, first.actual + more, event=first.event, offset=first.offset, kind=first.rule
    )
    return found(finding)


def _shows(rule: str, stream: Trace) -> bool:
    kind, least = EVIDENCE[rule]
    return len(stream.numbers(kind)) >= least
