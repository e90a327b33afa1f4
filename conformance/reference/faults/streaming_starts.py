"""Faults in what message_start and content_block_start carry.

Belongs here: the opening events. Does not belong here: their order and their indices.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar

from conformance.reference.answer import ServerEvent, dump
from conformance.reference.faults.base import Data, EventFault, EventsFault, because, is_kind


class _StartFault(EventFault):
    """Changes the message in message_start."""

    kind = "message_start"

    def change(self, data: Data) -> None:
        self.start(data["message"])

    def start(self, message: Data) -> None:
        """Changes the message in place."""
        raise NotImplementedError


class _BlockStartFault(EventFault):
    """Changes how blocks of one type start."""

    kind = "content_block_start"
    block: ClassVar[str]

    def change(self, data: Data) -> None:
        if data["content_block"]["type"] == self.block:
            self.start(data["content_block"])

    def start(self, block: Data) -> None:
        """Changes the block in place."""
        raise NotImplementedError


class StartWithoutMessage(EventFault):
    """Puts the fields of the message beside type in message_start, without a message object."""

    kind = "message_start"

    def change(self, data: Data) -> None:
        message = data.pop("message")
        data.update({key: value for key, value in message.items() if key != "type"})


class StartContentMissing(_StartFault):
    """Leaves content out of message_start."""

    def start(self, message: Data) -> None:
        del message["content"]


class StartContentNull(_StartFault):
    """Sends content null in message_start."""

    def start(self, message: Data) -> None:
        message["content"] = None


class StartContentPrefilled(_StartFault):
    """Puts an empty text block into the content of message_start."""

    def start(self, message: Data) -> None:
        message["content"] = [{"type": "text", "text": ""}]


class StartStopReasonSet(_StartFault):
    """Says in message_start that the answer has ended."""

    def start(self, message: Data) -> None:
        message["stop_reason"] = "end_turn"


class StartStopSequenceSet(_StartFault):
    """Sends an empty string as stop_sequence in message_start."""

    def start(self, message: Data) -> None:
        message["stop_sequence"] = ""


class StartUsageMissing(_StartFault):
    """Leaves usage out of message_start."""

    def start(self, message: Data) -> None:
        del message["usage"]


class StartUsageNull(_StartFault):
    """Sends usage null in message_start."""

    def start(self, message: Data) -> None:
        message["usage"] = None


class StartInputTokensMissing(_StartFault):
    """Leaves input_tokens out of the usage of message_start."""

    def start(self, message: Data) -> None:
        del message["usage"]["input_tokens"]


class StartOutputTokensMissing(_StartFault):
    """Leaves output_tokens out of the usage of message_start."""

    def start(self, message: Data) -> None:
        del message["usage"]["output_tokens"]


class StartInputTokensZero(_StartFault):
    """Reports no input in message_start; the real count comes in message_delta only."""

    def start(self, message: Data) -> None:
        for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"):
            message["usage"][key] = 0


class BlockStartWithoutBlock(EventFault):
    """Puts the fields of the block into content_block_start itself, without a content_block object."""

    kind = "content_block_start"

    def change(self, data: Data) -> None:
        block = data.pop("content_block")
        data["block_type"] = block["type"]
        data.update({key: value for key, value in block.items() if key != "type"})


class TextStartWithoutText(_BlockStartFault):
    """Starts text blocks without the key text."""

    block = "text"

    def start(self, block: Data) -> None:
        del block["text"]


class TextStartPrefilled(_BlockStartFault):
    """Starts text blocks with a space, which is not part of the text."""

    block = "text"

    def start(self, block: Data) -> None:
        block["text"] = " "


class ThinkingStartWithoutThinking(_BlockStartFault):
    """Starts thinking blocks without the key thinking."""

    block = "thinking"

    def start(self, block: Data) -> None:
        del block["thinking"]


class ThinkingStartWithoutSignature(_BlockStartFault):
    """Starts thinking blocks without the key signature."""

    block = "thinking"

    def start(self, block: Data) -> None:
        del block["signature"]


class ToolStartInputString(_BlockStartFault):
    """Starts tool calls with an empty string as input."""

    block = "tool_use"

    def start(self, block: Data) -> None:
        block["input"] = ""


class _InputAtStart(EventsFault):
    """Puts the whole input of tool calls into the start of their blocks; `streamed` tells whether deltas come too."""

    streamed: ClassVar[bool]

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        inputs: dict[Any, str] = {}
        for event in events:
            if is_kind(event, "input_json_delta"):
                index = event.data["index"]
                inputs[index] = inputs.get(index, "") + event.data["delta"]["partial_json"]
        for event in events:
            if is_kind(event, "content_block_start") and event.data["content_block"]["type"] == "tool_use":
                event.data["content_block"]["input"] = parsed(inputs.get(event.data["index"], ""))
        return [event for event in events if self.streamed or not is_kind(event, "input_json_delta")]


class ToolStartPrefilled(_InputAtStart):
    """Puts the whole input of a tool call into the start of its block and sends no delta."""

    streamed = False


class ToolInputSentTwice(_InputAtStart):
    """Sends the input of a tool call in the start of its block and again in deltas."""

    collateral = because("a start with the input is not empty", "stream-tool-starts-empty")

    streamed = True


class ServerToolStartInputString(EventsFault):
    """Runs a web search of its own in front of an answer, whose call starts with a string as input."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        search = {"query": "weather"}
        call = {"type": "server_tool_use", "id": "srvtoolu_01ReferenceFault00000001", "name": "web_search"}
        result = {"type": "web_search_tool_result", "tool_use_id": call["id"], "content": []}
        return with_blocks(events, [({**call, "input": dump(search)}, []), (result, [])])


class ResultBlockStreamed(EventsFault):
    """Runs a web search of its own in front of an answer and streams its result as text."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        call = {"type": "server_tool_use", "id": "srvtoolu_01ReferenceFault00000001", "name": "web_search", "input": {}}
        result = {"type": "web_search_tool_result", "tool_use_id": call["id"], "content": []}
        delta = {"type": "text_delta", "text": "No results."}
        return with_blocks(events, [(call, []), (result, [delta])])


def with_blocks(events: list[ServerEvent], blocks: list[tuple[Data, list[Data]]]) -> list[ServerEvent]:
    """The events with these blocks, each with its deltas, in front of the content, whose indices move on."""
    made: list[ServerEvent] = []
    for index, (block, deltas) in enumerate(blocks):
        data: list[Data] = [{"type": "content_block_start", "index": index, "content_block": block}]
        data += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        data += [{"type": "content_block_stop", "index": index}]
        made += [ServerEvent(each["type"], each) for each in data]
    for event in events:
        if isinstance(event.data, dict) and "index" in event.data:
            event.data["index"] += len(blocks)
    return [events[0], *made, *events[1:]]


def parsed(text: str) -> Any:
    """The JSON value of a text, and an empty object for an empty one."""
    return json.loads(text) if text else {}
