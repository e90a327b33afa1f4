"""Faults of prompt caching: breakpoints and counters.

Belongs here: `cache_control` and what usage tells of the cache. Does not belong here: other counters (see `usage`).
"""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.answer import Call, Refusal
from conformance.reference.errors import refusal
from conformance.reference.faults.base import (
    Data,
    DeafFault,
    Fault,
    FieldFault,
    LaxFault,
    MessageFault,
    RefusingFault,
    because,
)
from conformance.reference.models import Model
from conformance.reference.pipeline import Steps
from conformance.reference.prompt import Prompt


class CacheControlRefused(RefusingFault):
    """Answers 404 to everything that is marked for the cache, as no endpoint behind it supports that."""

    collateral = because("what is refused is not cached", "caching-*")

    def problem(self, prompt: Prompt, call: Call) -> Refusal | None:
        if any(prompt.controls()) and not prompt.counting:
            return refusal(404, "No endpoints found that support cache control")
        return None


class AutomaticCachingRefused(FieldFault):
    """Refuses cache_control at the top of the request."""

    field = "cache_control"


class CacheBreakpointsUnlimited(LaxFault):
    """Takes any number of cache breakpoints."""

    without = ("REQ-IN-018",)


class CacheTtlOrderUnchecked(LaxFault):
    """Takes breakpoints of one hour behind those of five minutes."""

    without = ("REQ-IN-019",)


class CacheMinimumIgnored(Fault):
    """Caches prompts of any length."""

    def install(self, steps: Steps) -> Steps:
        def find(models: tuple[Model, ...], name: str) -> Model:
            return replace(steps.find_model(models, name), cache_minimum=0)

        return replace(steps, find_model=find)


class CacheCountersZero(MessageFault):
    """Counts what was written to and read from the cache as plain input."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        moved(message, "cache_creation_input_tokens", "input_tokens")
        moved(message, "cache_read_input_tokens", "input_tokens")


class CacheNeverWritten(MessageFault):
    """Counts what was written to the cache as plain input."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        moved(message, "cache_creation_input_tokens", "input_tokens")


class CacheNeverRead(MessageFault):
    """Writes the same prefix to the cache again and again."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        tokens = message["usage"]["cache_read_input_tokens"]
        moved(message, "cache_read_input_tokens", "cache_creation_input_tokens")
        message["usage"]["cache_creation"]["ephemeral_5m_input_tokens"] += tokens


class InputTokensWithoutCached(MessageFault):
    """Does not count what was written to and read from the cache."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        for key in ("cache_creation_input_tokens", "cache_read_input_tokens"):
            moved(message, key, "forgotten")
        message["usage"].pop("forgotten", None)


class InputTokensWithCachedTwice(MessageFault):
    """Counts what was read from the cache twice: on its own, and among the input tokens."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        message["usage"]["input_tokens"] += message["usage"]["cache_read_input_tokens"]


class MaxTokensZeroRefused(FieldFault):
    """Refuses max_tokens 0."""

    field = "max_tokens"

    def refuses(self, value: object) -> bool:
        return value == 0


class MaxTokensZeroGenerates(DeafFault):
    """Takes max_tokens 0 for no limit."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if body.get("max_tokens") == 0:
            body["max_tokens"] = 1024


class MaxTokensZeroStreams(LaxFault):
    """Takes max_tokens 0 together with stream."""

    without = ("REQ-BODY-007",)


def moved(message: Data, source: str, target: str) -> None:
    """Counts the tokens of one counter of a Message under another one."""
    usage = message["usage"]
    usage[target] = usage.get(target, 0) + usage[source]
    usage[source] = 0
    if source == "cache_creation_input_tokens":
        usage["cache_creation"] = dict.fromkeys(usage["cache_creation"], 0)
