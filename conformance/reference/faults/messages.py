"""Faults in reading a conversation: content, turns, history, prefill, system entries.

Belongs here: what goes wrong with `messages`. Does not belong here: tools and their results (see `tools`), blocks other
than text (see `request`), the top-level system prompt (see `system`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.reference.answer import Call
from conformance.reference.faults.base import AcceptingFault, Data, DeafFault, Fault, LaxFault, MessageFault, RefusingFault
from conformance.reference.pipeline import Desk, Steps
from conformance.reference.prompt import Prompt
from conformance.reference.scripted import read


class PromptIgnored(DeafFault):
    """Says the same to every prompt and reads neither messages nor system prompt."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        body["messages"] = [{"role": "user", "content": "Hi"}]
        body.pop("system", None)


class ContentArrayRefused(RefusingFault):
    """Refuses content that is an array of text blocks."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        return "messages.0.content: expected a string" if any(map(is_text_array, contents(prompt.body))) else None


class ContentArrayIgnored(DeafFault):
    """Reads nothing of content that is an array of text blocks."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        for message in body["messages"]:
            if is_text_array(message["content"]):
                message["content"] = "Hi" if message["role"] == "user" else ""


class ContentLastBlockOnly(DeafFault):
    """Reads only the last text block of a message."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        for message in body["messages"]:
            if is_text_array(message["content"]):
                message["content"] = message["content"][-1:]


class TextMojibake(MessageFault):
    """Writes text in UTF-8 and reads it as Latin-1."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in message["content"]:
            if block["type"] == "text":
                block["text"] = block["text"].encode().decode("latin-1")


class EmptyContentAccepted(LaxFault):
    """Accepts a message with an empty string as content."""

    without = ("REQ-MSG-012",)


class EmptyTextBlockAccepted(LaxFault):
    """Accepts empty text blocks."""

    without = ("REQ-MSG-013",)


class BlankTextBlockAccepted(LaxFault):
    """Accepts text blocks that hold only whitespace."""

    without = ("REQ-MSG-014",)


class ConsecutiveTurnsRefused(RefusingFault):
    """Wants user and assistant to take turns."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        roles = [message.role for message in prompt.messages if message.role != "system"]
        repeated = any(one == other for one, other in zip(roles, roles[1:], strict=False))
        return "messages: roles must alternate between user and assistant" if repeated else None


class HistoryDropped(DeafFault):
    """Reads only the last message of a conversation without tools."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if not prompt.tools and body["messages"][-1]["role"] == "user":
            body["messages"] = body["messages"][-1:]


class ConversationsLeak(Fault):
    """Remembers what other requests told and uses it in its answers."""

    def install(self, steps: Steps) -> Steps:
        heard: list[str] = []

        def to_prompt(call: Call, desk: Desk, all_steps: Steps, component: str) -> Prompt:
            prompt = steps.to_prompt(call, desk, all_steps, component)
            told = [*heard]
            conversation = read(prompt)
            heard.extend([*conversation.known, conversation.request])
            if "system" in prompt.body or not told or prompt.tools:
                return prompt
            return replace(prompt, body={**prompt.body, "system": "\n".join(told)})

        return replace(steps, to_prompt=to_prompt)


class PrefillRefused(RefusingFault):
    """Refuses every conversation that ends with an assistant message."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        ends = prompt.messages[-1].role == "assistant"
        return "This model does not support assistant message prefill." if ends else None


class PrefillRepeated(MessageFault):
    """Begins the answer with the prefill that it continues."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in message["content"]:
            if prompt.prefill and block["type"] == "text":
                block["text"] = prompt.prefill + block["text"]


class PrefillDropped(DeafFault):
    """Answers the last user message and does not see the prefill behind it."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if prompt.prefill is not None:
            body["messages"].pop()


class PrefillWhitespaceAccepted(LaxFault):
    """Continues a prefill that ends in whitespace."""

    without = ("REQ-MSG-015",)


class SystemTurnRefused(RefusingFault):
    """Knows no role but user and assistant."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        found = next((message for message in prompt.messages if message.role == "system"), None)
        return f"{found.path}.role: Input should be 'user' or 'assistant'" if found else None


class SystemTurnDropped(DeafFault):
    """Leaves system messages out of the conversation."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        body["messages"] = [message for message in body["messages"] if message["role"] != "system"]


class SystemTurnFirstAccepted(AcceptingFault):
    """Takes a system message in the first place."""

    sentence = "a system message cannot be the first message"


class SystemTurnPlacementUnchecked(AcceptingFault):
    """Takes system messages in any place but the first."""

    sentence = "a system message (?:must|cannot stand)"


def contents(body: Data) -> list[Any]:
    """The contents of all messages."""
    return [message.get("content") for message in body.get("messages", [])]


def is_text_array(content: Any) -> bool:
    """Whether content is an array of text blocks and nothing else."""
    return isinstance(content, list) and bool(content) and all(block.get("type") == "text" for block in content)
