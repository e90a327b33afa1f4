"""Faults of count_tokens that need code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.reference.answer import Answer, Call
from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import in_steps
from conformance.reference.pipeline import Desk, Steps


@fault(in_steps)
def count_random(steps: Steps) -> Steps:
    """Counts a few tokens more or less each time."""
    return _counting(steps, lambda tokens, desk: tokens + sum(desk.new_id("count").encode()) % 7)


@fault(in_steps)
def count_differs_from_usage(steps: Steps) -> Steps:
    """Counts bytes where usage counts tokens."""
    return _counting(steps, lambda tokens, _: 5 * tokens)


def _counting(steps: Steps, change: Callable[[int, Desk], int]) -> Steps:
    def count(call: Call, desk: Desk, all_steps: Steps) -> Answer:
        answer = steps.count_tokens(call, desk, all_steps)
        return replace(answer, body={"input_tokens": change(answer.body["input_tokens"], desk)})

    return replace(steps, count_tokens=count)
