"""Faults in the order of events and in the indices of blocks.

Belongs here: events that are missing, twice, too early, too late, or about another block. Does not belong here: what
events carry.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, ClassVar

from conformance.reference.answer import ServerEvent
from conformance.reference.faults.base import EventsFault, because, is_kind, kind_of, numbers_of

Events = list[ServerEvent]


class _Without(EventsFault):
    """Leaves out the events of some types."""

    kinds: ClassVar[tuple[str, ...]]

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        return [event for event in events if kind_of(event) not in self.kinds]


class MessageStartMissing(_Without):
    """Starts streams with the first block, without message_start."""

    kinds = ("message_start",)


class MessageStartLate(EventsFault):
    """Sends message_start behind the start of the first block."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        return [events[1], events[0], *events[2:]]


class MessageStartTwice(EventsFault):
    """Sends message_start twice, with the same id."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        return [events[0], *events]


class MessageStartReducedFirst(EventsFault):
    """Sends a message_start of its own making in front of the complete one."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        first = copy.deepcopy(events[0].data)
        for key in ("stop_reason", "stop_sequence", "stop_details"):
            first["message"].pop(key, None)
        first["message"]["usage"].pop("service_tier", None)
        return [ServerEvent("message_start", first), *events]


class MessageStartInTheMiddle(EventsFault):
    """Sends message_start again behind the content."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        return [*events[:-2], events[0], *events[-2:]]


class MessageDeltaMissing(_Without):
    """Ends streams with message_stop, without message_delta."""

    kinds = ("message_delta",)


class MessageDeltaEarly(EventsFault):
    """Sends message_delta in front of the last block."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        starts = numbers_of(events, "content_block_start")
        if not starts:
            return events
        return [*events[: starts[-1]], events[-2], *events[starts[-1] : -2], events[-1]]


class MessageStopMissing(_Without):
    """Ends streams with message_delta, without message_stop."""

    kinds = ("message_stop",)


class StreamCut(EventsFault):
    """Ends the body in the middle of the last block, without an error event."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        deltas = numbers_of(events, "content_block_delta")
        return events[: deltas[-1]] if deltas else events


class StreamEndsAfterLastDelta(EventsFault):
    """Ends the body behind the last delta: the block is not stopped, nothing closes the message."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        deltas = numbers_of(events, "content_block_delta")
        return events[: deltas[-1] + 1] if deltas else events


class CutAnswersNotClosed(EventsFault):
    """Sends neither message_delta nor message_stop where max_tokens cut the answer."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        cut = is_kind(events[-2], "message_delta") and events[-2].data["delta"]["stop_reason"] == "max_tokens"
        return events[:-2] if cut else events


class BlocksAfterMessageStop(EventsFault):
    """Sends a stale block behind message_stop."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        return [*events, *(event for event in events if kind_of(event).startswith("content_block"))]


class IndexString(EventsFault):
    """Writes the index of blocks as a string."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        return reindexed(events, str)


class IndexMissing(EventsFault):
    """Leaves the index out of block events."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        for event in events:
            event.data.pop("index", None)
        return events


class IndexFrom1(EventsFault):
    """Counts blocks from 1."""

    id = "index-from-1"

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        return reindexed(events, lambda index: index + 1)


class IndexGap(EventsFault):
    """Counts a block between two blocks that is never sent."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        return reindexed(events, lambda index: index and index + 1)


class IndexAlways0(EventsFault):
    """Gives every block the index 0."""

    id = "index-always-0"

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        return reindexed(events, lambda _: 0)


class BlocksInterleaved(EventsFault):
    """Starts the second block before it stops the first."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        starts, stops = numbers_of(events, "content_block_start"), numbers_of(events, "content_block_stop")
        if len(starts) < 2:
            return events
        rest = [*events[: stops[0]], *events[stops[0] + 1 :]]
        return [*rest[: starts[1]], events[stops[0]], *rest[starts[1] :]]


class BlockStartMissing(EventsFault):
    """Sends the deltas of the first block without its start."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        starts = numbers_of(events, "content_block_start")
        return [event for number, event in enumerate(events) if number not in starts[:1]]


class DeltaUnknownIndex(EventsFault):
    """Sends a delta for a block with index 7, which was never started."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        deltas = numbers_of(events, "content_block_delta")
        if not deltas:
            return events
        stray = ServerEvent("content_block_delta", {**events[deltas[0]].data, "index": 7})
        return [*events[: deltas[0] + 1], stray, *events[deltas[0] + 1 :]]


class DeltaAfterStop(EventsFault):
    """Stops tool calls before their last piece of input is sent."""

    collateral = because("a piece that comes too late is missing from the input", "stream-tool-input-joins")

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        deltas = numbers_of(events, "input_json_delta")
        if not deltas or not is_kind(events[deltas[-1] + 1], "content_block_stop"):
            return events
        last = deltas[-1]
        return [*events[:last], events[last + 1], events[last], *events[last + 2 :]]


class DeltaPreviousIndex(EventsFault):
    """Sends the deltas of a block with the index of the block before it."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        for event in events:
            if is_kind(event, "content_block_delta"):
                event.data["index"] = max(0, event.data["index"] - 1)
        return events


class StopUnknownIndex(EventsFault):
    """Stops a block with index 7, which was never started, behind the last block."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        return [
            *events[:-2],
            ServerEvent("content_block_stop", {"type": "content_block_stop", "index": 7}),
            *events[-2:],
        ]


class BlockStoppedTwice(EventsFault):
    """Stops every block twice."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        return [event for event in events for _ in range(2 if is_kind(event, "content_block_stop") else 1)]


class BlockStopMissing(_Without):
    """Never stops a block."""

    kinds = ("content_block_stop",)


class ThinkingInTextBlock(EventsFault):
    """Streams thinking into the text block that follows it."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        starts = numbers_of(events, "content_block_start")
        if len(starts) < 2 or events[starts[0]].data["content_block"]["type"] != "thinking":
            return events
        thoughts = [event for event in events if is_kind(event, "thinking_delta")]
        thoughts = [ServerEvent(event.name, {**event.data, "index": 0}) for event in thoughts]
        head, rest = events[: starts[0]], reindexed(events[starts[1] :], lambda index: index - 1)
        return [*head, rest[0], *thoughts, *rest[1:]]


class TextInThinkingBlock(EventsFault):
    """Streams a piece of text into the thinking block."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        thoughts = numbers_of(events, "thinking_delta")
        if not thoughts:
            return events
        delta = {"type": "text_delta", "text": "So: "}
        stray = ServerEvent("content_block_delta", {**events[thoughts[0]].data, "delta": delta})
        return [*events[: thoughts[0]], stray, *events[thoughts[0] :]]


class InputJsonInTextBlock(EventsFault):
    """Streams the text of an answer as empty pieces of tool input."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        for event in events:
            if is_kind(event, "text_delta"):
                event.data["delta"] = {"type": "input_json_delta", "partial_json": ""}
        return events


class ToolDeltasShareIndex(EventsFault):
    """Streams the input of every parallel call into the first call's block."""

    def edit(self, events: Events) -> Iterable[ServerEvent]:
        deltas = numbers_of(events, "input_json_delta")
        for number in deltas:
            events[number].data["index"] = events[deltas[0]].data["index"]
        return events


def reindexed(events: Events, new: Any) -> Events:
    """The events with the index of each block event replaced by what `new` makes of it."""
    for event in events:
        if "index" in event.data:
            event.data["index"] = new(event.data["index"])
    return events
