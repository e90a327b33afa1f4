"""Faults in what deltas carry and in what they add up to.

Belongs here: text, thinking, signatures, tool input and citations in pieces. Does not belong here: which block a delta
belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from conformance.reference.answer import ServerEvent, dump
from conformance.reference.faults.base import Data, EventFault, EventsFault, because, is_kind, numbers_of
from conformance.reference.faults.streaming_starts import parsed, with_blocks


class _DeltaFault(EventFault):
    """Changes the deltas of one type."""

    kind = "content_block_delta"
    delta: ClassVar[str]

    def change(self, data: Data) -> None:
        if data["delta"].get("type") == self.delta:
            self.piece(data["delta"])

    def piece(self, delta: Data) -> None:
        """Changes the delta in place."""
        raise NotImplementedError


class DeltaWithoutType(EventFault):
    """Leaves the type out of deltas."""

    collateral = because("without types no delta is a signature", "stream-signature-once")

    kind = "content_block_delta"

    def change(self, data: Data) -> None:
        data["delta"].pop("type", None)


class TextDeltaNull(EventsFault):
    """Closes texts with a delta whose text is null."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return with_last(events, "text_delta", lambda _: {"type": "text_delta", "text": None})


class ThinkingDeltaNull(EventsFault):
    """Opens thinking with a delta whose thinking is null."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        for number in reversed(numbers_of(events, "thinking_delta")[:1]):
            delta = {"type": "thinking_delta", "thinking": None}
            events.insert(number, ServerEvent("content_block_delta", {**events[number].data, "delta": delta}))
        return events


class SignatureDeltaNull(_DeltaFault):
    """Sends null as the signature of thinking."""

    delta = "signature_delta"

    def piece(self, delta: Data) -> None:
        delta["signature"] = None


class PartialJsonObject(EventsFault):
    """Sends the whole input of a tool call as an object in place of text."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return with_input(events, lambda text: [parsed(text)])


class PartialJsonInvalid(EventsFault):
    """Writes the input of tool calls as Python prints it, with single quotes."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return with_input(events, lambda text: [repr(parsed(text))])


class PartialJsonCumulative(EventsFault):
    """Repeats in each piece of tool input all that came before it."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return with_input(events, lambda text: [text[:end] for end in (2, len(text) // 2, len(text))])


class PartialJsonTrailing(EventsFault):
    """Sends a comma behind the input of tool calls."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return with_input(events, lambda text: [text, ","])


class PartialJsonTruncated(EventsFault):
    """Loses the last piece of the input of tool calls."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return with_input(events, lambda text: [text[:-2]])


class ToolInputNotStreamed(EventsFault):
    """Sends no input of tool calls at all, neither at the start nor in deltas."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return [event for event in events if not is_kind(event, "input_json_delta")]


class SignatureSplit(EventsFault):
    """Sends the signature of thinking in two halves."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        for event in events:
            if not is_kind(event, "signature_delta"):
                yield event
                continue
            signature = event.data["delta"]["signature"]
            for part in (signature[: len(signature) // 2], signature[len(signature) // 2 :]):
                yield ServerEvent(event.name, {**event.data, "delta": {"type": "signature_delta", "signature": part}})


class SignatureDeltaMissing(EventsFault):
    """Streams thinking without its signature."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return [event for event in events if not is_kind(event, "signature_delta")]


class SignatureFirst(EventsFault):
    """Sends the signature in front of the thinking that it signs."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        thoughts, signatures = numbers_of(events, "thinking_delta"), numbers_of(events, "signature_delta")
        if not thoughts or not signatures:
            return events
        rest = [event for number, event in enumerate(events) if number != signatures[0]]
        return [*rest[: thoughts[0]], events[signatures[0]], *rest[thoughts[0] :]]


class _Cumulative(EventsFault):
    """Repeats in each delta all that came before it in its block."""

    delta: ClassVar[str]
    key: ClassVar[str]

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        said: dict[int, str] = {}
        for event in events:
            if is_kind(event, self.delta):
                index = event.data["index"]
                said[index] = said.get(index, "") + event.data["delta"][self.key]
                event.data["delta"][self.key] = said[index]
        return events


class TextDeltaCumulative(_Cumulative):
    """Repeats in each text_delta all text that came before it."""

    delta, key = "text_delta", "text"


class ThinkingDeltaCumulative(_Cumulative):
    """Repeats in each thinking_delta all thinking that came before it."""

    delta, key = "thinking_delta", "thinking"


class CitationsInOneDelta(EventsFault):
    """Sends the citations of a text as a list in one delta."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        kept: list[ServerEvent] = []
        for event in events:
            if not is_kind(event, "citations_delta"):
                kept.append(event)
                continue
            citation = event.data["delta"].pop("citation")
            before = kept[-1].data
            if is_kind(kept[-1], "citations_delta") and before["index"] == event.data["index"]:
                before["delta"]["citations"].append(citation)
            else:
                event.data["delta"]["citations"] = [citation]
                kept.append(event)
        return kept


class UnaskedSearchStreamedTwice(EventsFault):
    """Runs a web search of its own in front of an answer and sends the call's input at its start and in a delta."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        search = {"query": "weather"}
        call = {"type": "server_tool_use", "id": "srvtoolu_01ReferenceFault00000001", "name": "web_search"}
        delta = {"type": "input_json_delta", "partial_json": dump(search)}
        result = {"type": "web_search_tool_result", "tool_use_id": call["id"], "content": []}
        return with_blocks(events, [({**call, "input": search}, [delta]), (result, [])])


def with_input(events: list[ServerEvent], pieces: Callable[[str], list[object]]) -> Iterable[ServerEvent]:
    """The events with the input of each tool call in other pieces."""
    said: dict[int, str] = {}
    for event in events:
        if is_kind(event, "input_json_delta"):
            said[event.data["index"]] = said.get(event.data["index"], "") + event.data["delta"]["partial_json"]
            continue
        if is_kind(event, "content_block_stop") and said.get(event.data["index"]):
            for piece in pieces(said[event.data["index"]]):
                delta = {"type": "input_json_delta", "partial_json": piece}
                data = {"type": "content_block_delta", "index": event.data["index"], "delta": delta}
                yield ServerEvent("content_block_delta", data)
        yield event


def with_last(events: list[ServerEvent], kind: str, made: Callable[[Data], Data]) -> list[ServerEvent]:
    """The events with one more delta behind the last one of a kind."""
    for number in numbers_of(events, kind)[-1:]:
        data = {**events[number].data, "delta": made(events[number].data["delta"])}
        events.insert(number + 1, ServerEvent("content_block_delta", data))
    return events
