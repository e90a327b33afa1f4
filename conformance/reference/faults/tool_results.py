"""Faults with the results of tool calls, and with histories that hold them.

Belongs here: tool_result, and tool_use as the client sends it back. Does not belong here: declaring, choosing and
calling tools (see `tools`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from conformance.reference.answer import Call
from conformance.reference.faults.base import (
    Data,
    DeafFault,
    Fault,
    LaxFault,
    RefusingFault,
    because,
)
from conformance.reference.pipeline import Steps
from conformance.reference.prompt import Prompt


class _ResultsFault(DeafFault):
    """Reads tool results in its own way."""

    def result(self, block: Data) -> Data:
        """What is read of a tool result."""
        raise NotImplementedError

    def edit(self, body: Data, prompt: Prompt) -> None:
        for message in body["messages"]:
            if isinstance(message["content"], list):
                blocks = [
                    self.result(block) if block["type"] == "tool_result" else block for block in message["content"]
                ]
                message["content"] = blocks


class ToolResultsDropped(DeafFault):
    """Reads neither messages with tool calls nor tool results."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        calls = [message.path for message in prompt.messages if message.of_type("tool_use")]
        for message in body["messages"]:
            if isinstance(message["content"], list):
                message["content"] = [block for block in message["content"] if not is_result(block)]
        kept = (m for number, m in enumerate(body["messages"]) if f"messages.{number}" not in calls)
        body["messages"] = [message for message in kept if message["content"]]


class ToolResultArrayDropped(_ResultsFault):
    """Reads nothing of tool results that are arrays."""

    def result(self, block: Data) -> Data:
        return {**block, "content": ""} if isinstance(block.get("content"), list) else block


class ToolResultFirstBlockOnly(_ResultsFault):
    """Reads only the first block of a tool result."""

    def result(self, block: Data) -> Data:
        content = block.get("content")
        return {**block, "content": content[:1]} if isinstance(content, list) else block


class ToolResultGarbled(_ResultsFault):
    """Reads a tool result that is a string from its end."""

    def result(self, block: Data) -> Data:
        content = block.get("content")
        return {**block, "content": content[::-1]} if isinstance(content, str) else block


class _ResultPartDropped(_ResultsFault):
    """Leaves blocks of one type out of tool results."""

    kind: ClassVar[str]

    def result(self, block: Data) -> Data:
        content = block.get("content")
        if not isinstance(content, list):
            return block
        return {**block, "content": [part for part in content if part["type"] != self.kind]}


class ToolResultImageDropped(_ResultPartDropped):
    """Reads no images in tool results."""

    kind = "image"


class ToolResultDocumentDropped(_ResultPartDropped):
    """Reads no documents in tool results."""

    kind = "document"


class ToolResultSearchResultDropped(_ResultPartDropped):
    """Reads no search results in tool results."""

    kind = "search_result"


class _ResultRefused(RefusingFault):
    """Refuses some valid tool results."""

    def refuses(self, block: Data) -> bool:
        """Whether a tool result is refused."""
        raise NotImplementedError

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        if prompt.counting:
            return None
        results = [block for message in prompt.messages for block in message.of_type("tool_result")]
        return "messages.2.content.0: invalid tool_result" if any(map(self.refuses, results)) else None


class ToolLoopRefused(_ResultRefused):
    """Refuses every tool result."""

    collateral = because("without tool results no tool loop works", "messages-system-turn-after-tool-result")

    def refuses(self, block: Data) -> bool:
        return True


class ToolResultArrayRefused(_ResultRefused):
    """Refuses tool results that are arrays."""

    def refuses(self, block: Data) -> bool:
        return isinstance(block.get("content"), list)


class ToolResultEmptyRefused(_ResultRefused):
    """Refuses tool results without content."""

    def refuses(self, block: Data) -> bool:
        return not block.get("content")


class ToolResultErrorRefused(_ResultRefused):
    """Refuses tool results with is_error."""

    def refuses(self, block: Data) -> bool:
        return "is_error" in block


class _ResultPartRefused(_ResultRefused):
    """Refuses blocks of one type in tool results."""

    kind: ClassVar[str]

    def refuses(self, block: Data) -> bool:
        content = block.get("content")
        return isinstance(content, list) and any(part["type"] == self.kind for part in content)


class ToolResultImageRefused(_ResultPartRefused):
    """Refuses images in tool results."""

    kind = "image"


class ToolResultDocumentRefused(_ResultPartRefused):
    """Refuses documents in tool results."""

    kind = "document"


class ToolResultSearchResultRefused(_ResultPartRefused):
    """Refuses search results in tool results."""

    kind = "search_result"


class ParallelResultsRefused(RefusingFault):
    """Refuses several tool results in one message."""

    collateral = because("the loop has two calls", "thinking-tool-loop")

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        many = any(len(message.of_type("tool_result")) > 1 for message in prompt.messages)
        return "messages: insufficient tool messages following tool_calls" if many else None


class ParallelResultsFirstOnly(DeafFault):
    """Reads only the first of several tool results."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        for message in body["messages"]:
            results = [block for block in message["content"] if is_result(block)]
            if len(results) > 1:
                first = [block for block in message["content"] if block not in results[1:]]
                called = _dropped(body, [block["tool_use_id"] for block in results[1:]])
                message["content"] = first
                body["messages"] = called


class TextAfterResultDropped(DeafFault):
    """Reads no text behind tool results."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        for message in body["messages"]:
            if isinstance(message["content"], list) and any(map(is_result, message["content"])):
                message["content"] = [block for block in message["content"] if is_result(block)]


class TextAfterResultRefused(RefusingFault):
    """Refuses text behind tool results."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        mixed = any(m.of_type("tool_result") and m.of_type("text") for m in prompt.messages)
        return "messages.2.content.1: only tool_result blocks are allowed here" if mixed else None


class ToolResultOrderUnchecked(LaxFault):
    """Takes text in front of tool results."""

    without = ("REQ-MSG-020",)


class ToolResultMissingAccepted(LaxFault):
    """Takes tool calls that nothing answers."""

    without = ("REQ-MSG-019",)


class ToolResultOrphanAccepted(LaxFault):
    """Takes tool results that no call asked for."""

    without = ("REQ-MSG-021",)


class ToolResultsIncompleteAccepted(Fault):
    """Takes an answer to one of several parallel calls for an answer to all."""

    def install(self, steps: Steps) -> Steps:
        def eased(rule: Callable[[Prompt], str | None]) -> Callable[[Prompt], str | None]:
            return lambda prompt: None if any(m.of_type("tool_result") for m in prompt.messages) else rule(prompt)

        table = tuple((clause, eased(rule) if clause == "REQ-MSG-019" else rule) for clause, rule in steps.rules)
        return replace(steps, rules=table)


class ToolIdsRepeatedAccepted(LaxFault):
    """Takes two tool calls with the same id."""

    without = ("REQ-MSG-023",)


class EchoedContentRefused(RefusingFault):
    """Does not know the ids of its own tool calls when their results come back."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        own = any(block.get("caller") for message in prompt.messages for block in message.of_type("tool_use"))
        return "messages.1.content.0.id: unknown tool_use id" if own else None


def is_result(block: object) -> bool:
    """Whether a block of a request is a tool result."""
    return isinstance(block, dict) and block.get("type") == "tool_result"


def _dropped(body: Data, ids: list[str]) -> list[Data]:
    """The messages without the calls of these ids."""
    for message in body["messages"]:
        if isinstance(message["content"], list):
            message["content"] = [block for block in message["content"] if block.get("id") not in ids]
    return list(body["messages"])
