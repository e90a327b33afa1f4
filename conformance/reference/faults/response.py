"""Faults in the shape of the Message.

Belongs here: keys and blocks of every answer. Does not belong here: stop reasons (`stop`), counters (`usage`), what
only streams get wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.model import Mode
from conformance.reference.answer import Answer, ServerEvent, dump
from conformance.reference.faults.base import BodyFault, Data, Fault, MessageFault, because, blocks_of_type
from conformance.reference.pipeline import Steps
from conformance.reference.prompt import Prompt


class _HeadFault(Fault):
    """Changes the fields around the content: of the JSON body, and of the message in message_start."""

    def edit(self, message: Data) -> None:
        """Changes the message in place."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        def encode(message: Data) -> Answer:
            changed = dict(message)
            self.edit(changed)
            return steps.encode_json(changed)

        def to_events(message: Mapping[str, Any]) -> tuple[ServerEvent, ...]:
            first, *rest = steps.to_events(message)
            changed = dict(first.data["message"])
            self.edit(changed)
            return ServerEvent(first.name, {**first.data, "message": changed}), *rest

        return replace(steps, encode_json=encode, to_events=to_events)


class MessageTypeWrong(_HeadFault):
    """Says completion as the type of answers."""

    def edit(self, message: Data) -> None:
        message["type"] = "completion"


class MessageRoleWrong(_HeadFault):
    """Says model as the role of answers."""

    def edit(self, message: Data) -> None:
        message["role"] = "model"


class MessageIdMissing(_HeadFault):
    """Leaves the id out of answers."""

    def edit(self, message: Data) -> None:
        del message["id"]


class MessageIdRepeated(_HeadFault):
    """Gives every answer the same id."""

    def edit(self, message: Data) -> None:
        message["id"] = "msg_011111111111111111111111"


class MessageModelMissing(_HeadFault):
    """Leaves the model out of answers."""

    def edit(self, message: Data) -> None:
        del message["model"]


class MessageContentNotArray(BodyFault):
    """Gives the content of answers as a string."""

    collateral = because("streams have an array", "stream-adds-up-to-a-message")

    def edit(self, message: Data) -> None:
        message["content"] = "".join(block.get("text", "") for block in message["content"])


class BlockTypeMissing(BodyFault):
    """Leaves the type out of text blocks."""

    def edit(self, message: Data) -> None:
        for block in blocks_of_type(message, "text"):
            del block["type"]


class TextBlockWithoutText(BodyFault):
    """Says content in place of text in text blocks."""

    def edit(self, message: Data) -> None:
        for block in blocks_of_type(message, "text"):
            block["content"] = block.pop("text")


class ToolUseBlockIncomplete(BodyFault):
    """Leaves the id out of tool calls."""

    def edit(self, message: Data) -> None:
        for block in blocks_of_type(message, "tool_use"):
            del block["id"]


class ToolIdEmpty(MessageFault):
    """Gives tool calls an empty id."""

    only = Mode.JSON

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in blocks_of_type(message, "tool_use"):
            block["id"] = ""


class ToolIdsRepeated(MessageFault):
    """Gives all tool calls of an answer the same id."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        calls = blocks_of_type(message, "tool_use")
        for call in calls:
            call["id"] = calls[0]["id"]


class ToolNameInvented(MessageFault):
    """Adds to parallel calls one of multi_tool_use.parallel, a tool that nobody declared."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        calls = blocks_of_type(message, "tool_use")
        if len(calls) > 1:
            name = "multi_tool_use.parallel"
            message["content"].append(
                {**calls[0], "id": f"{calls[0]['id']}0", "name": name, "input": {"tool_uses": []}}
            )


class ThinkingBlockIncomplete(BodyFault):
    """Leaves the signature out of thinking."""

    def edit(self, message: Data) -> None:
        for block in blocks_of_type(message, "thinking"):
            del block["signature"]


class ThinkingSignatureEmpty(MessageFault):
    """Signs thinking with an empty string."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in blocks_of_type(message, "thinking"):
            block["signature"] = ""


class RedactedThinkingWithoutData(MessageFault):
    """Adds redacted thinking without its data to thinking."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        if blocks_of_type(message, "thinking"):
            message["content"].insert(1, {"type": "redacted_thinking"})


class ServerToolUseBlockIncomplete(MessageFault):
    """Runs a web search of its own in front of a text and does not name the tool in the call."""

    only = Mode.JSON

    def edit(self, message: Data, prompt: Prompt) -> None:
        if not prompt.tools:
            call = {"type": "server_tool_use", "id": "srvtoolu_01ReferenceFault00000001", "input": {"query": "weather"}}
            result = {"type": "web_search_tool_result", "tool_use_id": call["id"], "content": []}
            message["content"] = [call, result, *message["content"]]


class StopSequenceKeyMissing(BodyFault):
    """Leaves stop_sequence out of answers."""

    collateral = because("without the key no sequence is named", "stop-sequence-named")

    def edit(self, message: Data) -> None:
        del message["stop_sequence"]


class UsageMissing(BodyFault):
    """Leaves usage out of answers."""

    collateral = because("streams have what JSON answers lack", "stream-adds-up-to-a-message")

    def edit(self, message: Data) -> None:
        del message["usage"]


class ContainerMalformed(BodyFault):
    """Names a container by a string."""

    def edit(self, message: Data) -> None:
        message["container"] = "container_01"


class DiagnosticsMalformed(BodyFault):
    """Gives diagnostics as a list."""

    def edit(self, message: Data) -> None:
        message["diagnostics"] = []


class ContextManagementMalformed(BodyFault):
    """Tells in context_management that nothing was edited, without the list of edits."""

    def edit(self, message: Data) -> None:
        message["context_management"] = {"edited": False}


class NullableMessageKeysAbsent(BodyFault):
    """Leaves keys out whose value is null."""

    def edit(self, message: Data) -> None:
        for key in ("container", "diagnostics", "stop_details"):
            del message[key]


class NullableUsageKeysAbsent(BodyFault):
    """Counts input and output tokens and nothing else."""

    collateral = because("the cache counters are among the keys", "usage-cache-counters-present", "caching-*")

    def edit(self, message: Data) -> None:
        usage = message["usage"]
        message["usage"] = {key: usage[key] for key in ("input_tokens", "output_tokens")}


class ToolUseCallerAbsent(BodyFault):
    """Does not say who called a tool."""

    def edit(self, message: Data) -> None:
        for block in blocks_of_type(message, "tool_use"):
            block.pop("caller", None)


class ToolUseCallerMalformed(BodyFault):
    """Says who called a tool in a word."""

    def edit(self, message: Data) -> None:
        for block in blocks_of_type(message, "tool_use"):
            block["caller"] = "direct"


class ToolInputString(BodyFault):
    """Gives the input of tool calls as a string of JSON."""

    def edit(self, message: Data) -> None:
        for block in blocks_of_type(message, "tool_use"):
            block["input"] = dump(block["input"])
