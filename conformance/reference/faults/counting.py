"""Faults of count_tokens.

Belongs here: what is counted wrong, refused or accepted when tokens are counted. Does not belong here: usage.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.answer import Answer, Call
from conformance.reference.faults.base import (
    AcceptingFault,
    BlockDropped,
    BlockRefused,
    Data,
    DeafFault,
    Fault,
    RefusingFault,
    because,
)
from conformance.reference.pipeline import Desk, Steps
from conformance.reference.prompt import Prompt


class _CountFault(Fault):
    """Changes the answer of count_tokens."""

    def edit(self, body: Data, desk: Desk) -> Data:
        """The body that is sent in place of the honest one."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        def count(call: Call, desk: Desk, all_steps: Steps) -> Answer:
            answer = steps.count_tokens(call, desk, all_steps)
            return replace(answer, body=self.edit(dict(answer.body), desk))

        return replace(steps, count_tokens=count)


class _CountDeafFault(DeafFault):
    """Leaves something out of what is counted."""

    counts = True


class _CountRefusingFault(RefusingFault):
    """Refuses to count."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        return self.refuses(prompt, call) if prompt.counting else None

    def refuses(self, prompt: Prompt, call: Call) -> str | None:
        """What is wrong, or None."""
        raise NotImplementedError


class CountWithoutInputTokens(_CountFault):
    """Says tokens where it counts input_tokens."""

    collateral = because("there is no count to look at", "counting-*", "transport-sibling-endpoints")

    def edit(self, body: Data, desk: Desk) -> Data:
        return {"tokens": body["input_tokens"]}


class CountAlwaysZero(_CountFault):
    """Counts 0 for everything."""

    collateral = because(
        "0 is not larger than 0, and agrees with nothing", "counting-*", "usage-input-*", "caching-total-as-counted"
    )

    def edit(self, body: Data, desk: Desk) -> Data:
        return {"input_tokens": 0}


class CountConstant(_CountFault):
    """Counts 1000 for everything."""

    collateral = because(
        "a constant grows with nothing and agrees with nothing",
        "counting-*",
        "usage-input-*",
        "caching-total-as-counted",
    )

    def edit(self, body: Data, desk: Desk) -> Data:
        return {"input_tokens": 1000}


class CountRandom(_CountFault):
    """Counts a little more or less each time."""

    def edit(self, body: Data, desk: Desk) -> Data:
        return {"input_tokens": body["input_tokens"] + sum(desk.new_id("count").encode()) % 7}


class CountDiffersFromUsage(_CountFault):
    """Counts bytes where usage counts tokens."""

    def edit(self, body: Data, desk: Desk) -> Data:
        return {"input_tokens": 5 * body["input_tokens"]}


class CountIgnoresSystem(_CountDeafFault):
    """Does not count the system prompt."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        body.pop("system", None)


class CountIgnoresTools(_CountDeafFault):
    """Does not count tools."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        body.pop("tools", None)


class CountIgnoresToolHistory(_CountDeafFault):
    """Does not count tool calls and their results."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        kinds = ("tool_use", "tool_result")
        for message in body["messages"]:
            if isinstance(message["content"], list):
                message["content"] = [block for block in message["content"] if block["type"] not in kinds]
        body["messages"] = [message for message in body["messages"] if message["content"]]


class CountIgnoresBlocks(_CountDeafFault):
    """Counts only content that is a string."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        for message in body["messages"]:
            if isinstance(message["content"], list) and all(block["type"] == "text" for block in message["content"]):
                message["content"] = ""


class CountNeedsMaxTokens(_CountRefusingFault):
    """Wants max_tokens to count."""

    collateral = because("no count is answered", "counting-*", "transport-sibling-endpoints")

    def refuses(self, prompt: Prompt, call: Call) -> str | None:
        return "max_tokens: Field required"


class CountRefusesToolHistory(_CountRefusingFault):
    """Refuses to count a history with tool calls."""

    def refuses(self, prompt: Prompt, call: Call) -> str | None:
        found = any(message.of_type("tool_use") for message in prompt.messages)
        return "messages.1.content.0: Input tag 'tool_use' is not known" if found else None


class CountRefusesBlocks(_CountRefusingFault):
    """Refuses to count content that is an array of text blocks."""

    def refuses(self, prompt: Prompt, call: Call) -> str | None:
        arrays = (message for message in prompt.messages if isinstance(message.content, list))
        texts = any(all(block.get("type") == "text" for block in message.blocks) for message in arrays)
        return "messages.0.content: expected a string" if texts else None


class CountBetaRefused(_CountRefusingFault):
    """Refuses to count where anthropic-beta names anything."""

    def refuses(self, prompt: Prompt, call: Call) -> str | None:
        return "anthropic-beta: unexpected value" if call.header("anthropic-beta") else None


class CountRefusesCacheControl(_CountRefusingFault):
    """Refuses to count what is marked for the cache."""

    def refuses(self, prompt: Prompt, call: Call) -> str | None:
        return "cache_control: Extra inputs are not permitted" if any(prompt.controls()) else None


class CountRefusesSystemTurns(_CountRefusingFault):
    """Refuses to count system messages inside a conversation."""

    def refuses(self, prompt: Prompt, call: Call) -> str | None:
        found = any(message.role == "system" for message in prompt.messages)
        return "messages.1.role: Input should be 'user' or 'assistant'" if found else None


class CountRefusesImages(BlockRefused):
    """Refuses to count images."""

    block, counts = "image", True


class CountRefusesDocuments(BlockRefused):
    """Refuses to count documents."""

    block, counts = "document", True


class CountIgnoresImages(BlockDropped):
    """Does not count images."""

    block, counts = "image", True


class CountIgnoresDocuments(BlockDropped):
    """Does not count documents."""

    block, counts = "document", True


class CountIgnoresSystemTurns(_CountDeafFault):
    """Does not count system messages inside a conversation."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        body["messages"] = [message for message in body["messages"] if message["role"] != "system"]


class CountFirstSystemBlockOnly(_CountDeafFault):
    """Counts only the first block of a system prompt."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if isinstance(body.get("system"), list):
            body["system"] = body["system"][:1]


class CountSamplingAccepted(AcceptingFault):
    """Takes temperature to count under version 2026-10-21."""

    counts = True
    sentence = "^temperature: Extra inputs"
