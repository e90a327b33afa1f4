"""Faults with tools: declaring, choosing and calling them, and the results of calls.

Belongs here: `tools`, `tool_choice`, tool_use and tool_result. Does not belong here: how calls are streamed, the stop
reason of calls (see `stop`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from conformance.model import Mode
from conformance.reference.answer import Call
from conformance.reference.faults.base import (
    AcceptingFault,
    Data,
    DeafFault,
    Fault,
    LaxFault,
    MessageFault,
    RefusingFault,
    because,
    blocks_of_type,
)
from conformance.reference.faults.stop import calls_as_text
from conformance.reference.pipeline import Steps
from conformance.reference.prompt import Prompt

_KINDS = ("auto", "any", "tool", "none")


class ToolsDropped(DeafFault):
    """Answers as though no tools were declared."""

    collateral = because("what is not read is not counted", "usage-input-with-*-as-counted")

    def edit(self, body: Data, prompt: Prompt) -> None:
        body.pop("tools", None)
        body.pop("tool_choice", None)


class ToolsRefused(RefusingFault):
    """Refuses every request with tools."""

    collateral = because(
        "without tools nothing of a tool loop works",
        "tools-*",
        "counting-tool*",
        "messages-system-turn-*",
        "documents-*",
        "server-tools-*",
        "thinking-*",
    )

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        return "tools: not supported" if prompt.tools else None


class ToolOfTheClientTakenOver(DeafFault):
    """Takes a client's own tool named web_search for one that it runs itself, and never calls it."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if "tools" in body:
            body["tools"] = [tool for tool in body["tools"] if tool.get("name") != "web_search" or "type" in tool]


class ToolsUncounted(Fault):
    """Does not count tools among the input."""

    def install(self, steps: Steps) -> Steps:
        def make(prompt: Prompt, desk: object, all_steps: Steps) -> Data:
            message = steps.make_message(prompt, desk, all_steps)  # type: ignore[arg-type]
            bare = {key: value for key, value in prompt.body.items() if key != "tools"}
            uncounted = all_steps.count(prompt.body) - all_steps.count(bare)
            usage = {**message["usage"], "input_tokens": message["usage"]["input_tokens"] - uncounted}
            return {**message, "usage": usage}

        return replace(steps, make_message=make)


class _ToolRefused(RefusingFault):
    """Refuses some valid tools."""

    def refuses(self, tool: Data) -> str | None:
        """What is wrong with a tool, or None."""
        raise NotImplementedError

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        return next((problem for tool in prompt.tools if (problem := self.refuses(tool)) is not None), None)


class ToolDescriptionRequired(_ToolRefused):
    """Wants a description of every tool."""

    def refuses(self, tool: Data) -> str | None:
        return None if tool.get("description") or "input_schema" not in tool else "tools.0.description: Field required"


class ToolPropertiesRequired(_ToolRefused):
    """Wants properties in every input_schema."""

    def refuses(self, tool: Data) -> str | None:
        lacks = "properties" not in tool.get("input_schema", {"properties": {}})
        return "tools.0.input_schema.properties: Field required" if lacks else None


class ToolTypeCustomRefused(_ToolRefused):
    """Refuses tools of type custom."""

    def refuses(self, tool: Data) -> str | None:
        return "tools.0.type: unknown type" if tool.get("type") == "custom" else None


class ToolMembersRefused(_ToolRefused):
    """Refuses input_examples of tools."""

    def refuses(self, tool: Data) -> str | None:
        return "tools.0.input_examples: Extra inputs are not permitted" if "input_examples" in tool else None


class ToolSchemaSubset(_ToolRefused):
    """Refuses anyOf and references in the schema of tools."""

    def refuses(self, tool: Data) -> str | None:
        return "tools.0.input_schema: unsupported keyword" if "$defs" in tool.get("input_schema", {}) else None


class ToolNameTooStrict(_ToolRefused):
    """Refuses tool names of more than 32 characters."""

    def refuses(self, tool: Data) -> str | None:
        return "tools.0.name: String should have at most 32 characters" if len(tool.get("name", "")) > 32 else None


class EagerInputStreamingRefused(_ToolRefused):
    """Refuses eager_input_streaming of tools."""

    def refuses(self, tool: Data) -> str | None:
        found = "eager_input_streaming" in tool
        return "tools.0.eager_input_streaming: Extra inputs are not permitted" if found else None


class DisableParallelMisplacedAccepted(AcceptingFault):
    """Takes disable_parallel_tool_use beside tool_choice."""

    sentence = "^disable_parallel_tool_use: Extra inputs"


class ToolNameUnchecked(AcceptingFault):
    """Takes any name for a tool."""

    sentence = r"^tools\.\d+\.(?:custom\.)?name: (?:String should match|expected text like)"


class ToolNamesNotUnique(LaxFault):
    """Takes two tools with the same name."""

    without = ("REQ-TOOL-003",)


class ToolExamplesUnchecked(LaxFault):
    """Takes input examples that the schema of the tool forbids."""

    without = ("REQ-TOOL-015",)


class ToolChoiceNameUnchecked(LaxFault):
    """Takes a tool_choice for a tool that is not declared."""

    without = ("REQ-TOOL-009",)


class _ChoiceDropped(DeafFault):
    """Answers as though tool_choice were auto."""

    kinds: ClassVar[tuple[str, ...]]

    def edit(self, body: Data, prompt: Prompt) -> None:
        if prompt.object("tool_choice").get("type") in self.kinds:
            flags = {key: value for key, value in body["tool_choice"].items() if key == "disable_parallel_tool_use"}
            body["tool_choice"] = {"type": "auto", **(flags if self.kinds != _KINDS else {})}


class ToolChoiceDropped(_ChoiceDropped):
    """Does not read tool_choice."""

    kinds = _KINDS


class ToolChoiceAnyDropped(_ChoiceDropped):
    """Takes tool_choice any for auto."""

    kinds = ("any",)


class ToolChoiceNameDropped(DeafFault):
    """Calls any tool where tool_choice names one."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if prompt.choice == "tool":
            body["tool_choice"] = {"type": "any"}


class ToolChoiceNoneDropped(_ChoiceDropped):
    """Takes tool_choice none for auto."""

    kinds = ("none",)


class ToolChoiceDefaultNone(DeafFault):
    """Calls no tool where tool_choice is not given."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if prompt.tools:
            body.setdefault("tool_choice", {"type": "none"})


class DisableParallelDropped(DeafFault):
    """Does not read disable_parallel_tool_use."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if isinstance(body.get("tool_choice"), dict):
            body["tool_choice"].pop("disable_parallel_tool_use", None)


class _ChoiceRefused(RefusingFault):
    """Refuses one type of tool_choice."""

    kind: ClassVar[str]

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        given = prompt.object("tool_choice").get("type")
        return f"tool_choice.type: '{self.kind}' is not supported" if given == self.kind else None


class ToolChoiceAutoRefused(_ChoiceRefused):
    """Refuses tool_choice auto."""

    collateral = because("these requests say auto as well", "tools-auto-without-parallel", "tools-parallel-calls")

    kind = "auto"


class ToolChoiceToolRefused(_ChoiceRefused):
    """Refuses tool_choice for one tool."""

    kind = "tool"


class ToolChoiceNoneRefused(_ChoiceRefused):
    """Refuses tool_choice none."""

    kind = "none"


class ToolCallsAsText(MessageFault):
    """Writes tool calls as XML into the text and ends with end_turn."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        if blocks_of_type(message, "tool_use"):
            calls_as_text(message)
            message["stop_reason"] = "end_turn"


class ToolCallPrecededByText(MessageFault):
    """Says something in front of a forced tool call."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        if prompt.choice == "tool":
            message["content"].insert(0, {"type": "text", "text": "Let me check.", "citations": None})


class ToolInputEmpty(MessageFault):
    """Gives tool calls an empty input, except in streams."""

    only = Mode.JSON

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in blocks_of_type(message, "tool_use"):
            block["input"] = {}


class ToolInputTruncated(MessageFault):
    """Loses the second half of the texts in the input of tool calls."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in blocks_of_type(message, "tool_use"):
            for key, value in block["input"].items():
                block["input"][key] = value[: len(value) // 2] if isinstance(value, str) else value


class ParallelCallsDropped(MessageFault):
    """Makes only the first of several tool calls."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        later = blocks_of_type(message, "tool_use")[1:]
        message["content"] = [block for block in message["content"] if block not in later]


class ParallelCallsMerged(MessageFault):
    """Puts the input of parallel tool calls into one call."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        first, *later = blocks_of_type(message, "tool_use") or [{}]
        for call in later:
            first["input"] = {**first["input"], **call["input"]}
        message["content"] = [block for block in message["content"] if block not in later]


class StrictIgnored(MessageFault):
    """Writes numbers in the input of strict tools as words."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        strict = [tool.get("name") for tool in prompt.tools if tool.get("strict") is True]
        for block in blocks_of_type(message, "tool_use"):
            if block["name"] in strict:
                block["input"] = {key: str(value) for key, value in block["input"].items()}


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
