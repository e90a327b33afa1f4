"""What a run may spend: requests, tokens, money; debited before a request is sent, retries included."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.base.errors import UsageError
from conformance.base.spend import NO_SPEND, Prices, Spend
from conformance.config.settings import RunSettings


@dataclass(frozen=True)
class SpendingLimits:
    """The most that a run may spend; None: no limit. A limit on `cost` needs both prices."""

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


def limits_of(settings: RunSettings) -> SpendingLimits:
    """What a run may spend. Raises UsageError for a limit on money without prices."""
    prices = Prices(settings["price_input"], settings["price_output"])
    if settings["max_cost"] is not None and not prices.known:
        raise UsageError("--max-cost needs both prices: add --price-input and --price-output.")
    return SpendingLimits(settings["max_requests"], settings["max_tokens"], settings["max_cost"], prices)


class Budget:
    """The running account of one run. `debit` before sending, `settle` once the answer has arrived."""

    def __init__(self, limits: SpendingLimits, spent: Spend = NO_SPEND) -> None:
        self._limits = limits
        self.spent = spent
        self.set_aside = NO_SPEND

    def debit(self, ceiling: Spend) -> str:
        """Sets aside the most that a request can cost. Returns the limit that forbids it, or an empty string."""
        crossed = self._limits.crossed_by(self.spent + self.set_aside + ceiling)
        if not crossed:
            self.set_aside += ceiling
        return crossed

    def settle(self, ceiling: Spend, actual: Spend) -> None:
        """Replaces what was set aside by what the request has cost."""
        self.set_aside -= ceiling
        self.spent += actual
