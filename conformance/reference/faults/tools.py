"""Faults with tools: declaring, choosing and calling them.

Belongs here: `tools`, `tool_choice`, tool_use. Does not belong here: the results of calls (see `tool_results`), how
calls are streamed, the stop reason of calls (see `stop`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from conformance.model import Mode
from conformance.reference.answer import Call, Refusal
from conformance.reference.errors import refusal
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


class ClientToolTakenForServerTool(DeafFault):
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


class ToolChoiceNoneBreaks(RefusingFault):
    """Breaks down on tool_choice none."""

    collateral = because("clients retry a 500, although the request is what it is", "errors-not-retryable")

    def problem(self, prompt: Prompt, call: Call) -> Refusal | None:
        given = prompt.object("tool_choice").get("type")
        return refusal(500, "Internal server error") if given == "none" else None


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
