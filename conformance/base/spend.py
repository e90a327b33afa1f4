"""Requests, tokens and money as values that add up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prices:
    """US dollars for a million tokens; None: not known."""

    input: float | None = None
    output: float | None = None

    @property
    def known(self) -> bool:
        """Whether costs can be computed."""
        return self.input is not None and self.output is not None

    def of(self, spend: Spend) -> float | None:
        """What tokens cost, or None where a price is missing."""
        if self.input is None or self.output is None:
            return None
        return (spend.input * self.input + spend.output * self.output) / 1_000_000


@dataclass(frozen=True)
class Spend:
    """Requests and tokens: spent, set aside, or expected."""

    requests: int = 0
    input: int = 0
    output: int = 0

    def __add__(self, other: Spend) -> Spend:
        return Spend(self.requests + other.requests, self.input + other.input, self.output + other.output)

    def __sub__(self, other: Spend) -> Spend:
        return Spend(self.requests - other.requests, self.input - other.input, self.output - other.output)

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input + self.output


NO_SPEND = Spend()
"""Nothing."""
