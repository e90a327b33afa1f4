"""Times as the API writes them (RFC 3339)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

RFC_3339: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}):([0-5]\d|60)(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def rfc_3339(value: object) -> datetime | None:
    """A time of RFC 3339, section 5.6, or None for anything else. Fractional seconds of any length are legal."""
    match = RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    day, minute, second, fraction, zone = match.groups()
    zone = "+00:00" if zone in "Zz" else zone
    micro = ((fraction or "") + "000000")[:6]
    try:
        # A leap second has no place of its own in datetime; it counts as the second before it.
        return datetime.fromisoformat(f"{day}T{minute}:{min(int(second), 59):02}.{micro}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_rfc_3339(value: object) -> bool:
    """True for a time of RFC 3339."""
    return rfc_3339(value) is not None
