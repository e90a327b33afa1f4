"""Faults in what message_delta carries.

Belongs here: the closing events, and the usage and stop reason that only streams get wrong. Does not belong here: what
is wrong in both modes (see `stop`, `usage`, `response`).
"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.reference.answer import ServerEvent
from conformance.reference.faults.base import Data, EventFault, EventsFault, because, is_kind, numbers_of
from conformance.reference.faults.streaming_grammar import reindexed


class MessageDeltaWithoutDelta(EventFault):
    """Puts stop_reason beside usage in message_delta, without a delta object."""

    kind = "message_delta"

    def change(self, data: Data) -> None:
        data.update(data.pop("delta"))


class MessageDeltaWithoutUsage(EventFault):
    """Sends message_delta without usage."""

    kind = "message_delta"

    def change(self, data: Data) -> None:
        del data["usage"]


class MessageDeltaWithoutOutputTokens(EventFault):
    """Leaves output_tokens out of the usage of message_delta."""

    kind = "message_delta"

    def change(self, data: Data) -> None:
        del data["usage"]["output_tokens"]


class MessageDeltaWithoutStopSequence(EventFault):
    """Leaves stop_sequence out of message_delta."""

    collateral = because("without the key no sequence is named", "response-stop-sequence-fits", "stop-sequence-named")

    kind = "message_delta"

    def change(self, data: Data) -> None:
        del data["delta"]["stop_sequence"]


class MessageDeltaWithoutStopReason(EventFault):
    """Leaves stop_reason out of message_delta."""

    kind = "message_delta"

    def change(self, data: Data) -> None:
        del data["delta"]["stop_reason"]


class MessageDeltaTypedTextDelta(EventFault):
    """Sends message_delta with the delta of an empty text in place of the stop reason."""

    kind = "message_delta"

    def change(self, data: Data) -> None:
        data["delta"] = {"type": "text_delta"}


class MessageDeltaCountsStrings(EventFault):
    """Repeats the input counts in message_delta as strings."""

    kind = "message_delta"

    def change(self, data: Data) -> None:
        for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"):
            data["usage"][key] = str(data["usage"][key])


class StopReasonErased(EventsFault):
    """Sends a second message_delta, for usage alone, that takes the stop reason back."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        delta = {"stop_reason": None, "stop_sequence": None}
        return [*events[:-1], ServerEvent("message_delta", {**events[-2].data, "delta": delta}), events[-1]]


class UsagePerEvent(EventsFault):
    """Counts in each message_delta what was written since the last one, and not the total."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        last = events[-2].data
        first = {**last, "delta": {"stop_reason": None, "stop_sequence": None}}
        second = {**last, "usage": {**last["usage"], "output_tokens": 0}}
        return [
            *events[:-2],
            ServerEvent("message_delta", first),
            ServerEvent("message_delta", second),
            events[-1],
        ]


class InputTokensZeroInStreams(EventsFault):
    """Counts one input token in every stream."""

    collateral = because("one token is not more than without tools", "tools-eager-input-streaming")

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        for event in events:
            holder = event.data.get("message", event.data) if isinstance(event.data, dict) else {}
            if isinstance(holder.get("usage"), dict):
                holder["usage"]["input_tokens"] = 1
        return events


class StreamMessageKeysMissing(EventFault):
    """Leaves id and model out of message_start."""

    collateral = because("they are keys of the message", "response-has-id", "response-model-is-string")

    kind = "message_start"

    def change(self, data: Data) -> None:
        del data["message"]["id"], data["message"]["model"]


class StreamDropsToolCalls(EventsFault):
    """Streams only the text of an answer, and end_turn as its stop reason, where the JSON mode has tool calls."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        calls = [
            events[number].data["index"]
            for number in numbers_of(events, "content_block_start")
            if events[number].data["content_block"]["type"] == "tool_use"
        ]
        if not calls:
            return events
        for event in events:
            if is_kind(event, "message_delta"):
                event.data["delta"]["stop_reason"] = "end_turn"
        kept = [event for event in events if event.data.get("index") not in calls]
        return reindexed(kept, lambda index: index - sum(1 for call in calls if call < index))


class StreamTextAndCallEndTurn(EventsFault):
    """Ends streams that hold a text and a tool call with end_turn, while the JSON mode says tool_use."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        starts = [events[number].data["content_block"]["type"] for number in numbers_of(events, "content_block_start")]
        for event in events:
            if is_kind(event, "message_delta") and {"text", "tool_use"} <= set(starts):
                event.data["delta"]["stop_reason"] = "end_turn"
        return events


class StreamStopReasonDiffers(EventFault):
    """Ends streams with end_turn where a stop sequence was met, while the JSON mode names the sequence."""

    kind = "message_delta"

    def change(self, data: Data) -> None:
        if data["delta"]["stop_reason"] == "stop_sequence":
            data["delta"] |= {"stop_reason": "end_turn", "stop_sequence": None}
