"""Faults in reading a conversation: content, turns, history, prefill, system entries.

Belongs here: what goes wrong with `messages`. Does not belong here: tools and their results (see `tools`), blocks other
than text (see `request`), the top-level system prompt (see `system`).
"""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

from conformance.model import Json
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
from conformance.reference.pipeline import Desk, Steps
from conformance.reference.prompt import Prompt
from conformance.reference.scripted import read
from conformance.reference.words import codes

_LONGEST = 20


class PromptIgnored(DeafFault):
    """Says the same to every prompt and reads neither messages nor system prompt."""

    collateral = because(
        "what was asked for is not read, told, cited, cached or counted",
        *("caching-*", "citations-*", "documents-*", "messages-*", "output-*", "stop-*"),
        *("thinking-*", "tools-*", "usage-*", "vision-*", "request-*", "system-*"),
    )

    def edit(self, body: Data, prompt: Prompt) -> None:
        body["messages"] = [{"role": "user", "content": "Hi"}]
        body.pop("system", None)


class ContentArrayRefused(RefusingFault):
    """Refuses content that is an array of text blocks."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        found = not prompt.counting and any(map(is_text_array, contents(prompt.body)))
        return "messages.0.content: expected a string" if found else None


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


class _TextFault(MessageFault):
    """Changes texts after they were written."""

    def rewrite(self, text: str) -> str:
        """The text that is sent in place of an honest one."""
        raise NotImplementedError

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in blocks_of_type(message, "text"):
            block["text"] = self.rewrite(block["text"])


class TextMojibake(_TextFault):
    """Writes text in UTF-8 and reads it as Latin-1."""

    def rewrite(self, text: str) -> str:
        return text.encode().decode("latin-1")


class TextSplitCharacters(_TextFault):
    """Writes text a few bytes at a time, so that characters of three and four bytes are lost."""

    def rewrite(self, text: str) -> str:
        return re.sub(r"[\u0800-\U0010ffff]", "\ufffd", text)


class TextReordered(_TextFault):
    """Sends words that are written from right to left in the order in which they are seen."""

    def rewrite(self, text: str) -> str:
        return re.sub(r"[\u0590-\u05ff]+", lambda match: match.group()[::-1], text)


class EmojiJoinerDropped(_TextFault):
    """Leaves out the joiners between the parts of an emoji."""

    def rewrite(self, text: str) -> str:
        return text.replace("\u200d", "")


class SurrogatePairsMisread(Fault):
    """Reads characters that are escaped as surrogate pairs as question marks."""

    def install(self, steps: Steps) -> Steps:
        def parse(call: Call, limit: int) -> Json:
            body = re.sub(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}", b"??", call.body)
            return steps.parse(replace(call, body=body), limit)

        return replace(steps, parse=parse)


class EmptyContentAccepted(LaxFault):
    """Accepts a message with an empty string as content."""

    without = ("REQ-MSG-012",)


class EmptyTextBlockAccepted(AcceptingFault):
    """Accepts empty text blocks."""

    sentence = r"content\.\d+\.text: expected a length|text content blocks must be non-empty"


class BlankTextBlockAccepted(LaxFault):
    """Accepts text blocks that hold only whitespace."""

    without = ("REQ-MSG-014",)


class ConsecutiveTurnsRefused(RefusingFault):
    """Wants user and assistant to take turns."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        roles = [message.role for message in prompt.messages if message.role != "system"]
        repeated = any(one == other for one, other in pairwise(roles))
        return "messages: roles must alternate between user and assistant" if repeated else None


class HistoryDropped(DeafFault):
    """Reads only the last message of a conversation without tools."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if not prompt.tools and body["messages"][-1]["role"] == "user":
            body["messages"] = body["messages"][-1:]


class HistoryTruncated(DeafFault):
    """Forgets all but the last message of a conversation of more than twenty messages."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if len(body["messages"]) > _LONGEST:
            body["messages"] = [{"role": "user", "content": body["messages"][-1]["content"]}]


class _RemembersFault(Fault):
    """Keeps something of each request and uses it in the answer to another one."""

    def answer(self, own: str, earlier: list[str]) -> str:
        """The text that is said in place of an honest one, given the texts of earlier requests or answers."""
        raise NotImplementedError

    def kept(self, message: Data, prompt: Prompt) -> str:
        """What is kept of a request and its answer."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        earlier: list[str] = []

        def make(prompt: Prompt, desk: Desk, all_steps: Steps) -> Data:
            message = copy.deepcopy(steps.make_message(prompt, desk, all_steps))
            kept = self.kept(message, prompt)
            for block in blocks_of_type(message, "text")[-1:]:
                block["text"] = self.answer(block["text"], earlier)
            earlier.append(kept)
            return message

        return replace(steps, make_message=make)


class ConversationsLeak(_RemembersFault):
    """Answers what it was not told with what another conversation told."""

    def kept(self, message: Data, prompt: Prompt) -> str:
        return " ".join([*read(prompt).known, read(prompt).request])

    def answer(self, own: str, earlier: list[str]) -> str:
        found = dict.fromkeys(code for text in earlier for code in codes(text))
        return f"The code word is one of {', '.join(found)}." if own == "I understand." and found else own


class AnswersSwapped(_RemembersFault):
    """Gives the texts of answers to the one who asks next."""

    collateral = because("the text is that of another answer", "*")

    def kept(self, message: Data, prompt: Prompt) -> str:
        return "".join(block["text"] for block in blocks_of_type(message, "text"))

    def answer(self, own: str, earlier: list[str]) -> str:
        return earlier[-1] if earlier else own


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
        if prompt.counting:
            return None
        found = next((message for message in prompt.messages if message.role == "system"), None)
        return f"{found.path}.role: Input should be 'user' or 'assistant'" if found else None


class SystemTurnDropped(DeafFault):
    """Leaves system messages out of the conversation."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        body["messages"] = [message for message in body["messages"] if message["role"] != "system"]


class SystemTurnContentUnchecked(AcceptingFault):
    """Takes blocks of any type in system messages."""

    sentence = r"content\.0\.type: expected one of \"text\", found"


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
