"""Checks on the members of stream events, outside of content blocks.

Their order is checked in `event_order.py`, the Message that they add up to in the families on Messages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from conformance.base.values import MISSING, Missing, show, whole_number
from conformance.judge.arguments import choice
from conformance.judge.check import NOTHING_SEEN, Observation, check
from conformance.judge.checks.token_counts import has_server_side
from conformance.judge.stream_findings import Problem, conclude, of_type
from conformance.model import Json
from conformance.protocol.reply import Reply
from conformance.protocol.usage import CACHE_COUNTS, INPUT_COUNTS, total_input

Test = Callable[[Json | Missing], bool]


@dataclass(frozen=True)
class Member:
    """A member of an event's data: what it must be, and the test for it.

    `beside` names a key next to it without which the member is not judged.
    """

    expected: str
    holds: Test
    beside: str = ""


def _is_object(value: Json | Missing) -> bool:
    return isinstance(value, dict)


def _is_typed(value: Json | Missing) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str)


def _is_count(value: Json | Missing) -> bool:
    number = whole_number(value)
    return number is not None and number >= 0


def _is_count_or_unset(value: Json | Missing) -> bool:
    return _is_unset(value) or _is_count(value)


def _is_unset(value: Json | Missing) -> bool:
    """A null that is left out breaks no client."""
    return value is None or isinstance(value, Missing)


def _is_error(value: Json | Missing) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(key), str) and value[key] for key in ("type", "message")
    )


MEMBERS: Final[Mapping[str, Member]] = {
    "message_start.message": Member("an object as message", _is_object),
    "message_start.message.content": Member("content []", lambda value: value == []),
    "message_start.message.stop_reason": Member("stop_reason null", _is_unset),
    "message_start.message.stop_sequence": Member("stop_sequence null", _is_unset),
    "message_start.message.usage": Member("an object as usage", _is_object),
    "message_start.message.usage.input_tokens": Member("a whole number, 0 or more, as input_tokens", _is_count),
    "message_start.message.usage.output_tokens": Member("a whole number, 0 or more, as output_tokens", _is_count),
    **{
        f"message_start.message.usage.{name}": Member(
            f"a whole number or null as {name}", _is_count_or_unset, beside=name
        )
        for name in CACHE_COUNTS
    },
    "content_block_start.content_block": Member("an object with a type as content_block", _is_typed),
    "content_block_delta.delta": Member("an object with a type as delta", _is_typed),
    "message_delta.delta": Member("an object as delta", _is_object),
    "message_delta.usage": Member("an object as usage", _is_object),
    "message_delta.usage.output_tokens": Member("a whole number, 0 or more, as output_tokens", _is_count),
    # A delta that does not say why it stopped is one defect, which final-stop-reason reports.
    "message_delta.delta.stop_sequence": Member(
        "a string or null as stop_sequence", lambda value: value is None or isinstance(value, str), beside="stop_reason"
    ),
    "error.error": Member("an error object with type and message", _is_error),
}
"""Event type and path of a member -> what it must be (REQ-STREAM-003, -008, -010, -019, -022, -025)."""

PATHS: Final = {name: (steps[0], steps[1:-1], steps[-1]) for name in MEMBERS for steps in [name.split(".")]}
"""The event type, the objects around the member, and its key."""


@check("event-member", argument=choice(MEMBERS))
def event_member(reply: Reply, argument: str) -> Observation:
    """A member of every event of a type is as it must be; nothing is seen where the object around it is missing."""
    member = MEMBERS[argument]
    event, outer, key = PATHS[argument]
    seen, problems = 0, []
    for number, data in of_type(reply, event):
        holder: Json = data
        for step in outer:
            holder = holder.get(step) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and (not member.beside or member.beside in holder):
            seen += 1
            actual = holder.get(key, MISSING)
            if not member.holds(actual):
                problems.append(Problem(number, member.expected, f"{key} {show(actual)}"))
    return conclude(reply, seen, problems, f"{event} events")


@check("message-start-counts-input")
def message_start_counts_input(reply: Reply) -> Observation:
    """The input tokens in message_start, including cached ones, are greater than 0."""
    seen, problems = 0, []
    for number, data in of_type(reply, "message_start"):
        message = data.get("message")
        total = total_input(message.get("usage")) if isinstance(message, dict) else None
        if total is not None:
            seen += 1
            if total <= 0:
                expected = "usage.input_tokens, plus cached ones, greater than 0"
                problems.append(Problem(number, expected, str(total)))
    return conclude(reply, seen, problems, "message_start events")


@check("message-delta-counts")
def message_delta_counts(reply: Reply) -> Observation:
    """The input counts that message_delta repeats are whole numbers or null."""
    seen, problems = 0, []
    for number, data in of_type(reply, "message_delta"):
        usage = data.get("usage")
        for key in INPUT_COUNTS:
            if isinstance(usage, dict) and key in usage:
                seen += 1
                if usage[key] is not None and not _is_count(usage[key]):
                    problems.append(Problem(number, f"a whole number or null as {key}", f"{key} {show(usage[key])}"))
    return conclude(reply, seen, problems, "counts")


@check("delta-repeats-input")
def delta_repeats_input(reply: Reply) -> Observation:
    """The input counts in message_delta equal those in message_start; nothing is seen where the server ran a tool."""
    if has_server_side(reply):
        return NOTHING_SEEN
    started: Json = next((data.get("message") for _, data in of_type(reply, "message_start")), None)
    first = _counts_in(started)
    seen, problems = 0, []
    for number, data in of_type(reply, "message_delta"):
        for key, after in _counts_in(data).items():
            if key in first:
                seen += 1
                if after != first[key]:
                    problems.append(Problem(number, f"{key} {first[key]}, as in message_start", f"{key} {after}"))
    return conclude(reply, seen, problems, "counts")


def _counts_in(value: Json) -> dict[str, int]:
    """The input counts in the usage of a Message or an event."""
    usage = value.get("usage") if isinstance(value, dict) else None
    counts = {key: whole_number(usage.get(key)) for key in INPUT_COUNTS} if isinstance(usage, dict) else {}
    return {key: count for key, count in counts.items() if count is not None}


@check("final-stop-reason")
def final_stop_reason(reply: Reply) -> Observation:
    """The last message_delta carries a string as stop_reason."""
    last = list(of_type(reply, "message_delta"))[-1:]
    problems = []
    for number, data in last:
        delta = data.get("delta")
        if not isinstance(delta, dict):
            return NOTHING_SEEN
        reason = delta.get("stop_reason", MISSING)
        if not isinstance(reason, str) or not reason:
            problems.append(Problem(number, "a stop_reason in the last message_delta", f"stop_reason {show(reason)}"))
    return conclude(reply, len(last), problems, "streams")


@check("cumulative-usage")
def cumulative_usage(reply: Reply) -> Observation:
    """output_tokens never decreases from message_start through the message_delta events."""
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
        Problem(number, f"output_tokens of at least {before}, the total so far", f"output_tokens {count}")
        for (_, before), (number, count) in pairwise(counts)
        if count < before
    ]
    return conclude(reply, max(len(counts) - 1, 0), problems, "message_delta events")


@check("ping-event")
def ping_event(reply: Reply) -> Observation:
    """A ping carries nothing but its type."""
    pings = list(of_type(reply, "ping"))
    problems = [Problem(number, '{"type": "ping"}', show(data)) for number, data in pings if set(data) - {"type"}]
    return conclude(reply, len(pings), problems, "pings")
