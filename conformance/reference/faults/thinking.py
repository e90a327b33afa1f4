"""Faults of thinking that need code."""

from __future__ import annotations

from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import Data, in_message


@fault(in_message)
def thinking_after_text(message: Data) -> None:
    """Puts thinking after the blocks that follow from it."""
    message["content"].sort(key=lambda block: block["type"] == "thinking")


@fault(in_message)
def thinking_tokens_uncounted(message: Data) -> None:
    """Does not count thinking at all."""
    usage = message["usage"]
    details = usage["output_tokens_details"]
    usage["output_tokens"] = max(1, usage["output_tokens"] - details["thinking_tokens"])
    details["thinking_tokens"] = 0
