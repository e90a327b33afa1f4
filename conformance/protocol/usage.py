"""Token accounting: what a `usage` object adds up to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.base.values import whole_number
from conformance.model import Json

CACHE_COUNTS: Final = ("cache_creation_input_tokens", "cache_read_input_tokens")
"""The counts of input that is written to the cache or read from it (REQ-CACHE-002, -004)."""

INPUT_COUNTS: Final = ("input_tokens", *CACHE_COUNTS)
"""The counts that add up to the whole input (REQ-CACHE-005)."""


def total_input(usage: Json) -> int | None:
    """The whole input in tokens, cached or not (REQ-CACHE-005), or None where there is no `input_tokens`."""
    if not isinstance(usage, dict) or whole_number(usage.get("input_tokens")) is None:
        return None
    return sum(whole_number(usage.get(name)) or 0 for name in INPUT_COUNTS)


def billed(usage: Mapping[str, Json] | None) -> tuple[int, int]:
    """Input and output tokens that a `usage` reports; whatever is no positive number counts as 0."""
    counts = {name: max(0, whole_number(value) or 0) for name, value in (usage or {}).items()}
    return sum(counts.get(name, 0) for name in INPUT_COUNTS), counts.get("output_tokens", 0)


def merge(usage: dict[str, Json], later: Mapping[str, Json]) -> None:
    """Adds the counts that a message_delta brings to a `usage`; a `null` overwrites nothing."""
    usage.update({key: value for key, value in later.items() if value is not None or key not in usage})
