"""The check on the order of events, by rule of the grammar.

Belongs here: which evidence each rule needs, and violations as findings. Does not belong here: the grammar itself
(see `judge/grammar.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.model import Json
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
"""Rule -> the event type, and how many of it, that a stream has to hold before it can be said to keep the rule."""


def grammar(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The order of the events keeps this rule of the grammar, or these."""
    if reply.trace is None:
        return NOTHING_SEEN
    wanted = (argument,) if isinstance(argument, str) else tuple(argument)
    broken = [violation for violation in reply.trace.violations if violation.rule in wanted]
    if not broken:
        return FINE if any(_shows(rule, reply.trace) for rule in wanted) else NOTHING_SEEN
    first = broken[0]
    more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
    return found(
        deviation(
            f"grammar {first.rule}",
            reply,
            expected=first.expected,
            actual=first.actual + more,
            event=first.event,
            offset=first.offset,
        )
    )


def _shows(rule: str, stream: Trace) -> bool:
    kind, least = EVIDENCE[rule]
    return len(stream.numbers(kind)) >= least


CHECKS: Final[Mapping[str, Check]] = {
    "grammar": Check(
        "grammar",
        each=grammar,
        argument={"anyOf": [{"enum": list(RULES)}, {"type": "array", "items": {"enum": list(RULES)}, "minItems": 1}]},
    )
}
"""The checks of this family by name."""
