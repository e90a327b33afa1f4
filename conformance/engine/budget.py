"""What a run may spend: requests, tokens, money; debited before a request is sent, retries included.

Belongs here: the limits, the account of a run, prices. Does not belong here: how much a request can cost
(`estimate.py`), sending, waiting.
"""

from __future__ import annotations

from dataclasses import dataclass, field


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


@dataclass(frozen=True)
class Limits:
    """What a run may spend at the most; None: no limit. A limit on `cost` needs both prices."""

    requests: int | None = None
    tokens: int | None = None
    cost: float | None = None
    prices: Prices = field(default_factory=Prices)

    def crossed_by(self, spend: Spend) -> str:
        """The limit that a spend crosses, in words, or an empty string."""
        if self.requests is not None and spend.requests > self.requests:
            return f"{self.requests:,} requests (--max-requests)"
        if self.tokens is not None and spend.tokens > self.tokens:
            return f"{self.tokens:,} tokens (--max-tokens)"
        cost = self.prices.of(spend)
        if self.cost is not None and cost is not None and cost > self.cost:
            return f"USD {self.cost:g} (--max-cost)"
        return ""


class Account:
    """The running account of one run. `debit` before sending, `settle` when the answer is there."""

    def __init__(self, limits: Limits, spent: Spend = NO_SPEND) -> None:
        self._limits = limits
        self.spent = spent
        self.set_aside = NO_SPEND

    def debit(self, ceiling: Spend) -> str:
        """Sets aside what a request can cost at the most. Returns the limit that forbids it, or an empty string."""
        crossed = self._limits.crossed_by(self.spent + self.set_aside + ceiling)
        if not crossed:
            self.set_aside += ceiling
        return crossed

    def settle(self, ceiling: Spend, actual: Spend) -> None:
        """Replaces what was set aside by what the request has cost."""
        self.set_aside -= ceiling
        self.spent += actual
