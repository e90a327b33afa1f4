"""Faults in the counters of replies that need code."""

from __future__ import annotations

from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import Data, in_message


@fault(in_message)
def thinking_tokens_apart(message: Data) -> None:
    """Does not count thinking as part of the output."""
    usage = message["usage"]
    thinking = (usage.get("output_tokens_details") or {}).get("thinking_tokens", 0)
    if thinking:
        usage["output_tokens"] = min(usage["output_tokens"] - thinking, thinking - 1)
