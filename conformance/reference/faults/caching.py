"""Faults of prompt caching that need code."""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import Data, in_message, in_steps
from conformance.reference.pipeline import Steps


@fault(in_steps)
def cache_minimum_ignored(steps: Steps) -> Steps:
    """Caches prompts of any length."""
    return replace(steps, find_model=lambda models, name: replace(steps.find_model(models, name), cache_minimum=0))


@fault(in_message)
def cache_never_read(message: Data) -> None:
    """Writes the same prefix to the cache again for every request."""
    usage = message["usage"]
    usage["cache_creation"]["ephemeral_5m_input_tokens"] += usage["cache_read_input_tokens"]
    usage["cache_creation_input_tokens"] += usage["cache_read_input_tokens"]
    usage["cache_read_input_tokens"] = 0


@fault(in_message)
def input_tokens_with_cached_twice(message: Data) -> None:
    """Counts what was read from the cache twice: on its own, and as input tokens."""
    message["usage"]["input_tokens"] += message["usage"]["cache_read_input_tokens"]
