"""Faults of thinking.

Belongs here: the configuration of thinking, thinking blocks, and what becomes of them when they are sent back. Does not
belong here: how thinking is streamed.
"""

from __future__ import annotations

from typing import Any

from conformance.reference.answer import Call
from conformance.reference.faults.base import (
    AcceptingFault,
    Data,
    DeafFault,
    FieldFault,
    LaxFault,
    MessageFault,
    RefusingFault,
    because,
    blocks_of_type,
)
from conformance.reference.prompt import Prompt


class _ThinkingRefused(FieldFault):
    """Refuses one type of thinking."""

    field = "thinking"
    kind: str

    def refuses(self, value: Any) -> bool:
        return isinstance(value, dict) and value.get("type") == self.kind


class ThinkingRefused(FieldFault):
    """Refuses enabled and adaptive thinking."""

    collateral = because("what is refused is not streamed", "stream-thinking-incremental")

    field = "thinking"

    def refuses(self, value: Any) -> bool:
        return isinstance(value, dict) and value.get("type") in ("enabled", "adaptive")


class AdaptiveThinkingRefused(_ThinkingRefused):
    """Refuses adaptive thinking."""

    kind = "adaptive"


class ThinkingDisabledRefused(_ThinkingRefused):
    """Refuses to be told not to think."""

    kind = "disabled"


class ThinkingDisabledWithEffortRefused(RefusingFault):
    """Refuses disabled thinking together with an effort."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        both = prompt.thinking == "disabled" and "effort" in prompt.object("output_config")
        return "thinking.type: cannot be disabled when reasoning_effort is set" if both else None


class ThinkingBetweenToolsRefused(_ThinkingRefused):
    """Refuses thinking between tools."""

    kind = "between_tools"


class ThinkingIgnored(DeafFault):
    """Does not think where thinking is enabled."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if prompt.thinking == "enabled":
            body["thinking"] = {"type": "disabled"}


class ThinkingDisabledIgnored(MessageFault):
    """Thinks although thinking is disabled."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        if prompt.thinking == "disabled":
            thought = "I think nevertheless."
            signature = prompt.signer.sign(thought, shown=True)
            message["content"].insert(0, {"type": "thinking", "thinking": thought, "signature": signature})


class ThinkingDisplayIgnored(DeafFault):
    """Takes summarized thinking for omitted thinking and the other way round."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        other = {"summarized": "omitted", "omitted": "summarized"}
        thinking = body.get("thinking")
        if isinstance(thinking, dict) and thinking.get("display") in other:
            thinking["display"] = other[thinking["display"]]


class ThinkingDisplayUnchecked(AcceptingFault):
    """Takes a display beside disabled thinking."""

    sentence = "^thinking.display: Extra inputs"


class ThinkingBudgetUnchecked(LaxFault):
    """Takes a thinking budget of any size."""

    without = ("REQ-THINK-001",)


class ThinkingWithForcedToolAccepted(LaxFault):
    """Takes enabled thinking together with a forced tool."""

    without = ("REQ-TOOL-017",)


class ThinkingEchoRefused(RefusingFault):
    """Refuses thinking that is sent back, for a cache_control that nobody put there."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        found = any(message.of_type("thinking") for message in prompt.messages)
        return "messages.1.content.0.thinking.cache_control: Extra inputs are not permitted" if found else None


class ThinkingSignatureUnchecked(LaxFault):
    """Takes thinking with any signature."""

    without = ("REQ-IN-016",)


class ThinkingAfterText(MessageFault):
    """Puts thinking behind what follows from it."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        message["content"].sort(key=lambda block: block["type"] == "thinking")


class ThinkingTokensUncounted(MessageFault):
    """Does not count thinking at all."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        details = message["usage"]["output_tokens_details"]
        message["usage"]["output_tokens"] = max(1, message["usage"]["output_tokens"] - details["thinking_tokens"])
        details["thinking_tokens"] = 0


class ThinkingLeaksAsText(MessageFault):
    """Writes its thinking into the text as well, between think tags."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in blocks_of_type(message, "text") if blocks_of_type(message, "thinking") else ():
            block["text"] = f"<think>I read the request again.</think>{block['text']}"
