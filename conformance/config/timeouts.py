"""How long one request may take: the option `--timeout`."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Final

LONGEST: Final = 86_400.0
"""Seconds; nobody waits longer for an answer."""

_PART: Final = re.compile(r"(?:([a-z-]{1,20})=)?([0-9]{1,6}(?:\.[0-9]{1,6})?)")


@dataclass(frozen=True)
class Timeouts:
    """Seconds to connect, from the request to the first byte of the body, between two bytes, and for all of it."""

    connect: float = 10.0
    first_byte: float = 120.0
    gap: float = 60.0
    total: float = 300.0

    def __str__(self) -> str:
        """As the option is written."""
        return ",".join(f"{name}={getattr(self, key):g}" for name, key in NAMES.items())


NAMES: Final = {field.name.replace("_", "-"): field.name for field in fields(Timeouts)}
"""The parts by their names in the option."""


def timeouts(text: str) -> Timeouts:
    """The time-outs that a text such as `first-byte=300,total=900` sets; the others keep their default.

    A number alone is for everything but connecting. A total that is not set is no shorter than the parts that are.
    Raises ValueError, with a clause about what does not fit.
    """
    found: dict[str, float] = {}
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None or (match[1] is not None and match[1] not in NAMES):
            raise ValueError(f"seconds, such as 60, or {' or '.join(f'{name}=60' for name in NAMES)}")
        seconds = float(match[2])
        if not 0 < seconds <= LONGEST:
            raise ValueError(f"seconds from 0.000001 to {LONGEST:,.0f}")
        found |= {NAMES[match[1]]: seconds} if match[1] else {"first_byte": seconds, "gap": seconds, "total": seconds}
    longest = max(found.values())
    total = found.get("total", max(Timeouts.total, longest))
    return replace(Timeouts(), **{**found, "total": total})
