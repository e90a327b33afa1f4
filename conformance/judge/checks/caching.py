"""Checks on prompt caching: counters, and that they do not change the whole.

Belongs here: REQ-CACHE-002, -004 and -005 over the steps of a scenario. Does not belong here: the parts of
cache_creation (see `usage.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from conformance.base.pointer import look_up
from conformance.base.values import whole_number
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.judge.checks.usage import STOP_TOKENS, close
from conformance.model import Json
from conformance.protocol.reply import Reply
from conformance.protocol.usage import total_input

COUNTERS: Final = ("cache_creation_input_tokens", "cache_read_input_tokens")


def cache_used(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """Tokens were written to the cache or read from it."""
    return _counted(reply, used=True)


def cache_unused(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """No tokens were written to the cache, and none read from it; a usage without both counters shows nothing."""
    usage = look_up(reply.message, "/usage")
    if not isinstance(usage, dict) or not usage.keys() & set(COUNTERS):
        return NOTHING_SEEN
    return _counted(reply, used=False)


def input_as_in_step(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The whole input is as large as that of an earlier step, whose last message is as long."""
    other = facts.reply(reply.exchange.scenario, reply.exchange.mode, argument)
    ours, theirs = total_input(reply.usage), total_input(other.usage) if other is not None and other.ok else None
    if ours is None or theirs is None:
        return NOTHING_SEEN
    if close(ours, theirs, STOP_TOKENS):
        return FINE
    expected = f"about {theirs} input tokens in all, as in step {argument}"
    return found(deviation("input-as-in-step", reply, expected=expected, actual=str(ours), pointer="/usage"))


def _counted(reply: Reply, *, used: bool) -> Observation:
    if not reply.ok or not isinstance(look_up(reply.message, "/usage"), dict):
        return NOTHING_SEEN
    counts = {name: whole_number(look_up(reply.message, f"/usage/{name}")) for name in COUNTERS}
    total = sum(count or 0 for count in counts.values())
    if (total > 0) == used:
        return FINE
    name = "cache-used" if used else "cache-unused"
    expected = f"{' or '.join(COUNTERS)} above 0" if used else "cache counters of 0"
    actual = ", ".join(f"{key} {value}" for key, value in counts.items())
    kind = "ignored" if used else "deviation"
    return found(deviation(name, reply, expected=expected, actual=actual, pointer="/usage", kind=kind))


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "cache-used": Check("cache-used", each=cache_used),
        "cache-unused": Check("cache-unused", each=cache_unused),
        "input-as-in-step": Check(
            "input-as-in-step", each=input_as_in_step, argument={"type": "integer", "minimum": 1}
        ),
    }
)
