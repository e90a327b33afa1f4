"""Checks on what message_delta, error and ping events carry.

Belongs here: the closing events and those of no block. Does not belong here: their order (see `grammar.py`), what the
stop reason has to be (see `message.py`), usage as a whole (see `usage.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

from conformance.base.values import MISSING, Missing, show, whole_number
from conformance.judge.check import NOTHING_SEEN, Check, Facts, Observation
from conformance.judge.stream_findings import Problem, conclude, of_type
from conformance.model import Json
from conformance.protocol.reply import Reply

Part = tuple[tuple[str, ...], str, Callable[[Json | Missing], bool]]


def _is_count(value: Json | Missing) -> bool:
    number = whole_number(value)
    return number is not None and number >= 0


PARTS: Final[Mapping[str, Part]] = {
    "delta": (("delta",), "an object as delta", lambda value: isinstance(value, dict)),
    "usage": (("usage",), "an object as usage", lambda value: isinstance(value, dict)),
    "output_tokens": (("usage", "output_tokens"), "a whole number, 0 or more, as output_tokens", _is_count),
    "stop_sequence": (
        ("delta", "stop_sequence"),
        "a string or null as stop_sequence",
        lambda value: value is None or isinstance(value, str),
    ),
}
"""Parts of message_delta: where they stand, what they have to be, and the test (REQ-STREAM-019, -022)."""

COUNTS: Final = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
"""Counts that message_delta may repeat, as whole numbers or null (REQ-STREAM-022)."""


def message_delta(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """A part of message_delta is as it has to be; nothing is seen where what it stands in is missing."""
    path, expected, holds = PARTS[argument]
    seen, problems = 0, []
    for number, data in of_type(reply, "message_delta"):
        holder = data if len(path) == 1 else data.get(path[0])
        # A delta that says nothing of why it stopped is one defect, which final-stop-reason judges.
        if isinstance(holder, dict) and (argument != "stop_sequence" or "stop_reason" in holder):
            seen += 1
            actual = holder.get(path[-1], MISSING)
            if not holds(actual):
                problems.append(Problem(number, expected, f"{path[-1]} {show(actual)}"))
    return conclude("message-delta", reply, seen, problems, "message_delta events")


def message_delta_counts(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The input counts that message_delta repeats are whole numbers or null."""
    seen, problems = 0, []
    for number, data in of_type(reply, "message_delta"):
        usage = data.get("usage")
        for key in COUNTS:
            if isinstance(usage, dict) and key in usage:
                seen += 1
                if usage[key] is not None and not _is_count(usage[key]):
                    expected = f"a whole number or null as {key}"
                    problems.append(Problem(number, expected, f"{key} {show(usage[key])}"))
    return conclude("message-delta-counts", reply, seen, problems, "counts")


def final_stop_reason(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The last message_delta carries a string as stop_reason."""
    last = list(of_type(reply, "message_delta"))[-1:]
    problems = []
    for number, data in last:
        delta = data.get("delta")
        if not isinstance(delta, dict):
            return NOTHING_SEEN
        reason = delta.get("stop_reason", MISSING)
        if not isinstance(reason, str) or not reason:
            expected = "a stop_reason in the last message_delta"
            problems.append(Problem(number, expected, f"stop_reason {show(reason)}"))
    return conclude("final-stop-reason", reply, len(last), problems, "streams")


def cumulative_usage(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """output_tokens never goes down from message_start through the message_delta events."""
    counts: list[tuple[int, int]] = []
    for kind in ("message_start", "message_delta"):
        for number, data in of_type(reply, kind):
            holder = data.get("message") if kind == "message_start" else data
            usage = holder.get("usage") if isinstance(holder, dict) else None
            count = whole_number(usage.get("output_tokens")) if isinstance(usage, dict) else None
            if count is not None:
                counts.append((number, count))
    counts.sort()
    problems = [
        Problem(number, f"output_tokens {before} or more, as it is a total", f"output_tokens {count}")
        for (_, before), (number, count) in pairwise(counts)
        if count < before
    ]
    return conclude("cumulative-usage", reply, max(len(counts) - 1, 0), problems, "message_delta events")


def error_event(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """An error event carries an error object with type and message, both non-empty strings."""
    seen, problems = 0, []
    for number, data in of_type(reply, "error"):
        seen += 1
        error = data.get("error", MISSING)
        fields = (error.get("type"), error.get("message")) if isinstance(error, dict) else (None,)
        if not all(isinstance(value, str) and value for value in fields):
            problems.append(Problem(number, "an error object with type and message", f"error {show(error)}"))
    return conclude("error-event", reply, seen, problems, "error events")


def ping_event(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """A ping carries nothing but its type."""
    pings = list(of_type(reply, "ping"))
    problems = [Problem(number, '{"type": "ping"}', show(data)) for number, data in pings if set(data) - {"type"}]
    return conclude("ping-event", reply, len(pings), problems, "pings")


CHECKS: Final[Mapping[str, Check]] = {
    check.name: check
    for check in (
        Check("message-delta", each=message_delta, argument={"enum": list(PARTS)}),
        Check("message-delta-counts", each=message_delta_counts),
        Check("final-stop-reason", each=final_stop_reason),
        Check("cumulative-usage", each=cumulative_usage),
        Check("error-event", each=error_event),
        Check("ping-event", each=ping_event),
    )
}
"""The checks of this family by name."""
