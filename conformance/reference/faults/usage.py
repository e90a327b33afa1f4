"""Faults in the counters of an answer.

Belongs here: `usage`. Does not belong here: count_tokens (see `counting`), what only streams count wrong.
"""

from __future__ import annotations

from typing import Any

from conformance.reference.faults.base import BodyFault, Data, MessageFault, because
from conformance.reference.prompt import Prompt


class InputTokensMissing(BodyFault):
    """Leaves input_tokens out of usage."""

    def edit(self, message: Data) -> None:
        del message["usage"]["input_tokens"]


class InputTokensNotInteger(BodyFault):
    """Counts input tokens with a decimal point."""

    def edit(self, message: Data) -> None:
        message["usage"]["input_tokens"] += 0.5


class OutputTokensMissing(BodyFault):
    """Leaves output_tokens out of usage."""

    def edit(self, message: Data) -> None:
        del message["usage"]["output_tokens"]


class OutputTokensNotInteger(BodyFault):
    """Counts output tokens as a string."""

    def edit(self, message: Data) -> None:
        message["usage"]["output_tokens"] = str(message["usage"]["output_tokens"])


class UsageCounterAsString(BodyFault):
    """Counts cached tokens as a string."""

    collateral = because("a counter that is no number adds up to nothing", "caching-*")

    def edit(self, message: Data) -> None:
        message["usage"]["cache_read_input_tokens"] = str(message["usage"]["cache_read_input_tokens"])


class InputTokensAlwaysZero(BodyFault):
    """Counts no input at all in JSON answers."""

    collateral = because("0 agrees with no other count", "usage-*", "caching-*")

    def edit(self, message: Data) -> None:
        for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"):
            message["usage"][key] = 0


class OutputTokensAlwaysZero(BodyFault):
    """Counts no output at all in JSON answers."""

    collateral = because("0 is less than any thinking", "thinking-counted", "usage-thinking-within-output")

    def edit(self, message: Data) -> None:
        message["usage"]["output_tokens"] = 0


class ThinkingTokensApart(MessageFault):
    """Does not count thinking among the output."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        details: Any = message["usage"].get("output_tokens_details") or {}
        thinking = details.get("thinking_tokens", 0)
        if thinking:
            message["usage"]["output_tokens"] = min(message["usage"]["output_tokens"] - thinking, thinking - 1)


class CacheCountersAbsent(BodyFault):
    """Does not tell what was cached."""

    collateral = because(
        "they are keys that are null and not absent, and without them no cache shows",
        "response-nullable-usage-keys-present",
        "caching-*",
    )

    def edit(self, message: Data) -> None:
        for key in ("cache_creation_input_tokens", "cache_read_input_tokens"):
            del message["usage"][key]


class CacheSplitWrong(BodyFault):
    """Counts a token in the 1-hour part of the cache that the whole does not have."""

    def edit(self, message: Data) -> None:
        message["usage"]["cache_creation"]["ephemeral_1h_input_tokens"] += 1


class ServerToolUseInvented(BodyFault):
    """Counts a web search that nobody asked for and that did not happen."""

    def edit(self, message: Data) -> None:
        message["usage"]["server_tool_use"] = {"web_search_requests": 1}
