"""What the checks on streams share: events by type, blocks with their deltas, and one finding for many occurrences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.judge.check import FINE, NOTHING_SEEN, Observation, deviation, found
from conformance.model import Json
from conformance.protocol.grammar import Block
from conformance.protocol.reply import Reply
from conformance.protocol.sse import Event


@dataclass(frozen=True)
class Problem:
    """One event that is not as it should be. `event` is 1-based."""

    event: int
    expected: str
    actual: str


def conclude(reply: Reply, seen: int, problems: Sequence[Problem], noun: str) -> Observation:
    """One finding for all problems of a reply, located at the first of them, with their share.

    `seen` counts the places that showed what the check is about; with none of them, nothing was seen.
    """
    if not problems:
        return FINE if seen else NOTHING_SEEN
    first = problems[0]
    share = f" (in {len(problems)} of {max(seen, len(problems))} {noun})" if seen > 1 else ""
    event = reply.events[first.event - 1] if reply.events and 0 < first.event <= len(reply.events) else None
    return found(
        deviation(
            reply,
            first.expected,
            first.actual + share,
            event=first.event if event is not None else None,
            offset=event.offset if event is not None else None,
        )
    )


def payload(event: Event) -> dict[str, Json]:
    """The data of an event; empty where it is not a JSON object."""
    return event.json if isinstance(event.json, dict) else {}


def of_type(reply: Reply, kind: str) -> Iterator[tuple[int, dict[str, Json]]]:
    """The events of a type whose data is a JSON object, with their 1-based numbers."""
    if reply.events is None or reply.trace is None:
        return
    for number in reply.trace.numbers(kind):
        data = payload(reply.events[number - 1])
        if data:
            yield number, data


def blocks(reply: Reply, *types: str) -> Iterator[tuple[Block, dict[str, Json]]]:
    """The blocks of these types (all, without any) and the `content_block` of their starts, where it is an object."""
    for block in reply.trace.blocks if reply.trace is not None and reply.events is not None else ():
        start = payload(reply.events[block.start - 1]).get("content_block") if reply.events else None
        if isinstance(start, dict) and (not types or block.type in types):
            yield block, start


def deltas(reply: Reply, block: Block, kind: str | None = None) -> Iterator[tuple[int, dict[str, Json]]]:
    """The `delta` objects of a block (of one type, or all) with the 1-based numbers of their events."""
    for number in block.deltas:
        delta = payload(reply.events[number - 1]).get("delta") if reply.events else None
        if isinstance(delta, dict) and kind in (None, delta.get("type")):
            yield number, delta
